import Foundations
import Model

/// Gathers the shapes of rows while a chunk is made.
struct FieldShapes: ~Copyable {
    private var shapes: [[UInt8]] = [[0]]
    private var shapeOfRow: [Int] = []
    private var values: [UInt8] = []
    private var shape: [UInt8] = []
    /// Positions in `shapes`, by hash; rows of a kind come in any order, and mostly have one of few shapes.
    private var numbers: [UInt64: [Int]] = [:]
    /// What was found last, by a part of the hash.
    private var recent = [Int](repeating: 0, count: recentCount)
    private static let recentCount = 256

    /// Whether no row has fields.
    var isEmpty: Bool { shapes.count == 1 }

    /// `holes`: where the line's varying parts begin and end.
    ///
    /// `terms` gets those that say which fields have values that aren't words of their line.
    mutating func add(
        _ fields: UnsafeRawBufferPointer, line: UnsafeRawBufferPointer, holes: UnsafeBufferPointer<Int32>, terms: inout TermSet
    ) throws(DamagedBytes) {
        if fields.isEmpty { return shapeOfRow.append(0) }
        shape.removeAll(keepingCapacity: true)
        var reader = FieldCoding.FieldReader(fields, line: line)
        shape.append(varint: UInt64(reader.remaining))
        // Values follow their names in the line.
        var searched = 0
        while let (name, nameOffset, value) = try reader.nextPlaced() {
            shape.append(lengthPrefixed: name)
            if let nameOffset { searched = nameOffset + name.count }
            append(name, value, line, holes, hasPlacedName: nameOffset != nil, searched, &terms)
        }
        shapeOfRow.append(numberOfShape())
    }

    private mutating func numberOfShape() -> Int {
        let hash = shape.withUnsafeBytes { ByteHash.of($0) }
        let place = Int(truncatingIfNeeded: hash) & (Self.recentCount - 1)
        if shapes[recent[place]] == shape { return recent[place] }
        let number = findShape(hash)
        recent[place] = number
        return number
    }

    private mutating func findShape(_ hash: UInt64) -> Int {
        for known in numbers[hash] ?? [] where shapes[known] == shape { return known }
        numbers[hash, default: []].append(shapes.count)
        shapes.append(shape)
        return shapes.count - 1
    }

    private mutating func append(
        _ name: UnsafeRawBufferPointer, _ value: FieldCoding.FieldReader.Value, _ line: UnsafeRawBufferPointer, _ holes: UnsafeBufferPointer<Int32>, hasPlacedName: Bool,
        _ searched: Int, _ terms: inout TermSet
    ) {
        switch value {
        case .reference(let bytes, let offset):
            if appendPlace(.text, offset..<offset + bytes.count, line, holes) { return }
            appendText(name, bytes, &terms)
        case .text(let bytes): appendText(name, bytes, &terms)
        case .number(.integer(let number)):
            if hasPlacedName, let range = Self.number(in: line, behind: searched), LineNumber.isPlain(UnsafeRawBufferPointer(rebasing: line[range])),
                LineNumber.integer(UnsafeRawBufferPointer(rebasing: line[range])) == number, appendPlace(.integer, range, line, holes) { return }
            shape.append(ChunkFields.Kind.integer.rawValue)
            values.append(zigzag: number)
            Self.addTerm(name, String(number), &terms)
        case .number(.double(let number)):
            if hasPlacedName, let range = Self.number(in: line, behind: searched),
                // What is looked for is the number as Swift writes it, so the words of any other spelling wouldn't find it.
                number.description.utf8.elementsEqual(line[range]), LineNumber.double(UnsafeRawBufferPointer(rebasing: line[range]))?.bitPattern == number.bitPattern,
                appendPlace(.double, range, line, holes) { return }
            shape.append(ChunkFields.Kind.double.rawValue)
            values.append(double: number)
            Self.addTerm(name, number.description, &terms)
        case .number(let flag):
            shape.append(flag == .bool(true) ? ChunkFields.Kind.yes.rawValue : ChunkFields.Kind.no.rawValue)
            Self.addTerm(name, flag.description, &terms)
        }
    }

    private mutating func appendText(_ name: UnsafeRawBufferPointer, _ text: UnsafeRawBufferPointer, _ terms: inout TermSet) {
        shape.append(ChunkFields.Kind.text.rawValue)
        values.append(lengthPrefixed: text)
        terms.addField(name, text)
    }

    private static func addTerm(_ name: UnsafeRawBufferPointer, _ text: String, _ terms: inout TermSet) {
        var text = text
        text.withUTF8 { terms.addField(name, UnsafeRawBufferPointer($0)) }
    }

    /// Where a number begins at most three bytes behind a name: `"n":5`, `n=5`, `n: 5`.
    private static func number(in line: UnsafeRawBufferPointer, behind end: Int) -> Range<Int>? {
        func isOfNumber(_ byte: UInt8) -> Bool {
            (byte >= 0x30 && byte <= 0x39) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "+") || byte | 0x20 == UInt8(ascii: "e")
        }
        var start = end
        while start < line.count, start - end < 4, !(line[start] >= 0x30 && line[start] <= 0x39), line[start] != UInt8(ascii: "-") { start += 1 }
        var last = start
        while last < line.count, isOfNumber(line[last]) { last += 1 }
        return last > start ? start..<last : nil
    }

    /// Writes a value as a part of the line where it is whole words of it, between places that the template knows.
    private mutating func appendPlace(_ kind: ChunkFields.Kind, _ range: Range<Int>, _ line: UnsafeRawBufferPointer, _ holes: UnsafeBufferPointer<Int32>) -> Bool {
        guard Terms.standsAlone(range, in: line), let start = Self.place(range.lowerBound, holes, isStart: true), let end = Self.place(range.upperBound, holes, isStart: false)
        else { return false }
        shape.append(kind.rawValue | ChunkFields.inLine)
        for place in [start, end] {
            shape.append(varint: UInt64(place.index))
            if place.index & 1 == 0 { shape.append(varint: UInt64(place.offset)) }
        }
        return true
    }

    /// Nil inside a varying part.
    private static func place(_ offset: Int, _ holes: UnsafeBufferPointer<Int32>, isStart: Bool) -> ChunkFields.Place? {
        // The last varying part that begins before the place, or at it for a beginning.
        var low = 0
        var high = holes.count / 2
        while low < high {
            let middle = (low + high) / 2
            let start = Int(holes[2 * middle])
            if start < offset || (isStart && start == offset) { low = middle + 1 } else { high = middle }
        }
        if low == 0 { return ChunkFields.Place(index: 0, offset: offset) }
        let hole = low - 1
        let start = Int(holes[2 * hole])
        let end = Int(holes[2 * hole + 1])
        if isStart && start == offset || !isStart && end == offset { return ChunkFields.Place(index: 2 * hole + 1, offset: 0) }
        return offset < end ? nil : ChunkFields.Place(index: 2 * (hole + 1), offset: offset - end)
    }

    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(varint: UInt64(shapes.count))
        for shape in shapes { bytes.append(contentsOf: shape) }
        for shape in shapeOfRow { bytes.append(varint: UInt64(shape)) }
        bytes.append(contentsOf: values)
        return bytes
    }
}
