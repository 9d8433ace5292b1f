/// Walks JSON without keeping it. Every step returns whether it was what was expected.
package struct ReplyReader {
    let bytes: UnsafeRawBufferPointer
    var offset = 0
    private var depth = 0

    package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func blanks() { while offset < bytes.count, bytes[offset] <= 0x20 { offset += 1 } }

    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        blanks()
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: scalar) else { return false }
        offset += 1
        return true
    }

    package var isObject: Bool {
        mutating get {
            blanks()
            return offset < bytes.count && bytes[offset] == UInt8(ascii: "{")
        }
    }

    package mutating func eachMember(_ body: (String, inout ReplyReader) -> Bool) -> Bool {
        guard take("{"), depth < Limits.jsonDepth else { return false }
        depth += 1
        defer { depth -= 1 }
        if take("}") { return true }
        repeat {
            guard let name = string(), take(":"), body(name, &self) else { return false }
        } while take(",")
        return take("}")
    }

    package mutating func eachElement(_ body: (inout ReplyReader) -> Bool) -> Bool {
        guard take("["), depth < Limits.jsonDepth else { return false }
        depth += 1
        defer { depth -= 1 }
        if take("]") { return true }
        repeat {
            guard body(&self) else { return false }
        } while take(",")
        return take("]")
    }

    /// A string; its escapes are looked at where it has some.
    package mutating func string() -> String? {
        guard take("\"") else { return nil }
        let start = offset
        var hasEscape = false
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "\"") {
            if bytes[offset] == UInt8(ascii: "\\") {
                hasEscape = true
                offset += 1
            }
            offset += 1
        }
        guard offset < bytes.count else { return nil }
        let end = offset
        offset += 1
        if !hasEscape { return String(decoding: bytes[start..<end], as: UTF8.self) }
        return (try? JSONReader.read(Array(bytes[(start - 1)...end])))?.string
    }

    package mutating func labels() -> [String: String]? {
        var labels: [String: String] = [:]
        return eachMember { name, reader in
            labels[name] = reader.string()
            return labels[name] != nil
        } ? labels : nil
    }

    package mutating func skip() -> Bool {
        blanks()
        guard offset < bytes.count else { return false }
        switch bytes[offset] {
        case UInt8(ascii: "{"): return eachMember { _, reader in reader.skip() }
        case UInt8(ascii: "["): return eachElement { reader in reader.skip() }
        case UInt8(ascii: "\""): return string() != nil
        default:
            let start = offset
            while offset < bytes.count, bytes[offset] > 0x20, ![UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]")].contains(bytes[offset]) { offset += 1 }
            return offset > start
        }
    }

    /// A string, or a number or a word as it stands; `(nested)` for what is neither.
    package mutating func scalarText() -> String? {
        blanks()
        guard offset < bytes.count else { return nil }
        switch bytes[offset] {
        case UInt8(ascii: "\""): return string()
        case UInt8(ascii: "{"), UInt8(ascii: "["): return skip() ? "(nested)" : nil
        default:
            let start = offset
            return skip() ? String(decoding: bytes[start..<offset], as: UTF8.self) : nil
        }
    }
}
