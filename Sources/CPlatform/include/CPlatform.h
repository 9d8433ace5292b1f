// What Swift's Glibc overlay can't reach: CRC32C in hardware, and calls that are macros or variadic.
#pragma once
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <termios.h>

#include "ByteScan.h"
#include "TerminalGuard.h"

/// CRC32C (Castagnoli, reflected, initial and final inversion) continued from `crc`, which is 0 at the start.
uint32_t nj_crc32c(uint32_t crc, const void *bytes, size_t length);
/// The same by table, for machines without the instruction and to test the other.
uint32_t nj_crc32c_table(uint32_t crc, const void *bytes, size_t length);

/// open(2), which is variadic. Returns the descriptor or -errno.
int nj_open(const char *path, int flags, mode_t mode);
/// The terminal's size in cells and, where it tells, pixels. Returns 0 or -errno.
int nj_window_size(int descriptor, uint16_t *columns, uint16_t *rows);
/// Bytes that wait in the descriptor's output queue (TIOCOUTQ), or -errno.
int nj_output_queue(int descriptor);
/// An exclusive lock on a whole file that ends with its descriptor (flock). 0, or -errno; -EWOULDBLOCK where another has it.
int nj_lock_exclusive(int descriptor);
/// Names the calling thread, as shown by top and gdb; cut to 15 bytes.
void nj_name_thread(const char *name);
/// Sets up the C library's allocator for a server: few arenas, large blocks mapped on their own, memory kept for requests to come.
void nj_tune_allocator(void);
/// Gives unused memory of the allocator back to the system.
void nj_trim_allocator(void);
