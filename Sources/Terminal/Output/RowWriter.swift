/// Writes what differs in a row, from left to right, with what is known of the terminal's cursor and style.
struct RowWriter: Sendable {
    private let depth: ColourDepth
    private let showsUnicode: Bool
    var style: StyleWriter
    var cursor = CursorMover()

    init(capabilities: Capabilities) {
        depth = capabilities.colours
        showsUnicode = capabilities.showsUnicode
        style = StyleWriter(depth: capabilities.colours)
    }

    /// The styles of what was drawn, as the terminal shows them.
    struct Drawn {
        private(set) var different: [Style] = []
        private var last: Style?
        /// How often the style changed; blanks go with any of their background.
        private(set) var switches = 0

        mutating func note(_ style: Style, isSwitch: Bool) {
            if isSwitch { switches += 1 }
            if style == last { return }
            last = style
            if !different.contains(style) { different.append(style) }
        }
    }

    /// Draws the cells that differ; with `only` those of that style.
    mutating func draw(_ y: Int, from old: Buffer, to new: Buffer, only: Style?, _ output: inout [UInt8]) -> Drawn {
        old.withRow(y) { old in
            new.withRow(y) { new in draw(y, old, new, only, &output) }
        }
    }

    private mutating func draw(_ y: Int, _ old: UnsafeBufferPointer<Cell>, _ new: UnsafeBufferPointer<Cell>, _ only: Style?, _ output: inout [UInt8]) -> Drawn {
        let columns = new.count
        var blankFrom = columns
        while blankFrom > 0, new[blankFrom - 1].isErasable { blankFrom -= 1 }
        var drawn = Drawn()
        var x = 0
        while x < columns {
            let cell = new[x]
            if cell.width == 0 || cell == old[x] || cell.isBlank(like: old[x]) {
                x += 1
                continue
            }
            let isErased = x >= blankFrom && columns - x >= Limits.eraseCells
            let shown = isErased ? .plain : shown(cell)
            if let only, only != shown {
                if isErased { break }
                x += Int(cell.width)
                continue
            }
            drawn.note(shown, isSwitch: !style.shows(cell))
            if isErased {
                cursor.move(toX: x, y: y, &output)
                style.clearBackground(&output)
                output.append(contentsOf: "\u{1B}[K".utf8)
                break
            }
            fillGap(before: x, y, new, &output)
            cursor.move(toX: x, y: y, &output)
            draw(cell, x, y, columns, &output)
            x += Int(cell.width)
        }
        return drawn
    }

    /// The style that a cell is drawn in: of a blank no more than can be seen.
    private func shown(_ cell: Cell) -> Style {
        let attributes = cell.style.attributes
        let isBlank = cell.glyph == 0x20 && attributes.isDisjoint(with: .seenOnBlanks)
        if depth == .none { return Style(.standard, on: .standard, isBlank ? [] : attributes) }
        return isBlank ? Style(.standard, on: cell.background) : cell.style
    }

    /// Writes a few unchanged cells again where that takes fewer bytes than moving over them.
    private mutating func fillGap(before x: Int, _ y: Int, _ row: UnsafeBufferPointer<Cell>, _ output: inout [UInt8]) {
        guard let position = cursor.position, position.y == y, position.x < x, x - position.x <= Limits.gapCells else { return }
        var bytes = 0
        for column in position.x..<x {
            let cell = row[column]
            guard cell.width == 1, cell.glyph & ClusterTable.flag == 0, Cluster.isCertain(cell.glyph), style.shows(cell) else { return }
            bytes += showsUnicode ? Self.bytes(cell.glyph) : 1
        }
        guard bytes <= cursor.cost(toX: x, y: y) else { return }
        for column in position.x..<x { append(row[column], &output) }
        cursor.note(x: x, y: y)
    }

    private static func bytes(_ glyph: UInt32) -> Int { glyph < 0x80 ? 1 : glyph < 0x800 ? 2 : glyph < 0x1_0000 ? 3 : 4 }

    private mutating func draw(_ cell: Cell, _ x: Int, _ y: Int, _ columns: Int, _ output: inout [UInt8]) {
        if !style.shows(cell) { style.set(shown(cell), &output) }
        let isCertain = Cluster.isCertain(cell.glyph)
        if cell.width == 2 && !isCertain {
            // A terminal that gives it one column would keep what stood in the second.
            output.append(contentsOf: "  ".utf8)
            cursor.forget()
            cursor.move(toX: x, y: y, &output)
        }
        append(cell, &output)
        let next = x + Int(cell.width)
        // Behind the last column terminals differ: some wait there, some have moved on.
        if isCertain && next < columns { cursor.note(x: next, y: y) } else { cursor.forget() }
    }

    private func append(_ cell: Cell, _ output: inout [UInt8]) {
        if cell.glyph < 0x80 {
            output.append(UInt8(cell.glyph))
        } else if !showsUnicode {
            output.append(contentsOf: repeatElement(UInt8(ascii: "?"), count: Int(cell.width)))
        } else if cell.glyph < 0x1_0000, cell.glyph >= 0x800, !(0xD800...0xDFFF).contains(cell.glyph) {
            // Braille, blocks and frames: what charts are made of.
            output.append(UInt8(0xE0 | cell.glyph >> 12))
            output.append(UInt8(0x80 | cell.glyph >> 6 & 0x3F))
            output.append(UInt8(0x80 | cell.glyph & 0x3F))
        } else {
            output.append(contentsOf: cell.text.utf8)
        }
    }
}
