import Foundations
import Model

/// Cuts a query into tokens.
struct Lexer {
    private let bytes: [UInt8]
    private var offset = 0
    private var line = 1
    private var lineStart = 0
    private var braceDepth = 0
    private var bracketDepth = 0
    private var tokens: [Token] = []

    private init(_ text: String) { bytes = Array(text.utf8) }

    /// All tokens, the last of which is `end`.
    static func tokens(of text: String) throws(PromQLSyntaxError) -> [Token] {
        guard text.utf8.count <= PromQLLimits.queryBytesMax else {
            throw PromQLSyntaxError(position: .start, reason: "the query is longer than \(PromQLLimits.queryBytesMax) bytes")
        }
        var lexer = Lexer(text)
        while try lexer.scanNext() {}
        return lexer.tokens
    }

    private var position: SourcePosition { SourcePosition(offset: offset, line: line, column: offset - lineStart + 1) }

    private func byte(at index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }

    private mutating func advance() {
        if bytes[offset] == UInt8(ascii: "\n") {
            line += 1
            lineStart = offset + 1
        }
        offset += 1
    }

    private mutating func skipBlanksAndComments() {
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): advance()
            case UInt8(ascii: "#"):
                while offset < bytes.count, bytes[offset] != UInt8(ascii: "\n") { offset += 1 }
            default: return
            }
        }
    }

    private mutating func emit(_ kind: Token.Kind, from start: SourcePosition) {
        tokens.append(Token(kind: kind, start: start, endOffset: offset, text: String(decoding: bytes[start.offset..<offset], as: UTF8.self)))
    }

    private mutating func scanNext() throws(PromQLSyntaxError) -> Bool {
        skipBlanksAndComments()
        let start = position
        guard offset < bytes.count else {
            emit(.end, from: start)
            return false
        }
        let byte = bytes[offset]
        if Self.isDigit(byte) || (byte == UInt8(ascii: ".") && Self.isDigit(self.byte(at: offset + 1))) {
            try scanNumberOrDuration(from: start)
        } else if Self.isLetter(byte) || (byte == UInt8(ascii: ":") && braceDepth == 0 && bracketDepth == 0) {
            scanIdentifier(from: start)
        } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "`") {
            try scanString(quote: byte, from: start)
        } else {
            try scanSymbol(byte, from: start)
        }
        return true
    }

    private mutating func scanIdentifier(from start: SourcePosition) {
        let hasColons = braceDepth == 0 && bracketDepth == 0
        while offset < bytes.count {
            let byte = bytes[offset]
            guard Self.isLetter(byte) || Self.isDigit(byte) || (hasColons && byte == UInt8(ascii: ":")) else { break }
            offset += 1
        }
        emit(.identifier(String(decoding: bytes[start.offset..<offset], as: UTF8.self)), from: start)
    }

    private mutating func scanSymbol(_ byte: UInt8, from start: SourcePosition) throws(PromQLSyntaxError) {
        let next = self.byte(at: offset + 1)
        var width = 1
        let kind: Token.Kind
        switch byte {
        case UInt8(ascii: "("): kind = .leftParenthesis
        case UInt8(ascii: ")"): kind = .rightParenthesis
        case UInt8(ascii: "{"):
            kind = .leftBrace
            braceDepth += 1
        case UInt8(ascii: "}"):
            kind = .rightBrace
            braceDepth = max(0, braceDepth - 1)
        case UInt8(ascii: "["):
            kind = .leftBracket
            bracketDepth += 1
        case UInt8(ascii: "]"):
            kind = .rightBracket
            bracketDepth = max(0, bracketDepth - 1)
        case UInt8(ascii: ","): kind = .comma
        case UInt8(ascii: ":"): kind = .colon
        case UInt8(ascii: "@"): kind = .at
        case UInt8(ascii: "+"): kind = .plus
        case UInt8(ascii: "-"): kind = .minus
        case UInt8(ascii: "*"): kind = .times
        case UInt8(ascii: "/"): kind = .divide
        case UInt8(ascii: "%"): kind = .modulo
        case UInt8(ascii: "^"): kind = .power
        case UInt8(ascii: "="):
            width = next == UInt8(ascii: "=") || next == UInt8(ascii: "~") ? 2 : 1
            kind = next == UInt8(ascii: "=") ? .equalEqual : next == UInt8(ascii: "~") ? .matches : .equal
        case UInt8(ascii: "!") where next == UInt8(ascii: "=") || next == UInt8(ascii: "~"):
            width = 2
            kind = next == UInt8(ascii: "=") ? .notEqual : .matchesNot
        case UInt8(ascii: "<"), UInt8(ascii: ">"):
            width = next == UInt8(ascii: "=") || next == UInt8(ascii: "/") ? 2 : 1
            if next == UInt8(ascii: "/") {
                kind = byte == UInt8(ascii: "<") ? .trimUpper : .trimLower
                break
            }
            kind = byte == UInt8(ascii: "<") ? (width == 2 ? .lessOrEqual : .less) : (width == 2 ? .greaterOrEqual : .greater)
        default:
            throw PromQLSyntaxError(position: start, reason: "unexpected character: \(quoted(characterText()))")
        }
        offset += width
        emit(kind, from: start)
    }

    /// The character at the current offset, made fit for a message.
    private func characterText() -> String {
        let rest = String(decoding: bytes[offset..<min(bytes.count, offset + 4)], as: UTF8.self)
        return SafeText(String(rest.unicodeScalars.prefix(1))).string
    }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A || byte == 0x5F }
}

extension Lexer {
    private mutating func scanNumberOrDuration(from start: SourcePosition) throws(PromQLSyntaxError) {
        var end = offset
        while end < bytes.count {
            let byte = bytes[end]
            let isSign = byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
            if isSign {
                // A sign belongs to the number only behind the e of an exponent, which hexadecimal digits aren't.
                let isExponent = (bytes[end - 1] | 0x20) == UInt8(ascii: "e") && !Self.isHexadecimal(bytes[offset..<end])
                guard isExponent else { break }
            } else if !(Self.isDigit(byte) || Self.isLetter(byte) || byte == UInt8(ascii: ".")) {
                break
            }
            end += 1
        }
        let word = bytes[offset..<end]
        let text = String(decoding: word, as: UTF8.self)
        offset = end
        let hasUnit = Self.isDigit(word.first!) && Self.isLetter(word.last!) && !Self.isHexadecimal(word)
        if hasUnit, let milliseconds = DurationText.milliseconds(text) {
            guard milliseconds < PromQLLimits.millisecondsMax else { throw PromQLSyntaxError(position: start, reason: "duration out of range") }
            emit(.duration(milliseconds), from: start)
        } else if let number = NumberText.parse(text) {
            emit(.number(number), from: start)
        } else {
            throw PromQLSyntaxError(position: start, reason: "bad number or duration syntax: \(quoted(String(text.prefix(64))))")
        }
    }

    private static func isHexadecimal(_ word: ArraySlice<UInt8>) -> Bool {
        word.count > 1 && word.first == UInt8(ascii: "0") && (word[word.startIndex + 1] | 0x20) == UInt8(ascii: "x")
    }

    private mutating func scanString(quote: UInt8, from start: SourcePosition) throws(PromQLSyntaxError) {
        var content: [UInt8] = []
        offset += 1
        while true {
            guard offset < bytes.count, quote == UInt8(ascii: "`") || bytes[offset] != UInt8(ascii: "\n") else {
                throw PromQLSyntaxError(position: start, reason: "unterminated quoted string")
            }
            let byte = bytes[offset]
            if byte == quote {
                offset += 1
                return emit(.string(content), from: start)
            }
            if byte == UInt8(ascii: "\\") && quote != UInt8(ascii: "`") {
                let escape = position
                guard let used = StringEscape.decode(bytes[(offset + 1)...], quote: quote, into: &content) else {
                    throw PromQLSyntaxError(
                        position: escape, reason: "unknown or incomplete escape sequence in a string",
                        expected: #"one of \a \b \f \n \r \t \v \\ \nnn \xnn \unnnn \Unnnnnnnn or the quote"#)
                }
                offset += 1 + used
            } else {
                content.append(byte)
                advance()
            }
        }
    }
}
