/// A pattern of literal text and captures: `<ip> - <_> "<method> <path> <_>"`. `<_>` matches and is thrown away.
struct LinePattern: Sendable {
    struct Mistake: Error { let reason: String }

    private enum Part: Sendable {
        case literal([UInt8])
        /// Nil is `<_>`.
        case capture(String?)
    }

    /// As it was written.
    let text: String
    private let parts: [Part]

    init(_ text: String, needsCapture: Bool) throws(Mistake) {
        self.text = text
        var parts: [Part] = []
        var literal: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.first {
            guard byte == UInt8(ascii: "<"), let name = Self.captureName(rest) else {
                literal.append(byte)
                rest = rest.dropFirst()
                continue
            }
            if !literal.isEmpty { parts.append(.literal(literal)) } else if case .capture? = parts.last {
                throw Mistake(reason: "two captures stand side by side; put the text between them that separates them")
            }
            literal = []
            parts.append(.capture(name == "_" ? nil : name))
            rest = rest.dropFirst(name.utf8.count + 2)
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
        if needsCapture, !parts.contains(where: { if case .capture(_?) = $0 { true } else { false } }) {
            throw Mistake(reason: "the pattern captures nothing; write <name> where a label begins")
        }
        self.parts = parts
    }

    private static func captureName(_ text: ArraySlice<UInt8>) -> String? {
        let name = text.dropFirst().prefix { (($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x5F }
        guard !name.isEmpty, name.endIndex < text.endIndex, text[name.endIndex] == UInt8(ascii: ">") else { return nil }
        return String(decoding: name, as: UTF8.self)
    }

    /// The captures of a line that the pattern fits from its beginning; nil where it doesn't.
    func captures(_ line: String) -> [(String, String)]? {
        let bytes = Array(line.utf8)
        var position = 0
        var found: [(String, String)] = []
        var pending: String??
        for part in parts {
            switch part {
            case .capture(let name): pending = .some(name)
            case .literal(let text):
                guard let start = Self.find(text, in: bytes, from: position) else { return nil }
                if let name = pending {
                    if let name { found.append((name, String(decoding: bytes[position..<start], as: UTF8.self))) }
                } else if start != position {
                    return nil
                }
                pending = nil
                position = start + text.count
            }
        }
        if let name = pending, let name { found.append((name, String(decoding: bytes[position...], as: UTF8.self))) }
        return found
    }

    /// Whether the pattern fits the line as a whole, as the filter `|>` asks.
    func isFound(in line: String) -> Bool {
        let bytes = Array(line.utf8)
        var position = 0
        var isFree = false
        for part in parts {
            switch part {
            case .capture: isFree = true
            case .literal(let text):
                guard let start = Self.find(text, in: bytes, from: position), isFree || start == position else { return false }
                position = start + text.count
                isFree = false
            }
        }
        return isFree || position == bytes.count
    }

    private static func find(_ needle: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard needle.count <= bytes.count - start else { return nil }
        var position = start
        while position <= bytes.count - needle.count {
            if bytes[position] == needle[0] && bytes[position..<(position + needle.count)].elementsEqual(needle) { return position }
            position += 1
        }
        return nil
    }
}
