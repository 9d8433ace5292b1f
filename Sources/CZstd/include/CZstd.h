// zstd and zlib as Debian ships them, for the Compression target.
#pragma once
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

// deflateInit2 and inflateInit2 are macros, which Swift can't see.
static inline int nj_deflate_init(z_streamp stream, int level, int window_bits) {
    return deflateInit2(stream, level, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
}
static inline int nj_inflate_init(z_streamp stream, int window_bits) {
    return inflateInit2(stream, window_bits);
}
