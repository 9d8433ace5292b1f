import Foundations
import Model

/// A text that is looked for in many templates.
struct SoughtText: Sendable {
    let finder: TextFinder
    /// All of it may lie within a varying part.
    let mayVary: Bool
    /// It has no byte but those of words: it never reaches over the edge of a varying part.
    let isOneWord: Bool
    /// It may reach into what looks like a placeholder.
    let hasBrackets: Bool
    /// By byte: some beginning of the text ends with it, and what is behind may be in a varying part.
    fileprivate let endsPiece: [Bool]
    /// By byte: some rest of the text begins with it, and what stands before may be in a varying part.
    fileprivate let beginsPiece: [Bool]

    var bytes: [UInt8] { finder.text }

    init(_ text: [UInt8]) {
        finder = TextFinder(text)
        mayVary = text.allSatisfy(LogTokens.mayVary)
        hasBrackets = text.contains(UInt8(ascii: "<")) || text.contains(UInt8(ascii: ">"))
        isOneWord = text.allSatisfy(LogTokens.isOfWord)
        var ends = [Bool](repeating: false, count: 256)
        var begins = ends
        for length in text.indices.dropFirst() {
            if LogTokens.mayVary(text[length]) { ends[Int(text[length - 1])] = true }
            if LogTokens.mayVary(text[length - 1]) { begins[Int(text[length])] = true }
        }
        (endsPiece, beginsPiece) = (ends, begins)
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
    init(_ text: SoughtText, _ pieces: [UnsafeRawBufferPointer]) {
        mayBeInHole = pieces.count > 1 && text.mayVary
        for piece in pieces where text.finder.firstOffset(in: piece) != nil {
            isInPiece = true
            return
        }
        for (number, piece) in pieces.enumerated() {
            // Two varying parts with nothing between them are one to whoever looks at the line.
            if number + 1 < pieces.count, let last = piece.last, text.endsPiece[Int(last)] { addEnds(of: piece, number, text.bytes) }
            if number > 0, piece.first.map({ text.beginsPiece[Int($0)] }) ?? (number + 1 < pieces.count) {
                addBeginnings(of: piece, hole: number - 1, text.bytes, goesOn: number + 1 < pieces.count)
            }
        }
    }

    private mutating func addEnds(of piece: UnsafeRawBufferPointer, _ number: Int, _ text: [UInt8]) {
        for length in 1..<max(1, min(text.count, piece.count + 1)) where LogTokens.mayVary(text[length]) && Self.isEqual(piece, piece.count - length, text, 0, length) {
            piecesInto.append((number, length))
        }
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
