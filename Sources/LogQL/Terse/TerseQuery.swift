import Foundations
import Model

/// What people type: `error "connection refused" service:cart -healthcheck level:warn last 1h`.
///
/// Words and quoted phrases must all be in the line, in any case; `-` before one excludes it. `level:warn` is that level or worse, `level=warn` that one
/// alone. `key:value` is a label of the stream or, where no stream has such a label, a field. `last 1h` is how far back.
struct TerseQuery {
    private struct Condition {
        let name: String
        let value: String
        let isNegative: Bool
    }

    /// `last 1h`; nil where it isn't said.
    private(set) var start: NanoTimestamp?
    private var phrases: [(text: String, isNegative: Bool)] = []
    private var conditions: [Condition] = []
    private var levels: Set<LogLevel>?

    /// Braces or a function make a text LogQL.
    static func isLogQL(_ text: String) -> Bool {
        let trimmed = text.drop { $0.isWhitespace }
        if trimmed.hasPrefix("{") || trimmed.hasPrefix("(") { return true }
        let word = trimmed.prefix { $0.isLetter || $0 == "_" }
        guard RangeAggregation.Function(rawValue: String(word)) != nil || VectorAggregation.Function(rawValue: String(word)) != nil || word == "vector" || word == "label_replace" else { return false }
        let rest = trimmed.dropFirst(word.count).drop { $0.isWhitespace }
        return rest.hasPrefix("(") || rest.hasPrefix("by") || rest.hasPrefix("without")
    }

    init(_ text: String, now: NanoTimestamp) throws(LogQLError) {
        guard text.utf8.count <= Limits.queryBytesMax else { throw .tooMuch("the query is longer than \(Limits.queryBytesMax) bytes") }
        var words = try Self.words(text)[...]
        while let word = words.popFirst() {
            if word.text == "last", !word.isQuoted, !word.isNegative, let next = words.first, let milliseconds = DurationText.milliseconds(next.text) {
                words.removeFirst()
                start = now.advanced(byNanoseconds: milliseconds > Int64.max / 1_000_000 ? .min : -milliseconds * 1_000_000)
            } else if !word.isQuoted, let condition = Self.condition(word.text, isNegative: word.isNegative) {
                try add(condition, isExact: word.text.contains("=") && !word.text.contains(":"))
            } else {
                phrases.append((word.text, word.isNegative))
            }
        }
    }

    /// As LogQL's own form. `knownLabels`: names of stream labels; nil where they aren't known, so that each line decides for itself.
    func selector(knownLabels: Set<String>?) -> LogSelector {
        var selector = LogSelector(matchers: [], stages: [])
        if let levels { selector.stages.append(.label(Self.anyLevel(levels))) }
        for condition in conditions {
            let matcher = condition.isNegative ? Self.matcher(condition.name, .notEqual, condition.value) : Matcher(condition.name, equals: condition.value)
            if knownLabels?.contains(condition.name) == true { selector.matchers.append(matcher) } else { selector.stages.append(.label(.matcher(matcher))) }
        }
        selector.stages += phrases.map { .lineFilter(LineFilterStage(phrase: $0.text, isNegative: $0.isNegative)) }
        return selector
    }

    private mutating func add(_ condition: Condition, isExact: Bool) throws(LogQLError) {
        guard condition.name == "level" else {
            conditions.append(condition)
            return
        }
        guard let level = LogLevel(name: condition.value) else {
            throw .failed("`\(SafeText(condition.value))` is no level; known are trace, debug, info, warn, error and fatal")
        }
        let meant = Set(LogLevel.allCases.filter { isExact ? $0 == level : $0 >= level })
        let accepted = condition.isNegative ? Set(LogLevel.allCases).subtracting(meant) : meant
        levels = levels.map { $0.intersection(accepted) } ?? accepted
    }

    private static func anyLevel(_ levels: Set<LogLevel>) -> LabelFilter {
        let names = levels.sorted().map { $0 == .unknown ? "" : $0.name }.joined(separator: "|")
        return .matcher(matcher("level", .regex, names))
    }

    /// Built from names and escaped values alone, so the expression is always one.
    private static func matcher(_ name: String, _ op: Matcher.Operator, _ value: String) -> Matcher {
        do { return try Matcher(name, op, value) } catch { preconditionFailure("a matcher made here is refused: \(error)") }
    }

    private static func condition(_ word: String, isNegative: Bool) -> Condition? {
        guard let separator = word.firstIndex(where: { $0 == ":" || $0 == "=" }) else { return nil }
        let name = word[..<separator]
        var value = word[word.index(after: separator)...]
        let isName = !name.isEmpty && name.utf8.allSatisfy { byte in
            (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A || (byte >= 0x30 && byte <= 0x39) || byte == 0x5F || byte == 0x2E || byte == 0x2D
        }
        // `12:30:45` and `http://…` are text, not conditions.
        guard isName, !value.isEmpty, name.first?.isNumber == false, !value.hasPrefix("//") else { return nil }
        if value.count >= 2, value.first == "\"", value.last == "\"" { value = value.dropFirst().dropLast() }
        return Condition(name: String(name), value: String(value), isNegative: isNegative)
    }

    private struct Word {
        var text: String
        var isQuoted: Bool
        var isNegative: Bool
    }

    /// Splits at blanks outside quotes.
    private static func words(_ text: String) throws(LogQLError) -> [Word] {
        var words: [Word] = []
        var rest = Substring(text).drop { $0.isWhitespace }
        while !rest.isEmpty {
            var word = Word(text: "", isQuoted: false, isNegative: false)
            if rest.hasPrefix("-"), rest.dropFirst().first.map({ !$0.isWhitespace }) == true {
                word.isNegative = true
                rest = rest.dropFirst()
            }
            if rest.hasPrefix("\"") {
                guard let end = rest.dropFirst().firstIndex(of: "\"") else { throw .failed("a quote is open at `\(SafeText(rest.prefix(20)))`; close it with \"") }
                word.text = String(rest[rest.index(after: rest.startIndex)..<end])
                word.isQuoted = true
                rest = rest[rest.index(after: end)...]
            } else {
                var isInQuotes = false
                let end = rest.firstIndex { character in
                    if character == "\"" { isInQuotes.toggle() }
                    return character.isWhitespace && !isInQuotes
                } ?? rest.endIndex
                word.text = String(rest[..<end])
                rest = rest[end...]
            }
            if !word.text.isEmpty { words.append(word) }
            rest = rest.drop { $0.isWhitespace }
        }
        return words
    }
}
