import Foundations
import Model

/// A batch as it will be stored: within the limits, cut at midnights and by class, with its rows encoded and compressed. Made on the
/// caller's side, beside the writer's thread.
struct PreparedBatch: Sendable {
    /// What of a batch goes into one partition.
    struct Part: Sendable {
        let name: PartitionName
        var block: RecentBlock
        var frame: [UInt8]
    }

    let origin: BatchOrigin?
    /// In order of name; within a part in the batch's order.
    private(set) var parts: [Part] = []
    private(set) var refused: [LogRefusal: Int] = [:]
    private(set) var linesCut = 0
    private(set) var fieldsDropped = 0
    /// About what it holds in memory until it is stored, with the batch that its caller holds as long.
    private(set) var heldBytes = 0

    init(_ records: [LogRecord], origin: BatchOrigin?, accepted: Range<NanoTimestamp>, options: LogStoreOptions = .init()) {
        self.init(LogColumns(records), origin: origin, accepted: accepted, options: options)
    }

    init(_ columns: LogColumns, origin: BatchOrigin?, accepted: Range<NanoTimestamp>, options: LogStoreOptions = .init()) {
        self.origin = origin
        var division = Division(columns, options: options)
        let window = accepted.lowerBound.nanoseconds..<accepted.upperBound.nanoseconds
        var (tooOld, tooFar) = (0, 0)
        for row in columns.rows {
            if row.timestamp < window.lowerBound {
                tooOld += 1
                division.leaveOut()
            } else if row.timestamp >= window.upperBound {
                tooFar += 1
                division.leaveOut()
            } else {
                division.add(row)
            }
        }
        if tooOld > 0 { refused[.tooOld] = tooOld }
        if tooFar > 0 { refused[.tooFarInFuture] = tooFar }
        var cuts = RecentBlock.Cuts()
        parts = division.parts.indices.map { part in
            let (block, frame) = RecentBlock.encoded(columns, division.parts[part].rows, counting: &cuts) { division.isRow($0, of: part) }
            return Part(name: division.parts[part].name, block: block, frame: frame)
        }.sorted { $0.name < $1.name }
        linesCut = cuts.lines
        fieldsDropped = cuts.fields
        heldBytes = columns.lines.count + columns.fields.count + columns.count * Limits.rowOverheadBytes + parts.reduce(0) { $0 + $1.frame.count }
    }

    var rowCount: Int { parts.reduce(0) { $0 + $1.block.rows } }
}

/// Which rows of a batch go into which partition.
private struct Division {
    struct Part {
        let name: PartitionName
        var rows: RecentBlock.Selection
    }

    private(set) var parts: [Part] = []
    private let columns: LogColumns
    private let options: LogStoreOptions
    /// By the number of a stream: its class, once it was looked up.
    private var classes: [String?]
    /// By row: its part, -1 where it is left out. Empty as long as all rows are of the first part.
    private var partOfRow: [Int32] = []
    private var rowCount = 0
    /// The part of the last row, and the nanoseconds of its day.
    private var current = -1
    private var span: Range<Int64> = 0..<0

    init(_ columns: LogColumns, options: LogStoreOptions) {
        self.columns = columns
        self.options = options
        classes = options.classes.isEmpty ? [] : Array(repeating: nil, count: columns.streams.count)
    }

    func isRow(_ row: Int, of part: Int) -> Bool { partOfRow.isEmpty || partOfRow[row] == Int32(part) }

    mutating func leaveOut() { note(-1) }

    mutating func add(_ row: LogColumns.Row) {
        if !classes.isEmpty || !span.contains(row.timestamp) { find(row) }
        parts[current].rows.add(row, columns)
        note(current)
    }

    private mutating func note(_ part: Int) {
        if partOfRow.isEmpty, part != 0 {
            partOfRow.reserveCapacity(columns.count)
            partOfRow = Array(repeating: 0, count: rowCount)
            partOfRow.append(Int32(part))
        } else if !partOfRow.isEmpty {
            partOfRow.append(Int32(part))
        }
        rowCount += 1
    }

    private mutating func find(_ row: LogColumns.Row) {
        let day = Day(containing: NanoTimestamp(nanoseconds: row.timestamp))
        let name = PartitionName(day, retentionClass(of: Int(row.stream)))
        if current >= 0, parts[current].name == name { return }
        // The last nanosecond that a timestamp can hold belongs to its day, too; it is looked for each time.
        span = day.start.nanoseconds..<day.end.nanoseconds
        if let known = parts.firstIndex(where: { $0.name == name }) {
            current = known
        } else {
            parts.append(Part(name: name, rows: RecentBlock.Selection(streams: columns.streams.count)))
            current = parts.count - 1
        }
    }

    private mutating func retentionClass(of stream: Int) -> String {
        if classes.isEmpty { return "" }
        if let known = classes[stream] { return known }
        let found = options.retentionClass(of: columns.streams[stream])
        classes[stream] = found
        return found
    }
}
