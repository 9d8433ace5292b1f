import Foundations

/// How many columns text takes on a terminal.
public enum DisplayWidth {
    /// 0, 1 or 2 columns of a single scalar.
    public static func columns(of scalar: Unicode.Scalar) -> Int {
        let value = scalar.value
        if value < 0x300 { return 1 }
        if contains(WidthTable.zero, value) { return 0 }
        return contains(WidthTable.double, value) ? 2 : 1
    }

    /// Columns that `Buffer.write` takes for all of it.
    public static func columns(of text: SafeText) -> Int {
        if text.string.utf8.allSatisfy({ $0 < 0x80 }) { return text.string.utf8.count }
        return text.string.reduce(0) { $0 + Cluster.columns(of: $1) }
    }

    /// The text where it fits into `columns`, else its beginning with an ellipsis.
    public static func clip(_ text: SafeText, to columns: Int, ellipsis: SafeText = "…") -> SafeText {
        if text.string.utf8.count <= columns || self.columns(of: text) <= columns { return text }
        let room = columns - self.columns(of: ellipsis)
        guard room >= 0 else { return SafeText(prefix(of: text.string, columns: columns)) }
        return SafeText(prefix(of: text.string, columns: room) + ellipsis.string)
    }

    /// Breaks text into rows of at most `columns`, at spaces where there are some, and at most `rowsMax`.
    public static func wrap(_ text: SafeText, to columns: Int, rowsMax: Int = .max) -> [SafeText] {
        guard columns > 0, rowsMax > 0 else { return [] }
        var rows: [SafeText] = []
        var rest = Substring(text.string)
        while !rest.isEmpty {
            if rows.count == rowsMax - 1 {
                rows.append(clip(SafeText(rest), to: columns))
                break
            }
            let head = prefix(of: rest, columns: columns)
            if head.endIndex == rest.endIndex || head.isEmpty {
                rows.append(SafeText(head))
                break
            }
            // At the last space, unless that would waste more than half of the row.
            let space = rest[head.endIndex] == " " ? head.endIndex : head.lastIndex(of: " ")
            let cut = space.map { rest.distance(from: rest.startIndex, to: $0) * 2 > columns ? $0 : head.endIndex } ?? head.endIndex
            rows.append(SafeText(rest[..<cut]))
            rest = rest[cut...].drop { $0 == " " }
        }
        return rows.isEmpty ? [""] : rows
    }

    private static func prefix(of text: some StringProtocol, columns: Int) -> Substring {
        var used = 0
        var end = text.startIndex
        while end < text.endIndex {
            used += Cluster.columns(of: text[end])
            if used > columns { break }
            end = text.index(after: end)
        }
        return Substring(text)[..<end]
    }

    /// Binary search in pairs of first and last.
    private static func contains(_ ranges: [UInt32], _ value: UInt32) -> Bool {
        var low = 0
        var high = ranges.count / 2
        while low < high {
            let middle = (low + high) / 2
            if value < ranges[2 * middle] {
                high = middle
            } else if value > ranges[2 * middle + 1] {
                low = middle + 1
            } else {
                return true
            }
        }
        return false
    }
}

/// What a cell shows for one grapheme cluster.
enum Cluster {
    static let emojiSelector: Unicode.Scalar = "\u{FE0F}"
    static let joiner: Unicode.Scalar = "\u{200D}"

    static func columns(of character: Character) -> Int {
        let scalars = character.unicodeScalars
        let first = scalars.first!
        if scalars.index(after: scalars.startIndex) == scalars.endIndex { return max(1, DisplayWidth.columns(of: first)) }
        // A mark without a base is drawn as a replacement character of one column.
        let widest = shown(character).map { $0 == emojiSelector || isRegional($0) ? 2 : DisplayWidth.columns(of: $0) }.max() ?? 1
        return max(1, widest)
    }

    /// The glyph and its columns, 1 or 2.
    static func glyph(of character: Character) -> (glyph: UInt32, columns: Int) {
        let scalars = character.unicodeScalars
        let first = scalars.first!
        let isSingle = scalars.index(after: scalars.startIndex) == scalars.endIndex
        if isSingle {
            let width = DisplayWidth.columns(of: first)
            return width == 0 ? (0xFFFD, 1) : (first.value, width)
        }
        let columns = columns(of: character)
        guard DisplayWidth.columns(of: first) > 0 else { return (0xFFFD, 1) }
        let shown = shown(character)
        if shown.count == 1 { return (first.value, columns) }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: shown)
        if let glyph = ClusterTable.shared.glyph(for: String(text)) { return (glyph, columns) }
        return (first.value, max(1, DisplayWidth.columns(of: first)))
    }

    /// The scalars that are sent: of joined emoji the first alone, because terminals disagree about the width of the rest.
    private static func shown(_ character: Character) -> ArraySlice<Unicode.Scalar> {
        let scalars = Array(character.unicodeScalars.prefix(Limits.clusterScalars))
        guard DisplayWidth.columns(of: scalars[0]) > 0 else { return ["\u{FFFD}"] }
        if let join = scalars.firstIndex(of: joiner), DisplayWidth.columns(of: scalars[0]) == 2 || scalars.contains(emojiSelector) {
            return scalars[..<join]
        }
        return scalars[...]
    }

    private static func isRegional(_ scalar: Unicode.Scalar) -> Bool { (0x1F1E6...0x1F1FF).contains(scalar.value) }

    /// Whether every terminal gives the glyph the width that we do, so that the cursor is known after it: ASCII, Latin, Greek,
    /// Cyrillic, the drawing characters of the widgets, ideographs and syllables.
    static func isCertain(_ glyph: UInt32) -> Bool {
        switch glyph {
        case 0x20...0xAC, 0xAE...0x24F, 0x370...0x482, 0x48A...0x52F, 0x2010...0x2027, 0x2190...0x21FF, 0x2400...0x2421, 0x2500...0x25FC, 0x2800...0x28FF, 0x3041...0x3096,
            0x30A1...0x30FF, 0x4E00...0x9FFF, 0xAC00...0xD7A3:
            true
        default: false
        }
    }
}
