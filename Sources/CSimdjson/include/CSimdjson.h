// A C face of simdjson: one pass over a JSON document that reports every scalar leaf with its path.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nj_json_parser nj_json_parser;

enum nj_json_kind { NJ_JSON_STRING = 0, NJ_JSON_INT = 1, NJ_JSON_UINT = 2, NJ_JSON_DOUBLE = 3, NJ_JSON_BOOL = 4, NJ_JSON_NULL = 5, NJ_JSON_RAW = 6 };

/// A scalar leaf. `path` is dotted (`request.headers.host`). `text` holds a string's bytes, the digits of a number as they
/// stand in the document, or the raw JSON of an array (NJ_JSON_RAW). Valid only during the call.
typedef struct {
    const char *path;
    size_t path_length;
    enum nj_json_kind kind;
    const char *text;
    size_t text_length;
    int64_t int_value;
    uint64_t uint_value;
    double double_value;
    bool bool_value;
} nj_json_leaf;

/// Returns false to stop early.
typedef bool (*nj_json_visit)(void *context, const nj_json_leaf *leaf);

nj_json_parser *nj_json_parser_create(size_t document_bytes_max);
void nj_json_parser_free(nj_json_parser *parser);

/// Flattens a JSON object to leaves. Nested objects are joined with dots, to `depth_max` levels; an array, and what is deeper, is one raw leaf.
/// Returns NULL on success, or a static message that says why the bytes are no JSON object.
const char *nj_json_flatten(nj_json_parser *parser, const char *bytes, size_t length, int depth_max, void *context, nj_json_visit visit);

#ifdef __cplusplus
}
#endif
