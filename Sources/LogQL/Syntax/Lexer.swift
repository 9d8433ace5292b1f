import Foundations

/// Cuts a query into tokens.
struct Lexer {
    private let bytes: [UInt8]
    private var offset = 0

    private static let symbols = ["|=", "|~", "|>", "!=", "!~", "!>", "=~", "==", ">=", "<=", "{", "}", "(", ")", "[", "]", ",", "|", "=", ">", "<", "+", "-", "*", "/", "%", "^", ":", "."]

    static func tokens(_ text: String) throws(LogQLError) -> [Token] {
        var lexer = Lexer(bytes: Array(text.utf8))
        guard lexer.bytes.count <= Limits.queryBytesMax else { throw .tooMuch("the query is longer than \(Limits.queryBytesMax) bytes") }
        var tokens: [Token] = []
        while true {
            let token = try lexer.next()
            tokens.append(token)
            if token.kind == .end { return tokens }
        }
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func next() throws(LogQLError) -> Token {
        skipBlanks()
        let start = offset
        guard let byte = peek() else { return Token(kind: .end, offset: start) }
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "`") || byte == UInt8(ascii: "'") { return Token(kind: .string(try string(byte)), offset: start) }
        if Self.isDigit(byte) || (byte == UInt8(ascii: ".") && peek(1).map(Self.isDigit) == true) { return Token(kind: try quantity(), offset: start) }
        if Self.isWordStart(byte) { return Token(kind: .identifier(word()), offset: start) }
        if byte == UInt8(ascii: "-"), peek(1) == UInt8(ascii: "-"), peek(2).map(Self.isWordStart) == true {
            offset += 2
            return Token(kind: .flag(word(dashes: true)), offset: start)
        }
        for symbol in Self.symbols where bytes[offset...].starts(with: symbol.utf8) {
            offset += symbol.utf8.count
            return Token(kind: .symbol(symbol), offset: start)
        }
        let character = String(decoding: bytes[offset...].prefix(4), as: UTF8.self).first.map { SafeText(String($0)).string } ?? ""
        throw syntaxError(at: start, "unexpected character `\(character)`")
    }

    private func syntaxError(at offset: Int, _ reason: String) -> LogQLError { Self.syntaxError(bytes, at: offset, reason) }

    static func syntaxError(_ bytes: [UInt8], at offset: Int, _ reason: String) -> LogQLError {
        let before = bytes.prefix(offset)
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let column = String(decoding: before[lineStart...], as: UTF8.self).unicodeScalars.count + 1
        return .syntax(line: before.count { $0 == UInt8(ascii: "\n") } + 1, column: column, reason: reason)
    }

    private func peek(_ ahead: Int = 0) -> UInt8? { offset + ahead < bytes.count ? bytes[offset + ahead] : nil }

    private mutating func skipBlanks() {
        while let byte = peek() {
            if byte == UInt8(ascii: "#") {
                while let next = peek(), next != UInt8(ascii: "\n") { offset += 1 }
            } else if byte == 0x20 || (0x09...0x0D).contains(byte) {
                offset += 1
            } else {
                return
            }
        }
    }

    private mutating func word(dashes: Bool = false) -> String {
        let start = offset
        while let byte = peek(), Self.isWordStart(byte) || Self.isDigit(byte) || (dashes && byte == UInt8(ascii: "-")) { offset += 1 }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    /// A number, a duration (`1h30m`) or a size (`10KB`): digits, and the letters that follow them.
    private mutating func quantity() throws(LogQLError) -> Token.Kind {
        let start = offset
        while let byte = peek(), Self.isDigit(byte) || Self.isLetter(byte) || byte == UInt8(ascii: ".") || byte >= 0x80 || isExponentSign(from: start) { offset += 1 }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        if let number = Double(text) { return .number(number, text) }
        if let milliseconds = Quantity.durationMilliseconds(text) { return .duration(Int64(milliseconds), text) }
        if let size = Quantity.bytes(text) { return .bytes(size, text) }
        throw syntaxError(at: start, "`\(SafeText(text))` is no number, duration (`5m`) or size (`10KB`)")
    }

    /// The sign in `1e-5`: behind digits and an `e`, before a digit.
    private func isExponentSign(from start: Int) -> Bool {
        guard let byte = peek(), byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-"), offset > start + 1, bytes[offset - 1] | 0x20 == UInt8(ascii: "e"), peek(1).map(Self.isDigit) == true else { return false }
        return bytes[start..<(offset - 1)].allSatisfy { Self.isDigit($0) || $0 == UInt8(ascii: ".") }
    }

    private mutating func string(_ quote: UInt8) throws(LogQLError) -> String {
        let start = offset
        offset += 1
        var result: [UInt8] = []
        while let byte = peek() {
            offset += 1
            if byte == quote { return String(decoding: result, as: UTF8.self) }
            if byte == UInt8(ascii: "\\") && quote != UInt8(ascii: "`") {
                try escape(into: &result, quote: quote)
            } else {
                result.append(byte)
            }
        }
        throw syntaxError(at: start, "the string has no end")
    }

    private mutating func escape(into result: inout [UInt8], quote: UInt8) throws(LogQLError) {
        let start = offset - 1
        guard let byte = peek() else { return }
        offset += 1
        if let control = GoEscape.control(byte) {
            result.append(control)
            return
        }
        switch byte {
        case UInt8(ascii: "\\"), quote: result.append(byte)
        case UInt8(ascii: "x"): result += Array(try scalar(digits: 2, at: start).utf8)
        case UInt8(ascii: "u"): result += Array(try scalar(digits: 4, at: start).utf8)
        case UInt8(ascii: "U"): result += Array(try scalar(digits: 8, at: start).utf8)
        default: throw syntaxError(at: start, "unknown escape in the string; in a regular expression write it between backquotes")
        }
    }

    private mutating func scalar(digits: Int, at start: Int) throws(LogQLError) -> String {
        let text = String(decoding: bytes[offset...].prefix(digits), as: UTF8.self)
        guard text.utf8.count == digits, let value = UInt32(text, radix: 16), let scalar = Unicode.Scalar(value) else {
            throw syntaxError(at: start, "the escape needs \(digits) hexadecimal digits of a character")
        }
        offset += digits
        return String(Character(scalar))
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A }
    private static func isWordStart(_ byte: UInt8) -> Bool { isLetter(byte) || byte == 0x5F }
}
