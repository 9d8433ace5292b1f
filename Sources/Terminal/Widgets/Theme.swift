import Foundations

/// Styles and glyphs by their role. A role is never told apart by colour alone: its glyph differs as well.
///
/// The four state colours keep a distance of at least 31 (CIEDE2000) under simulated protanopia, deuteranopia and tritanopia.
public struct Theme: Hashable, Sendable {
    public var text: Style
    public var muted: Style
    public var title: Style
    public var border: Style
    public var accent: Style
    public var selected: Style
    public var critical: Style
    public var warning: Style
    public var good: Style
    public var unknown: Style
    /// Filled behind the header and the status line.
    public var bar: Style
    /// Colours of the lines of a chart, in order.
    public var lines: [Style]
    public var glyphs: Glyphs

    public init(capabilities: Capabilities) {
        glyphs = Glyphs(capabilities: capabilities)
        text = .plain
        title = Style(.standard, on: .standard, .bold)
        if capabilities.colours == .none {
            muted = Style(.standard, on: .standard, .dim)
            border = muted
            accent = title
            selected = Style(.standard, on: .standard, .reverse)
            critical = Style(.standard, on: .standard, [.bold, .reverse])
            warning = Style(.standard, on: .standard, [.bold, .underline])
            good = .plain
            unknown = muted
            bar = .plain
            lines = [title, .plain, muted]
        } else {
            muted = Style(Colour(0x999999))
            border = Style(Colour(0x666666))
            accent = Style(Colour(0x56B4E9))
            // The 16 named colours have no dark blue that text stays readable on.
            selected = capabilities.colours == .sixteen ? Style(.standard, on: .standard, .reverse) : Style(Colour(0xFFFFFF), on: Colour(0x264F78))
            critical = Style(Colour(0xD55E00), on: .standard, .bold)
            warning = Style(Colour(0xF0E442))
            good = Style(Colour(0x56B4E9))
            unknown = Style(Colour(0x999999))
            bar = .plain
            lines = [Style(Colour(0x56B4E9)), Style(Colour(0xE69F00)), Style(Colour(0x009E73)), Style(Colour(0xCC79A7)), Style(Colour(0xF0E442))]
        }
    }
}

/// The characters that widgets draw with: single-width ones of the basic plane, or ASCII.
public struct Glyphs: Hashable, Sendable {
    public var critical: SafeText
    public var warning: SafeText
    public var good: SafeText
    /// Not so yet.
    public var pending: SafeText
    public var unknown: SafeText
    public var stale: SafeText
    public var horizontal: SafeText
    public var vertical: SafeText
    /// Top left, top right, bottom left, bottom right.
    public var corners: [SafeText]
    public var ellipsis: SafeText
    public var marker: SafeText
    /// Where something happened, on an axis of time.
    public var event: SafeText
    public var up: SafeText
    public var down: SafeText
    public var separator: SafeText
    public var dash: SafeText
    /// From lowest to highest, for sparklines and bars that grow upwards.
    public var levels: [SafeText]
    /// The parts of a horizontal bar's last cell, from least to full, and its empty cell.
    public var barParts: [SafeText]
    public var barEmpty: SafeText
    public var usesBraille: Bool

    public init(capabilities: Capabilities) {
        let unicode = capabilities.showsUnicode
        usesBraille = unicode && capabilities.showsBraille
        critical = unicode ? "✖" : "X"
        warning = unicode ? "▲" : "!"
        good = unicode ? "●" : "."
        pending = unicode ? "○" : "o"
        unknown = "?"
        stale = unicode ? "◌" : "~"
        horizontal = unicode ? "─" : "-"
        vertical = unicode ? "│" : "|"
        corners = unicode ? ["┌", "┐", "└", "┘"] : ["+", "+", "+", "+"]
        ellipsis = unicode ? "…" : "~"
        marker = unicode ? "▸" : ">"
        event = unicode ? "◆" : "^"
        up = unicode ? "↑" : "^"
        down = unicode ? "↓" : "v"
        separator = unicode ? "·" : "|"
        dash = unicode ? "–" : "-"
        levels = unicode ? ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] : ["_", ".", "-", "=", "*", "#"]
        barParts = unicode ? ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"] : ["#"]
        barEmpty = unicode ? "░" : "."
    }
}
