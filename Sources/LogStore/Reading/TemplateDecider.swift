import Foundations
import GRDB
import Model

/// Decides from a template alone whether its lines satisfy a query's line filters, where that can be told.
///
/// A word of a phrase stands in the template, or it may stand in a varying part: then the index says whether any varying part of the
/// chunk has it.
struct TemplateDecider {
    enum Decision {
        case all, none
        case unknown
    }

    private enum Test {
        /// `expected`: whether lines must have the phrase.
        case phrase(LogPhrase, expected: Bool)
        case contains([UInt8], expected: Bool)
        /// Only a template without varying parts tells.
        case other
    }

    private let filters: [LineFilter]
    private let tests: [Test]
    private let matcher: LogQueryMatcher
    /// Of each word, the chunks in whose varying parts it stands; nil where the index can't be asked.
    private let varying: [[UInt8]: IndexAnswer]
    private var known: [UInt64: (text: String, hasHoles: Bool, pieces: [[UInt8]])] = [:]

    /// Nil where the query has conditions that no template decides: on fields.
    init?(_ plan: ScanPlan, _ partition: Partition, _ control: ReadControl) throws {
        guard plan.matcher.fieldMatchers.isEmpty else { return nil }
        filters = plan.query.lineFilters
        matcher = plan.matcher
        tests = filters.map { filter in
            switch filter.kind {
            case .phrase, .phraseNot:
                let phrase = LogPhrase(filter.text)
                return phrase.words.isEmpty
                    ? .contains(Array(filter.text.utf8), expected: filter.kind == .phrase) : .phrase(phrase, expected: filter.kind == .phrase)
            case .contains, .containsNot: return .contains(Array(filter.text.utf8), expected: filter.kind == .contains)
            case .matches, .matchesNot: return .other
            }
        }
        var varying: [[UInt8]: IndexAnswer] = [:]
        for case .phrase(let phrase, _) in tests {
            for word in phrase.words.prefix(Limits.decidedWordsMax) where varying[word] == nil {
                varying[word] = try IndexAnswer.ask(partition, IndexQuery.varying(word), control)
            }
        }
        self.varying = varying
    }

    var decidesNothing: Bool { !tests.isEmpty && tests.allSatisfy { if case .other = $0 { true } else { false } } }

    /// What holds for all lines of a template in a chunk.
    mutating func decision(_ template: LogTemplate, isWhole: Bool, chunk: Int64) -> Decision {
        if tests.isEmpty { return .all }
        // What was cut off may have anything in it.
        guard isWhole else { return .unknown }
        if known[template.id] == nil { known[template.id] = Self.parts(template) }
        let parts = known[template.id]!
        if !parts.hasHoles { return parts.pieces[0].withUnsafeBytes { matcher.matchesLine($0) } ? .all : .none }
        var decision = Decision.all
        for test in tests {
            switch decide(test, parts.pieces, chunk) {
            case .none: return .none
            case .unknown: decision = .unknown
            case .all: continue
            }
        }
        return decision
    }

    private static func parts(_ template: LogTemplate) -> (text: String, hasHoles: Bool, pieces: [[UInt8]]) {
        let text = Array(template.text.utf8)
        let placeholder = Array(LogTemplate.placeholder.utf8)
        var pieces: [[UInt8]] = []
        var start = 0
        text.withUnsafeBytes { text in
            placeholder.withUnsafeBytes { placeholder in
                while let hole = firstOffset(of: placeholder, in: text, from: start) {
                    pieces.append(Array(text[start..<hole]))
                    start = hole + placeholder.count
                }
            }
            pieces.append(Array(text[start...]))
        }
        return (template.text, pieces.count > 1, pieces)
    }

    private func decide(_ test: Test, _ pieces: [[UInt8]], _ chunk: Int64) -> Decision {
        switch test {
        case .other: return .unknown
        case .contains(let text, let expected):
            let isThere = text.withUnsafeBytes { text in pieces.contains { piece in piece.withUnsafeBytes { firstOffset(of: text, in: $0) != nil } } }
            return isThere ? (expected ? .all : .none) : .unknown
        case .phrase(let phrase, let expected):
            if pieces.contains(where: { piece in piece.withUnsafeBytes { phrase.isIn($0) } }) { return expected ? .all : .none }
            let isImpossible = phrase.words.contains { word in
                guard let answer = varying[word], answer.isIndexed(chunk), !answer.mayHold(chunk) else { return false }
                return !pieces.contains { piece in piece.withUnsafeBytes { Self.has(word, $0) } }
            }
            return isImpossible ? (expected ? .none : .all) : .unknown
        }
    }

    private static func has(_ word: [UInt8], _ piece: UnsafeRawBufferPointer) -> Bool {
        var words = LogWords(piece)
        while words.next() { if words.word == word { return true } }
        return false
    }
}
