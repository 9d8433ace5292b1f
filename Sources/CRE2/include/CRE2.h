// A C face of RE2, the regular expressions that PromQL and LogQL are defined with.
#pragma once
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nj_re2 nj_re2;

/// Compiles `pattern`. `case_insensitive` as `(?i)`, `dot_matches_newline` as `(?s)`.
/// `max_memory_bytes` bounds the compiled program and its lazily built automaton. Never returns NULL: see nj_re2_error.
nj_re2 *nj_re2_compile(const char *pattern, size_t pattern_length, bool case_insensitive, bool dot_matches_newline, long max_memory_bytes);
void nj_re2_free(nj_re2 *re);

/// The reason why the pattern was refused, or NULL where it was accepted. Lives as long as `re`.
const char *nj_re2_error(const nj_re2 *re);

/// The number of capturing groups.
int nj_re2_group_count(const nj_re2 *re);
/// The name of capturing group `index` (from 1), or NULL. Lives as long as `re`.
const char *nj_re2_group_name(const nj_re2 *re, int index);

/// Whether the whole of `text` matches.
bool nj_re2_full_match(const nj_re2 *re, const char *text, size_t length);
/// Whether some part of `text` matches.
bool nj_re2_partial_match(const nj_re2 *re, const char *text, size_t length);

/// Finds a match at or after `start`. `anchored`: the whole text from start to length must match.
/// Writes 2 offsets (begin, end; -1, -1 where a group took no part) for the match and each group, up to `group_capacity` pairs.
bool nj_re2_match(const nj_re2 *re, const char *text, size_t length, size_t start, bool anchored, long *offsets, int group_capacity);

#ifdef __cplusplus
}
#endif
