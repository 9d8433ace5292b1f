import Model

/// Recent rows of a partition by stream, as they stand in their blocks: these stay unpacked as long as the value lives, and no row is copied
/// before it goes into a chunk.
struct WaitingRows {
    struct Stream {
        /// Their bytes live as long as the whole.
        var rows: [RecentBlock.Row] = []
        /// When the oldest came.
        var stored = Int64.max

        var lineBytes: Int { rows.reduce(0) { $0 + $1.line.count } }

        /// By time, then by storing.
        mutating func sort() {
            for index in rows.indices.dropFirst() where Self.precedes(rows[index], rows[index - 1]) { return rows.sort(by: Self.precedes) }
        }

        @inline(__always) private static func precedes(_ left: RecentBlock.Row, _ right: RecentBlock.Row) -> Bool {
            left.timestamp != right.timestamp ? left.timestamp < right.timestamp : left.id < right.id
        }

        /// Cuts the rows, in their order, into chunks' worth; says whether the last one is full.
        func pieces(rowsMax: Int, bytesMax: Int) -> (ranges: [Range<Int>], isLastFull: Bool) {
            var ranges: [Range<Int>] = []
            var (start, bytes) = (0, 0)
            for index in rows.indices {
                bytes += rows[index].line.count
                if index + 1 - start >= rowsMax || bytes >= bytesMax {
                    ranges.append(start..<index + 1)
                    (start, bytes) = (index + 1, 0)
                }
            }
            if start == rows.count { return (ranges, true) }
            return (ranges + [start..<rows.count], false)
        }
    }

    private(set) var streams: [Labels: Stream] = [:]
    private var contents: [ByteBlock] = []

    /// Adds a block's rows; `id` is the number of its first one. A damaged block leaves nothing behind.
    mutating func add(_ frame: UnsafeRawBufferPointer, id: Int64, stored: Int64) throws(DamagedBytes) {
        let content = try Frame.content(frame, bytesMax: Limits.blockBytesMax)
        var reader = try RecentBlock.Reader(content, first: id)
        // Taken out of the dictionary for as long as rows are added: by position, and each the only owner of its rows.
        var found = reader.labels.map { streams.removeValue(forKey: $0) ?? Stream() }
        let counts = found.map(\.rows.count)
        defer {
            for (labels, stream) in zip(reader.labels, found) where !stream.rows.isEmpty { streams[labels] = stream }
        }
        do {
            while let row = try reader.next() { found[row.stream].rows.append(row) }
        } catch {
            for index in found.indices { found[index].rows.removeLast(found[index].rows.count - counts[index]) }
            throw error
        }
        for index in found.indices { found[index].stored = min(found[index].stored, stored) }
        contents.append(content)
    }

    /// Leaves these rows alone of those that wait.
    mutating func keep(_ streams: [Labels: Stream]) { self.streams = streams }

    /// What waits as one block, in the order of storing; nil where nothing does.
    func block() -> (block: RecentBlock, id: Int64, stored: Int64, frame: [UInt8])? {
        var block = RecentBlock()
        var all: [RecentBlock.Row] = []
        for (labels, stream) in streams where !stream.rows.isEmpty {
            let number = block.addStream(labels)
            for var row in stream.rows {
                row.stream = number
                all.append(row)
            }
        }
        guard let first = all.min(by: { $0.id < $1.id }) else { return nil }
        all.sort { $0.id < $1.id }
        for row in all { block.append(id: row.id - first.id, stream: row.stream, timestamp: row.timestamp, level: row.level, line: row.line, fields: row.fields) }
        return (block, first.id, streams.values.map(\.stored).min()!, block.frame())
    }
}
