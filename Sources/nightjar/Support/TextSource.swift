import Foundations
import Glibc

/// A file, or standard input, that is read from front to back. Calls from several threads must not overlap.
final class TextSource: @unchecked Sendable {
    /// Bytes read at once.
    static let pieceBytes = 1 << 20

    /// The file's path, or `standard input`.
    let name: String
    private let descriptor: Int32
    private(set) var bytesRead: Int64 = 0
    /// The error number of a read that failed.
    private(set) var errorNumber: Int32 = 0

    /// `path` may be `-` for standard input.
    init(_ path: String) throws {
        name = path == "-" ? "standard input" : path
        descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { throw Failure("can't read \(path): \(String(cString: strerror(errno)))", code: 2) }
    }

    deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

    /// The next bytes; 0 at the end, -1 where they can't be read.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0 && errno == EINTR { continue }
            if count < 0 { errorNumber = errno } else { bytesRead += Int64(count) }
            return count
        }
    }

    /// Calls `body` with piece after piece. Throws what it throws, and where the file can't be read.
    func forEachPiece(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceBytes, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = read(into: buffer)
            if count < 0 { throw failure }
            if count == 0 { return }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    var failure: Failure { Failure("can't read \(name): \(String(cString: strerror(errorNumber)))", code: 2) }
}

/// Says now and then how far long work is, on standard error.
final class ProgressLine: Sendable {
    private static let secondsBetween: Int64 = 5
    private let lastNanoseconds: Locked<Int64>

    init() { lastNanoseconds = Locked(SystemClock().monotonicNanoseconds()) }

    func tell(_ text: () -> String) {
        let now = SystemClock().monotonicNanoseconds()
        let isDue = lastNanoseconds.withLock { last in
            guard now - last >= Self.secondsBetween * 1_000_000_000 else { return false }
            last = now
            return true
        }
        if isDue { Output.message("nightjar: " + text()) }
    }
}
