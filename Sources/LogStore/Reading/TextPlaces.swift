import Foundations
import Model

/// A text that is looked for in many templates.
final class SoughtText: Sendable {
    let finder: TextFinder
    /// All of it may lie within a varying part.
    let mayVary: Bool
    /// It has no byte but those of words: it never reaches over the edge of a varying part.
    let isOneWord: Bool
    /// It may reach into what looks like a placeholder.
    let hasBrackets: Bool
    /// As hexadecimal digits, where it has such alone.
    let digits: [UInt8]
    /// What its bytes may be part of.
    private let classes: UInt8
    /// By number of bytes: how a varying part begins that has what is behind so many. Nil where that isn't told by a word.
    let beginnings: [SoughtBeginning?]
    /// By byte: how long beginnings of the text are that end with it and have something behind them that may be in a varying part.
    fileprivate let beginningsEnding: [[Int]]
    /// By byte: some rest of the text begins with it, and what stands before may be in a varying part.
    fileprivate let beginsPiece: [Bool]

    var bytes: [UInt8] { finder.text }

    init(_ text: [UInt8]) {
        finder = TextFinder(text)
        mayVary = text.allSatisfy(LogTokens.mayVary)
        hasBrackets = text.contains(UInt8(ascii: "<")) || text.contains(UInt8(ascii: ">"))
        isOneWord = text.allSatisfy(LogTokens.isOfWord)
        digits = HexDigits.packed(text)
        classes = ByteClasses.classes(of: text)
        // No piece before a varying part ends with a byte of a word.
        beginnings = text.indices.map { $0 > 0 && LogTokens.isOfWord(text[$0 - 1]) ? nil : Self.beginning(text[$0...]) }
        var ends = [[Int]](repeating: [], count: 256)
        var begins = [Bool](repeating: false, count: 256)
        for length in text.indices.dropFirst() {
            if LogTokens.mayVary(text[length]) { ends[Int(text[length - 1])].append(length) }
            if LogTokens.mayVary(text[length - 1]) { begins[Int(text[length])] = true }
        }
        (beginningsEnding, beginsPiece) = (ends, begins)
    }

    func hasOnly(_ allowed: UInt8) -> Bool { classes & ~allowed == 0 }
    var hasSeparator: Bool { classes & ByteClasses.separator != 0 }

    /// Beside a varying part stands no byte of a word, so it has all of the first word; and where no byte follows that may vary, nothing else.
    private static func beginning(_ text: ArraySlice<UInt8>) -> SoughtBeginning? {
        let word = text.prefix(while: LogTokens.isOfWord)
        if word.isEmpty { return nil }
        return SoughtBeginning(Array(word), isWhole: word.endIndex < text.endIndex && !LogTokens.mayVary(text[word.endIndex]))
    }
}

/// Where a text may stand in lines of a template, which are pieces with varying parts between them.
struct TextPlaces {
    /// It begins with the last bytes of a piece and goes on in the varying part behind it.
    private(set) var piecesInto: [(piece: Int, length: Int)] = []
    /// It begins with the last bytes of a varying part and goes on in the piece behind it.
    private(set) var holesInto: [(hole: Int, length: Int)] = []
    /// It stands in a piece: all lines have it.
    private(set) var isInPiece = false
    /// It may stand within a varying part.
    let mayBeInHole: Bool

    /// Whether no line can have the text but within a varying part.
    var crossesNothing: Bool { piecesInto.isEmpty && holesInto.isEmpty }

    /// The text isn't empty.
    init(_ text: SoughtText, _ pieces: ArraySlice<UnsafeRawBufferPointer>) {
        mayBeInHole = pieces.count > 1 && text.mayVary
        for piece in pieces where text.finder.firstOffset(in: piece) != nil {
            isInPiece = true
            return
        }
        for (number, piece) in pieces.enumerated() {
            // Two varying parts with nothing between them are one to whoever looks at the line.
            if number + 1 < pieces.count, let last = piece.last { addEnds(of: piece, number, text.bytes, text.beginningsEnding[Int(last)]) }
            if number > 0, piece.first.map({ text.beginsPiece[Int($0)] }) ?? (number + 1 < pieces.count) {
                addBeginnings(of: piece, hole: number - 1, text.bytes, goesOn: number + 1 < pieces.count)
            }
        }
    }

    private mutating func addEnds(of piece: UnsafeRawBufferPointer, _ number: Int, _ text: [UInt8], _ lengths: [Int]) {
        for length in lengths where length <= piece.count && Self.isEqual(piece, piece.count - length, text, 0, length) { piecesInto.append((number, length)) }
    }

    private mutating func addBeginnings(of piece: UnsafeRawBufferPointer, hole: Int, _ text: [UInt8], goesOn: Bool) {
        for length in 1..<max(1, text.count) {
            // All of it up to here lies in the varying part, or in those before it.
            guard LogTokens.mayVary(text[length - 1]) else { return }
            let rest = text.count - length
            // The rest lies in the piece, or has all of the piece and goes on in the next varying part.
            if rest <= piece.count ? Self.isEqual(piece, 0, text, length, rest) : goesOn && Self.isEqual(piece, 0, text, length, piece.count) {
                holesInto.append((hole, length))
            }
        }
    }

    private static func isEqual(_ left: UnsafeRawBufferPointer, _ start: Int, _ right: [UInt8], _ other: Int, _ count: Int) -> Bool {
        for offset in 0..<count where left[start + offset] != right[other + offset] { return false }
        return true
    }
}
