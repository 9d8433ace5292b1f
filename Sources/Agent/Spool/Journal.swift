import Foundations
import Logging

/// The records of one kind, append-only in segment files: written by one thread, read by the senders.
///
/// Invariants:
/// - A record is handed to senders only after the `synchronize` that made it durable; so what was sent is never lost or changed.
/// - Sequences grow by one from record to record and are never used again.
/// - A segment starts with all positions as they were before its first record, so removing older segments loses none.
/// - Removed is only what all cursors have passed, and only when a later segment is durable; at the size cap of a journal that
///   may drop, also the oldest segment, counted.
final class Journal: Sendable {
    enum WhenFull: Sendable {
        /// Appending throws `spoolFull`: the source waits.
        case refuses
        case dropsOldest
    }

    /// What readers see.
    struct Index {
        var segments: [Segment] = []
        /// Records up to it are durable.
        var durableSequence: UInt64 = 0
        var statistics = JournalStatistics()

        var bytes: Int { segments.reduce(0) { $0 + $1.endOffset } }
    }

    /// What the one writer knows.
    private struct Writer {
        var active: (any File)?
        var nextSequence: UInt64
        var nextOrdinal: UInt64
        /// As of the last durable record.
        var positions: SourcePositions
        /// Written since the last synchronize, kept until it succeeds.
        var unsynchronized: [(record: SpoolRecord, bytes: [UInt8])] = []
        var unsynchronizedBytes = 0
    }

    let kind: SpoolKind
    private let directory: String
    private let files: any FileSystem
    private let logger: Logger
    private let segmentBytes: Int
    private let bytesMax: Int
    private let whenFull: WhenFull
    private let writer: Locked<Writer>
    private let index: Locked<Index>

    /// Reads what is there, cuts a torn tail, and makes the rest durable. `sentSequence`: the furthest cursor; no number up to it is used again.
    init(
        kind: SpoolKind, directory: String, files: any FileSystem, logger: Logger, segmentBytes: Int, bytesMax: Int, whenFull: WhenFull,
        sentSequence: UInt64
    ) throws(FileError) {
        self.kind = kind
        self.directory = directory
        self.files = files
        self.logger = logger
        self.segmentBytes = segmentBytes
        self.bytesMax = bytesMax
        self.whenFull = whenFull
        let recovered = try JournalRecovery(kind: kind, directory: directory, files: files, sentSequence: sentSequence).run()
        index = Locked(Index(segments: recovered.segments, durableSequence: recovered.lastSequence, statistics: recovered.statistics))
        writer = Locked(
            Writer(nextSequence: recovered.highestSequence + 1, nextOrdinal: recovered.nextOrdinal, positions: recovered.positions))
        let statistics = recovered.statistics
        if statistics.damagedRecords > 0 || statistics.cutBytes > 0 {
            logger.warning(
                "the spool was damaged or cut short",
                metadata: ["kind": "\(kind.name)", "damagedRecords": "\(statistics.damagedRecords)", "cutBytes": "\(statistics.cutBytes)"])
        }
    }

    var statistics: JournalStatistics { index.withLock { $0.statistics } }
    var bytes: Int { index.withLock { $0.bytes } }
    var durableSequence: UInt64 { index.withLock { $0.durableSequence } }
    /// As of the last durable record.
    var positions: SourcePositions { writer.withLock { $0.positions } }
    var unsynchronizedBytes: Int { writer.withLock { $0.unsynchronizedBytes } }

    // MARK: Writing

    /// Writes a record, not yet durable; returns its number. After an error nothing of it counts.
    @discardableResult
    func append(payload: [UInt8], itemCount: Int, itemBytes: Int, positions: [SourcePosition] = []) throws(AgentError) -> UInt64 {
        try writer.withLock { writer throws(AgentError) in
            let record = SpoolRecord(sequence: writer.nextSequence, itemCount: itemCount, itemBytes: itemBytes, payload: payload, positions: positions)
            let bytes = RecordCodec.encode(record, committed: durableSequence)
            guard bytes.count <= Limits.recordBytesMax else { throw .recordTooLarge(bytes: bytes.count, bytesMax: Limits.recordBytesMax) }
            try makeRoom(bytes.count, &writer)
            try filesystem { () throws(FileError) in
                if activeEnd(writer) >= segmentBytes { try closeActive(&writer) }
                if writer.active == nil { try openSegment(&writer) }
                try write(record.sequence, bytes, &writer)
            }
            writer.unsynchronized.append((record, bytes))
            writer.unsynchronizedBytes += bytes.count
            writer.nextSequence += 1
            return record.sequence
        }
    }

    /// Makes everything appended durable (group commit). After an error nothing of it is, and the next call tries again in a new segment.
    /// Returns whether there was something.
    @discardableResult
    func synchronize() throws(FileError) -> Bool {
        try writer.withLock { writer throws(FileError) in
            guard !writer.unsynchronized.isEmpty else { return false }
            if writer.active == nil { try openSegment(&writer) }
            try settle(&writer)
            return true
        }
    }

    private func activeEnd(_ writer: Writer) -> Int { writer.active == nil ? 0 : index.withLock { $0.segments.last?.endOffset ?? 0 } }

    private func write(_ sequence: UInt64, _ bytes: [UInt8], _ writer: inout Writer) throws(FileError) {
        let offset = activeEnd(writer)
        do throws(FileError) {
            try writer.active!.write(bytes, at: offset)
        } catch {
            abandonActive(&writer)
            throw error
        }
        index.withLock { $0.segments[$0.segments.count - 1].add(sequence, at: offset, end: offset + bytes.count) }
    }

    private func settle(_ writer: inout Writer) throws(FileError) {
        do throws(FileError) {
            try writer.active!.synchronize()
            if index.withLock({ $0.segments.last?.isDurable == false }) { try files.synchronizeDirectory(directory) }
        } catch {
            abandonActive(&writer)
            throw error
        }
        for (record, _) in writer.unsynchronized { writer.positions.apply(record.positions) }
        let last = writer.unsynchronized.last?.record.sequence
        writer.unsynchronized = []
        writer.unsynchronizedBytes = 0
        index.withLock { index in
            index.segments[index.segments.count - 1].isDurable = true
            if let last { index.durableSequence = last }
        }
    }

    private func closeActive(_ writer: inout Writer) throws(FileError) {
        if !writer.unsynchronized.isEmpty { try settle(&writer) }
        writer.active?.close()
        writer.active = nil
    }

    /// After a failed write or synchronize the file can't be trusted beyond its last durable record: it is cut there and never written again.
    private func abandonActive(_ writer: inout Writer) {
        guard let file = writer.active else { return }
        writer.active = nil
        index.withLock { index in
            let last = index.segments.count - 1
            index.segments[last].cut(from: index.durableSequence + 1)
            do throws(FileError) {
                if index.segments[last].isDurable {
                    try file.truncate(to: index.segments[last].endOffset)
                } else {
                    try files.remove(index.segments[last].path)
                }
            } catch {
                // Recovery prefers the later segment, which holds the same records again.
                logger.warning("a damaged spool segment stays as it is", metadata: ["error": "\(error)"])
            }
            if !index.segments[last].isDurable { index.segments.removeLast() }
        }
        file.close()
    }

    /// A new segment with the positions as of the last durable record, then again what isn't durable yet.
    private func openSegment(_ writer: inout Writer) throws(FileError) {
        let ordinal = writer.nextOrdinal
        let path = Paths.join(directory, Segment.name(ordinal))
        let first = writer.unsynchronized.first?.record.sequence ?? writer.nextSequence
        let header = SegmentHeader(kind: kind, firstSequence: first, positions: writer.positions).encode()
        let file = try files.open(path, .create)
        writer.nextOrdinal += 1
        writer.active = file
        index.withLock { $0.segments.append(Segment(path: path, ordinal: ordinal, firstSequence: first, endOffset: header.count, isDurable: false)) }
        do throws(FileError) {
            try file.write(header, at: 0)
        } catch {
            abandonActive(&writer)
            throw error
        }
        for (record, bytes) in writer.unsynchronized { try write(record.sequence, bytes, &writer) }
    }

    // MARK: The size cap

    private func makeRoom(_ count: Int, _ writer: inout Writer) throws(AgentError) {
        while bytes + count > bytesMax {
            guard whenFull == .dropsOldest, count < bytesMax / 2 else { throw .spoolFull(bytesMax: bytesMax) }
            try filesystem { () throws(FileError) in
                // The one that is written to may be all there is: it is closed, so that it can go.
                if index.withLock({ $0.segments.count }) <= 1 {
                    try closeActive(&writer)
                    try openSegment(&writer)
                }
                // Without a durable successor the numbers of the removed records could be used again after power loss.
                if index.withLock({ $0.segments[1].isDurable }) == false { try settle(&writer) }
                try dropOldest()
            }
        }
    }

    private func dropOldest() throws(FileError) {
        let segment = index.withLock { $0.segments[0] }
        let acknowledged = index.withLock { $0.statistics.acknowledgedSequence }
        var (records, items) = (0, 0)
        let mapped = try files.map(segment.path)
        withExtendedLifetime(mapped) {
            for found in RecordCodec.scan(mapped.bytes, from: 0) where found.sequence > acknowledged {
                records += 1
                items += RecordCodec.decode(found, in: mapped.bytes)?.itemCount ?? 0
            }
        }
        try files.remove(segment.path)
        index.withLock { index in
            index.segments.removeFirst()
            index.statistics.droppedRecords += records
            index.statistics.droppedItems += items
        }
        if records > 0 {
            logger.warning("the spool is full: the oldest batches were dropped", metadata: ["kind": "\(kind.name)", "records": "\(records)", "items": "\(items)"])
        }
    }

    // MARK: Reading

    /// The first durable record after `sequence`, or nil. A record that can't be read any more is skipped and counted.
    func next(after sequence: UInt64) throws(FileError) -> SpoolRecord? {
        var after = sequence
        while true {
            let place = index.withLock { index -> (path: String, sequence: UInt64, offset: Int, end: Int)? in
                for segment in index.segments {
                    if let found = segment.next(after: after, through: index.durableSequence) {
                        let following = segment.next(after: found.sequence, through: .max)?.offset
                        return (segment.path, found.sequence, found.offset, following ?? segment.endOffset)
                    }
                }
                return nil
            }
            guard let place else { return nil }
            let file = try files.open(place.path, .read)
            defer { file.close() }
            let bytes = try file.readBytes(place.end - place.offset, at: place.offset)
            let record = bytes.withUnsafeBytes { buffer in
                RecordCodec.find(at: 0, in: buffer).flatMap { $0.sequence == place.sequence ? RecordCodec.decode($0, in: buffer) : nil }
            }
            if let record { return record }
            index.withLock { $0.statistics.damagedRecords += 1 }
            logger.error("a spool record is damaged and was skipped", metadata: ["file": "\(place.path)", "offset": "\(place.offset)"])
            after = place.sequence
        }
    }

    /// Durable records after `sequence`.
    func pendingCount(after sequence: UInt64) -> Int {
        index.withLock { index in index.segments.reduce(0) { $0 + $1.count(after: sequence) } }
    }

    /// Removes the segments that every cursor has passed. The cursors must be durable.
    func remove(through sequence: UInt64) throws(FileError) {
        let removable = index.withLock { index -> [Segment] in
            index.statistics.acknowledgedSequence = max(index.statistics.acknowledgedSequence, sequence)
            let segments = index.segments
            let count = segments.indices.dropLast().prefix { segments[$0].lastSequence <= sequence && segments[$0 + 1].isDurable }.count
            return Array(segments.prefix(count))
        }
        for segment in removable {
            try files.remove(segment.path)
            index.withLock { index in index.segments.removeAll { $0.ordinal == segment.ordinal } }
        }
    }

    /// Whether `remove` would remove something: then the cursors are worth synchronizing.
    func canRemove(through sequence: UInt64) -> Bool {
        index.withLock { $0.segments.count > 1 && $0.segments[0].lastSequence <= sequence && $0.segments[1].isDurable }
    }
}

/// What befell a journal.
struct JournalStatistics: Sendable, Equatable {
    /// All cursors have passed it.
    var acknowledgedSequence: UInt64 = 0
    var damagedRecords = 0
    var cutBytes = 0
    var droppedRecords = 0
    var droppedItems = 0
}
