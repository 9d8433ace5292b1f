import Foundations

/// The columns of a chunk's text, read in place: each value alone (Docs/Formats/log-partition.md).
struct ColumnReader {
    /// Numbers and places alone, so that reading a value counts no references.
    struct Column {
        var kind: ColumnKind
        var values = UnsafeRawBufferPointer(start: nil, count: 0)
        /// Lengths of the values, or of each row which of a dictionary's values it has.
        var lengths = UnsafeRawBufferPointer(start: nil, count: 0)
        /// Bytes of a value, or digits; for numbers how many at least.
        var length = 0
        var numbers = NumberPlanes.none
        var layout = TimeLayout.all[0]
        var isUpper = false
        /// In `runs`: a dictionary's values, or the pieces between parts. In `starts`: where the values begin, once it was needed.
        var first = -1
        /// Of a dictionary its values; of parts the columns, from `firstPart` on in `parts`.
        var count = 0
        var firstPart = 0
    }

    private(set) var columns: [Column] = []
    private(set) var parts: [Column] = []
    private(set) var runs: [UnsafeRawBufferPointer] = []
    private(set) var starts: [Int32] = []
    private var times = TimeWriter()

    var count: Int { columns.count }

    /// Reads the next column; false where the bytes aren't one of so many rows.
    mutating func add(_ reader: inout ByteReader, rows: Int) -> Bool {
        guard let column = read(&reader, rows: rows, depth: 0) else { return false }
        columns.append(column)
        return true
    }

    /// `depth`: of how many columns that are cut into parts it is one.
    private mutating func read(_ reader: inout ByteReader, rows: Int, depth: Int) -> Column? {
        guard let kind = reader.readUInt8().flatMap(ColumnKind.init) else { return nil }
        var column = Column(kind: kind)
        switch kind {
        case .same:
            guard let value = reader.readLengthPrefixed() else { return nil }
            column.values = value
        case .fixed:
            guard let length = reader.readVarint(), length <= UInt64(reader.remaining / rows), let values = reader.readBytes(Int(length) * rows) else { return nil }
            (column.values, column.length) = (values, Int(length))
        case .short, .long:
            guard let size = reader.readVarint(), size <= UInt64(reader.remaining), let lengths = reader.readBytes(kind == .short ? rows : rows * 4),
                let values = reader.readBytes(Int(size))
            else { return nil }
            (column.values, column.lengths) = (values, lengths)
        case .time:
            guard depth == 0, let layout = reader.readUInt8().flatMap(TimeLayout.init(code:)) else { return nil }
            column.layout = layout
        case .number:
            guard let width = reader.readUInt8(), width <= ColumnKind.digitsMax, let numbers = NumberPlanes(&reader, rows: rows) else { return nil }
            (column.length, column.numbers) = (Int(width), numbers)
        case .hex:
            guard let header = reader.readVarint(), header >> 1 <= UInt64(reader.remaining) * 2 / UInt64(rows), let values = reader.readBytes((rows * Int(header >> 1) + 1) / 2)
            else { return nil }
            (column.values, column.length, column.isUpper) = (values, Int(header >> 1), header & 1 == 1)
        case .dictionary:
            guard let count = reader.readUInt8(), readRuns(&reader, Int(count), &column), let numbers = reader.readBytes(rows) else { return nil }
            (column.count, column.lengths) = (Int(count), numbers)
        case .parts:
            guard depth < ColumnKind.depthMax, let count = reader.readUInt8(), count <= ColumnKind.partsMax, readRuns(&reader, Int(count) + 1, &column) else { return nil }
            var own: [Column] = []
            for _ in 0..<count {
                guard let part = read(&reader, rows: rows, depth: depth + 1) else { return nil }
                own.append(part)
            }
            // Behind the parts of its own parts, one after the other.
            (column.count, column.firstPart) = (Int(count), parts.count)
            parts += own
        }
        return column
    }

    private mutating func readRuns(_ reader: inout ByteReader, _ count: Int, _ column: inout Column) -> Bool {
        column.first = runs.count
        for _ in 0..<count {
            guard let run = reader.readLengthPrefixed() else { return false }
            runs.append(run)
        }
        return true
    }

    /// Appends a row's value of a column. `row` must be one of the column's; `timestamp` is its moment.
    @inline(__always) mutating func appendValue(_ index: Int, _ row: Int, _ timestamp: Int64, to line: inout GrowingBuffer<UInt8>) throws(DamagedBytes) {
        let column = columns.withUnsafeBufferPointer { $0[index] }
        if column.kind == .same { return line.append(column.values) }
        try appendVarying(index, column, row, timestamp, to: &line)
    }

    private mutating func appendVarying(_ index: Int, _ column: Column, _ row: Int, _ timestamp: Int64, to line: inout GrowingBuffer<UInt8>) throws(DamagedBytes) {
        guard column.kind == .parts else {
            var column = column
            try append(&column, row, timestamp, to: &line)
            if column.first != columns[index].first { columns[index].first = column.first }
            return
        }
        try appendParts(column, row, timestamp, to: &line)
    }

    private mutating func appendParts(_ column: Column, _ row: Int, _ timestamp: Int64, to line: inout GrowingBuffer<UInt8>) throws(DamagedBytes) {
        for number in 0..<column.count {
            line.append(runs[column.first + number])
            let place = column.firstPart + number
            var part = parts[place]
            if part.kind == .parts {
                try appendParts(part, row, timestamp, to: &line)
            } else {
                try append(&part, row, timestamp, to: &line)
                if part.first != parts[place].first { parts[place].first = part.first }
            }
        }
        line.append(runs[column.first + column.count])
    }

    @inline(__always) private mutating func append(_ column: inout Column, _ row: Int, _ timestamp: Int64, to line: inout GrowingBuffer<UInt8>) throws(DamagedBytes) {
        switch column.kind {
        case .same, .parts: line.append(column.values)
        case .fixed: line.append(UnsafeRawBufferPointer(rebasing: column.values[row * column.length..<(row + 1) * column.length]))
        case .short, .long:
            if column.first < 0 { try findStarts(&column) }
            let range = Int(starts[column.first + row])..<Int(starts[column.first + row + 1])
            line.append(UnsafeRawBufferPointer(rebasing: column.values[range]))
        case .time:
            guard timestamp >= 0 else { throw DamagedBytes("a row's time") }
            line.reserve(TimeLayout.bytesMax)
            line.advance(times.write(column.layout, timestamp, to: line.base + line.count))
        case .number:
            line.reserve(DecimalText.digitsMax)
            let start = line.base + line.count
            line.advance(DecimalText.write(column.numbers[row], digitsMin: column.length, to: start) - start)
        case .hex: Self.appendHex(column.values, row * column.length, column.length, column.isUpper, to: &line)
        case .dictionary:
            guard Int(column.lengths[row]) < column.count else { throw DamagedBytes("a column's value") }
            line.append(runs[column.first + Int(column.lengths[row])])
        }
    }

    mutating func keepFirst(_ first: Int, _ index: Int, isPart: Bool) {
        if isPart { parts[index].first = first } else { columns[index].first = first }
    }

    /// Sets a column's `first` to where its values begin, in `starts`.
    mutating func findStarts(_ column: inout Column) throws(DamagedBytes) {
        let isShort = column.kind == .short
        let rows = isShort ? column.lengths.count : column.lengths.count / 4
        let first = starts.count
        starts.reserveCapacity(first + rows + 1)
        starts.append(0)
        var end = 0
        for row in 0..<rows {
            end += isShort ? Int(column.lengths[row]) : Int(UInt32(littleEndian: column.lengths.loadUnaligned(fromByteOffset: row * 4, as: UInt32.self)))
            guard end <= column.values.count else { throw DamagedBytes("a column's lengths") }
            starts.append(Int32(end))
        }
        column.first = first
    }

    /// `first`: the position of the first digit.
    private static func appendHex(_ values: UnsafeRawBufferPointer, _ first: Int, _ digits: Int, _ isUpper: Bool, to line: inout GrowingBuffer<UInt8>) {
        let letter = (isUpper ? UInt8(ascii: "A") : UInt8(ascii: "a")) - 10
        line.reserve(digits)
        for place in first..<first &+ digits {
            let byte = values[place >> 1]
            let nibble = place & 1 == 0 ? byte >> 4 : byte & 15
            line.push(nibble < 10 ? UInt8(ascii: "0") &+ nibble : letter &+ nibble)
        }
    }
}
