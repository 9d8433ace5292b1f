import Foundations

/// Writes the varying parts of a chunk's lines as columns, and gathers their words (Docs/Formats/log-partition.md).
///
/// A column is looked at once for what its values have in common; values of several words are cut at their separators, so that an
/// address or an identifier becomes columns of numbers and of hexadecimal digits.
struct ColumnEncoder: ~Copyable {
    var output: SectionedBytes
    var terms = TermSet()
    private var times = TimeWriter()
    private var numbers = GrowingBuffer<UInt64>(capacity: 4096)
    private var dictionary = ValueDictionary()

    /// Of fewer values nothing is gained by looking closer.
    private static let rowsMin = 12

    init(capacity: Int) { output = SectionedBytes(capacity: capacity) }

    /// `timestamps`: of the values' rows.
    mutating func append(_ values: borrowing ColumnValues, timestamps: UnsafePointer<Int64>) {
        let nature = values.nature()
        if nature.isSame {
            terms.addWords(of: values[0])
            return appendSame(values[0])
        }
        if nature.has(ByteClasses.separator), !nature.has(ByteClasses.wide), values.count >= Self.rowsMin, let parts = ColumnParts(values) {
            if !appendTimes(values, timestamps) { return appendParts(parts) }
            for number in 0..<parts.count { addWords(parts.part(number)) }
        } else if appendTimes(values, timestamps) {
            addWords(values)
        } else if values.count < Self.rowsMin || nature.has(ByteClasses.separator | ByteClasses.wide) {
            addWords(values)
            if !appendDictionary(values, nature) { appendPlain(values, nature) }
        } else {
            appendWords(values, nature)
        }
    }

    /// Where all values are their rows' moments.
    private mutating func appendTimes(_ values: borrowing ColumnValues, _ timestamps: UnsafePointer<Int64>) -> Bool {
        guard let layout = times.layout(of: values, timestamps) else { return false }
        output.bytes.append(ColumnKind.time.rawValue)
        output.bytes.append(layout.code)
        return true
    }

    // MARK: Values of several words

    private mutating func appendParts(_ parts: borrowing ColumnParts) {
        var pieces: [[UInt8]] = [[]]
        var columns: [Int] = []
        // What is the same in all values joins the separators around it.
        for number in 0..<parts.count {
            let part = parts.part(number)
            if number > 0 { pieces[pieces.count - 1].append(parts.separators[number - 1]) }
            if part.nature().isSame {
                pieces[pieces.count - 1].append(contentsOf: part[0])
                terms.addWords(of: part[0])
            } else {
                columns.append(number)
                pieces.append([])
            }
        }
        appendPieces(pieces)
        for number in columns {
            let part = parts.part(number)
            appendWords(part, part.nature())
        }
    }

    private mutating func appendPieces(_ pieces: [[UInt8]]) {
        output.bytes.append(ColumnKind.parts.rawValue)
        output.bytes.append(UInt8(pieces.count - 1))
        for piece in pieces {
            output.bytes.append(varint: UInt64(piece.count))
            piece.withUnsafeBytes { output.bytes.append($0) }
        }
    }

    // MARK: Values of one word

    private mutating func appendWords(_ values: borrowing ColumnValues, _ nature: ColumnNature) {
        if nature.consistsOf(ByteClasses.digit), parse(values, nature) {
            appendNumbers(values, nature, width: nature.isFixed ? nature.bytesMax : 0)
            return
        }
        if nature.has(ByteClasses.digit), !nature.has(ByteClasses.separator), let (prefix, suffix) = values.affixes() {
            let digits = values.trimmed(prefix, suffix)
            let digitsNature = digits.nature()
            if parse(digits, digitsNature) { return appendAffixed(values, prefix, suffix, digits, digitsNature) }
        }
        if appendDictionary(values, nature) {
            for index in dictionary.firsts { addWord(values, index) }
            return
        }
        addWords(values)
        let isLowHex = nature.consistsOf(ByteClasses.digit | ByteClasses.lowHex)
        if nature.isFixed, isLowHex || nature.consistsOf(ByteClasses.digit | ByteClasses.highHex) {
            appendHex(values, digits: nature.bytesMax, isUpper: !isLowHex)
        } else {
            appendPlain(values, nature)
        }
    }

    private mutating func appendAffixed(
        _ values: borrowing ColumnValues, _ prefix: Int, _ suffix: Int, _ digits: borrowing ColumnValues, _ nature: ColumnNature
    ) {
        let first = values[0]
        appendPieces([Array(first[..<prefix]), Array(first[(first.count - suffix)...])])
        let width = nature.isFixed ? nature.bytesMax : 0
        let (least, greatest) = range()
        output.bytes.append(ColumnKind.number.rawValue)
        output.bytes.append(UInt8(width))
        NumberPlanes.append(numbers.elements, least: least, greatest: greatest, to: &output)
        addWords(values)
    }

    /// Reads the values into `numbers`; false where they wouldn't be written as they are.
    private mutating func parse(_ values: borrowing ColumnValues, _ nature: ColumnNature) -> Bool {
        guard nature.bytesMin > 0, nature.bytesMax <= ColumnKind.digitsMax else { return false }
        numbers.removeAll()
        numbers.reserve(values.count)
        for index in 0..<values.count {
            let bytes = values.start(index)
            let length = values.length(index)
            if bytes[0] == UInt8(ascii: "0"), length > 1, !nature.isFixed { return false }
            var number: UInt64 = 0
            for place in 0..<length { number = number &* 10 &+ UInt64(bytes[place] &- UInt8(ascii: "0")) }
            numbers.push(number)
        }
        return true
    }

    private func range() -> (least: UInt64, greatest: UInt64) {
        var (least, greatest) = (UInt64.max, UInt64(0))
        for number in numbers.elements {
            least = min(least, number)
            greatest = max(greatest, number)
        }
        return (least, greatest)
    }

    private mutating func appendNumbers(_ values: borrowing ColumnValues, _ nature: ColumnNature, width: Int) {
        let (least, greatest) = range()
        // One plane tells few values apart as well as a dictionary does.
        if greatest - least > 255, appendDictionary(values, nature) {
            for index in dictionary.firsts { addWord(values, index) }
            return
        }
        output.bytes.append(ColumnKind.number.rawValue)
        output.bytes.append(UInt8(width))
        NumberPlanes.append(numbers.elements, least: least, greatest: greatest, to: &output)
        addWords(values)
    }

    private mutating func appendHex(_ values: borrowing ColumnValues, digits: Int, isUpper: Bool) {
        output.bytes.append(ColumnKind.hex.rawValue)
        output.bytes.append(varint: UInt64(digits) << 1 | (isUpper ? 1 : 0))
        let count = (values.count * digits + 1) / 2
        output.cut(around: count)
        output.bytes.reserve(count + 1)
        var pending: UInt8 = 0
        var isOdd = false
        for index in 0..<values.count {
            let bytes = values.start(index)
            for place in 0..<digits {
                let byte = bytes[place]
                let nibble = byte <= UInt8(ascii: "9") ? byte & 15 : (byte & 7) &+ 9
                if isOdd { output.bytes.push(pending << 4 | nibble) }
                pending = nibble
                isOdd.toggle()
            }
        }
        if isOdd { output.bytes.push(pending << 4) }
        output.cut(around: count)
    }

    /// False where there are too many different values.
    private mutating func appendDictionary(_ values: borrowing ColumnValues, _ nature: ColumnNature) -> Bool {
        guard dictionary.fill(values, valuesMax: min(ColumnKind.dictionaryMax, values.count / 4)) else { return false }
        output.bytes.append(ColumnKind.dictionary.rawValue)
        output.bytes.append(UInt8(dictionary.firsts.count))
        for index in dictionary.firsts {
            output.bytes.append(varint: UInt64(values.length(index)))
            output.bytes.append(values[index])
        }
        output.cut(around: values.count)
        output.bytes.append(UnsafeRawBufferPointer(dictionary.numbers.elements))
        output.cut(around: values.count)
        return true
    }

    // MARK: Values as they are

    private mutating func appendSame(_ value: UnsafeRawBufferPointer) {
        output.bytes.append(ColumnKind.same.rawValue)
        output.bytes.append(varint: UInt64(value.count))
        output.bytes.append(value)
    }

    private mutating func appendPlain(_ values: borrowing ColumnValues, _ nature: ColumnNature) {
        if nature.isFixed {
            output.bytes.append(ColumnKind.fixed.rawValue)
            output.bytes.append(varint: UInt64(nature.bytesMax))
        } else {
            let isShort = nature.bytesMax < 256
            output.bytes.append((isShort ? ColumnKind.short : .long).rawValue)
            output.bytes.append(varint: UInt64(nature.bytes))
            output.bytes.reserve(values.count * 4)
            for index in 0..<values.count {
                let length = values.length(index)
                output.bytes.push(UInt8(truncatingIfNeeded: length))
                if !isShort { for shift in [8, 16, 24] { output.bytes.push(UInt8(truncatingIfNeeded: length >> shift)) } }
            }
        }
        output.bytes.reserve(nature.bytes)
        for index in 0..<values.count { output.bytes.append(values[index]) }
    }

    // MARK: Words

    @inline(__always) private mutating func addWord(_ values: borrowing ColumnValues, _ index: Int) {
        let length = values.length(index)
        if length > 0 { terms.addWord(values.start(index), length, nil) }
    }

    /// Of all values; of equal ones that follow one another once.
    private mutating func addWords(_ values: borrowing ColumnValues) {
        for index in 0..<values.count where index == 0 || !values.areEqual(index, index - 1) { terms.addWords(of: values[index]) }
    }
}

/// How a column's values stand in a chunk.
enum ColumnKind: UInt8 {
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
    /// Decimal numbers.
    case number = 5
    /// Hexadecimal digits, of one count.
    case hex = 6
    /// Different values, and of each row which.
    case dictionary = 7
    /// What is the same in all values, and columns between.
    case parts = 8

    /// A number of so many digits fits 64 bits.
    static let digitsMax = 18
    /// Values of a dictionary: of each row a byte says which.
    static let dictionaryMax = 255
    /// Columns that a value is cut into.
    static let partsMax = 16
    /// A part of a value may have letters before or behind its digits, which makes parts of it once more.
    static let depthMax = 2
}
