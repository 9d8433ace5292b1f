import Foundations

/// Cuts a template into text and actions, and actions into tokens, as Go's text/template does.
public struct TemplateLexer {
    private let bytes: [UInt8]
    private var position = 0
    private var line = 1

    public init(_ text: String) { bytes = Array(text.utf8) }

    /// The whole template in pieces. Throws where an action or a text within it has no end.
    public mutating func pieces() throws(TemplateError) -> [TemplatePiece] {
        var pieces: [TemplatePiece] = []
        var trimsNext = false
        while position < bytes.count {
            let start = position
            let end = find("{{") ?? bytes.count
            let trimsThis = end + 3 < bytes.count && bytes[end + 2] == UInt8(ascii: "-") && Self.isSpace(bytes[end + 3])
            appendText(start..<end, trimStart: trimsNext, trimEnd: trimsThis, to: &pieces)
            trimsNext = false
            position = end
            guard position < bytes.count else { break }
            position += trimsThis ? 4 : 2
            if try skipComment(&trimsNext) { continue }
            let actionLine = line
            let tokens = try action(&trimsNext)
            pieces.append(.action(tokens, line: actionLine))
        }
        return pieces
    }

    private func find(_ mark: String) -> Int? {
        let mark = Array(mark.utf8)
        var index = position
        while index + mark.count <= bytes.count {
            if bytes[index..<index + mark.count].elementsEqual(mark) { return index }
            index += 1
        }
        return nil
    }

    private mutating func appendText(_ range: Range<Int>, trimStart: Bool, trimEnd: Bool, to pieces: inout [TemplatePiece]) {
        line += bytes[range].count { $0 == 0x0A }
        var slice = bytes[range]
        if trimStart { slice = slice.drop(while: Self.isSpace) }
        if trimEnd { while let last = slice.last, Self.isSpace(last) { slice.removeLast() } }
        if !slice.isEmpty { pieces.append(.text(String(decoding: slice, as: UTF8.self))) }
    }

    private mutating func skipComment(_ trimsNext: inout Bool) throws(TemplateError) -> Bool {
        guard bytes[position...].starts(with: "/*".utf8) else { return false }
        guard let end = find("*/") else { throw TemplateError(line: line, reason: "a comment without its end */") }
        line += bytes[position..<end].count { $0 == 0x0A }
        position = end + 2
        guard takeEnd(&trimsNext) else { throw TemplateError(line: line, reason: "a comment must end with */}}") }
        return true
    }

    /// Takes `}}` or ` -}}`.
    private mutating func takeEnd(_ trimsNext: inout Bool) -> Bool {
        if bytes[position...].starts(with: "}}".utf8) {
            position += 2
            return true
        }
        if bytes[position...].starts(with: " -}}".utf8) {
            position += 4
            trimsNext = true
            return true
        }
        return false
    }

    private mutating func action(_ trimsNext: inout Bool) throws(TemplateError) -> [TemplateToken] {
        var tokens: [TemplateToken] = []
        while true {
            if takeEnd(&trimsNext) { return tokens }
            guard position < bytes.count else { throw TemplateError(line: line, reason: "an action without its end }}") }
            let byte = bytes[position]
            if Self.isSpace(byte) {
                if byte == 0x0A { line += 1 }
                position += 1
            } else {
                tokens.append(try token(byte))
            }
        }
    }

    private mutating func token(_ byte: UInt8) throws(TemplateError) -> TemplateToken {
        switch byte {
        case UInt8(ascii: "|"): return take(.pipe)
        case UInt8(ascii: "("): return take(.open)
        case UInt8(ascii: ","): return take(.comma)
        case UInt8(ascii: "="): return take(.assign)
        case UInt8(ascii: ")"):
            position += 1
            return .close(fields())
        case UInt8(ascii: ":") where position + 1 < bytes.count && bytes[position + 1] == UInt8(ascii: "="):
            position += 2
            return .declare
        case UInt8(ascii: "\""): return .string(try quoted())
        case UInt8(ascii: "`"): return .string(try raw())
        case UInt8(ascii: "'"): return .integer(try character())
        case UInt8(ascii: "$"):
            position += 1
            return .variable(word(), fields())
        case UInt8(ascii: ".") where !isDigit(at: position + 1):
            let names = fields()
            if names.isEmpty { position += 1 }
            return .field(names)
        case _ where startsNumber(byte): return try number()
        case _ where Self.isWord(byte): return .word(word())
        default:
            throw TemplateError(line: line, reason: "unexpected \(String(decoding: [byte], as: UTF8.self).debugDescription) in an action")
        }
    }

    private mutating func take(_ token: TemplateToken) -> TemplateToken {
        position += 1
        return token
    }

    private mutating func word() -> String {
        let start = position
        while position < bytes.count, Self.isWord(bytes[position]) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// `.a.b` as its names; nothing is taken where no name follows the dot.
    private mutating func fields() -> [String] {
        var names: [String] = []
        while position + 1 < bytes.count, bytes[position] == UInt8(ascii: "."), Self.isWord(bytes[position + 1]) {
            position += 1
            names.append(word())
        }
        return names
    }

    private mutating func number() throws(TemplateError) -> TemplateToken {
        let start = position
        position += 1
        while position < bytes.count {
            let byte = bytes[position]
            let isSign = (byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")) && bytes[position - 1] | 0x20 == UInt8(ascii: "e")
            guard Self.isWord(byte) || byte == UInt8(ascii: ".") || isSign else { break }
            position += 1
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        let plain = text.filter { $0 != "_" }
        if let integer = Int64(plain) { return .integer(integer) }
        if plain.lowercased().hasPrefix("0x"), let integer = Int64(plain.dropFirst(2), radix: 16) { return .integer(integer) }
        if let float = Double(plain) { return .float(float) }
        throw TemplateError(line: line, reason: "\(text.debugDescription) is no number")
    }

    private mutating func raw() throws(TemplateError) -> String {
        position += 1
        guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "`")) else { throw TemplateError(line: line, reason: "a text without its end `") }
        let text = String(decoding: bytes[position..<end], as: UTF8.self)
        line += bytes[position..<end].count { $0 == 0x0A }
        position = end + 1
        return text
    }

    private mutating func character() throws(TemplateError) -> Int64 {
        guard let end = bytes[(position + 1)...].prefix(12).dropFirst().firstIndex(of: UInt8(ascii: "'")) else {
            throw TemplateError(line: line, reason: "a character without its end '")
        }
        let text = try GoLiteral.unescape(bytes[(position + 1)..<end], line: line)
        guard let scalar = text.unicodeScalars.first, text.unicodeScalars.count == 1 else {
            throw TemplateError(line: line, reason: "not one character between '")
        }
        position = end + 1
        return Int64(scalar.value)
    }

    private mutating func quoted() throws(TemplateError) -> String {
        let start = position + 1
        var index = start
        while index < bytes.count, bytes[index] != UInt8(ascii: "\""), bytes[index] != 0x0A { index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1 }
        guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else { throw TemplateError(line: line, reason: "a text without its end \"") }
        position = index + 1
        return try GoLiteral.unescape(bytes[start..<index], line: line)
    }

    /// A digit, or a sign or point before one.
    private func startsNumber(_ byte: UInt8) -> Bool {
        if isDigit(at: position) { return true }
        guard "-+.".utf8.contains(byte), position + 1 < bytes.count else { return false }
        return isDigit(at: position + 1) || bytes[position + 1] == UInt8(ascii: ".")
    }

    private func isDigit(at index: Int) -> Bool { index < bytes.count && bytes[index] >= 0x30 && bytes[index] <= 0x39 }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    /// Letters, digits, underscore and all of UTF-8 beyond ASCII.
    private static func isWord(_ byte: UInt8) -> Bool {
        byte == 0x5F || byte >= 0x80 || (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A)
    }
}

/// Texts as Go writes them between quotes.
public enum GoLiteral {
    /// Undoes the escapes between quotes, which aren't part of `bytes`. `line` goes into errors.
    public static func unescape(_ bytes: ArraySlice<UInt8>, line: Int) throws(TemplateError) -> String {
        var result: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                continue
            }
            guard let escape = rest.popFirst() else { throw TemplateError(line: line, reason: "a text ends with a backslash") }
            if let control = GoEscape.control(escape) {
                result.append(control)
                continue
            }
            switch escape {
            case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"): result.append(escape)
            case UInt8(ascii: "x"): result.append(UInt8(truncatingIfNeeded: try code(&rest, digits: 2, line: line)))
            case UInt8(ascii: "u"): result.append(contentsOf: try scalar(&rest, digits: 4, line: line))
            case UInt8(ascii: "U"): result.append(contentsOf: try scalar(&rest, digits: 8, line: line))
            default: throw TemplateError(line: line, reason: "unknown escape \\\(String(decoding: [escape], as: UTF8.self))")
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func code(_ rest: inout ArraySlice<UInt8>, digits: Int, line: Int) throws(TemplateError) -> UInt32 {
        let text = String(decoding: rest.prefix(digits), as: UTF8.self)
        guard text.utf8.count == digits, let code = UInt32(text, radix: 16) else {
            throw TemplateError(line: line, reason: "an escape needs \(digits) hexadecimal digits")
        }
        rest = rest.dropFirst(digits)
        return code
    }

    private static func scalar(_ rest: inout ArraySlice<UInt8>, digits: Int, line: Int) throws(TemplateError) -> [UInt8] {
        guard let scalar = Unicode.Scalar(try code(&rest, digits: digits, line: line)) else {
            throw TemplateError(line: line, reason: "an escape that is no character")
        }
        return Array(String(Character(scalar)).utf8)
    }
}
