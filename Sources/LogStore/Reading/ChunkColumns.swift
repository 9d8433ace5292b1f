import Foundations
import Model

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
    private var columns: [Int: Column] = [:]
    /// What was found of beginnings, by column.
    private var beginnings: [(sought: SoughtBeginning, valuesOfColumns: [[Int32]?])] = []
    /// Rows by template: those of template n from `firsts[n]` on.
    private var rows: [Int32] = []
    private var firsts: [Int] = []

    init(_ chunk: Chunk) throws {
        self.chunk = chunk
        text = try chunk.text()
    }

    /// The column of a template's hole.
    mutating func column(template: Int, hole: Int) throws -> Column {
        let number = text.number(ofHole: hole, inTemplate: template)
        if let known = columns[number] { return known }
        if firsts.isEmpty { sortRows() }
        var column = Column()
        let count = text.templates[template].rows
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

    /// Calls `body` with one value, written out for it; valid during the call.
    mutating func withValue<Result>(template: Int, hole: Int, ordinal: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        let number = text.number(ofHole: hole, inTemplate: template)
        var timestamp: Int64 = 0
        if text.isTime(number) {
            if firsts.isEmpty { sortRows() }
            timestamp = chunk.heads.timestamps[Int(rows[firsts[template] + ordinal])]
        }
        var value = GrowingBuffer<UInt8>(capacity: 64)
        try text.appendValue(number, ordinal, timestamp, to: &value)
        return try body(value.bytes)
    }

    /// Rows of a template whose hole may begin so, by their order in the template.
    mutating func rows(_ sought: SoughtBeginning, template: Int, hole: Int) throws -> [Int] {
        let (column, first) = text.place(ofHole: hole, inTemplate: template)
        let values = try values(sought, column)
        if values.isEmpty { return [] }
        let end = first + text.templates[template].rows
        return values[values.partitioningIndex { $0 >= first }...].prefix { $0 < end }.map { Int($0) - first }
    }

    /// Which values of a column may begin so: looked for in all of them at once, as several templates share a column.
    private mutating func values(_ sought: SoughtBeginning, _ column: Int) throws -> [Int32] {
        if let position = beginnings.firstIndex(where: { $0.sought === sought }) {
            if let known = beginnings[position].valuesOfColumns[column] { return known }
            let values = try text.find(sought, inColumn: column)
            beginnings[position].valuesOfColumns[column] = values
            return values
        }
        beginnings.append((sought, Array(repeating: nil, count: text.columnCount)))
        return try values(sought, column)
    }

    /// Marks the rows of a template that have a text within a hole.
    mutating func mark(_ sought: SoughtText, template: Int, hole: Int, _ marks: inout RowMarks) throws {
        let number = text.number(ofHole: hole, inTemplate: template)
        if columns[number] == nil {
            var found = GrowingBuffer<Int32>()
            if try text.find(sought, in: number, rows: text.templates[template].rows, to: &found) {
                for ordinal in found.elements { marks.mark(Int(ordinal)) }
                return
            }
        }
        let column = try column(template: template, hole: hole)
        column.bytes.withUnsafeBytes { Self.mark(sought.finder, in: $0, column.ends, &marks) }
    }

    /// Marks the values that have a text in them.
    private static func mark(_ text: TextFinder, in bytes: UnsafeRawBufferPointer, _ ends: [Int32], _ marks: inout RowMarks) {
        var offset = 0
        var ordinal = 0
        while let hit = text.firstOffset(in: bytes, from: offset) {
            while Int(ends[ordinal]) <= hit { ordinal += 1 }
            if hit + text.text.count <= Int(ends[ordinal]) {
                marks.mark(ordinal)
                offset = Int(ends[ordinal])
            } else {
                offset = hit + 1
            }
        }
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

/// Which of a template's rows satisfy something: mostly none.
struct RowMarks {
    let count: Int
    /// Empty while none is marked.
    private(set) var all: [Bool] = []

    init(count: Int) { self.count = count }

    @inline(__always) subscript(_ row: Int) -> Bool { !all.isEmpty && all[row] }

    @inline(__always) mutating func mark(_ row: Int) {
        if all.isEmpty { all = Array(repeating: false, count: count) }
        all[row] = true
    }
}
