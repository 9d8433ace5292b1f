#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#define CRC32C_POLYNOMIAL 0x82F63B78u

static uint32_t table[8][256];

__attribute__((constructor)) static void fill_table(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) ? CRC32C_POLYNOMIAL : 0);
        table[0][i] = crc;
    }
    for (uint32_t i = 0; i < 256; i++)
        for (int slice = 1; slice < 8; slice++) table[slice][i] = (table[slice - 1][i] >> 8) ^ table[0][table[slice - 1][i] & 0xFF];
}

uint32_t nj_crc32c_table(uint32_t crc, const void *bytes, size_t length) {
    const uint8_t *next = bytes;
    crc = ~crc;
    while (length >= 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        word ^= crc;
        crc = 0;
        for (int slice = 0; slice < 8; slice++) crc ^= table[7 - slice][(word >> (8 * slice)) & 0xFF];
        next += 8;
        length -= 8;
    }
    while (length--) crc = (crc >> 8) ^ table[0][(crc ^ *next++) & 0xFF];
    return ~crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t crc32c_hardware(uint32_t crc, const void *bytes, size_t length) {
    const uint8_t *next = bytes;
    uint64_t state = ~crc;
    while (length >= 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        state = __builtin_ia32_crc32di(state, word);
        next += 8;
        length -= 8;
    }
    uint32_t narrow = (uint32_t)state;
    while (length--) narrow = __builtin_ia32_crc32qi(narrow, *next++);
    return ~narrow;
}

uint32_t nj_crc32c(uint32_t crc, const void *bytes, size_t length) {
    return __builtin_cpu_supports("sse4.2") ? crc32c_hardware(crc, bytes, length) : nj_crc32c_table(crc, bytes, length);
}
#else
uint32_t nj_crc32c(uint32_t crc, const void *bytes, size_t length) { return nj_crc32c_table(crc, bytes, length); }
#endif

int nj_open(const char *path, int flags, mode_t mode) {
    int descriptor = open(path, flags, mode);
    return descriptor < 0 ? -errno : descriptor;
}

int nj_window_size(int descriptor, uint16_t *columns, uint16_t *rows) {
    struct winsize size;
    if (ioctl(descriptor, TIOCGWINSZ, &size) != 0) return -errno;
    *columns = size.ws_col;
    *rows = size.ws_row;
    return 0;
}

int nj_output_queue(int descriptor) {
    int waiting = 0;
    return ioctl(descriptor, TIOCOUTQ, &waiting) != 0 ? -errno : waiting;
}

int nj_lock_exclusive(int descriptor) { return flock(descriptor, LOCK_EX | LOCK_NB) != 0 ? -errno : 0; }

void nj_name_thread(const char *name) {
    char cut[16];
    snprintf(cut, sizeof cut, "%s", name);
    pthread_setname_np(pthread_self(), cut);
}

void nj_tune_allocator(void) {
    // An arena for each thread would keep what each once used. Setting the threshold also stops it from growing by itself.
    mallopt(M_ARENA_MAX, 4);
    mallopt(M_MMAP_THRESHOLD, 4 << 20);
    mallopt(M_TRIM_THRESHOLD, 16 << 20);
}

void nj_trim_allocator(void) { malloc_trim(0); }
