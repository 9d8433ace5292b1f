/// Turns the difference of two frames into the bytes that bring a terminal from the one to the other.
///
/// It keeps what it knows of the terminal's cursor and style between frames. Nothing is written for an unchanged frame.
public struct FrameEncoder: Sendable {
    public var capabilities: Capabilities
    private var rows: RowWriter

    public init(capabilities: Capabilities) {
        self.capabilities = capabilities
        rows = RowWriter(capabilities: capabilities)
    }

    /// Appends the bytes that turn `old` into `new`. Where `old` is nil or has another size, the screen is cleared first.
    public mutating func encode(from old: Buffer?, to new: Buffer, into output: inout [UInt8]) {
        let mark = output.count
        if var known = old, known.size == new.size {
            scroll(&known, towards: new, &output)
            drawChanges(from: &known, to: new, &output)
        } else {
            if rows.cursor.region != nil { output.append(contentsOf: "\u{1B}[r".utf8) }
            rows.cursor.region = nil
            forget()
            rows.style.set(.plain, &output)
            output.append(contentsOf: "\u{1B}[H\u{1B}[2J".utf8)
            rows.cursor.note(x: 0, y: 0)
            var blank = Buffer(new.size)
            drawChanges(from: &blank, to: new, isBlank: true, &output)
        }
        // A little is written, and shown, at once anyway.
        if capabilities.synchronizesOutput, output.count - mark > Limits.synchronizedBytes {
            output.insert(contentsOf: "\u{1B}[?2026h".utf8, at: mark)
            output.append(contentsOf: "\u{1B}[?2026l".utf8)
        }
    }

    /// Forgets cursor and style, after anything else may have written to the terminal.
    public mutating func forget() {
        rows.cursor.forget()
        rows.style.forget()
    }

    private mutating func scroll(_ known: inout Buffer, towards new: Buffer, _ output: inout [UInt8]) {
        guard let scroll = ScrollDetector.find(from: known, to: new) else { return }
        // The rows that come in take the background that is set.
        rows.style.clearBackground(&output)
        setRegion(scroll.rows, &output)
        rows.cursor.move(toX: 0, y: scroll.shift > 0 ? scroll.rows.upperBound - 1 : scroll.rows.lowerBound, &output)
        for _ in 0..<abs(scroll.shift) {
            if scroll.shift > 0 { output.append(0x0A) } else { output.append(contentsOf: "\u{1B}M".utf8) }
        }
        known.scroll(scroll.rows, by: scroll.shift)
    }

    /// Sets the rows that scroll. They stay set for the next time: a log that is followed scrolls with every line.
    private mutating func setRegion(_ region: Range<Int>, _ output: inout [UInt8]) {
        if rows.cursor.region == region { return }
        output.append(contentsOf: "\u{1B}[".utf8)
        output.append(decimal: region.lowerBound + 1)
        output.append(UInt8(ascii: ";"))
        output.append(decimal: region.upperBound)
        output.append(UInt8(ascii: "r"))
        rows.cursor.region = region
        rows.cursor.note(x: 0, y: 0)
    }

    private mutating func drawChanges(from old: inout Buffer, to new: Buffer, isBlank: Bool = false, _ output: inout [UInt8]) {
        for y in 0..<new.size.rows where !new.hasSameRow(y, as: old, row: y) {
            if !isBlank { for shift in ShiftDetector.find(y, from: old, to: new) { apply(shift, y, &old, &output) } }
            drawRow(y, from: old, to: new, &output)
        }
    }

    /// Moves a part of a row to the left: what stands to its right comes back to where it was.
    private mutating func apply(_ shift: ShiftDetector.Shift, _ y: Int, _ old: inout Buffer, _ output: inout [UInt8]) {
        // What comes in takes the background that is set.
        rows.style.clearBackground(&output)
        for (x, final) in [(shift.columns.lowerBound, "P"), (shift.columns.upperBound - shift.distance, "@")] {
            rows.cursor.move(toX: x, y: y, &output)
            output.append(contentsOf: "\u{1B}[".utf8)
            if shift.distance > 1 { output.append(decimal: shift.distance) }
            output.append(contentsOf: final.utf8)
        }
        old.shiftLeft(shift.columns, by: shift.distance, row: y)
    }

    /// Draws a row from left to right, or its styles one after the other, whichever takes fewer bytes.
    private mutating func drawRow(_ y: Int, from old: Buffer, to new: Buffer, _ output: inout [UInt8]) {
        let start = output.count
        let before = rows
        let styles = rows.draw(y, from: old, to: new, only: nil, &output)
        guard styles.switches > styles.different.count, styles.different.count <= Limits.stylesInPasses else { return }
        let after = rows
        var passes: [UInt8] = []
        rows = before
        // What the terminal has set comes first.
        let order = styles.different.filter { $0 == before.style.current } + styles.different.filter { $0 != before.style.current }
        for style in order { _ = rows.draw(y, from: old, to: new, only: style, &passes) }
        if passes.count < output.count - start {
            output.removeLast(output.count - start)
            output.append(contentsOf: passes)
        } else {
            rows = after
        }
    }
}
