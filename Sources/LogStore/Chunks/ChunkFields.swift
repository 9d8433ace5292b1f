import Foundations
import Glibc
import Model

/// The fields of a chunk's rows (Docs/Formats/log-partition.md).
///
/// Rows of a template mostly have the same fields at the same places of the line. Such a shape is written once: names, kinds, and
/// where a value begins and ends, counted in the template's pieces. What isn't in the line stands in a run of values.
struct ChunkFields {
    enum Kind: UInt8 {
        case text = 0, integer = 1, double = 2, no = 3, yes = 4
    }

    /// In a kind's byte: the value stands in the line.
    static let inLine: UInt8 = 8

    /// A place in a line: in the piece `index / 2`, or where the varying part `index / 2` begins or ends for odd ones.
    struct Place {
        var index: Int
        var offset: Int
    }

    struct Field {
        var name: [UInt8]
        var kind: Kind
        /// Nil where the value stands apart.
        var place: (start: Place, end: Place)?
    }

    private(set) var shapes: [[Field]] = []
    private(set) var shapeOfRow: [Int32] = []
    private let values: UnsafeRawBufferPointer
    /// Where a row's values begin in `values`; empty where no row has any.
    private var firstValue: [Int32] = []
    private let block: ByteBlock

    init(_ block: ByteBlock, rows: Int) throws(DamagedBytes) {
        self.block = block
        var reader = ByteReader(block.bytes)
        guard let count = reader.readVarint(), count <= UInt64(Limits.chunkRowsMax) else { throw DamagedBytes("a chunk's shapes") }
        for _ in 0..<count { shapes.append(try Self.readShape(&reader)) }
        shapeOfRow = try Self.readShapes(&reader, rows, count)
        values = UnsafeRawBufferPointer(rebasing: block.bytes[reader.offset...])
        try findValues()
    }

    private static func readShapes(_ reader: inout ByteReader, _ rows: Int, _ count: UInt64) throws(DamagedBytes) -> [Int32] {
        var shapes: [Int32] = []
        shapes.reserveCapacity(rows)
        for _ in 0..<rows {
            guard let shape = reader.readVarint(), shape < count else { throw DamagedBytes("a row's shape") }
            shapes.append(Int32(shape))
        }
        return shapes
    }

    private mutating func findValues() throws(DamagedBytes) {
        // Of all shapes the kinds of values that stand apart, and where those of each begin; mostly there are none.
        var kinds: [Kind] = []
        var firsts: [Int] = [0]
        for shape in shapes {
            for field in shape where field.place == nil && field.kind != .no && field.kind != .yes { kinds.append(field.kind) }
            firsts.append(kinds.count)
        }
        if kinds.isEmpty { return }
        var reader = ByteReader(values)
        var starts: [Int32] = []
        starts.reserveCapacity(shapeOfRow.count)
        for shape in shapeOfRow {
            starts.append(Int32(truncatingIfNeeded: reader.offset))
            for index in firsts[Int(shape)]..<firsts[Int(shape) + 1] {
                guard Self.readBytes(kinds[index], &reader) != nil else { throw DamagedBytes("a field's value") }
            }
        }
        firstValue = starts
    }

    private func valueReader(_ row: Int) -> ByteReader { ByteReader(values, offset: firstValue.isEmpty ? 0 : Int(firstValue[row])) }

    private static func readShape(_ reader: inout ByteReader) throws(DamagedBytes) -> [Field] {
        guard let count = reader.readVarint(), count <= UInt64(Limits.fieldsMax + 1) else { throw DamagedBytes("a shape") }
        var fields: [Field] = []
        for _ in 0..<count {
            guard let name = reader.readLengthPrefixed(), let byte = reader.readUInt8(), let kind = Kind(rawValue: byte & ~inLine) else { throw DamagedBytes("a shape's field") }
            var field = Field(name: Array(name), kind: kind)
            if byte & inLine != 0 {
                guard let start = readPlace(&reader), let end = readPlace(&reader) else { throw DamagedBytes("a field's place") }
                field.place = (start, end)
            }
            fields.append(field)
        }
        return fields
    }

    private static func readPlace(_ reader: inout ByteReader) -> Place? {
        guard let index = reader.readVarint(), index <= UInt64(Int32.max) else { return nil }
        if index & 1 == 1 { return Place(index: Int(index), offset: 0) }
        guard let offset = reader.readVarint(), offset <= UInt64(Int32.max) else { return nil }
        return Place(index: Int(index), offset: Int(offset))
    }

    private static func read(_ kind: Kind, _ reader: inout ByteReader) -> FieldValue? {
        switch kind {
        case .text: reader.readLengthPrefixed().map { .string(String(decoding: $0, as: UTF8.self)) }
        case .integer: reader.readZigzag().map { .integer($0) }
        case .double: reader.readDouble().map { .double($0) }
        case .no: .bool(false)
        case .yes: .bool(true)
        }
    }

    /// The fields of a row. `ends`: where the pieces of its line begin and end.
    func fields(_ row: Int, line: UnsafeRawBufferPointer, pieceEnds ends: UnsafeBufferPointer<Int32>) throws(DamagedBytes) -> [LogField] {
        let shape = shapes[Int(shapeOfRow[row])]
        if shape.isEmpty { return [] }
        var fields: [LogField] = []
        fields.reserveCapacity(shape.count)
        var reader = valueReader(row)
        for field in shape { fields.append(LogField(String(decoding: field.name, as: UTF8.self), try value(field, &reader, line, ends))) }
        return fields
    }

    /// Appends a row's fields as `FieldCoding` writes them beside its line.
    func appendCoded(_ row: Int, line: UnsafeRawBufferPointer, pieceEnds ends: UnsafeBufferPointer<Int32>, to bytes: inout [UInt8]) throws(DamagedBytes) {
        let shape = shapes[Int(shapeOfRow[row])]
        if shape.isEmpty { return }
        bytes.append(varint: UInt64(shape.count))
        var reader = valueReader(row)
        // Fields follow one another in the line, so the search for a name goes on where the last one was found.
        var searched = 0
        for field in shape {
            field.name.withUnsafeBytes { Self.appendName($0, line, &searched, to: &bytes) }
            bytes.append(field.kind.rawValue)
            if let (first, last) = field.place {
                let range = try Self.range(first, last, ends, line)
                try Self.appendValue(field.kind, line, range, to: &bytes)
                searched = range.upperBound
            } else {
                guard let apart = Self.readBytes(field.kind, &reader) else { throw DamagedBytes("a field's value") }
                if field.kind == .text { bytes.append(varint: UInt64(apart.count) << 1) }
                bytes.append(contentsOf: apart)
            }
        }
    }

    private static func appendName(_ name: UnsafeRawBufferPointer, _ line: UnsafeRawBufferPointer, _ searched: inout Int, to bytes: inout [UInt8]) {
        if name.count >= FieldCoding.referenceBytesMin, let found = firstOffset(of: name, in: line, from: searched) ?? (searched > 0 ? firstOffset(of: name, in: line) : nil) {
            bytes.append(varint: UInt64(name.count) << 1 | 1)
            bytes.append(varint: UInt64(found))
            searched = found + name.count
        } else {
            bytes.append(varint: UInt64(name.count) << 1)
            bytes.append(contentsOf: name)
        }
    }

    /// A value that stands in the line.
    private static func appendValue(_ kind: Kind, _ line: UnsafeRawBufferPointer, _ range: Range<Int>, to bytes: inout [UInt8]) throws(DamagedBytes) {
        let text = UnsafeRawBufferPointer(rebasing: line[range])
        switch kind {
        case .text:
            bytes.append(varint: UInt64(text.count) << 1 | 1)
            bytes.append(varint: UInt64(range.lowerBound))
        case .integer:
            guard let number = LineNumber.integer(text) else { throw DamagedBytes("a field's number") }
            bytes.append(zigzag: number)
        case .double:
            guard let number = LineNumber.double(text) else { throw DamagedBytes("a field's number") }
            bytes.append(double: number)
        case .no, .yes: return
        }
    }

    /// The bytes of a value that stands apart: a text without its length, or a number.
    private static func readBytes(_ kind: Kind, _ reader: inout ByteReader) -> UnsafeRawBufferPointer? {
        if kind == .text { return reader.readLengthPrefixed() }
        let start = reader.offset
        switch kind {
        case .integer: guard reader.readVarint() != nil else { return nil }
        case .double: guard reader.readDouble() != nil else { return nil }
        case .text, .no, .yes: break
        }
        return UnsafeRawBufferPointer(rebasing: reader.bytes[start..<reader.offset])
    }

    private static func range(_ first: Place, _ last: Place, _ ends: UnsafeBufferPointer<Int32>, _ line: UnsafeRawBufferPointer) throws(DamagedBytes) -> Range<Int> {
        guard let start = offset(first, ends, isStart: true), let end = offset(last, ends, isStart: false), start <= end, end <= line.count else {
            throw DamagedBytes("a field's place")
        }
        return start..<end
    }

    /// The text of a row's first field of a name; empty where there is none.
    func text(of name: String, _ row: Int, line: UnsafeRawBufferPointer, pieceEnds ends: UnsafeBufferPointer<Int32>) throws(DamagedBytes) -> String {
        var reader = valueReader(row)
        for field in shapes[Int(shapeOfRow[row])] {
            if field.name.elementsEqual(name.utf8) { return try value(field, &reader, line, ends).description }
            if field.place == nil { _ = Self.read(field.kind, &reader) }
        }
        return ""
    }

    private func value(_ field: Field, _ reader: inout ByteReader, _ line: UnsafeRawBufferPointer, _ ends: UnsafeBufferPointer<Int32>) throws(DamagedBytes) -> FieldValue {
        guard let (first, last) = field.place else {
            guard let value = Self.read(field.kind, &reader) else { throw DamagedBytes("a field's value") }
            return value
        }
        let bytes = UnsafeRawBufferPointer(rebasing: line[try Self.range(first, last, ends, line)])
        switch field.kind {
        case .text: return .string(String(decoding: bytes, as: UTF8.self))
        case .integer:
            guard let number = LineNumber.integer(bytes) else { throw DamagedBytes("a field's number") }
            return .integer(number)
        case .double:
            guard let number = LineNumber.double(bytes) else { throw DamagedBytes("a field's number") }
            return .double(number)
        case .no: return .bool(false)
        case .yes: return .bool(true)
        }
    }

    /// `ends` holds two offsets a piece: where it begins and where it ends.
    private static func offset(_ place: Place, _ ends: UnsafeBufferPointer<Int32>, isStart: Bool) -> Int? {
        let piece = place.index / 2
        if place.index & 1 == 0 {
            guard 2 * piece < ends.count else { return nil }
            return Int(ends[2 * piece]) + place.offset
        }
        // A varying part stands between two pieces.
        guard 2 * piece + 2 < ends.count else { return nil }
        return Int(isStart ? ends[2 * piece + 1] : ends[2 * piece + 2])
    }
}

/// Numbers as they stand in lines.
enum LineNumber {
    private static let digitsMax = 32

    static func integer(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        guard !bytes.isEmpty, bytes.count <= 20 else { return nil }
        let isNegative = bytes[0] == UInt8(ascii: "-")
        guard bytes.count > (isNegative ? 1 : 0) else { return nil }
        var value: Int64 = 0
        for byte in bytes[(isNegative ? 1 : 0)...] {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tenfold.subtractingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
            if overflow || carry { return nil }
            value = sum
        }
        // Counted downwards, so that the least integer fits.
        if isNegative { return value }
        return value == .min ? nil : -value
    }

    /// Whether an integer begins with no zero that it could do without: it is written as it is looked for.
    static func isPlain(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let digits = bytes.first == UInt8(ascii: "-") ? bytes.dropFirst() : bytes[...]
        return digits.count < 2 || digits.first != UInt8(ascii: "0")
    }

    static func double(_ bytes: UnsafeRawBufferPointer) -> Double? {
        guard !bytes.isEmpty, bytes.count < digitsMax, bytes.allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2E || $0 == 0x2D || $0 == 0x2B || $0 | 0x20 == 0x65 }) else { return nil }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: digitsMax) { text in
            for (index, byte) in bytes.enumerated() { text[index] = CChar(bitPattern: byte) }
            text[bytes.count] = 0
            var end: UnsafeMutablePointer<CChar>?
            let value = strtod(text.baseAddress!, &end)
            return end == text.baseAddress! + bytes.count ? value : nil
        }
    }
}
