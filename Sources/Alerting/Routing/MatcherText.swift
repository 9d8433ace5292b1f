import Model

/// Matchers as Alertmanager writes them: `severity="critical"`, `{team=~"a|b", env!="dev"}`, `"label with spaces"="x"`, `foo=bar`.
///
/// Names may be any UTF-8 in quotes; values may stand without quotes up to the next comma or brace, as the older syntax has it.
public enum MatcherText {
    /// What is wrong with a text.
    public struct Problem: Error, Equatable, CustomStringConvertible, Sendable {
        public let text: String
        public let reason: String
        public var description: String { "\(quoted(text)) is no list of matchers: \(reason)" }
    }

    /// Reads one matcher or a list of them, with braces around it or without.
    public static func parse(_ text: String) throws(Problem) -> [Matcher] {
        var reader = Reader(text)
        return try reader.matchers()
    }

    private struct Reader {
        private let text: String
        private let bytes: [UInt8]
        private var position = 0

        init(_ text: String) {
            self.text = text
            bytes = Array(text.utf8)
        }

        mutating func matchers() throws(Problem) -> [Matcher] {
            var matchers: [Matcher] = []
            skipBlanks()
            let hasBrace = take("{")
            while true {
                skipBlanks()
                if isAtEnd || peek("}") { break }
                matchers.append(try matcher())
                skipBlanks()
                guard take(",") else { break }
            }
            skipBlanks()
            if hasBrace, !take("}") { throw problem("the closing brace is missing") }
            skipBlanks()
            guard isAtEnd else { throw problem("unexpected text after \(position) bytes") }
            guard matchers.count <= Limits.matchersMax else { throw problem("there are more than \(Limits.matchersMax) matchers") }
            return matchers
        }

        private mutating func matcher() throws(Problem) -> Matcher {
            let name = try name()
            skipBlanks()
            let op = try op()
            skipBlanks()
            let value = try value()
            do throws(RegularExpression.SyntaxError) {
                return try Matcher(name, op, value)
            } catch {
                throw problem(error.description)
            }
        }

        private mutating func name() throws(Problem) -> String {
            if peek("\"") || peek("`") { return try nonEmpty(quotedText()) }
            let start = position
            while position < bytes.count, !Self.endsName(bytes[position]) { position += 1 }
            return try nonEmpty(String(decoding: bytes[start..<position], as: UTF8.self))
        }

        private func nonEmpty(_ name: String) throws(Problem) -> String {
            if name.isEmpty { throw problem("a label's name is missing") }
            return name
        }

        private mutating func op() throws(Problem) -> Matcher.Operator {
            if take("=~") { return .regex }
            if take("!~") { return .notRegex }
            if take("!=") { return .notEqual }
            if take("=") { return .equal }
            throw problem("one of =, !=, =~ and !~ is missing after the label's name")
        }

        private mutating func value() throws(Problem) -> String {
            if peek("\"") || peek("`") { return try quotedText() }
            let start = position
            while position < bytes.count, bytes[position] != UInt8(ascii: ","), bytes[position] != UInt8(ascii: "}") { position += 1 }
            var slice = bytes[start..<position]
            while let last = slice.last, Self.isBlank(last) { slice.removeLast() }
            if slice.contains(UInt8(ascii: "\"")) { throw problem("a quote stands inside a value without quotes") }
            return String(decoding: slice, as: UTF8.self)
        }

        private mutating func quotedText() throws(Problem) -> String {
            let quote = bytes[position]
            position += 1
            let start = position
            while position < bytes.count, bytes[position] != quote {
                position += bytes[position] == UInt8(ascii: "\\") && quote == UInt8(ascii: "\"") ? 2 : 1
            }
            guard position < bytes.count else { throw problem("the closing quote is missing") }
            let inside = bytes[start..<position]
            position += 1
            if quote == UInt8(ascii: "`") { return String(decoding: inside, as: UTF8.self) }
            do throws(TemplateError) {
                return try GoLiteral.unescape(Self.keepingUnknownEscapes(inside)[...], line: 1)
            } catch {
                throw problem(error.reason)
            }
        }

        /// The older syntax knows three escapes and leaves a backslash before anything else as it is: `\d` in a pattern.
        private static func keepingUnknownEscapes(_ inside: ArraySlice<UInt8>) -> [UInt8] {
            var result: [UInt8] = []
            var rest = inside
            while let byte = rest.popFirst() {
                result.append(byte)
                guard byte == UInt8(ascii: "\\"), let next = rest.first else { continue }
                if !"\\\"ntr'xuU".utf8.contains(next) { result.append(UInt8(ascii: "\\")) }
                result.append(rest.removeFirst())
            }
            return result
        }

        private var isAtEnd: Bool { position >= bytes.count }
        private func peek(_ mark: String) -> Bool { bytes[position...].starts(with: mark.utf8) }
        private mutating func take(_ mark: String) -> Bool {
            guard peek(mark) else { return false }
            position += mark.utf8.count
            return true
        }
        private mutating func skipBlanks() { while position < bytes.count, Self.isBlank(bytes[position]) { position += 1 } }
        private func problem(_ reason: String) -> Problem { Problem(text: text, reason: reason) }
        private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }
        private static func endsName(_ byte: UInt8) -> Bool { isBlank(byte) || "{}!=~,\\\"'`".utf8.contains(byte) }
    }
}
