#include "ByteScan.h"

#include <stdbool.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#define BLOCK 16
typedef __m128i block;
static inline block load(const uint8_t *bytes) { return _mm_loadu_si128((const block *)bytes); }
static inline block all(uint8_t byte) { return _mm_set1_epi8((char)byte); }
static inline block equal(block bytes, uint8_t byte) { return _mm_cmpeq_epi8(bytes, all(byte)); }
static inline unsigned mask(block bytes) { return (unsigned)_mm_movemask_epi8(bytes); }
#endif

size_t nj_scan_not_ascii(const uint8_t *bytes, size_t from, size_t count) {
    size_t at = from;
#if defined(__SSE2__)
    // Four blocks a step: text is mostly ASCII.
    for (; at + 4 * BLOCK <= count; at += 4 * BLOCK) {
        block any = _mm_or_si128(_mm_or_si128(load(bytes + at), load(bytes + at + BLOCK)),
                                 _mm_or_si128(load(bytes + at + 2 * BLOCK), load(bytes + at + 3 * BLOCK)));
        if (mask(any)) break;
    }
    for (; at + BLOCK <= count; at += BLOCK) {
        unsigned found = mask(load(bytes + at));
        if (found) return at + (size_t)__builtin_ctz(found);
    }
#endif
    while (at < count && bytes[at] < 0x80) at += 1;
    return at;
}

size_t nj_scan_json_stop(const uint8_t *bytes, size_t from, size_t count) {
    size_t at = from;
#if defined(__SSE2__)
    for (; at + BLOCK <= count; at += BLOCK) {
        block text = load(bytes + at);
        // A byte is below 0x20 where taking the larger of it and 0x1F gives 0x1F.
        block control = _mm_cmpeq_epi8(_mm_max_epu8(text, all(0x1F)), all(0x1F));
        unsigned found = mask(_mm_or_si128(control, _mm_or_si128(equal(text, '"'), equal(text, '\\'))));
        if (found) return at + (size_t)__builtin_ctz(found);
    }
#endif
    while (at < count && bytes[at] != '"' && bytes[at] != '\\' && bytes[at] >= 0x20) at += 1;
    return at;
}

size_t nj_scan_either(const uint8_t *bytes, size_t from, size_t count, uint8_t one, uint8_t other) {
    size_t at = from;
#if defined(__SSE2__)
    for (; at + BLOCK <= count; at += BLOCK) {
        block text = load(bytes + at);
        unsigned found = mask(_mm_or_si128(equal(text, one), equal(text, other)));
        if (found) return at + (size_t)__builtin_ctz(found);
    }
#endif
    while (at < count && bytes[at] != one && bytes[at] != other) at += 1;
    return at;
}

static inline uint8_t unescaped(uint8_t escape) {
    switch (escape) {
    case '"': case '\\': case '/': return escape;
    case 'n': return '\n';
    case 't': return '\t';
    case 'r': return '\r';
    case 'b': return '\b';
    case 'f': return '\f';
    default: return 0;
    }
}

size_t nj_json_copy(const uint8_t *bytes, size_t from, size_t count, uint8_t *output, size_t *written) {
    size_t at = from;
    uint8_t *next = output;
    while (at < count) {
#if defined(__SSE2__)
        if (at + BLOCK <= count) {
            block text = load(bytes + at);
            // Written as a whole; what is behind a stop is written over.
            _mm_storeu_si128((block *)next, text);
            block control = _mm_cmpeq_epi8(_mm_max_epu8(text, all(0x1F)), all(0x1F));
            unsigned found = mask(_mm_or_si128(control, _mm_or_si128(equal(text, '"'), equal(text, '\\'))));
            size_t plain = found ? (size_t)__builtin_ctz(found) : BLOCK;
            at += plain;
            next += plain;
            if (!found) continue;
        }
#endif
        uint8_t byte = bytes[at];
        if (byte == '"' || byte < 0x20) break;
        if (byte == '\\') {
            byte = at + 1 < count ? unescaped(bytes[at + 1]) : 0;
            if (!byte) break;
            at += 1;
        }
        *next++ = byte;
        at += 1;
    }
    *written = (size_t)(next - output);
    return at;
}

enum { run_bytes = 13 };

static inline bool is_run_part(uint8_t byte) { return (uint8_t)(byte - '0') < 10 || byte == ' ' || byte == '-'; }

size_t nj_scan_digit_run(const uint8_t *bytes, size_t from, size_t count) {
    size_t at = from;
#if defined(__SSE2__)
    // 64 places at a time; the last 12 of them are looked at again, so that a run over the border is whole once.
    while (at + 64 <= count) {
        uint64_t parts = 0;
        for (size_t place = 0; place < 64; place += BLOCK) {
            block text = load(bytes + at + place);
            block digit = _mm_cmpeq_epi8(_mm_min_epu8(_mm_sub_epi8(text, all('0')), all(9)), _mm_sub_epi8(text, all('0')));
            block part = _mm_or_si128(digit, _mm_or_si128(equal(text, ' '), equal(text, '-')));
            parts |= (uint64_t)mask(part) << place;
        }
        // Bit n stays where the bits behind it are set as well: 2, 4, 8 and at last 13 of them.
        uint64_t runs = parts & parts >> 1;
        runs &= runs >> 2;
        runs &= runs >> 4;
        runs &= runs >> 5;
        if (runs) return at + (size_t)__builtin_ctzll(runs);
        at += 64 - (run_bytes - 1);
    }
#endif
    size_t length = 0;
    for (; at < count; at += 1) {
        length = is_run_part(bytes[at]) ? length + 1 : 0;
        if (length == run_bytes) return at - (run_bytes - 1);
    }
    return count;
}

static inline uint8_t lower(uint8_t byte) { return byte | 0x20; }

static inline bool is_group(const uint8_t *bytes, const nj_trigrams *groups, uint32_t group) {
    return lower(bytes[0]) == groups->bytes[0][group] && lower(bytes[1]) == groups->bytes[1][group] && lower(bytes[2]) == groups->bytes[2][group];
}

static inline bool is_any_group(const uint8_t *bytes, const nj_trigrams *groups) {
    for (uint32_t group = 0; group < groups->count; group += 1) {
        if (is_group(bytes, groups, group)) return true;
    }
    return false;
}

#if defined(__x86_64__)
#include <immintrin.h>

/// Of each of the three bytes, by its lower and its upper half: in which of eight buckets a group has such a half there.
typedef struct {
    uint8_t low[3][16];
    uint8_t high[3][16];
} trigram_halves;

static trigram_halves halves_of(const nj_trigrams *groups) {
    trigram_halves halves = {0};
    for (uint32_t group = 0; group < groups->count; group += 1) {
        for (int place = 0; place < 3; place += 1) {
            uint8_t byte = groups->bytes[place][group];
            uint8_t bucket = (uint8_t)(1 << (group % 8));
            halves.low[place][byte & 15] |= bucket;
            halves.high[place][byte >> 4] |= bucket;
            // The other case, which for a sign is a control character.
            halves.high[place][(byte & ~0x20) >> 4] |= bucket;
        }
    }
    return halves;
}

__attribute__((target("avx2"))) static inline __m256i twice(const uint8_t *half) {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)half));
}

/// 32 places at a time: a place stays where all six halves have a bucket in common. Returns where it found one, or where too few bytes are left.
__attribute__((target("avx2"))) static size_t scan_wide(const uint8_t *bytes, size_t from, size_t count, const nj_trigrams *groups) {
    trigram_halves halves = halves_of(groups);
    const __m256i four = _mm256_set1_epi8(15);
    __m256i low[3], high[3];
    for (int place = 0; place < 3; place += 1) {
        low[place] = twice(halves.low[place]);
        high[place] = twice(halves.high[place]);
    }
    size_t at = from;
    for (; at + 32 + 2 <= count; at += 32) {
        __m256i buckets = _mm256_set1_epi8((char)0xFF);
        for (int place = 0; place < 3; place += 1) {
            __m256i text = _mm256_loadu_si256((const __m256i *)(bytes + at + place));
            __m256i upper = _mm256_and_si256(_mm256_srli_epi16(text, 4), four);
            buckets = _mm256_and_si256(buckets, _mm256_shuffle_epi8(low[place], _mm256_and_si256(text, four)));
            buckets = _mm256_and_si256(buckets, _mm256_shuffle_epi8(high[place], upper));
        }
        unsigned found = ~(unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(buckets, _mm256_setzero_si256()));
        for (; found; found &= found - 1) {
            size_t place = at + (size_t)__builtin_ctz(found);
            if (is_any_group(bytes + place, groups)) return place;
        }
    }
    return at;
}
#endif

#if defined(__SSE2__)
/// The same 16 places at a time, group by group.
static size_t scan_narrow(const uint8_t *bytes, size_t from, size_t count, const nj_trigrams *groups) {
    size_t at = from;
    for (; at + BLOCK + 2 <= count; at += BLOCK) {
        block first = _mm_or_si128(load(bytes + at), all(0x20));
        block second = _mm_or_si128(load(bytes + at + 1), all(0x20));
        block third = _mm_or_si128(load(bytes + at + 2), all(0x20));
        block any = _mm_setzero_si128();
        for (uint32_t group = 0; group < groups->count; group += 1) {
            block pair = _mm_and_si128(equal(first, groups->bytes[0][group]), equal(second, groups->bytes[1][group]));
            any = _mm_or_si128(any, _mm_and_si128(pair, equal(third, groups->bytes[2][group])));
        }
        unsigned found = mask(any);
        if (found) return at + (size_t)__builtin_ctz(found);
    }
    return at;
}
#endif

size_t nj_scan_trigrams(const uint8_t *bytes, size_t from, size_t count, const nj_trigrams *groups) {
    size_t at = from;
#if defined(__x86_64__)
    if (count - from >= 64 && __builtin_cpu_supports("avx2")) at = scan_wide(bytes, from, count, groups);
#endif
#if defined(__SSE2__)
    // Goes on where the other stopped: at a place that it found, or with the rest.
    at = scan_narrow(bytes, at, count, groups);
#endif
    for (; at + 3 <= count; at += 1) {
        if (is_any_group(bytes + at, groups)) return at;
    }
    return count;
}
