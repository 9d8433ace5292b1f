import Foundations

/// Reads a journal's segments at start and decides which records count.
///
/// A gap in the sequences below what is known to have been durable is damage: it is counted and the records after it stay. A gap
/// above is a tail that was being written when the power went: it is cut, with all that follows, since the positions of later
/// records would skip the lines of the missing ones.
struct JournalRecovery {
    let kind: SpoolKind
    let directory: String
    let files: any FileSystem
    /// The furthest cursor: everything up to it was durable.
    let sentSequence: UInt64

    struct Result {
        var segments: [Segment] = []
        var positions = SourcePositions()
        /// Of the records that count.
        var lastSequence: UInt64 = 0
        /// Of all numbers that were ever seen.
        var highestSequence: UInt64 = 0
        var nextOrdinal: UInt64 = 1
        var statistics = JournalStatistics()
    }

    private struct Scanned {
        var path: String
        var ordinal: UInt64
        var header: SegmentHeader?
        var headerEnd: Int
        var records: [(sequence: UInt64, committed: UInt64, range: Range<Int>, positions: [SourcePosition])]
        var sizeBytes: Int
    }

    func run() throws(FileError) -> Result {
        var scanned: [Scanned] = []
        for name in try files.list(directory) {
            if let ordinal = Segment.ordinal(ofName: name) { scanned.append(try scan(Paths.join(directory, name), ordinal)) }
        }
        scanned.sort { $0.ordinal < $1.ordinal }
        var result = Result()
        result.nextOrdinal = (scanned.last?.ordinal ?? 0) + 1
        let durable = scanned.reduce(sentSequence) { known, segment in
            segment.records.reduce(max(known, segment.header.map { $0.firstSequence - 1 } ?? 0)) { max($0, $1.committed) }
        }
        result.highestSequence = scanned.reduce(durable) { known, segment in segment.records.reduce(known) { max($0, $1.sequence) } }
        var cut: Int?
        for (number, segment) in scanned.enumerated() {
            if cut != nil {
                result.statistics.cutBytes += segment.sizeBytes
                try files.remove(segment.path)
            } else if try !accept(segment, isLast: number == scanned.count - 1, durable: durable, &result) {
                cut = number
            }
        }
        try settle(result)
        return result
    }

    private func scan(_ path: String, _ ordinal: UInt64) throws(FileError) -> Scanned {
        let mapped = try files.map(path)
        return withExtendedLifetime(mapped) {
            let bytes = mapped.bytes
            let decoded = SegmentHeader.decode(bytes, kind: kind)
            let start = decoded?.end ?? 0
            let records = RecordCodec.scan(bytes, from: start).compactMap { found in
                RecordCodec.decode(found, in: bytes).map { (found.sequence, found.committed, found.range, $0.positions) }
            }
            return Scanned(path: path, ordinal: ordinal, header: decoded?.header, headerEnd: start, records: records, sizeBytes: bytes.count)
        }
    }

    /// Takes a segment's records over; false where it was cut, so that nothing after it counts.
    private func accept(_ scanned: Scanned, isLast: Bool, durable: UInt64, _ result: inout Result) throws(FileError) -> Bool {
        if scanned.header == nil && scanned.records.isEmpty {
            // Its header never became durable, or is damaged and nothing is left.
            result.statistics.cutBytes += scanned.sizeBytes
            try files.remove(scanned.path)
            return true
        }
        let first = scanned.header?.firstSequence ?? scanned.records[0].sequence
        if let header = scanned.header {
            if header.firstSequence <= result.lastSequence { replaceFrom(header.firstSequence, &result) }
            result.positions = header.positions
            result.lastSequence = max(result.lastSequence, header.firstSequence - 1)
        }
        var segment = Segment(path: scanned.path, ordinal: scanned.ordinal, firstSequence: first, endOffset: scanned.headerEnd, isDurable: true)
        var isWhole = true
        for record in scanned.records where record.sequence > result.lastSequence {
            let missing = record.sequence - result.lastSequence - 1
            if missing > 0 && record.sequence - 1 > durable {
                isWhole = false
                break
            }
            if result.lastSequence > 0 { result.statistics.damagedRecords += Int(clamping: missing) }
            segment.add(record.sequence, at: record.range.lowerBound, end: record.range.upperBound)
            result.positions.apply(record.positions)
            result.lastSequence = record.sequence
        }
        result.segments.append(segment)
        if scanned.sizeBytes > segment.endOffset, isLast || !isWhole {
            result.statistics.cutBytes += scanned.sizeBytes - segment.endOffset
            try files.open(scanned.path, .readWrite).truncate(to: segment.endOffset)
        }
        return isWhole
    }

    /// A segment that was abandoned after a failed synchronize: the one after it holds its last records again.
    private func replaceFrom(_ sequence: UInt64, _ result: inout Result) {
        for index in result.segments.indices { result.segments[index].cut(from: sequence) }
        result.lastSequence = sequence - 1
    }

    /// What was found may stand in the page cache alone, if the process died and the machine didn't: nothing is sent before it is durable.
    private func settle(_ result: Result) throws(FileError) {
        if let last = result.segments.last { try files.open(last.path, .readWrite).synchronize() }
        try files.synchronizeDirectory(directory)
    }
}
