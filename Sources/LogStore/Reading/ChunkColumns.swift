import Foundations

/// A chunk's varying parts by column, each written out when it is first asked for.
struct ChunkColumns {
    /// The values of one column, one after the other, in the order of its template's rows.
    struct Column {
        var bytes: [UInt8] = []
        /// Where each value ends.
        var ends: [Int32] = []

        @inline(__always) func range(_ ordinal: Int) -> Range<Int> { (ordinal == 0 ? 0 : Int(ends[ordinal - 1]))..<Int(ends[ordinal]) }
    }

    private let chunk: Chunk
    let text: ChunkText
    private var columns: [Column?]
    /// Rows by template: those of template n from `firsts[n]` on.
    private var rows: [Int32] = []
    private var firsts: [Int] = []

    init(_ chunk: Chunk) throws {
        self.chunk = chunk
        text = try chunk.text()
        columns = Array(repeating: nil, count: text.holeCount)
    }

    /// The column of a template's hole.
    mutating func column(template: Int, hole: Int) throws -> Column {
        let number = text.number(ofHole: hole, inTemplate: template)
        if let known = columns[number] { return known }
        if firsts.isEmpty { sortRows() }
        var column = Column()
        let count = text.templates[template].rows
        guard firsts[template] + count == firsts[template + 1] else { throw DamagedBytes("a template's number of rows") }
        column.ends.reserveCapacity(count)
        var values = GrowingBuffer<UInt8>(capacity: count * 8)
        for ordinal in 0..<count {
            let row = Int(rows[firsts[template] + ordinal])
            try text.appendValue(number, ordinal, chunk.heads.timestamps[row], to: &values)
            column.ends.append(Int32(truncatingIfNeeded: values.count))
        }
        column.bytes = Array(values.bytes)
        columns[number] = column
        return column
    }

    private mutating func sortRows() {
        let templates = chunk.heads.templates
        firsts = [Int](repeating: 0, count: text.templates.count + 1)
        for template in templates { firsts[Int(template) + 1] += 1 }
        for template in text.templates.indices { firsts[template + 1] += firsts[template] }
        var next = firsts
        rows = [Int32](repeating: 0, count: templates.count)
        for (row, template) in templates.enumerated() {
            rows[next[Int(template)]] = Int32(row)
            next[Int(template)] += 1
        }
    }
}
