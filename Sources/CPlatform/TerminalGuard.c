#define _GNU_SOURCE
#include "TerminalGuard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define SEQUENCE_BYTES_MAX 256

static const int ending[] = {SIGTERM, SIGHUP, SIGINT};
static const int crashing[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE};
#define COUNT(array) (sizeof(array) / sizeof(array[0]))

static atomic_int active;
static atomic_int ending_signal;
static int input_descriptor, output_descriptor;
static struct termios original, raw;
static char enter_sequence[SEQUENCE_BYTES_MAX], leave_sequence[SEQUENCE_BYTES_MAX];
static size_t enter_bytes, leave_bytes;
static int events[2] = {-1, -1};
static struct sigaction previous[65];

static void write_all(const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t written = write(output_descriptor, bytes, length);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        bytes += written;
        length -= (size_t)written;
    }
}

static void notify(char event) {
    int saved = errno;
    // A full pipe holds a wake-up already.
    if (write(events[1], &event, 1) < 0) errno = saved;
}

static void restore(void) {
    if (!atomic_exchange(&active, 0)) return;
    int saved = errno;
    write_all(leave_sequence, leave_bytes);
    tcsetattr(input_descriptor, TCSAFLUSH, &original);
    errno = saved;
}

static void take(void) {
    int saved = errno;
    tcsetattr(input_descriptor, TCSAFLUSH, &raw);
    atomic_store(&active, 1);
    write_all(enter_sequence, enter_bytes);
    errno = saved;
}

static void on_ending(int number) {
    restore();
    // The first one asks; where nobody listens, the second one ends the process at once.
    int none = 0;
    if (atomic_compare_exchange_strong(&ending_signal, &none, number)) {
        notify('t');
        return;
    }
    signal(number, SIG_DFL);
    raise(number);
}

static void on_crash(int number, siginfo_t *information, void *context) {
    (void)context;
    restore();
    // A fault happens again when the handler returns, and meets the previous handler. A signal that somebody sent doesn't: behind a handler that
    // tells of the crash and returns, the process would go on without its terminal.
    if (information->si_code > 0) {
        sigaction(number, &previous[number], NULL);
        return;
    }
    signal(number, SIG_DFL);
    raise(number);
}

static void on_stop(int number) {
    (void)number;
    int saved = errno;
    int was_active = atomic_load(&active);
    restore();
    raise(SIGSTOP);
    if (was_active && !atomic_load(&ending_signal)) take();
    notify('c');
    errno = saved;
}

static void on_continue(int number) {
    (void)number;
    // After a SIGSTOP from outside the shell may have changed the modes.
    if (atomic_load(&active)) take();
    notify('c');
}

static void on_resize(int number) {
    (void)number;
    notify('w');
}

static void install(int number, void (*handler)(int)) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART | SA_ONSTACK;
    sigaction(number, &action, &previous[number]);
}

static void install_handlers(void) {
    for (size_t i = 0; i < COUNT(ending); i++) install(ending[i], on_ending);
    install(SIGTSTP, on_stop);
    install(SIGCONT, on_continue);
    install(SIGWINCH, on_resize);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_crash;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    for (size_t i = 0; i < COUNT(crashing); i++) sigaction(crashing[i], &action, &previous[crashing[i]]);
}

static void remove_handlers(void) {
    for (size_t i = 0; i < COUNT(ending); i++) sigaction(ending[i], &previous[ending[i]], NULL);
    for (size_t i = 0; i < COUNT(crashing); i++) sigaction(crashing[i], &previous[crashing[i]], NULL);
    sigaction(SIGTSTP, &previous[SIGTSTP], NULL);
    sigaction(SIGCONT, &previous[SIGCONT], NULL);
    sigaction(SIGWINCH, &previous[SIGWINCH], NULL);
}

static int is_installed;

int nj_terminal_enter(int input, int output, const char *enter, size_t enterBytes, const char *leave, size_t leaveBytes) {
    if (is_installed) return -EBUSY;
    if (enterBytes > SEQUENCE_BYTES_MAX || leaveBytes > SEQUENCE_BYTES_MAX) return -EINVAL;
    if (tcgetattr(input, &original) != 0) return -errno;
    if (events[0] < 0) {
        if (pipe2(events, O_NONBLOCK | O_CLOEXEC) != 0) return -errno;
        atexit(restore);
    }
    input_descriptor = input;
    output_descriptor = output;
    memcpy(enter_sequence, enter, enterBytes);
    memcpy(leave_sequence, leave, leaveBytes);
    enter_bytes = enterBytes;
    leave_bytes = leaveBytes;
    raw = original;
    cfmakeraw(&raw);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    atomic_store(&ending_signal, 0);
    install_handlers();
    is_installed = 1;
    take();
    return 0;
}

void nj_terminal_leave(void) {
    if (!is_installed) return;
    restore();
    remove_handlers();
    is_installed = 0;
}

int nj_terminal_is_active(void) { return atomic_load(&active); }

int nj_terminal_write(const void *bytes, size_t length) {
    const char *next = bytes;
    while (length > 0) {
        if (!atomic_load(&active)) return -ECANCELED;
        ssize_t written = write(output_descriptor, next, length);
        // A handler may have given the terminal back while the write was under way: what came after it must not stay.
        if (!atomic_load(&active)) {
            write_all(leave_sequence, leave_bytes);
            return -ECANCELED;
        }
        if (written < 0) {
            if (errno == EINTR) continue;
            if (errno != EAGAIN) return -errno;
            struct pollfd ready = {output_descriptor, POLLOUT, 0};
            poll(&ready, 1, 100);
            continue;
        }
        next += written;
        length -= (size_t)written;
    }
    return 0;
}

int nj_terminal_events(void) { return events[0]; }

void nj_terminal_wake(void) {
    if (events[1] >= 0) notify('m');
}

int nj_terminal_ending_signal(void) { return atomic_load(&ending_signal); }

// To the process, not to this thread, which may have the signal blocked as the threads of libdispatch do.
void nj_terminal_suspend(void) { kill(getpid(), SIGTSTP); }
