import Foundations
import Logging

/// The agent's memory on disk: what was read and isn't acknowledged by every collector yet.
///
/// A folder with a journal for each kind, a cursor for each destination, the agent's id and the bodies that a collector refused.
/// One process has it at a time. The format is in Docs/Formats/agent-spool.md.
final class Spool: Sendable {
    static let lockName = "lock"
    static let idName = "agent-id"
    static let quarantineName = "quarantine"

    let directory: String
    /// 32 hexadecimal digits, made with the spool.
    let agentId: String
    /// The spool was made now: nothing was ever read.
    let isNew: Bool
    private let files: any FileSystem
    /// Held until `close`.
    private let lock: Locked<(any FileLock)?>
    private let journals: [SpoolKind: Journal]
    private let cursors: [String: CursorFile]
    private let waiting = Locked<[SpoolKind: [AsyncStream<Void>.Continuation]]>([:])
    let quarantine: Quarantine

    /// `destinations`: names of their cursors; cursors of others are removed, since they would hold everything back.
    /// `bytesMax`: of all segments; metrics have a quarter and then lose their oldest, logs have the rest and then wait.
    init(
        directory: String, destinations: [String], bytesMax: Int, files: any FileSystem, logger: Logger,
        generator: any RandomNumberGenerator = SystemRandomNumberGenerator(),
        metricSegmentBytes: Int = Limits.metricSegmentBytes, logSegmentBytes: Int = Limits.logSegmentBytes
    ) throws(AgentError) {
        self.directory = directory
        self.files = files
        try filesystem { () throws(FileError) in
            for folder in [directory, Paths.join(directory, SpoolKind.metrics.name), Paths.join(directory, SpoolKind.logs.name)] {
                try files.createDirectory(folder)
            }
            try Self.synchronizeWithParents(directory, files)
        }
        do throws(FileError) {
            lock = Locked(try files.lock(Paths.join(directory, Self.lockName)))
        } catch {
            throw error.isLocked ? .spoolLocked(directory: directory) : .file(error)
        }
        (agentId, isNew) = try Self.identity(Paths.join(directory, Self.idName), files, generator)
        var cursors: [String: CursorFile] = [:]
        for name in destinations { cursors[name] = try filesystem { () throws(FileError) in try CursorFile(path: Paths.join(directory, Self.cursorName(name)), files: files) } }
        self.cursors = cursors
        quarantine = Quarantine(directory: Paths.join(directory, Self.quarantineName), files: files)
        var journals: [SpoolKind: Journal] = [:]
        let metricBytesMax = Int(Double(bytesMax) * Limits.metricShare)
        for (kind, segmentBytes, share, whenFull) in [
            (SpoolKind.metrics, metricSegmentBytes, metricBytesMax, Journal.WhenFull.dropsOldest), (.logs, logSegmentBytes, bytesMax - metricBytesMax, .refuses),
        ] {
            let sent = cursors.values.map { $0.acknowledged(kind) }.max() ?? 0
            journals[kind] = try filesystem { () throws(FileError) in
                try Journal(
                    kind: kind, directory: Paths.join(directory, kind.name), files: files, logger: logger, segmentBytes: min(segmentBytes, max(1, share / 4)),
                    bytesMax: share, whenFull: whenFull, sentSequence: sent)
            }
        }
        self.journals = journals
        try filesystem { () throws(FileError) in
            try removeOtherCursors()
            try files.synchronizeDirectory(directory)
        }
        for kind in SpoolKind.allCases { try filesystem { () throws(FileError) in try removeAcknowledged(kind) } }
    }

    /// Also the folders above may be new, or were made by a process that died before they were durable.
    private static func synchronizeWithParents(_ directory: String, _ files: any FileSystem) throws(FileError) {
        try files.synchronizeDirectory(directory)
        var path = directory
        while path != "/" && path != "." {
            path = Paths.directory(of: path)
            do throws(FileError) {
                try files.synchronizeDirectory(path)
            } catch {
                // A folder that we may not even open isn't one that we made.
                if !error.isPermission { throw error }
            }
        }
    }

    private static func identity(
        _ path: String, _ files: any FileSystem, _ generator: any RandomNumberGenerator
    ) throws(AgentError) -> (id: String, isNew: Bool) {
        var generator = generator
        let stored = try filesystem { () throws(FileError) in try files.exists(path) ? files.readAll(path, bytesMax: 4096) : nil }
        if let stored {
            let id = String(decoding: stored, as: UTF8.self).prefix { $0 != "\n" }
            guard id.utf8.count == 32, id.utf8.allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x61 && $0 <= 0x66) }) else {
                throw .agentIdDamaged(path: path)
            }
            return (String(id), false)
        }
        let digits = Array("0123456789abcdef")
        let id = String((0..<32).map { _ in digits[Int(truncatingIfNeeded: generator.next() % 16)] })
        try filesystem { () throws(FileError) in try files.replace(path, with: Array((id + "\n").utf8)) }
        return (id, true)
    }

    /// A file name for a destination: what is plain of its name, and a checksum of all of it.
    static func cursorName(_ destination: String) -> String {
        let plain = destination.utf8.map { byte -> Character in
            let isPlain = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A || (byte >= 0x30 && byte <= 0x39) || byte == 0x2D || byte == 0x2E
            return isPlain ? Character(UnicodeScalar(byte)) : "_"
        }
        return "cursor-" + String(plain.prefix(80)) + "-" + String(CRC32C.checksum(Array(destination.utf8)), radix: 16)
    }

    private func removeOtherCursors() throws(FileError) {
        let kept = Set(cursors.keys.map(Self.cursorName))
        for name in try files.list(directory) where name.hasPrefix("cursor-") && !kept.contains(name) {
            try files.remove(Paths.join(directory, name))
        }
    }

    func journal(_ kind: SpoolKind) -> Journal { journals[kind]! }
    var bytes: Int { journals.values.reduce(0) { $0 + $1.bytes } }

    // MARK: Writing

    /// Makes what was appended durable and wakes the senders.
    func synchronize(_ kind: SpoolKind) throws(FileError) {
        if try journal(kind).synchronize() { waiting.withLock { for continuation in $0[kind] ?? [] { continuation.yield() } } }
    }

    // MARK: Sending

    /// Yields when there may be something new to send.
    func arrivals(_ kind: SpoolKind) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        continuation.yield()
        waiting.withLock { $0[kind, default: []].append(continuation) }
        return stream
    }

    /// The next record for a destination, the same until it is acknowledged.
    func next(_ kind: SpoolKind, for destination: String) throws(FileError) -> SpoolRecord? {
        try journal(kind).next(after: cursors[destination]!.acknowledged(kind))
    }

    func pendingCount(_ kind: SpoolKind, for destination: String) -> Int {
        journal(kind).pendingCount(after: cursors[destination]!.acknowledged(kind))
    }

    /// Moves a destination's cursor to `sequence`, and removes what every destination has. Doing it again changes nothing.
    func acknowledge(_ kind: SpoolKind, through sequence: UInt64, for destination: String) throws(FileError) {
        try cursors[destination]!.advance(kind, to: sequence)
        try removeAcknowledged(kind)
    }

    private func removeAcknowledged(_ kind: SpoolKind) throws(FileError) {
        guard let slowest = cursors.values.map({ $0.acknowledged(kind) }).min() else { return }
        if journal(kind).canRemove(through: slowest) {
            for cursor in cursors.values { try cursor.synchronize() }
        }
        try journal(kind).remove(through: slowest)
    }

    /// The final flush: everything appended, and the cursors, durable. Then another process may have the folder.
    func close() throws(FileError) {
        defer { lock.withLock { $0 = nil } }
        for kind in SpoolKind.allCases { try synchronize(kind) }
        for cursor in cursors.values { try cursor.synchronize() }
        for continuation in waiting.withLock({ $0.values.flatMap(\.self) }) { continuation.finish() }
    }
}
