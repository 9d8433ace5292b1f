import Foundations

/// The lines of a chunk by template and column (Docs/Formats/log-partition.md): written by `encode`, read in place.
final class ChunkText {
    /// How a column's values stand.
    private enum Kind: UInt8 {
        /// One value for all rows.
        case same = 0
        /// All of one length.
        case fixed = 1
        /// Lengths of a byte each, then the values.
        case short = 2
        /// Lengths of four bytes each, then the values.
        case long = 3
        /// The rows' own moments, in a layout.
        case time = 4
    }

    private struct Column {
        var kind: Kind
        var layout: TimeLayout?
        var length = 0
        var values: UnsafeRawBufferPointer
        var lengths: UnsafeRawBufferPointer
        /// Where each value begins, and the end: made when first needed.
        var starts: [Int32] = []
    }

    struct Template {
        var rows: Int
        var pieces: [UnsafeRawBufferPointer]
        var firstColumn: Int
    }

    private let block: ByteBlock
    private(set) var templates: [Template] = []
    private var columns: [Column] = []
    private var times = TimeWriter()

    // MARK: Writing

    /// `order`: the rows' positions in the order in which the chunk holds them.
    static func encode(_ rows: Rows, _ table: TemplateTable, order: [Int]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(rows.lineBytes)
        text.append(varint: UInt64(table.entries.count))
        var members = table.entries.map { entry in
            var members: [Int] = []
            members.reserveCapacity(entry.rows)
            return members
        }
        for row in order { members[Int(table.templateOfLine[row])].append(row) }
        for entry in table.entries {
            let pieces = table.pieces(entry)
            text.append(varint: UInt64(entry.rows))
            text.append(varint: UInt64(entry.holes))
            for piece in pieces { text.append(varint: UInt64(piece.count)) }
            for piece in pieces { text.append(contentsOf: table.keys[piece]) }
        }
        var times = TimeWriter()
        rows.lines.bytes.withUnsafeBytes { lines in
            for (index, entry) in table.entries.enumerated() {
                for hole in 0..<entry.holes { appendColumn(rows, table, members[index], hole, lines, &times, to: &text) }
            }
        }
        return text
    }

    private static func appendColumn(
        _ rows: Rows, _ table: TemplateTable, _ members: [Int], _ hole: Int, _ lines: UnsafeRawBufferPointer, _ times: inout TimeWriter, to text: inout [UInt8]
    ) {
        @inline(__always) func value(_ row: Int) -> UnsafeRawBufferPointer {
            let start = row == 0 ? 0 : rows.lines.ends[row - 1]
            let place = table.firstHole[row] + 2 * hole
            return UnsafeRawBufferPointer(rebasing: lines[start + Int(table.holes[place])..<start + Int(table.holes[place + 1])])
        }
        let first = value(members[0])
        if members.allSatisfy({ memoryIsEqual(value($0), first) }) {
            text.append(Kind.same.rawValue)
            text.append(lengthPrefixed: first)
            return
        }
        if let layout = TimeLayout.matching(first, rows.timestamps[members[0]], &times),
            members.allSatisfy({ times.isText(layout, rows.timestamps[$0], value($0)) }) {
            text.append(Kind.time.rawValue)
            text.append(layout.code)
            return
        }
        var longest = 0
        var total = 0
        for row in members {
            longest = max(longest, value(row).count)
            total += value(row).count
        }
        if members.allSatisfy({ value($0).count == first.count }) {
            text.append(Kind.fixed.rawValue)
            text.append(varint: UInt64(first.count))
        } else if longest < 256 {
            text.append(Kind.short.rawValue)
            text.append(varint: UInt64(total))
            for row in members { text.append(UInt8(value(row).count)) }
        } else {
            text.append(Kind.long.rawValue)
            text.append(varint: UInt64(total))
            for row in members { text.append(littleEndian: UInt32(value(row).count)) }
        }
        for row in members { text.append(contentsOf: value(row)) }
    }

    // MARK: Reading

    init(_ block: ByteBlock) throws(DamagedBytes) {
        self.block = block
        var reader = ByteReader(block.bytes)
        guard let count = reader.readVarint(), count <= UInt64(Limits.chunkRowsMax) else { throw DamagedBytes("a chunk's templates") }
        for _ in 0..<count {
            guard let rows = reader.readVarint(), let holes = reader.readVarint(), rows > 0, rows <= UInt64(Limits.chunkRowsMax), holes <= UInt64(reader.remaining)
            else { throw DamagedBytes("a chunk's template") }
            var lengths: [Int] = []
            for _ in 0...holes {
                guard let length = reader.readVarint() else { throw DamagedBytes("a template's pieces") }
                lengths.append(Int(clamping: length))
            }
            var pieces: [UnsafeRawBufferPointer] = []
            for length in lengths {
                guard let piece = reader.readBytes(length) else { throw DamagedBytes("a template's text") }
                pieces.append(piece)
            }
            templates.append(Template(rows: Int(rows), pieces: pieces, firstColumn: templates.last.map { $0.firstColumn + $0.pieces.count - 1 } ?? 0))
        }
        for template in templates {
            for _ in 1..<max(1, template.pieces.count) {
                guard let column = Self.readColumn(&reader, rows: template.rows) else { throw DamagedBytes("a chunk's column") }
                columns.append(column)
            }
        }
    }

    private static func readColumn(_ reader: inout ByteReader, rows: Int) -> Column? {
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        guard let kind = reader.readUInt8().flatMap(Kind.init) else { return nil }
        if kind == .time {
            guard let layout = reader.readUInt8().flatMap(TimeLayout.init(code:)) else { return nil }
            return Column(kind: kind, layout: layout, values: none, lengths: none)
        }
        guard let size = reader.readVarint(), size <= UInt64(reader.remaining) else { return nil }
        let length = Int(size)
        switch kind {
        case .same: return reader.readBytes(length).map { Column(kind: kind, length: length, values: $0, lengths: none) }
        case .fixed:
            guard length <= reader.remaining / rows else { return nil }
            return reader.readBytes(length * rows).map { Column(kind: kind, length: length, values: $0, lengths: none) }
        default:
            let width = kind == .short ? 1 : 4
            guard let lengths = reader.readBytes(rows * width), let values = reader.readBytes(length) else { return nil }
            return Column(kind: kind, values: values, lengths: lengths)
        }
    }

    /// Appends a line: row `ordinal` of a template. `ends` gets where each of the template's pieces begins and ends in the line.
    func appendLine(template: Int, ordinal: Int, timestamp: Int64, to line: inout [UInt8], pieceEnds ends: inout [Int32]) throws(DamagedBytes) {
        ends.removeAll(keepingCapacity: true)
        guard templates.indices.contains(template), ordinal < templates[template].rows else { throw DamagedBytes("a row without a template") }
        let start = line.count
        let firstColumn = templates[template].firstColumn
        let count = templates[template].pieces.count
        for index in 0..<count {
            if index > 0 { try appendValue(firstColumn + index - 1, ordinal, timestamp, to: &line) }
            ends.append(Int32(truncatingIfNeeded: line.count - start))
            line.append(contentsOf: templates[template].pieces[index])
            ends.append(Int32(truncatingIfNeeded: line.count - start))
        }
    }

    /// Appends a value of a column: that of row `ordinal` of its template.
    @inline(__always) func appendValue(_ index: Int, _ ordinal: Int, _ timestamp: Int64, to line: inout [UInt8]) throws(DamagedBytes) {
        switch columns[index].kind {
        case .same: line.append(contentsOf: columns[index].values)
        case .fixed:
            let length = columns[index].length
            line.append(contentsOf: UnsafeRawBufferPointer(rebasing: columns[index].values[ordinal * length..<(ordinal + 1) * length]))
        case .time:
            guard timestamp >= 0 else { throw DamagedBytes("a row's time") }
            times.append(columns[index].layout!, timestamp, to: &line)
        case .short, .long:
            if columns[index].starts.isEmpty { try findStarts(index) }
            let range = Int(columns[index].starts[ordinal])..<Int(columns[index].starts[ordinal + 1])
            line.append(contentsOf: UnsafeRawBufferPointer(rebasing: columns[index].values[range]))
        }
    }

    private func findStarts(_ index: Int) throws(DamagedBytes) {
        let column = columns[index]
        var starts: [Int32] = [0]
        let rows = column.kind == .short ? column.lengths.count : column.lengths.count / 4
        starts.reserveCapacity(rows + 1)
        var end = 0
        for row in 0..<rows {
            end += column.kind == .short ? Int(column.lengths[row]) : Int(UInt32(littleEndian: column.lengths.loadUnaligned(fromByteOffset: row * 4, as: UInt32.self)))
            guard end <= column.values.count else { throw DamagedBytes("a column's lengths") }
            starts.append(Int32(end))
        }
        columns[index].starts = starts
    }
}
