/// Dots finer than a cell: 2 x 4 a cell in braille, 1 x 2 in half blocks, 1 x 1 in ASCII.
struct DotCanvas {
    enum Grain: Hashable { case braille, halfBlocks, characters }

    let grain: Grain
    /// In cells.
    let columns: Int
    let rows: Int
    private var cells: [UInt8]

    init(grain: Grain, columns: Int, rows: Int) {
        self.grain = grain
        self.columns = max(0, columns)
        self.rows = max(0, rows)
        cells = Array(repeating: 0, count: self.columns * self.rows)
    }

    /// In dots.
    var width: Int { grain == .braille ? columns * 2 : columns }
    var height: Int {
        switch grain {
        case .braille: rows * 4
        case .halfBlocks: rows * 2
        case .characters: rows
        }
    }

    mutating func clear() { for index in cells.indices { cells[index] = 0 } }

    /// Sets the dots of a column between two heights, both included; 0 is at the bottom. With `isSparse` every second one.
    mutating func fill(x: Int, from low: Int, through high: Int, isSparse: Bool = false) {
        guard x >= 0, x < width else { return }
        var y = max(0, min(low, high))
        let top = min(height - 1, max(low, high))
        while y <= top {
            if !isSparse || (x + y) % 2 == 0 { set(x, height - 1 - y) }
            y += 1
        }
    }

    @inline(__always) private mutating func set(_ x: Int, _ y: Int) {
        switch grain {
        case .braille:
            // U+2800: bits 0 to 2 and 6 are the left column from above, 3 to 5 and 7 the right one.
            let bit: UInt8 = y & 3 == 3 ? 0x40 << UInt8(x & 1) : 1 << UInt8((y & 3) + 3 * (x & 1))
            cells[(y >> 2) * columns + x >> 1] |= bit
        case .halfBlocks: cells[(y >> 1) * columns + x] |= 1 << UInt8(y & 1)
        case .characters: cells[y * columns + x] |= 1
        }
    }

    /// Draws what is set; dots join those that are in a cell already, under the style of the last. `character` is for the coarsest grain.
    func render(in rect: Rect, to buffer: inout Buffer, style: Style, character: UInt8) {
        for row in 0..<min(rows, rect.height) {
            for column in 0..<min(columns, rect.width) {
                let dots = cells[row * columns + column]
                if dots == 0 { continue }
                let (x, y) = (rect.x + column, rect.y + row)
                switch grain {
                case .braille:
                    let shown = buffer.bounds.contains(x: x, y: y) ? buffer[x, y].brailleDots : 0
                    buffer.set(0x2800 + (UInt32(dots) | shown), x: x, y: y, style: style)
                case .halfBlocks: buffer.set(dots == 3 ? 0x2588 : dots == 1 ? 0x2580 : 0x2584, x: x, y: y, style: style)
                case .characters: buffer.set(UInt32(character), x: x, y: y, style: style)
                }
            }
        }
    }
}
