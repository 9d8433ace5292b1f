import Foundations

/// A frame as lines of text, for a pipe or a file.
public enum PlainFrame {
    /// The rows without blanks at their ends, each ended by a line feed; with colours of a depth where one is given.
    /// Without Unicode, what isn't ASCII is a question mark.
    public static func text(of buffer: Buffer, colours: ColourDepth = .none, showsUnicode: Bool = true) -> String {
        var output: [UInt8] = []
        for y in 0..<buffer.size.rows {
            var style = StyleWriter(depth: colours)
            var end = buffer.size.columns
            while end > 0, buffer[end - 1, y].isErasable { end -= 1 }
            for x in 0..<end where buffer[x, y].width > 0 {
                let cell = buffer[x, y]
                if colours != .none { style.set(cell.style, &output) }
                if showsUnicode || cell.glyph < 0x80 {
                    output.append(contentsOf: cell.text.utf8)
                } else {
                    output.append(contentsOf: repeatElement(UInt8(ascii: "?"), count: Int(cell.width)))
                }
            }
            if end > 0 && colours != .none { style.set(.plain, &output) }
            if colours == .none {
                while output.last == 0x20 { output.removeLast() }
            }
            output.append(0x0A)
        }
        return String(decoding: output, as: UTF8.self)
    }
}
