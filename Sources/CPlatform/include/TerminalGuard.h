// Takes a terminal over and gives it back, whatever ends the process. All state is here, because only C code is safe in a signal handler.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Sets raw mode, writes `enter`, and installs handlers that restore the modes and write `leave` on every way out: return,
/// exit, SIGTERM, SIGHUP, SIGINT, a crash, and SIGTSTP until SIGCONT. Returns 0 or -errno (-EBUSY where it is taken already).
int nj_terminal_enter(int input, int output, const char *enter, size_t enterBytes, const char *leave, size_t leaveBytes);
/// Gives the terminal back. Does nothing where it isn't taken.
void nj_terminal_leave(void);
/// Whether the terminal is ours to draw on at this moment.
int nj_terminal_is_active(void);
/// Writes all bytes, unless the terminal has been given back meanwhile. Returns 0, or -errno (-ECANCELED where it was given back).
int nj_terminal_write(const void *bytes, size_t length);
/// A descriptor to poll for reading: one byte for each of the events 'w' resized, 'c' continued after a stop, 't' asked to end,
/// 'm' a message (nj_terminal_wake). Valid after the first enter.
int nj_terminal_events(void);
/// Wakes whoever polls the events.
void nj_terminal_wake(void);
/// The signal that asked the process to end, or 0.
int nj_terminal_ending_signal(void);
/// Stops the process as Ctrl-Z would, with the terminal given back meanwhile.
void nj_terminal_suspend(void);
