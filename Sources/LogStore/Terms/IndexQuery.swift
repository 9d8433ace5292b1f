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

    private mutating func require(words: [[UInt8]]) {
        for word in words { add(Self.anywhere(word)) }
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
                    add(Self.anywhere(words.word))
                } else {
                    add(Self.beginning(words.word))
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
        let words = LogWords.all(in: value).prefix(8).map { anywhere($0) }
        return words.isEmpty ? own : "(\(own) OR (\(words.joined(separator: " AND "))))"
    }

    private mutating func add(_ clause: String, count: Int = 1) {
        guard termCount + count <= Limits.queryTermsMax, !clauses.contains(clause) else { return }
        termCount += count
        clauses.append(clause)
    }

    /// A word of a varying part: what tells whether the chunk's templates alone decide about the word.
    static func varying(_ word: [UInt8]) -> String { quoted(term(word)) }

    /// A word of a varying part or of a template.
    private static func anywhere(_ word: [UInt8]) -> String {
        let term = term(word)
        return "(\(quoted(term)) OR \(quoted([Terms.templateMark] + term)))"
    }

    /// A word that begins with some text, short or long.
    private static func beginning(_ text: [UInt8]) -> String {
        var forms: [[UInt8]] = []
        // A short word, or a long one as far as its start is kept.
        if text.count <= Limits.wordBytesMax { forms.append(text) }
        if text.count > Limits.wordStartBytes { forms.append(Terms.start(of: text) + [UInt8(ascii: "~")]) }
        let terms = forms.flatMap { [quoted($0[...]) + "*", quoted([Terms.templateMark] + $0) + "*"] }
        return "(" + terms.joined(separator: " OR ") + ")"
    }

    private static func term(_ word: [UInt8]) -> ArraySlice<UInt8> {
        var term: [UInt8] = []
        Terms.appendWord(word, to: &term)
        return term[...]
    }

    // A term holds no quote, space or control character.
    private static func quoted(_ term: ArraySlice<UInt8>) -> String { "\"" + String(decoding: term, as: UTF8.self) + "\"" }
}
