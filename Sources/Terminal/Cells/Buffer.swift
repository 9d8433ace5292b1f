import Foundations

/// A screen's worth of cells, row by row. Writing outside of it does nothing; a wide cluster is never left with one half.
public struct Buffer: Hashable, Sendable {
    public let size: Size
    private(set) var cells: [Cell]

    /// Blank cells. Sides are brought to 1...1024.
    public init(_ size: Size) {
        self.size = Size(
            columns: min(max(1, size.columns), Limits.sideCells), rows: min(max(1, size.rows), Limits.sideCells))
        cells = Array(repeating: .blank, count: self.size.columns * self.size.rows)
    }

    public var bounds: Rect { Rect(size) }

    /// The cell at a position within the buffer.
    public subscript(x: Int, y: Int) -> Cell { cells[y * size.columns + x] }

    /// Writes text from a position on, cut at `columnsMax` and at the row's end; a wide cluster that would be cut is left out.
    /// Returns the columns it took.
    @discardableResult
    public mutating func write(_ text: SafeText, x: Int, y: Int, columnsMax: Int = .max, style: Style = .plain) -> Int {
        guard y >= 0, y < size.rows, columnsMax > 0 else { return 0 }
        let end = columnsMax > size.columns - x ? size.columns : x + columnsMax
        var column = x
        let string = text.string
        if string.utf8.allSatisfy({ $0 < 0x80 }) {
            for byte in string.utf8 {
                if column >= end { break }
                if column >= 0 { put(UInt32(byte), width: 1, x: column, y: y, style: style) }
                column += 1
            }
            return max(0, column - x)
        }
        for character in string {
            let (glyph, width) = Cluster.glyph(of: character)
            if column + width > end { break }
            if column >= 0 { put(glyph, width: width, x: column, y: y, style: style) }
            column += width
        }
        return max(0, column - x)
    }

    /// Fills a rectangle with blanks of a style.
    public mutating func clear(_ rect: Rect, style: Style = .plain) { fill(rect, " ", style: style) }

    /// Fills a rectangle with a character of one column.
    public mutating func fill(_ rect: Rect, _ text: SafeText, style: Style = .plain) {
        let area = rect.intersection(bounds)
        guard !area.isEmpty, let character = text.string.first else { return }
        let (glyph, width) = Cluster.glyph(of: character)
        guard width == 1 else { return }
        for y in area.y..<area.bottom {
            for x in area.x..<area.right { put(glyph, width: 1, x: x, y: y, style: style) }
        }
    }

    /// Sets a character of one column that a widget draws with; nothing where it is outside.
    mutating func set(_ glyph: UInt32, x: Int, y: Int, style: Style) {
        guard x >= 0, x < size.columns, y >= 0, y < size.rows else { return }
        put(glyph, width: 1, x: x, y: y, style: style)
    }

    /// Copies a rectangle of another buffer to a position, as far as both have cells there.
    public mutating func copy(_ source: Buffer, from area: Rect, x: Int, y: Int) {
        let from = area.intersection(source.bounds)
        for row in 0..<max(0, from.height) where y + row >= 0 && y + row < size.rows {
            for column in 0..<max(0, from.width) where x + column >= 0 && x + column < size.columns {
                let cell = source[from.x + column, from.y + row]
                // The right half of a wide cluster comes with its left one.
                if cell.width == 0 || cell.width == 2 && (x + column + 1 >= size.columns || column + 1 >= from.width) { continue }
                put(cell.glyph, width: Int(cell.width), x: x + column, y: y + row, style: cell.style)
            }
        }
    }

    /// Changes the style of what is in a rectangle.
    public mutating func restyle(_ rect: Rect, _ change: (inout Style) -> Void) {
        let area = rect.intersection(bounds)
        guard !area.isEmpty else { return }
        for y in area.y..<area.bottom {
            for x in area.x..<area.right {
                let index = y * size.columns + x
                change(&cells[index].style)
                // Both halves of a wide cluster have one style.
                if cells[index].width == 0 { cells[index - 1].style = cells[index].style }
                if cells[index].width == 2 { cells[index + 1].style = cells[index].style }
            }
        }
    }

    private mutating func put(_ glyph: UInt32, width: Int, x: Int, y: Int, style: Style) {
        let index = y * size.columns + x
        breakWideCluster(at: index)
        if width == 2 { breakWideCluster(at: index + 1) }
        cells[index] = Cell(glyph: glyph, width: UInt8(width), style: style)
        if width == 2 { cells[index + 1] = Cell(glyph: 0, width: 0, style: style) }
    }

    /// Blanks the other half of a wide cluster that is about to lose the half at `index`.
    private mutating func breakWideCluster(at index: Int) {
        let other = cells[index].width == 0 ? index - 1 : cells[index].width == 2 ? index + 1 : nil
        if let other {
            cells[other].glyph = 0x20
            cells[other].width = 1
            cells[index].glyph = 0x20
            cells[index].width = 1
        }
    }

    /// The text of a row, without the blanks at its end.
    public func text(row y: Int) -> String {
        var text = ""
        for x in 0..<size.columns { text += self[x, y].text }
        while text.utf8.last == 0x20 { text.removeLast() }
        return text
    }

    /// All rows, each ended by a line feed: what a golden file holds.
    public var text: String { (0..<size.rows).map { text(row: $0) + "\n" }.joined() }
}

extension Buffer {
    /// Moves the rows of a range by `shift` (up where it is positive), blank rows coming in, as a terminal's scroll region does.
    mutating func scroll(_ rows: Range<Int>, by shift: Int) {
        let columns = size.columns
        let order = shift > 0 ? Array(rows) : rows.reversed()
        for row in order {
            let source = row + shift
            for x in 0..<columns { cells[row * columns + x] = rows.contains(source) ? cells[source * columns + x] : .blank }
        }
    }

    /// Moves the cells of a row within some columns to the left, blanks coming in at the right, as deleting and inserting characters does.
    mutating func shiftLeft(_ columns: Range<Int>, by distance: Int, row y: Int) {
        let start = y * size.columns
        for x in columns { cells[start + x] = x + distance < columns.upperBound ? cells[start + x + distance] : .blank }
    }

    /// The cells of a row.
    func withRow<Result>(_ y: Int, _ body: (UnsafeBufferPointer<Cell>) -> Result) -> Result {
        cells.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[y * size.columns..<(y + 1) * size.columns])) }
    }

    /// Whether a row is the same in both, which must have the same size.
    func hasSameRow(_ y: Int, as other: Buffer, row otherRow: Int) -> Bool {
        let columns = size.columns
        return cells.withUnsafeBytes { mine in
            other.cells.withUnsafeBytes { theirs in
                let stride = columns * MemoryLayout<Cell>.stride
                return compareMemory(mine.baseAddress! + y * stride, theirs.baseAddress! + otherRow * stride, stride)
            }
        }
    }
}
