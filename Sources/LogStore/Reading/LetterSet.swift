import Foundations
import Model

/// Which three letters stand next to each other in what a chunk's roll-up doesn't show of its lines: varying parts, and all of lines
/// whose templates were cut. What it hasn't isn't there; what it has may be.
///
/// Identifiers of hexadecimal digits would fill it, so only threes with another letter count.
struct LetterSet: Sendable {
    private static let bits = 4096
    static let heldBytes = bits / 8 + 64
    private var words = [UInt64](repeating: 0, count: bits / 64)
    /// What it hasn't is in no line at all.
    let includesPieces: Bool

    /// Of the letters of ASCII 1 for hexadecimal digits and 2 for the others; 0 for other bytes.
    private static let classes: [UInt8] = (0..<256).map { byte in
        let letter = UInt8(byte) | 0x20
        guard byte < 128, letter >= UInt8(ascii: "a"), letter <= UInt8(ascii: "z") else { return 0 }
        return letter <= UInt8(ascii: "f") ? 1 : 2
    }

    /// Calls `body` with the place of each three letters of a text.
    @inline(__always) private static func forEach(_ text: UnsafeRawBufferPointer, _ body: (Int) -> Void) {
        var run: UInt32 = 0
        // How many letters stand before, and where the last was that is no digit.
        var length = 0
        var other = -3
        classes.withUnsafeBufferPointer { classes in
            for index in 0..<text.count {
                let kind = classes[Int(text[index])]
                if kind == 0 {
                    length = 0
                    continue
                }
                if kind == 2 { other = index }
                run = run << 8 | UInt32(text[index])
                length += 1
                if length >= 3 && other > index - 3 { body(Int(truncatingIfNeeded: ((run & 0xFF_FFFF) &* 0x9E37_79B1) >> 20)) }
            }
        }
    }

    mutating func add(_ text: UnsafeRawBufferPointer) {
        words.withUnsafeMutableBufferPointer { words in Self.forEach(text) { words[$0 >> 6] |= 1 << UInt64($0 & 63) } }
    }

    /// Whether a text may be there. Always so where it has no three letters to look for.
    func mayHave(_ places: [Int]) -> Bool { places.allSatisfy { words[$0 >> 6] & 1 << UInt64($0 & 63) != 0 } }

    /// Where a text's threes are looked for.
    static func places(_ text: [UInt8]) -> [Int] {
        var places: [Int] = []
        text.withUnsafeBytes { forEach($0) { places.append($0) } }
        return places
    }

    /// Of a chunk. `includesPieces`: of all of its lines, for a chunk whose roll-up doesn't tell its templates apart.
    init(_ chunk: Chunk, includesPieces: Bool) throws {
        self.includesPieces = includesPieces
        var columns = try ChunkColumns(chunk)
        for (number, template) in columns.text.templates.enumerated() {
            for hole in 0..<max(0, template.pieceCount - 1) { try columns.column(template: number, hole: hole).bytes.withUnsafeBytes { add($0) } }
            let pieces = columns.text.pieces(template)
            if includesPieces || !TemplateKind(pieces: Array(pieces)).isWhole { for piece in pieces { add(piece) } }
        }
    }
}
