import Foundations

/// Keys with what they do, in a frame over the middle of the screen.
public struct HelpOverlay: Sendable {
    public struct Section: Sendable {
        public var title: SafeText
        public var keys: [(key: SafeText, action: SafeText)]

        public init(_ title: SafeText, _ keys: [(key: SafeText, action: SafeText)]) {
            self.title = title
            self.keys = keys
        }
    }

    public var title: SafeText
    public var sections: [Section]
    /// The first line shown where not all fit.
    public var offset: Int
    public var theme: Theme

    public init(title: SafeText, sections: [Section], offset: Int = 0, theme: Theme) {
        self.title = title
        self.sections = sections
        self.offset = offset
        self.theme = theme
    }

    public func render(in rect: Rect, to buffer: inout Buffer) {
        let keyColumns = sections.flatMap(\.keys).map { DisplayWidth.columns(of: $0.key) }.max() ?? 0
        var lines: [TextLine] = []
        for section in sections {
            if !lines.isEmpty { lines.append(TextLine()) }
            lines.append(TextLine(section.title, theme.title))
            for (key, action) in section.keys {
                let padding = SafeText(String(repeating: " ", count: keyColumns - DisplayWidth.columns(of: key) + 2))
                lines.append(TextLine([Span("  " + key + padding, theme.accent), Span(action, theme.text)]))
            }
        }
        let width = min(rect.width, (lines.map(\.columns).max() ?? 0) + 4)
        let height = min(rect.height, lines.count + 2)
        let area = Rect(x: rect.x + (rect.width - width) / 2, y: rect.y + (rect.height - height) / 2, width: width, height: height)
        buffer.clear(area)
        let hidden = lines.count - (height - 2)
        let inside = Border(title: title, note: hidden > 0 ? "\(theme.glyphs.up.string)\(theme.glyphs.down.string)" : "", theme: theme).render(in: area, to: &buffer)
        for (index, line) in lines.dropFirst(min(offset, max(0, hidden))).prefix(inside.height).enumerated() {
            line.render(in: inside.row(index).inset(columns: 1), to: &buffer, ellipsis: theme.glyphs.ellipsis)
        }
    }
}
