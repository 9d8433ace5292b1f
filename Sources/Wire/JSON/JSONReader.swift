import Foundations

/// Reads a JSON document (RFC 8259) from front to back: the caller asks for what it expects and skips the rest. Nothing is built that isn't asked for.
///
/// A view: the bytes must outlive it. The whole must be UTF-8, unless the caller takes lines that aren't.
struct JSONReader {
    let bytes: UnsafeRawBufferPointer
    var offset = 0
    private var depth = 0
    private let nestingMax: Int
    /// Where it isn't, each string is looked at when it is read.
    let isUTF8: Bool

    enum Kind {
        case object, array, string, number, bool, null
    }

    /// `takesInvalid`: bytes that are no UTF-8 are an error only in strings that are read as such, and not by `copyString`.
    init(_ bytes: UnsafeRawBufferPointer, nestingMax: Int, takesInvalid: Bool = false) throws(WireError) {
        isUTF8 = UTF8Check.isValid(bytes)
        guard isUTF8 || takesInvalid else { throw WireError("the body is not valid UTF-8", offset: 0) }
        self.bytes = bytes
        self.nestingMax = nestingMax
    }

    /// What comes next.
    mutating func kind() throws(WireError) -> Kind {
        skipSpace()
        guard offset < bytes.count else { throw WireError("the JSON ends where a value belongs", offset: offset) }
        switch bytes[offset] {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        default: throw WireError("no JSON value begins with this character", offset: offset)
        }
    }

    /// Visits the members; `body` must read or skip each one's value. A null is an object without members.
    mutating func object(_ body: (_ key: String, inout JSONReader) throws(WireError) -> Void) throws(WireError) {
        if try takeNull() { return }
        try open(UInt8(ascii: "{"), "an object")
        if try close(UInt8(ascii: "}"), isFirst: true) { return }
        repeat {
            let key = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw WireError("a colon belongs behind a member's name", offset: offset) }
            try body(key, &self)
        } while try !close(UInt8(ascii: "}"), isFirst: false)
    }

    /// Visits the elements; `body` must read or skip each. A null is an array without elements.
    mutating func array(_ body: (inout JSONReader) throws(WireError) -> Void) throws(WireError) {
        if try takeNull() { return }
        try open(UInt8(ascii: "["), "an array")
        if try close(UInt8(ascii: "]"), isFirst: true) { return }
        repeat { try body(&self) } while try !close(UInt8(ascii: "]"), isFirst: false)
    }

    /// Nothing but space may follow the document.
    mutating func end() throws(WireError) {
        skipSpace()
        guard offset == bytes.count else { throw WireError("something follows the JSON document", offset: offset) }
    }

    mutating func string() throws(WireError) -> String {
        let (start, end, hasEscapes) = try stringRange()
        let inner = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
        guard isUTF8 || UTF8Check.isValid(inner) else { throw WireError("a string is not valid UTF-8", offset: start) }
        return hasEscapes ? try unescape(inner, at: start) : String(decoding: inner, as: UTF8.self)
    }

    /// A number's text, or that of a string, as proto3's JSON spells 64-bit integers.
    mutating func numberText() throws(WireError) -> Substring {
        if try kind() == .string { return Substring(try string()) }
        return Substring(String(decoding: bytes[try numberRange()], as: UTF8.self))
    }

    mutating func integer<Integer: FixedWidthInteger>(_: Integer.Type = Integer.self) throws(WireError) -> Integer {
        let before = offset
        if let plain = plainInteger() {
            if let number = Integer(exactly: plain) { return number }
            offset = before
        }
        if try takeNull() { return 0 }
        let start = offset
        let text = try numberText()
        guard let number = Integer(text) else { throw WireError("not an integer of \(Integer.bitWidth) bits", offset: start) }
        return number
    }

    mutating func double() throws(WireError) -> Double {
        let start = offset
        let text = try numberText()
        switch text {
        case "NaN": return .nan
        case "Infinity": return .infinity
        case "-Infinity": return -.infinity
        default:
            guard let number = Double(text) else { throw WireError("not a number", offset: start) }
            return number
        }
    }

    mutating func bool() throws(WireError) -> Bool {
        skipSpace()
        if takeWord("true") { return true }
        if takeWord("false") { return false }
        throw WireError("true or false belongs here", offset: offset)
    }

    mutating func takeNull() throws(WireError) -> Bool {
        guard try kind() == .null else { return false }
        guard takeWord("null") else { throw WireError("no JSON value begins with this character", offset: offset) }
        return true
    }

    /// Passes over any value, and checks it on the way.
    mutating func skip() throws(WireError) {
        switch try kind() {
        case .object: try object { _, reader throws(WireError) in try reader.skip() }
        case .array: try array { reader throws(WireError) in try reader.skip() }
        case .string: _ = try string()
        case .number: _ = try numberRange()
        case .bool: _ = try bool()
        case .null: _ = try takeNull()
        }
    }

    mutating func skipSpace() {
        while offset < bytes.count, bytes[offset] == 0x20 || bytes[offset] == 0x0A || bytes[offset] == 0x0D || bytes[offset] == 0x09 { offset += 1 }
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard offset < bytes.count, bytes[offset] == byte else { return false }
        offset += 1
        return true
    }

    private mutating func takeWord(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard offset + count <= bytes.count else { return false }
        for place in 0..<count where bytes[offset + place] != word.utf8Start[place] { return false }
        offset += count
        return true
    }

    mutating func open(_ bracket: UInt8, _ name: String) throws(WireError) {
        skipSpace()
        guard take(bracket) else { throw WireError("\(name) belongs here", offset: offset) }
        depth += 1
        guard depth <= nestingMax else { throw WireError(.overLimit, "the JSON is nested more than \(nestingMax) deep", offset: offset) }
    }

    /// Whether the bracket closes here; else takes the comma before the next element.
    mutating func close(_ bracket: UInt8, isFirst: Bool) throws(WireError) -> Bool {
        skipSpace()
        if take(bracket) {
            depth -= 1
            return true
        }
        if isFirst { return false }
        guard take(UInt8(ascii: ",")) else { throw WireError("a comma or a closing bracket belongs here", offset: offset) }
        return false
    }

    /// The bytes between the quotes.
    private mutating func stringRange() throws(WireError) -> (start: Int, end: Int, hasEscapes: Bool) {
        skipSpace()
        guard take(UInt8(ascii: "\"")) else { throw WireError("a string belongs here", offset: offset) }
        let start = offset
        var hasEscapes = false
        while offset < bytes.count {
            offset = ByteScan.jsonStop(bytes, from: offset)
            guard offset < bytes.count else { break }
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                offset += 1
                return (start, offset - 1, hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                offset += 2
            default: throw WireError("a control character in a string", offset: offset)
            }
        }
        throw WireError("a string doesn't end", offset: start)
    }

    private mutating func numberRange() throws(WireError) -> Range<Int> {
        skipSpace()
        let start = offset
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        return start..<offset
    }

    private mutating func digits() throws(WireError) {
        let start = offset
        while offset < bytes.count, LineCursor.isDigit(bytes[offset]) { offset += 1 }
        guard offset > start else { throw WireError("a digit belongs here", offset: offset) }
    }

    private func unescape(_ text: UnsafeRawBufferPointer, at start: Int) throws(WireError) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            let stop = ByteScan.jsonStop(text, from: index)
            result.append(contentsOf: text[index..<stop])
            index = stop
            if index == text.count { break }
            let byte = text[index]
            index += 1
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                continue
            }
            // The range ends behind a whole escape's second byte, so that there is one.
            let escape = text[index]
            index += 1
            switch escape {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(escape)
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "u"):
                guard let scalar = Self.scalar(text, &index) else { throw WireError("four hexadecimal digits belong behind \\u", offset: start + index) }
                result.append(contentsOf: UTF8.encode(scalar)!)
            default: throw WireError("an escape that JSON doesn't have", offset: start + index - 1)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The character of `\uXXXX`, or of two that make a pair; half a pair is `�`.
    static func scalar(_ text: UnsafeRawBufferPointer, _ index: inout Int) -> Unicode.Scalar? {
        guard let first = unit(text, &index) else { return nil }
        if let scalar = Unicode.Scalar(first) { return scalar }
        var behind = index
        guard first < 0xDC00, behind + 1 < text.count, text[behind] == UInt8(ascii: "\\"), text[behind + 1] == UInt8(ascii: "u") else { return "\u{FFFD}" }
        behind += 2
        guard let second = unit(text, &behind), (0xDC00...0xDFFF).contains(second) else { return "\u{FFFD}" }
        index = behind
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    }

    private static func unit(_ text: UnsafeRawBufferPointer, _ index: inout Int) -> UInt32? {
        guard index + 4 <= text.count else { return nil }
        var value: UInt32 = 0
        for place in index..<index + 4 {
            let byte = text[place]
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - 0x30)
            case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32((byte | 0x20) - 0x61 + 10)
            default: return nil
            }
        }
        index += 4
        return value
    }
}
