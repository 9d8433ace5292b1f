import Foundation
import Foundations
import Glibc
import Terminal

/// A program in a pseudo-terminal of its own, as somebody sits at one: what it writes is read as it comes, and its questions are answered.
final class TerminalProgram {
    let process: ServerProcess
    private let terminal: Int32
    private let startedAt: Int64
    /// All that it wrote.
    private(set) var output: [UInt8] = []
    private var answered = 0

    /// `TIOCSPTLCK` and `TIOCGPTN`: what `unlockpt` and `ptsname` ask, which glibc shows to XSI sources alone.
    private static let (setLock, getNumber): (UInt, UInt) = (0x4004_5431, 0x8004_5430)

    /// Starts a program at a terminal of 256 colours with Unicode.
    init(_ command: [String], size: Size = FrameFigures.size) throws {
        terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var (locked, number): (Int32, Int32) = (0, 0)
        guard terminal >= 0, ioctl(terminal, Self.setLock, &locked) == 0, ioctl(terminal, Self.getNumber, &number) == 0 else {
            throw BenchError("no pseudo-terminal can be had: \(String(cString: strerror(errno)))")
        }
        var window = winsize(ws_row: UInt16(size.rows), ws_col: UInt16(size.columns), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(terminal, UInt(TIOCSWINSZ), &window)
        startedAt = SystemClock().monotonicNanoseconds()
        process = try ServerProcess.start(command, terminal: "/dev/pts/\(number)", environment: ["TERM": "xterm-256color", "LANG": "C.UTF-8", "COLORTERM": nil, "NO_COLOR": nil])
    }

    deinit {
        process.kill()
        close(terminal)
    }

    /// Milliseconds since its start.
    var elapsedMilliseconds: Double { Double(SystemClock().monotonicNanoseconds() - startedAt) / 1e6 }

    func type(_ text: String) {
        var bytes = ArraySlice(text.utf8)
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { write(terminal, $0.baseAddress, $0.count) }
            if written <= 0 { return }
            bytes = bytes.dropFirst(written)
        }
    }

    /// Reads for so many seconds, or until `isEnough` says so of what was written since the call; returns whether it did.
    @discardableResult
    func read(seconds: Double, until isEnough: (ArraySlice<UInt8>) -> Bool = { _ in false }) -> Bool {
        let start = output.count
        let deadline = SystemClock().monotonicNanoseconds() + Int64(seconds * 1e9)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let left = deadline - SystemClock().monotonicNanoseconds()
            if left <= 0 { return false }
            var descriptor = pollfd(fd: terminal, events: Int16(POLLIN), revents: 0)
            guard poll(&descriptor, 1, Int32(min(left / 1_000_000 + 1, 1000))) > 0 else { continue }
            let count = Glibc.read(terminal, &buffer, buffer.count)
            guard count > 0 else { return isEnough(output[start...]) }
            output.append(contentsOf: buffer[..<count])
            answer()
            if isEnough(output[start...]) { return true }
        }
    }

    /// Reads until a text is written, which the program must do in one piece.
    func read(seconds: Double, untilText text: String) -> Bool {
        let wanted = Array(text.utf8)
        return read(seconds: seconds) { $0.contains(wanted) }
    }

    /// Answers as xterm does: synchronized output is known and off, and what kind of terminal it is.
    private func answer() {
        guard answered == 0, output.contains(Array("\u{1B}[c".utf8)) else { return }
        answered += 1
        type("\u{1B}[?2026;2$y\u{1B}[?62;22c")
    }
}
