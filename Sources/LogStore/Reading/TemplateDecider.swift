import Foundations
import GRDB
import Model

/// Decides from a template alone whether its lines satisfy a query's line filters, where that can be told.
///
/// A word of a phrase stands in the template, or it may stand in a varying part: then the index says whether any varying part of the
/// chunk has it.
struct TemplateDecider {
    enum Decision: UInt8 {
        case undecided, all, none, unknown
    }

    private enum Test {
        /// `expected`: whether lines must have the phrase. `words`: positions of its words among those that the index was asked for.
        case phrase(LogPhrase, words: [Int], hasMark: Bool, expected: Bool)
        /// `letters`: the position among the texts that varying parts are asked for; nil where they can't be.
        case contains(SoughtText, letters: Int?, expected: Bool)
        /// Only a template without varying parts tells.
        case other
    }

    private let tests: [Test]
    private let matcher: LogQueryMatcher
    /// Words of phrases, and of each the chunks in whose varying parts it stands; nil where the index can't be asked.
    private var words: [(word: [UInt8], chunks: IndexAnswer?)] = []
    /// Threes of letters of texts that may stand within varying parts.
    private var letters: [[Int]] = []
    /// What varying parts of the chunk at hand may have, and the decisions about kinds where it is so; those for other chunks wait.
    private var varying = 0
    private var decisions: [Decision] = []
    private var otherDecisions: [Int: [Decision]] = [:]

    /// Nil where the query has conditions that no template decides: on fields, or patterns alone.
    init?(_ plan: ScanPlan, _ partition: Partition, _ control: ReadControl) throws {
        guard plan.matcher.fieldMatchers.isEmpty else { return nil }
        matcher = plan.matcher
        var words: [[UInt8]] = []
        var letters: [[Int]] = []
        let contains = { (text: String, expected: Bool) -> Test in
            let sought = SoughtText(Array(text.utf8))
            let places = LetterSet.places(sought.bytes)
            guard sought.mayVary, !places.isEmpty, letters.count < Limits.decidedWordsMax else { return .contains(sought, letters: nil, expected: expected) }
            letters.append(places)
            return .contains(sought, letters: letters.count - 1, expected: expected)
        }
        tests = plan.query.lineFilters.map { filter in
            switch filter.kind {
            case .phrase, .phraseNot:
                let phrase = LogPhrase(filter.text)
                let expected = filter.kind == .phrase
                if phrase.words.isEmpty { return contains(filter.text, expected) }
                for word in phrase.words where words.count < Limits.decidedWordsMax && !words.contains(word) { words.append(word) }
                // A line that has a placeholder's text in it looks like one with a varying part there.
                return .phrase(
                    phrase, words: phrase.words.compactMap { words.firstIndex(of: $0) }, hasMark: phrase.words.contains([UInt8(ascii: "_")]), expected: expected)
            case .contains, .containsNot: return contains(filter.text, filter.kind == .contains)
            case .matches, .matchesNot: return .other
            }
        }
        if !tests.isEmpty, tests.allSatisfy({ if case .other = $0 { true } else { false } }) { return nil }
        self.letters = letters
        for word in words { self.words.append((word, try IndexAnswer.ask(partition, IndexQuery.varying(word), control))) }
    }

    /// Whether there is nothing to decide: all lines satisfy.
    var isTrivial: Bool { tests.isEmpty }

    /// Whether it helps to know the letters of varying parts.
    var asksLetters: Bool { !letters.isEmpty }

    /// Whether no line satisfies the query where lines have no other letters than these.
    func isRuledOut(by known: LetterSet) -> Bool {
        tests.contains { test in
            guard case .contains(_, let position?, expected: true) = test else { return false }
            return !known.mayHave(letters[position])
        }
    }

    /// Turns to a chunk. `known`: the letters of its varying parts.
    mutating func begin(_ chunk: Int64, letters known: LetterSet?) {
        var bits = 0
        for (position, places) in letters.enumerated() where known?.mayHave(places) ?? true { bits |= 1 << (Limits.decidedWordsMax + position) }
        for (position, word) in words.enumerated() where word.chunks?.mayHold(chunk) ?? true { bits |= 1 << position }
        if bits == varying { return }
        let other = otherDecisions.removeValue(forKey: bits) ?? []
        otherDecisions[varying] = decisions
        (varying, decisions) = (bits, other)
    }

    /// What holds for all lines of a kind in the chunk at hand. `kind` is called once for each.
    mutating func decision(_ number: Int32, _ kind: () throws -> KnownKind) rethrows -> Decision {
        let position = Int(number)
        if position < decisions.count, decisions[position] != .undecided { return decisions[position] }
        let decision = decide(try kind(), varying)
        if position >= decisions.count { decisions.append(contentsOf: repeatElement(.undecided, count: position + 1 - decisions.count)) }
        decisions[position] = decision
        return decision
    }

    private func decide(_ kind: KnownKind, _ bits: Int) -> Decision {
        guard var text = kind.template?.text else { return .unknown }
        return text.withUTF8 { utf8 in
            let text = UnsafeRawBufferPointer(utf8)
            // What was cut off may have anything in it; what stands before it is there all the same.
            guard kind.isWhole else { return decideCut(text, bits) }
            if !Self.hasHoles(text) { return matcher.matchesLine(text) ? .all : .none }
            var decision = Decision.all
            for test in tests {
                switch decide(test, text, bits) {
                case .none: return .none
                case .unknown, .undecided: decision = .unknown
                case .all: continue
                }
            }
            return decision
        }
    }

    private func decideCut(_ text: UnsafeRawBufferPointer, _ bits: Int) -> Decision {
        var decision = Decision.all
        for test in tests where !isSure(test, text) {
            // A word that isn't among the letters of such lines and of varying parts isn't there.
            guard text.count + 4 < LogTemplate.textBytesMax, case .contains(let wanted, let position?, let expected) = test, wanted.isOneWord,
                bits & 1 << (Limits.decidedWordsMax + position) == 0
            else {
                decision = .unknown
                continue
            }
            if expected { return .none }
        }
        return decision
    }

    /// Whether a template that goes on satisfies a test by what is known of it.
    private func isSure(_ test: Test, _ text: UnsafeRawBufferPointer) -> Bool {
        // A text that was cut for its length may end inside a word.
        guard text.count + 4 < LogTemplate.textBytesMax else { return false }
        return switch test {
        case .phrase(let phrase, _, let hasMark, expected: true): Self.has(phrase, hasMark, text)
        case .contains(let wanted, _, expected: true): Self.anyPiece(text) { wanted.finder.firstOffset(in: $0) != nil }
        default: false
        }
    }

    private func decide(_ test: Test, _ text: UnsafeRawBufferPointer, _ bits: Int) -> Decision {
        switch test {
        case .other: return .unknown
        case .contains(let wanted, let position, let expected):
            if wanted.bytes.isEmpty { return expected ? .all : .none }
            let places = TextPlaces(wanted, Self.pieces(text)[...])
            if places.isInPiece { return expected ? .all : .none }
            // A line that has a placeholder's text in it looks like one with a varying part there.
            if wanted.hasBrackets { return .unknown }
            let mayBeInHole = places.mayBeInHole && position.map { bits & 1 << (Limits.decidedWordsMax + $0) != 0 } ?? true
            return places.crossesNothing && !mayBeInHole ? (expected ? .none : .all) : .unknown
        case .phrase(let phrase, let positions, let hasMark, let expected):
            if Self.has(phrase, hasMark, text) { return expected ? .all : .none }
            if hasMark { return .unknown }
            let isImpossible = positions.contains { position in bits & 1 << position == 0 && !LogPhrase(words: [words[position].word]).isIn(text) }
            return isImpossible ? (expected ? .none : .all) : .unknown
        }
    }

    // MARK: Texts of templates

    private static let placeholder = Array(LogTemplate.placeholder.utf8)

    private static func hasHoles(_ text: UnsafeRawBufferPointer) -> Bool { placeholder.withUnsafeBytes { firstOffset(of: $0, in: text) != nil } }

    /// Calls `body` with what stands between varying parts until it returns true.
    private static func anyPiece(_ text: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Bool) -> Bool {
        placeholder.withUnsafeBytes { placeholder in
            var start = 0
            while let hole = firstOffset(of: placeholder, in: text, from: start) {
                if body(UnsafeRawBufferPointer(rebasing: text[start..<hole])) { return true }
                start = hole + placeholder.count
            }
            return body(UnsafeRawBufferPointer(rebasing: text[start...]))
        }
    }

    /// Whether a phrase stands beside the varying parts. A placeholder is a word of its own, so only a phrase with that word needs the pieces.
    private static func has(_ phrase: LogPhrase, _ hasMark: Bool, _ text: UnsafeRawBufferPointer) -> Bool {
        hasMark ? anyPiece(text) { phrase.isIn($0) } : phrase.isIn(text)
    }

    private static func pieces(_ text: UnsafeRawBufferPointer) -> [UnsafeRawBufferPointer] {
        var pieces: [UnsafeRawBufferPointer] = []
        _ = anyPiece(text) { piece in
            pieces.append(piece)
            return false
        }
        return pieces
    }
}
