/// Reads a JSON text (RFC 8259) into nodes that know their lines. Depth is bounded.
struct JSONReader {
    private let bytes: [UInt8]
    private var offset = 0
    private var line = 1

    static func read(_ bytes: [UInt8]) throws(JSONFault) -> JSONNode {
        var reader = JSONReader(bytes: bytes)
        // A byte order mark, as some editors leave one.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { reader.offset = 3 }
        let node = try reader.value(depth: 0)
        reader.skipBlanks()
        guard reader.offset == bytes.count else { throw reader.fault("something follows after the end of the document") }
        return node
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private func fault(_ reason: String) -> JSONFault { JSONFault(line: line, reason: reason) }

    private mutating func skipBlanks() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x0A: line += 1
            case 0x20, 0x09, 0x0D: break
            default: return
            }
            offset += 1
        }
    }

    private mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: byte) else { return false }
        offset += 1
        return true
    }

    private mutating func value(depth: Int) throws(JSONFault) -> JSONNode {
        guard depth < Limits.jsonDepth else { throw fault("it is nested deeper than \(Limits.jsonDepth) levels") }
        skipBlanks()
        guard offset < bytes.count else { throw fault("it ends too early") }
        let start = line
        switch bytes[offset] {
        case UInt8(ascii: "{"): return JSONNode(value: .object(try members(depth: depth)), line: start)
        case UInt8(ascii: "["): return JSONNode(value: .array(try elements(depth: depth)), line: start)
        case UInt8(ascii: "\""): return JSONNode(value: .string(try string()), line: start)
        case UInt8(ascii: "t"): return JSONNode(value: .bool(try word("true", true)), line: start)
        case UInt8(ascii: "f"): return JSONNode(value: .bool(try word("false", false)), line: start)
        case UInt8(ascii: "n"):
            _ = try word("null", true)
            return JSONNode(value: .null, line: start)
        default: return JSONNode(value: .number(try number()), line: start)
        }
    }

    private mutating func word(_ word: String, _ value: Bool) throws(JSONFault) -> Bool {
        guard bytes[offset...].starts(with: word.utf8) else { throw fault("`\(word)` was expected") }
        offset += word.utf8.count
        return value
    }

    private mutating func members(depth: Int) throws(JSONFault) -> [(name: String, node: JSONNode)] {
        offset += 1
        var members: [(name: String, node: JSONNode)] = []
        skipBlanks()
        if take("}") { return members }
        while true {
            skipBlanks()
            guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else { throw fault("a name in quotes was expected") }
            let name = try string()
            skipBlanks()
            guard take(":") else { throw fault("a colon was expected after `\(String(name.prefix(40)))`") }
            members.append((name, try value(depth: depth + 1)))
            skipBlanks()
            if take("}") { return members }
            guard take(",") else { throw fault("a comma or `}` was expected") }
        }
    }

    private mutating func elements(depth: Int) throws(JSONFault) -> [JSONNode] {
        offset += 1
        var elements: [JSONNode] = []
        skipBlanks()
        if take("]") { return elements }
        while true {
            elements.append(try value(depth: depth + 1))
            skipBlanks()
            if take("]") { return elements }
            guard take(",") else { throw fault("a comma or `]` was expected") }
        }
    }

    private mutating func number() throws(JSONFault) -> Double {
        let start = offset
        while offset < bytes.count, [UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(bytes[offset]) || (0x30...0x39).contains(bytes[offset]) {
            offset += 1
        }
        guard let number = Double(String(decoding: bytes[start..<offset], as: UTF8.self)) else { throw fault("a value was expected") }
        return number
    }

    private mutating func string() throws(JSONFault) -> String {
        offset += 1
        var text: [UInt8] = []
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(&text)
            case 0x0A: throw fault("a line ends within quotes")
            default: text.append(byte)
            }
        }
        throw fault("a quote isn't closed")
    }

    private mutating func escape(_ text: inout [UInt8]) throws(JSONFault) {
        guard offset < bytes.count else { throw fault("a quote isn't closed") }
        let byte = bytes[offset]
        offset += 1
        switch byte {
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "u"): text.append(contentsOf: String(Character(try escapedScalar())).utf8)
        default: throw fault("`\\` stands before something that it can't escape")
        }
    }

    /// One scalar of one or two `\uXXXX`; half a pair is `�`.
    private mutating func escapedScalar() throws(JSONFault) -> Unicode.Scalar {
        let first = try hexadecimal()
        if (0xD800...0xDBFF).contains(first), bytes[offset...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) {
            let mark = offset
            offset += 2
            let second = try hexadecimal()
            if (0xDC00...0xDFFF).contains(second) { return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}" }
            offset = mark
        }
        return Unicode.Scalar(first) ?? "\u{FFFD}"
    }

    private mutating func hexadecimal() throws(JSONFault) -> UInt32 {
        let end = offset + 4
        guard end <= bytes.count, let value = UInt32(String(decoding: bytes[offset..<end], as: UTF8.self), radix: 16) else { throw fault("`\\u` needs four hexadecimal digits") }
        offset = end
        return value
    }
}
