import Foundations
import Model

/// What the full-text index can say about a query: an expression that every matching record satisfies. What it finds is still verified.
///
/// Every term stands in quotes, so nothing of a user's text is FTS5 syntax, and the expression is bound as a parameter.
struct IndexQuery {
    private var clauses: [String] = []
    private var termCount = 0

    /// Nil where the index can't narrow the query.
    static func expression(for query: LogQuery) -> String? {
        var plan = IndexQuery()
        for filter in query.lineFilters {
            switch filter.kind {
            case .phrase: plan.require(words: LogWords.all(in: filter.text))
            case .contains: plan.require(partOfLine: filter.text)
            case .containsNot, .matches, .matchesNot, .phraseNot: continue
            }
        }
        for matcher in query.fieldMatchers { plan.require(matcher) }
        return plan.clauses.isEmpty ? nil : plan.clauses.joined(separator: " AND ")
    }

    /// Whether the index alone decides: each condition is one word that stands in the index as it is.
    static func isExact(for query: LogQuery) -> Bool {
        query.fieldMatchers.isEmpty && query.lineFilters.count < Limits.queryTermsMax
            && query.lineFilters.allSatisfy { filter in
                let words = LogWords.all(in: filter.text)
                return filter.kind == .phrase && words.count == 1 && words[0].count <= Limits.wordBytesMax
            }
    }

    private mutating func require(words: [[UInt8]]) {
        for word in words { add(Self.quoted(word: word)) }
    }

    /// Text that stands anywhere in a line: its first word may be the end of a longer one, its last the start.
    private mutating func require(partOfLine text: String) {
        var text = text
        text.withUTF8 { utf8 in
            let bytes = UnsafeRawBufferPointer(utf8)
            var words = LogWords(bytes)
            while words.next() {
                if words.range.lowerBound == 0 { continue }
                if words.range.upperBound < bytes.count {
                    add(Self.quoted(word: words.word))
                } else {
                    add(Self.quoted(Terms.start(of: words.word)) + "*")
                }
            }
        }
    }

    private mutating func require(_ matcher: Matcher) {
        switch matcher.op {
        case .equal:
            if !matcher.value.isEmpty { add(Self.field(matcher.name, matcher.value)) }
        case .regex:
            guard let values = matcher.pattern?.alternatives, values.count <= Limits.queryTermsMax / 4, !values.contains("") else { return }
            add("(" + values.map { Self.field(matcher.name, $0) }.joined(separator: " OR ") + ")", count: values.count)
        case .notEqual, .notRegex: return
        }
    }

    /// A field is found by the term of its own, or by the words of its value where these stand in the line.
    private static func field(_ name: String, _ value: String) -> String {
        let own = quoted(Terms.fieldTerm(name, value)[...])
        let words = LogWords.all(in: value).prefix(8).map { quoted(word: $0) }
        return words.isEmpty ? own : "(\(own) OR (\(words.joined(separator: " AND "))))"
    }

    private mutating func add(_ clause: String, count: Int = 1) {
        guard termCount + count <= Limits.queryTermsMax, !clauses.contains(clause) else { return }
        termCount += count
        clauses.append(clause)
    }

    private static func quoted(word: [UInt8]) -> String {
        var term: [UInt8] = []
        Terms.appendWord(word, to: &term)
        return quoted(term[...])
    }

    // A term holds no quote, space or control character.
    private static func quoted(_ term: ArraySlice<UInt8>) -> String { "\"" + String(decoding: term, as: UTF8.self) + "\"" }
}
