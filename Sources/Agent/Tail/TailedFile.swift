import Foundations
import Model

/// A log file that is being read. Used by the tailer's thread alone.
final class TailedFile {
    enum State: Equatable {
        /// It stands under one of the globs.
        case attached
        /// It was renamed away or removed; read until its writer has let go of it.
        case detached
        /// It begins with what `original` holds, as copytruncate makes: it waits until it is known who has the rest.
        case copy(original: FileKey)
    }

    let key: FileKey
    /// The path under which it was first seen.
    let path: String
    let stream: Labels
    var currentPath: String
    var state: State
    private(set) var offset: Int
    /// The file's first bytes and those before `offset`, as far as they were taken and at most `Limits.fingerprintBytes`.
    private(set) var head: [UInt8]
    private(set) var tail: [UInt8]
    var isInsideCutLine = false
    /// The last whole line waits for one that continues it.
    var isHolding = false

    var file: (any File)?
    /// Grows with each use, for closing the one unused longest.
    var lastUse = 0
    /// As of the last look, to leave alone what hasn't changed.
    var seenSize = -1
    var seenModified = NanoTimestamp(nanoseconds: 0)
    var lastGrowthNanoseconds: Int64
    /// A position that isn't in the spool yet.
    var hasUnsavedPosition = false

    init(key: FileKey, path: String, currentPath: String, stream: Labels, state: State, monotonicNanoseconds: Int64) {
        self.key = key
        self.path = path
        self.stream = stream
        self.currentPath = currentPath
        self.state = state
        lastGrowthNanoseconds = monotonicNanoseconds
        (offset, head, tail) = (0, [], [])
    }

    /// Goes to a place that was read up to before, or from which reading starts.
    func jump(to offset: Int, head: [UInt8], tail: [UInt8]) {
        precondition(head.count == tail.count && head.count == min(offset, Limits.fingerprintBytes))
        self.offset = offset
        self.head = head
        self.tail = tail
        seenSize = -1
        isHolding = false
    }

    /// The bytes from `offset` on are taken.
    func take(_ bytes: UnsafeRawBufferPointer) {
        if bytes.isEmpty { return }
        head.append(contentsOf: bytes.prefix(Limits.fingerprintBytes - head.count))
        if bytes.count >= Limits.fingerprintBytes {
            tail = Array(bytes.suffix(Limits.fingerprintBytes))
        } else {
            tail.append(contentsOf: bytes)
            if tail.count > Limits.fingerprintBytes { tail.removeFirst(tail.count - Limits.fingerprintBytes) }
        }
        offset += bytes.count
        hasUnsavedPosition = true
    }

    func position(isGone: Bool = false) -> SourcePosition {
        SourcePosition(
            key: key, path: path, offset: offset, headChecksum: CRC32C.checksum(head), tailChecksum: CRC32C.checksum(tail), isInsideCutLine: isInsideCutLine,
            isGone: isGone)
    }
}

/// Reads the two fingerprints of a file for a place in it: nil where the file is shorter.
func fingerprints(of file: any File, offset: Int) throws(FileError) -> (head: [UInt8], tail: [UInt8])? {
    let count = min(offset, Limits.fingerprintBytes)
    let head = try file.readBytes(count, at: 0)
    let tail = try file.readBytes(count, at: offset - count)
    return head.count == count && tail.count == count ? (head, tail) : nil
}
