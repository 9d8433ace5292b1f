import Foundations
import Glibc

/// Standard output for data and standard error for messages, both written at once: what reads along sees each line as it comes.
enum Output {
    /// What happens where the reader of standard output has gone, as behind `| head`.
    enum LostReader {
        /// The process ends, as SIGPIPE would end it; for commands that only print.
        case endsProcess
        /// The text is dropped; for what serves on without a reader.
        case isIgnored
    }

    static func line(_ line: String) { text(line + "\n") }

    static func text(_ text: String, lostReader: LostReader = .endsProcess) {
        bytes(Array(text.utf8), lostReader: lostReader)
    }

    /// Data that is written as it is: for what a program reads.
    static func bytes(_ bytes: [UInt8], lostReader: LostReader = .endsProcess) {
        let code = write(bytes, to: STDOUT_FILENO)
        if code == 0 || lostReader == .isIgnored { return }
        // Without handlers at exit: other threads may be in the middle of something.
        if code == EPIPE { _exit(128 + SIGPIPE) }
        message("nightjar: can't write to standard output: \(String(cString: strerror(code)))")
        _exit(1)
    }

    /// JSON with what could act on a terminal escaped, which changes nothing for who parses it.
    static func json(_ text: String, lostReader: LostReader = .endsProcess) { self.text(SafeJSON.escaped(text) + "\n", lostReader: lostReader) }

    /// For people, beside the data. There is nowhere to tell that it can't be written.
    static func message(_ line: String) { _ = write(Array((line + "\n").utf8), to: STDERR_FILENO) }

    /// Colours go to terminals alone, and not to people who don't want them (https://no-color.org).
    static var isColored: Bool {
        isatty(STDOUT_FILENO) == 1 && movesCursor && getenv("NO_COLOR").map { $0.pointee != 0 } != true
    }

    /// Whether there is a terminal, for keys and for what is shown, that a full-screen program can use.
    static var isScreen: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 && movesCursor }

    private static var movesCursor: Bool { getenv("TERM").map { !["", "dumb"].contains(String(cString: $0)) } ?? false }

    /// The error number, or 0.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&ready, 1, -1)
            } else if errno != EINTR {
                return errno
            }
        }
        return 0
    }
}
