/// Reads JSON (RFC 8259) where it stands, without making a tree of it. Checks no more of the text than it walks over.
struct JSONScanner {
    struct Fault: Error { let offset: Int }

    /// A value's place in the text.
    struct Value {
        enum Kind {
            case string(hasEscapes: Bool)
            case number, bool, null, object, array
        }

        let kind: Kind
        /// Without the quotes of a string; with the brackets of an object or array.
        let range: Range<Int>
    }

    let bytes: UnsafeRawBufferPointer
    private(set) var offset: Int

    init(_ bytes: UnsafeRawBufferPointer, at offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }

    /// The kind of the value that comes next.
    mutating func startsObject() -> Bool {
        skipBlanks()
        return offset < bytes.count && bytes[offset] == UInt8(ascii: "{")
    }

    mutating func startsArray() -> Bool {
        skipBlanks()
        return offset < bytes.count && bytes[offset] == UInt8(ascii: "[")
    }

    /// Walks an object's members: `body` gets each key and must take the value. It returns false to stop there.
    mutating func members(_ body: (Value, inout JSONScanner) throws -> Bool) throws {
        try expect(UInt8(ascii: "{"))
        if take(UInt8(ascii: "}")) { return }
        repeat {
            skipBlanks()
            let key = try string()
            try expect(UInt8(ascii: ":"))
            guard try body(key, &self) else { return }
        } while take(UInt8(ascii: ","))
        try expect(UInt8(ascii: "}"))
    }

    /// Walks an array's elements as `members` does.
    mutating func elements(_ body: (inout JSONScanner) throws -> Bool) throws {
        try expect(UInt8(ascii: "["))
        if take(UInt8(ascii: "]")) { return }
        repeat {
            guard try body(&self) else { return }
        } while take(UInt8(ascii: ","))
        try expect(UInt8(ascii: "]"))
    }

    /// Takes a value whole.
    mutating func value() throws -> Value {
        skipBlanks()
        guard offset < bytes.count else { throw Fault(offset: offset) }
        let start = offset
        switch bytes[offset] {
        case UInt8(ascii: "\""): return try string()
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            let kind: Value.Kind = bytes[offset] == UInt8(ascii: "{") ? .object : .array
            try skipNested()
            return Value(kind: kind, range: start..<offset)
        case UInt8(ascii: "t"): return try word("true", .bool)
        case UInt8(ascii: "f"): return try word("false", .bool)
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    /// The text of a value: a string without its escapes, nothing for null, others as they stand.
    func text(_ value: Value) -> String {
        switch value.kind {
        case .null: ""
        case .string(hasEscapes: true): JSONEscapes.undone(UnsafeRawBufferPointer(rebasing: bytes[value.range]))
        default: String(decoding: bytes[value.range], as: UTF8.self)
        }
    }

    private mutating func skipBlanks() {
        while offset < bytes.count, bytes[offset] == 0x20 || (bytes[offset] >= 0x09 && bytes[offset] <= 0x0D) { offset += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipBlanks()
        guard offset < bytes.count, bytes[offset] == byte else { return false }
        offset += 1
        return true
    }

    private mutating func expect(_ byte: UInt8) throws {
        guard take(byte) else { throw Fault(offset: offset) }
    }

    private mutating func string() throws -> Value {
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else { throw Fault(offset: offset) }
        offset += 1
        let start = offset
        var hasEscapes = false
        while offset < bytes.count {
            let byte = bytes[offset]
            if byte == UInt8(ascii: "\"") {
                offset += 1
                return Value(kind: .string(hasEscapes: hasEscapes), range: start..<(offset - 1))
            }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                offset += 1
            }
            offset += 1
        }
        throw Fault(offset: start - 1)
    }

    private mutating func word(_ word: StaticString, _ kind: Value.Kind) throws -> Value {
        let start = offset
        guard bytes.count - offset >= word.utf8CodeUnitCount else { throw Fault(offset: offset) }
        for index in 0..<word.utf8CodeUnitCount where bytes[start + index] != word.utf8Start[index] { throw Fault(offset: start) }
        offset += word.utf8CodeUnitCount
        return Value(kind: kind, range: start..<offset)
    }

    private mutating func number() throws -> Value {
        let start = offset
        while offset < bytes.count, Self.isNumberByte(bytes[offset]) { offset += 1 }
        guard offset > start else { throw Fault(offset: start) }
        return Value(kind: .number, range: start..<offset)
    }

    private static func isNumberByte(_ byte: UInt8) -> Bool {
        (byte >= 0x30 && byte <= 0x39) || byte == 0x2D || byte == 0x2B || byte == 0x2E || byte | 0x20 == 0x65
    }

    /// Takes an object or array by its brackets, however deep it is.
    private mutating func skipNested() throws {
        let start = offset
        var depth = 0
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                _ = try string()
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            offset += 1
            if depth == 0 { return }
        }
        throw Fault(offset: start)
    }
}

/// The escapes of JSON strings.
enum JSONEscapes {
    static func undone(_ bytes: UnsafeRawBufferPointer) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count else {
                result.append(bytes[index])
                index += 1
                continue
            }
            index += 2
            switch bytes[index - 1] {
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "u"): result += Array(String(Character(scalar(bytes, &index))).utf8)
            case let other: result.append(other)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The scalar behind `\u`, of two halves where it has them; `�` where it is none.
    private static func scalar(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) -> Unicode.Scalar {
        guard let first = unit(bytes, index) else { return "\u{FFFD}" }
        index += 4
        guard (0xD800...0xDBFF).contains(first) else { return Unicode.Scalar(first) ?? "\u{FFFD}" }
        guard index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u"), let second = unit(bytes, index + 2),
            (0xDC00...0xDFFF).contains(second)
        else { return "\u{FFFD}" }
        index += 6
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}"
    }

    private static func unit(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> UInt32? {
        guard start + 4 <= bytes.count else { return nil }
        return UInt32(String(decoding: bytes[start..<(start + 4)], as: UTF8.self), radix: 16)
    }
}
