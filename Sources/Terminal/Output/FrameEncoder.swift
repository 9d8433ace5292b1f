/// Turns the difference of two frames into the bytes that bring a terminal from the one to the other.
///
/// It keeps what it knows of the terminal's cursor and style between frames. Nothing is written for an unchanged frame.
public struct FrameEncoder: Sendable {
    public var capabilities: Capabilities
    private var style: StyleWriter
    /// Where the cursor is; nil after a cluster whose width terminals disagree about, and at a row's end.
    private var cursor: (x: Int, y: Int)?

    public init(capabilities: Capabilities) {
        self.capabilities = capabilities
        style = StyleWriter(depth: capabilities.colours)
    }

    /// Appends the bytes that turn `old` into `new`. Where `old` is nil or has another size, the screen is cleared first.
    public mutating func encode(from old: Buffer?, to new: Buffer, into output: inout [UInt8]) {
        let start = output.count
        if capabilities.synchronizesOutput { output.append(contentsOf: "\u{1B}[?2026h".utf8) }
        let mark = output.count
        if var known = old, known.size == new.size {
            scroll(&known, towards: new, &output)
            drawChanges(from: known, to: new, &output)
        } else {
            forget()
            style.set(.plain, &output)
            output.append(contentsOf: "\u{1B}[H\u{1B}[2J".utf8)
            cursor = (0, 0)
            drawChanges(from: Buffer(new.size), to: new, &output)
        }
        if output.count == mark {
            output.removeLast(mark - start)
        } else if capabilities.synchronizesOutput {
            output.append(contentsOf: "\u{1B}[?2026l".utf8)
        }
    }

    /// Forgets cursor and style, after anything else may have written to the terminal.
    public mutating func forget() {
        cursor = nil
        style.forget()
    }

    private mutating func scroll(_ known: inout Buffer, towards new: Buffer, _ output: inout [UInt8]) {
        guard let scroll = ScrollDetector.find(from: known, to: new) else { return }
        // The rows that come in take the background that is set.
        style.set(.plain, &output)
        output.append(contentsOf: "\u{1B}[".utf8)
        output.append(decimal: scroll.rows.lowerBound + 1)
        output.append(UInt8(ascii: ";"))
        output.append(decimal: scroll.rows.upperBound)
        output.append(UInt8(ascii: "r"))
        cursor = nil
        move(toX: 0, y: scroll.shift > 0 ? scroll.rows.upperBound - 1 : scroll.rows.lowerBound, &output)
        for _ in 0..<abs(scroll.shift) {
            if scroll.shift > 0 { output.append(0x0A) } else { output.append(contentsOf: "\u{1B}M".utf8) }
        }
        output.append(contentsOf: "\u{1B}[r".utf8)
        cursor = nil
        known.scroll(scroll.rows, by: scroll.shift)
    }

    private mutating func drawChanges(from old: Buffer, to new: Buffer, _ output: inout [UInt8]) {
        for y in 0..<new.size.rows where !new.hasSameRow(y, as: old, row: y) {
            drawRow(y, from: old, to: new, &output)
        }
    }

    private mutating func drawRow(_ y: Int, from old: Buffer, to new: Buffer, _ output: inout [UInt8]) {
        let columns = new.size.columns
        let blankFrom = firstOfTrailingBlanks(new, y)
        var x = 0
        while x < columns {
            let cell = new[x, y]
            if cell.width == 0 || cell == old[x, y] {
                x += 1
                continue
            }
            if x >= blankFrom && columns - x >= Limits.eraseCells {
                move(toX: x, y: y, &output)
                style.set(.plain, &output)
                output.append(contentsOf: "\u{1B}[K".utf8)
                return
            }
            fillGap(before: x, y, new, &output)
            move(toX: x, y: y, &output)
            draw(cell, x, y, columns, &output)
            x += Int(cell.width)
        }
    }

    private func firstOfTrailingBlanks(_ buffer: Buffer, _ y: Int) -> Int {
        var x = buffer.size.columns
        while x > 0, buffer[x - 1, y].isErasable { x -= 1 }
        return x
    }

    /// Writes a few unchanged cells again where that takes fewer bytes than moving over them.
    private mutating func fillGap(before x: Int, _ y: Int, _ buffer: Buffer, _ output: inout [UInt8]) {
        guard let cursor, cursor.y == y, cursor.x < x, x - cursor.x <= Limits.gapCells, let current = style.current else { return }
        for column in cursor.x..<x {
            let cell = buffer[column, y]
            let shown = capabilities.colours == .none ? Style(.standard, on: .standard, cell.style.attributes) : cell.style
            if cell.glyph < 0x20 || cell.glyph >= 0x7F || shown != current { return }
        }
        for column in cursor.x..<x { output.append(UInt8(buffer[column, y].glyph)) }
        self.cursor = (x, y)
    }

    private mutating func draw(_ cell: Cell, _ x: Int, _ y: Int, _ columns: Int, _ output: inout [UInt8]) {
        style.set(cell.style, &output)
        let isCertain = Cluster.isCertain(cell.glyph)
        if cell.width == 2 && !isCertain {
            // A terminal that gives it one column would keep what stood in the second.
            output.append(contentsOf: "  ".utf8)
            cursor = nil
            move(toX: x, y: y, &output)
        }
        append(cell, &output)
        let next = x + Int(cell.width)
        // Behind the last column terminals differ: some wait there, some have moved on.
        cursor = isCertain && next < columns ? (next, y) : nil
    }

    private func append(_ cell: Cell, _ output: inout [UInt8]) {
        if cell.glyph < 0x80 {
            output.append(UInt8(cell.glyph))
        } else if !capabilities.showsUnicode {
            output.append(contentsOf: repeatElement(UInt8(ascii: "?"), count: Int(cell.width)))
        } else {
            output.append(contentsOf: cell.text.utf8)
        }
    }

    private mutating func move(toX x: Int, y: Int, _ output: inout [UInt8]) {
        defer { cursor = (x, y) }
        if let cursor, cursor.y == y {
            if cursor.x == x { return }
            if x > cursor.x {
                output.append(contentsOf: "\u{1B}[".utf8)
                if x - cursor.x > 1 { output.append(decimal: x - cursor.x) }
                output.append(UInt8(ascii: "C"))
                return
            }
        }
        if x == 0, let cursor, cursor.y == y - 1 {
            output.append(contentsOf: "\r\n".utf8)
            return
        }
        output.append(contentsOf: "\u{1B}[".utf8)
        output.append(decimal: y + 1)
        if x > 0 {
            output.append(UInt8(ascii: ";"))
            output.append(decimal: x + 1)
        }
        output.append(UInt8(ascii: "H"))
    }
}
