import Foundations

/// One position of the screen: 16 bytes, compared as such.
///
/// Its text can be set from `SafeText` alone, by `Buffer`.
@frozen public struct Cell: Hashable, Sendable {
    /// A scalar's value, or an index into `ClusterTable` with the highest bit set. 0 in the right half of a wide cluster.
    var glyph: UInt32
    var foreground: Colour
    var background: Colour
    var attributes: UInt8
    /// 1 or 2 columns; 0 in the right half of a wide cluster.
    var width: UInt8
    private var reserved: UInt16 = 0

    static let blank = Cell(glyph: 0x20, width: 1, style: .plain)

    init(glyph: UInt32, width: UInt8, style: Style) {
        self.glyph = glyph
        self.width = width
        foreground = style.foreground
        background = style.background
        attributes = style.attributes.rawValue
    }

    var style: Style {
        get { Style(foreground, on: background, Attributes(rawValue: attributes)) }
        set {
            foreground = newValue.foreground
            background = newValue.background
            attributes = newValue.attributes.rawValue
        }
    }

    /// A space that erasing to the end of the row would leave as well.
    var isErasable: Bool { glyph == 0x20 && background.isStandard && style.attributes.isDisjoint(with: .seenOnBlanks) }

    /// Whether both are spaces between which no difference can be seen.
    func isBlank(like other: Cell) -> Bool {
        glyph == 0x20 && other.glyph == 0x20 && background == other.background && style.attributes.isDisjoint(with: .seenOnBlanks)
            && other.style.attributes.isDisjoint(with: .seenOnBlanks)
    }

    /// The cell's text; empty in the right half of a wide cluster.
    public var text: String {
        if width == 0 { return "" }
        return glyph & ClusterTable.flag == 0 ? String(Character(Unicode.Scalar(glyph) ?? "\u{FFFD}")) : ClusterTable.shared[glyph]
    }
}

/// The clusters of more than one scalar that cells refer to by number; one for the process, bounded, never shrunk.
final class ClusterTable: Sendable {
    static let shared = ClusterTable(capacity: Limits.clusters)
    /// Marks a cell's glyph as an index into the table.
    static let flag: UInt32 = 0x8000_0000

    private struct Entries {
        var texts: [String] = []
        var numbers: [String: UInt32] = [:]
    }

    private let capacity: Int
    private let entries = Locked(Entries())

    init(capacity: Int) { self.capacity = capacity }

    /// The cluster's glyph; nil where the table is full.
    func glyph(for text: String) -> UInt32? {
        entries.withLock { entries in
            if let number = entries.numbers[text] { return number | Self.flag }
            guard entries.texts.count < capacity else { return nil }
            let number = UInt32(entries.texts.count)
            entries.texts.append(text)
            entries.numbers[text] = number
            return number | Self.flag
        }
    }

    subscript(glyph: UInt32) -> String { entries.withLock { $0.texts[Int(glyph & ~Self.flag)] } }
}
