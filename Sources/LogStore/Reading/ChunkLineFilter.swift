import Foundations
import Model

/// Decides which rows of a chunk satisfy a query's line filters: template by template first, then by columns, and by whole lines only
/// where neither tells.
struct ChunkLineFilter {
    /// What holds for the rows of a template.
    enum Verdict {
        case all, none
        /// By the rows' order in the template.
        case rows([Bool])
        case lines
    }

    fileprivate enum Test: Sendable {
        case contains(SoughtText, expected: Bool)
        case phrase(LogPhrase, words: [Int], expected: Bool)
        case other
    }

    private let tests: [Test]
    /// Words of phrases, and of each the chunks in whose varying parts it stands; nil where the index can't be asked.
    private let words: [(word: [UInt8], chunks: IndexAnswer?)]
    private var columns: ChunkColumns
    private var verdicts: [Verdict?]
    private let chunk: Chunk

    /// A query's filters, ready for many chunks.
    struct Prepared: Sendable {
        fileprivate var tests: [Test] = []
        fileprivate var words: [(word: [UInt8], chunks: IndexAnswer?)] = []

        init(_ plan: ScanPlan, _ partition: Partition, _ control: ReadControl) throws {
            for filter in plan.query.lineFilters {
                let expected = filter.kind == .contains || filter.kind == .phrase || filter.kind == .matches
                switch filter.kind {
                case .matches, .matchesNot: tests.append(.other)
                case .contains, .containsNot: tests.append(.contains(SoughtText(Array(filter.text.utf8)), expected: expected))
                case .phrase, .phraseNot:
                    let phrase = LogPhrase(filter.text)
                    if phrase.words.isEmpty {
                        tests.append(.contains(SoughtText(Array(filter.text.utf8)), expected: expected))
                        continue
                    }
                    for word in phrase.words.prefix(Limits.decidedWordsMax) where !words.contains(where: { $0.word == word }) {
                        words.append((word, try IndexAnswer.ask(partition, IndexQuery.varying(word), control)))
                    }
                    tests.append(.phrase(phrase, words: phrase.words.compactMap { word in words.firstIndex { $0.word == word } }, expected: expected))
                }
            }
        }
    }

    init(_ prepared: Prepared, _ chunk: Chunk) throws {
        self.chunk = chunk
        tests = prepared.tests
        words = prepared.words
        columns = try ChunkColumns(chunk)
        verdicts = Array(repeating: nil, count: columns.text.templates.count)
    }

    /// Of some rows those whose lines satisfy the filters.
    mutating func rows(among rows: [Int], _ plan: ScanPlan) throws -> [Int] {
        let templates = chunk.heads.templates
        // Of most templates no row is wanted, or all are.
        var codes = [VerdictCode](repeating: .unknown, count: verdicts.count)
        for row in rows where codes[Int(templates[row])] == .unknown { codes[Int(templates[row])] = try code(Int(templates[row])) }
        var found: [Int] = []
        for row in rows {
            let code = chunk.isInvalid(row) ? .lines : codes[Int(templates[row])]
            switch code {
            case .none, .unknown: continue
            case .all: found.append(row)
            case .rows: if case .rows(let marks) = verdicts[Int(templates[row])], marks[chunk.ordinal(row)] { found.append(row) }
            // What no valid UTF-8 is, is looked at as it is shown.
            case .lines: if try chunk.withLine(row, { plan.matchesLine($0, isInvalid: chunk.isInvalid(row)) }) { found.append(row) }
            }
        }
        return found
    }

    private enum VerdictCode {
        case unknown, none, all, rows, lines
    }

    private mutating func code(_ template: Int) throws -> VerdictCode {
        let verdict = try verdict(template)
        verdicts[template] = verdict
        return switch verdict {
        case .none: .none
        case .all: .all
        case .rows: .rows
        case .lines: .lines
        }
    }

    private mutating func verdict(_ template: Int) throws -> Verdict {
        var verdict = Verdict.all
        for test in tests {
            switch (verdict, try self.verdict(test, template)) {
            case (_, .none): return .none
            case (_, .all): continue
            case (_, .lines), (.lines, _): verdict = .lines
            case (.rows(let some), .rows(let others)): verdict = .rows(zip(some, others).map { $0 && $1 })
            case (_, let rows): verdict = rows
            }
        }
        return verdict
    }

    private mutating func verdict(_ test: Test, _ template: Int) throws -> Verdict {
        let pieces = columns.text.pieces(columns.text.templates[template])
        switch test {
        case .other: return .lines
        case .phrase(let phrase, let positions, let expected):
            if pieces.contains(where: { phrase.isIn($0) }) { return expected ? .all : .none }
            let isImpossible = positions.contains { position in
                guard let answer = words[position].chunks, answer.isIndexed(chunk.info.id), !answer.mayHold(chunk.info.id) else { return false }
                let word = LogPhrase(words: [words[position].word])
                return !pieces.contains { word.isIn($0) }
            }
            return isImpossible || pieces.count == 1 ? (expected ? .none : .all) : .lines
        case .contains(let text, let expected):
            if text.bytes.isEmpty { return expected ? .all : .none }
            let places = TextPlaces(text, pieces)
            if places.isInPiece { return expected ? .all : .none }
            if places.crossesNothing && !places.mayBeInHole { return expected ? .none : .all }
            guard let rows = try rows(text, places, template) else { return expected ? .none : .all }
            return .rows(expected ? rows : rows.map { !$0 })
        }
    }

    // MARK: Columns

    /// Which of a template's rows have a text; nil where none has.
    private mutating func rows(_ sought: SoughtText, _ places: TextPlaces, _ template: Int) throws -> [Bool]? {
        try sought.bytes.withUnsafeBytes { try rows(sought, $0, places, template) }
    }

    private mutating func rows(_ sought: SoughtText, _ text: UnsafeRawBufferPointer, _ places: TextPlaces, _ template: Int) throws -> [Bool]? {
        var found = RowMarks(count: columns.text.templates[template].rows)
        if places.mayBeInHole {
            for hole in 0..<columns.text.templates[template].pieceCount - 1 { try columns.mark(sought, template: template, hole: hole, &found) }
        }
        for (piece, length) in places.piecesInto {
            let rest = UnsafeRawBufferPointer(rebasing: text[length...])
            for ordinal in try candidates(sought.beginnings[length], template, hole: piece) where !found[ordinal] {
                if try isInHole(piece, ordinal, rest, template) { found.mark(ordinal) }
            }
        }
        for (hole, length) in places.holesInto {
            let (beginning, rest) = (UnsafeRawBufferPointer(rebasing: text[..<length]), UnsafeRawBufferPointer(rebasing: text[length...]))
            let column = try columns.column(template: template, hole: hole)
            for ordinal in 0..<found.count where !found[ordinal] {
                let endsSo = column.bytes.withUnsafeBytes { bytes in
                    let range = column.range(ordinal)
                    return range.count >= length && memoryIsEqual(UnsafeRawBufferPointer(rebasing: bytes[range.upperBound - length..<range.upperBound]), beginning)
                }
                if endsSo, try isInPiece(hole + 1, ordinal, rest, template) { found.mark(ordinal) }
            }
        }
        return found.all.isEmpty ? nil : found.all
    }

    /// Rows of a template whose hole may begin so.
    private mutating func candidates(_ sought: SoughtBeginning?, _ template: Int, hole: Int) throws -> [Int] {
        guard let sought else { return Array(0..<columns.text.templates[template].rows) }
        return try columns.rows(sought, template: template, hole: hole)
    }

    /// Whether a text stands from the beginning of a row's varying part on, which it may leave at its end.
    private mutating func isInHole(_ hole: Int, _ ordinal: Int, _ text: UnsafeRawBufferPointer, _ template: Int) throws -> Bool {
        let (isEqual, count) = try columns.withValue(template: template, hole: hole, ordinal: ordinal) { value in
            let count = min(text.count, value.count)
            return (memoryIsEqual(UnsafeRawBufferPointer(rebasing: value[..<count]), UnsafeRawBufferPointer(rebasing: text[..<count])), count)
        }
        if !isEqual || count == text.count { return isEqual }
        return try isInPiece(hole + 1, ordinal, UnsafeRawBufferPointer(rebasing: text[count...]), template)
    }

    /// The same from the beginning of a piece on.
    private mutating func isInPiece(_ number: Int, _ ordinal: Int, _ text: UnsafeRawBufferPointer, _ template: Int) throws -> Bool {
        let piece = columns.text.piece(number, ofTemplate: template)
        let count = min(text.count, piece.count)
        guard memoryIsEqual(UnsafeRawBufferPointer(rebasing: piece[..<count]), UnsafeRawBufferPointer(rebasing: text[..<count])) else { return false }
        if count == text.count { return true }
        return number + 1 < columns.text.templates[template].pieceCount ? try isInHole(number, ordinal, UnsafeRawBufferPointer(rebasing: text[count...]), template) : false
    }
}
