// Looks through bytes sixteen at a time, which Swift has no instructions for.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Each begins at `from` and returns where it found something, or `count`.

/// The first byte over 0x7F.
size_t nj_scan_not_ascii(const uint8_t *bytes, size_t from, size_t count);
/// The first byte that a string of JSON can't hold as it is: a quote, a backslash, a control character.
size_t nj_scan_json_stop(const uint8_t *bytes, size_t from, size_t count);
/// The first of two bytes.
size_t nj_scan_either(const uint8_t *bytes, size_t from, size_t count, uint8_t one, uint8_t other);
/// The first place from which on 13 bytes or more are digits, spaces and dashes.
size_t nj_scan_digit_run(const uint8_t *bytes, size_t from, size_t count);

/// Copies a string of JSON from behind its opening quote, simple escapes undone, as far as it needs no closer look: returns where it stopped, at the
/// closing quote, a `\u`, an escape that JSON doesn't have, a control character, or `count`. `output` has room for 16 bytes more than `count - from`.
size_t nj_json_copy(const uint8_t *bytes, size_t from, size_t count, uint8_t *output, size_t *written);

enum { nj_trigrams_max = 16 };
/// Groups of three bytes, letters among them in lower case; `bytes[i][n]` is byte i of group n.
typedef struct {
    uint32_t count;
    uint8_t bytes[3][nj_trigrams_max];
} nj_trigrams;
/// The first place where one of the groups stands, letters in either case. A control character may pass for a sign: the caller looks closer.
size_t nj_scan_trigrams(const uint8_t *bytes, size_t from, size_t count, const nj_trigrams *groups);
