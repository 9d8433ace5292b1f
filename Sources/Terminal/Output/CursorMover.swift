/// Moves the terminal's cursor with as few bytes as it takes: relative to where it is, or to an absolute position.
///
/// Line feed and backspace are used as such, which holds where output isn't processed (`cfmakeraw`).
struct CursorMover: Sendable {
    /// Where the cursor is; nil where it isn't known.
    private(set) var position: (x: Int, y: Int)?
    /// The rows that scroll by themselves, where that isn't the whole screen: relative moves end at its first and last row.
    var region: Range<Int>?

    mutating func forget() { position = nil }

    /// Notes where the cursor is after something was written.
    mutating func note(x: Int, y: Int) { position = (x, y) }

    /// Bytes that `move` would append.
    func cost(toX x: Int, y: Int) -> Int {
        let absolute = Self.absoluteCost(x, y)
        guard let position, isFree(from: position.y, to: y) else { return absolute }
        return min(absolute, Self.rowCost(from: position.y, to: y) + Self.columnCost(from: position.x, to: x))
    }

    /// Whether no margin of the region stands between two rows.
    private func isFree(from: Int, to: Int) -> Bool {
        guard let region, from != to else { return true }
        return to > from ? from >= region.upperBound || to < region.upperBound : from < region.lowerBound || to >= region.lowerBound
    }

    mutating func move(toX x: Int, y: Int, _ output: inout [UInt8]) {
        defer { position = (x, y) }
        if let position, isFree(from: position.y, to: y), Self.rowCost(from: position.y, to: y) + Self.columnCost(from: position.x, to: x) <= Self.absoluteCost(x, y) {
            Self.moveRow(from: position.y, to: y, &output)
            Self.moveColumn(from: position.x, to: x, &output)
            return
        }
        output.append(contentsOf: "\u{1B}[".utf8)
        if y > 0 || x > 0 { output.append(decimal: y + 1) }
        if x > 0 {
            output.append(UInt8(ascii: ";"))
            output.append(decimal: x + 1)
        }
        output.append(UInt8(ascii: "H"))
    }

    private static func digits(_ value: Int) -> Int { value < 10 ? 1 : value < 100 ? 2 : value < 1000 ? 3 : 4 }

    /// `ESC [ n X`, without the number where it is 1.
    private static func sequenceCost(_ count: Int) -> Int { 3 + (count > 1 ? digits(count) : 0) }

    private static func absoluteCost(_ x: Int, _ y: Int) -> Int { 3 + (y > 0 || x > 0 ? digits(y + 1) : 0) + (x > 0 ? 1 + digits(x + 1) : 0) }

    private static func rowCost(from: Int, to: Int) -> Int {
        if to == from { return 0 }
        return to > from ? min(to - from, sequenceCost(to - from)) : sequenceCost(from - to)
    }

    private static func columnCost(from: Int, to: Int) -> Int {
        if to == from { return 0 }
        if to > from { return sequenceCost(to - from) }
        if to == 0 { return 1 }
        return min(from - to, sequenceCost(from - to))
    }

    private static func moveRow(from: Int, to: Int, _ output: inout [UInt8]) {
        if to > from, to - from <= sequenceCost(to - from) {
            output.append(contentsOf: repeatElement(0x0A, count: to - from))
        } else if to != from {
            sequence(abs(to - from), UInt8(ascii: to > from ? "B" : "A"), &output)
        }
    }

    private static func moveColumn(from: Int, to: Int, _ output: inout [UInt8]) {
        if to == from { return }
        if to > from {
            sequence(to - from, UInt8(ascii: "C"), &output)
        } else if to == 0 {
            output.append(0x0D)
        } else if from - to <= sequenceCost(from - to) {
            output.append(contentsOf: repeatElement(0x08, count: from - to))
        } else {
            sequence(from - to, UInt8(ascii: "D"), &output)
        }
    }

    private static func sequence(_ count: Int, _ final: UInt8, _ output: inout [UInt8]) {
        output.append(contentsOf: "\u{1B}[".utf8)
        if count > 1 { output.append(decimal: count) }
        output.append(final)
    }
}
