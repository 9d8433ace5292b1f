/// A piece of a query.
struct MetricsQLToken: Hashable {
    enum Kind: Hashable { case name, number, string, sign, end }

    let kind: Kind
    /// As it is written; strings with their quotes.
    let text: String

    /// All pieces, the last of which is `end`. Throws where there is something else.
    static func tokens(of text: String) throws(MetricsQLFault) -> [MetricsQLToken] {
        guard text.utf8.count <= Limits.queryBytes else { throw MetricsQLFault() }
        let bytes = Array(text.utf8)
        var tokens: [MetricsQLToken] = []
        var (offset, brackets) = (0, 0)
        func take(_ kind: Kind, _ end: Int) {
            tokens.append(MetricsQLToken(kind: kind, text: String(decoding: bytes[offset..<end], as: UTF8.self)))
            offset = end
        }
        while offset < bytes.count {
            let byte = bytes[offset]
            let next = offset + 1 < bytes.count ? bytes[offset + 1] : 0
            switch byte {
            case 0x09, 0x0A, 0x0D, 0x20: offset += 1
            case UInt8(ascii: "#"): offset = bytes[offset...].firstIndex(of: 0x0A) ?? bytes.count
            case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): take(.string, try endOfString(bytes, offset))
            case _ where isDigit(byte) || (byte == UInt8(ascii: ".") && isDigit(next)): take(.number, endOfNumber(bytes, offset))
            case _ where isLetter(byte) || (byte == UInt8(ascii: ":") && brackets == 0):
                take(.name, bytes[offset...].firstIndex { !isLetter($0) && !isDigit($0) && ($0 != UInt8(ascii: ":") || brackets > 0) } ?? bytes.count)
            case UInt8(ascii: "="), UInt8(ascii: "!"), UInt8(ascii: "<"), UInt8(ascii: ">"):
                let isDouble = next == UInt8(ascii: "=") || (next == UInt8(ascii: "~") && byte != UInt8(ascii: "<") && byte != UInt8(ascii: ">"))
                guard isDouble || byte != UInt8(ascii: "!") else { throw MetricsQLFault() }
                take(.sign, offset + (isDouble ? 2 : 1))
            case _ where "+-*/%^()[]{},@:".utf8.contains(byte):
                brackets += byte == UInt8(ascii: "[") ? 1 : byte == UInt8(ascii: "]") ? -1 : 0
                take(.sign, offset + 1)
            default: throw MetricsQLFault()
            }
        }
        tokens.append(MetricsQLToken(kind: .end, text: ""))
        return tokens
    }

    private static func endOfString(_ bytes: [UInt8], _ start: Int) throws(MetricsQLFault) -> Int {
        var offset = start + 1
        while offset < bytes.count, bytes[offset] != bytes[start] { offset += bytes[offset] == UInt8(ascii: "\\") && bytes[start] != UInt8(ascii: "`") ? 2 : 1 }
        guard offset < bytes.count else { throw MetricsQLFault() }
        return offset + 1
    }

    /// Numbers and durations: `1.5e-3`, `0x1F`, `1h30m`.
    private static func endOfNumber(_ bytes: [UInt8], _ start: Int) -> Int {
        var offset = start
        while offset < bytes.count {
            let byte = bytes[offset]
            let isExponent = (byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")) && bytes[offset - 1] | 0x20 == UInt8(ascii: "e") && offset > start
                && bytes[start..<(offset - 1)].allSatisfy { isDigit($0) || $0 == UInt8(ascii: ".") }
            guard isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: ".") || isExponent else { break }
            offset += 1
        }
        return offset
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) || byte == UInt8(ascii: "_") }
}
