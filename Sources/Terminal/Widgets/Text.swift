import Foundations

/// A run of text with one style.
public struct Span: Hashable, Sendable {
    public var text: SafeText
    public var style: Style

    public init(_ text: SafeText, _ style: Style = .plain) {
        self.text = text
        self.style = style
    }
}

/// One row of spans, cut at the right.
public struct TextLine: Hashable, Sendable {
    public var spans: [Span]

    public init(_ spans: [Span] = []) { self.spans = spans }
    public init(_ text: SafeText, _ style: Style = .plain) { spans = [Span(text, style)] }

    public var columns: Int { spans.reduce(0) { $0 + DisplayWidth.columns(of: $1.text) } }

    /// Draws it in the first row of `rect`; returns the columns it took.
    @discardableResult
    public func render(in rect: Rect, to buffer: inout Buffer, ellipsis: SafeText = "…") -> Int {
        guard !rect.isEmpty else { return 0 }
        var used = 0
        for span in spans where used < rect.width {
            let room = rect.width - used
            used += buffer.write(DisplayWidth.clip(span.text, to: room, ellipsis: ellipsis), x: rect.x + used, y: rect.y, columnsMax: room, style: span.style)
        }
        return used
    }
}

/// Text broken into rows at spaces.
public struct Paragraph: Hashable, Sendable {
    public var text: SafeText
    public var style: Style

    public init(_ text: SafeText, _ style: Style = .plain) {
        self.text = text
        self.style = style
    }

    /// Draws what fits; returns the rows it took.
    @discardableResult
    public func render(in rect: Rect, to buffer: inout Buffer) -> Int {
        let rows = DisplayWidth.wrap(text, to: rect.width, rowsMax: rect.height)
        for (index, row) in rows.enumerated() { buffer.write(row, x: rect.x, y: rect.y + index, columnsMax: rect.width, style: style) }
        return rows.count
    }
}

/// A frame around an area with a title in its upper edge.
public struct Border: Hashable, Sendable {
    public var title: SafeText
    public var note: SafeText
    public var theme: Theme

    /// `note` stands at the right end of the upper edge.
    public init(title: SafeText = "", note: SafeText = "", theme: Theme) {
        self.title = title
        self.note = note
        self.theme = theme
    }

    /// Draws the frame and returns the area inside.
    public func render(in rect: Rect, to buffer: inout Buffer) -> Rect {
        guard rect.width >= 2, rect.height >= 2 else { return rect }
        let glyphs = theme.glyphs
        buffer.fill(Rect(x: rect.x, y: rect.y, width: rect.width, height: 1), glyphs.horizontal, style: theme.border)
        buffer.fill(Rect(x: rect.x, y: rect.bottom - 1, width: rect.width, height: 1), glyphs.horizontal, style: theme.border)
        buffer.fill(Rect(x: rect.x, y: rect.y, width: 1, height: rect.height), glyphs.vertical, style: theme.border)
        buffer.fill(Rect(x: rect.right - 1, y: rect.y, width: 1, height: rect.height), glyphs.vertical, style: theme.border)
        for (index, corner) in glyphs.corners.enumerated() {
            buffer.write(corner, x: index % 2 == 0 ? rect.x : rect.right - 1, y: index < 2 ? rect.y : rect.bottom - 1, style: theme.border)
        }
        var room = rect.width - 4
        if !title.isEmpty && room > 2 {
            let text = DisplayWidth.clip(" " + title + " ", to: room, ellipsis: glyphs.ellipsis)
            room -= buffer.write(text, x: rect.x + 2, y: rect.y, style: theme.title)
        }
        let columns = DisplayWidth.columns(of: note) + 2
        if !note.isEmpty && columns < room { buffer.write(" " + note + " ", x: rect.right - 2 - columns, y: rect.y, style: theme.muted) }
        return rect.inset(columns: 1, rows: 1)
    }
}

/// A row with text at the left and at the right; where both don't fit, the right one is kept.
public struct StatusLine: Hashable, Sendable {
    public var left: TextLine
    public var right: TextLine

    public init(left: TextLine, right: TextLine = TextLine()) {
        self.left = left
        self.right = right
    }

    public func render(in rect: Rect, to buffer: inout Buffer, ellipsis: SafeText = "…") {
        let columns = min(right.columns, rect.width)
        let (rest, end) = rect.splitRight(columns)
        left.render(in: Rect(x: rest.x, y: rest.y, width: rest.width - (columns > 0 ? 1 : 0), height: rest.height), to: &buffer, ellipsis: ellipsis)
        right.render(in: end, to: &buffer, ellipsis: ellipsis)
    }
}

/// The screens to choose from, each with its key.
public struct Tabs: Hashable, Sendable {
    public var titles: [(key: SafeText, title: SafeText)]
    public var selected: Int
    public var theme: Theme

    public init(_ titles: [(key: SafeText, title: SafeText)], selected: Int, theme: Theme) {
        self.titles = titles
        self.selected = selected
        self.theme = theme
    }

    public func render(in rect: Rect, to buffer: inout Buffer) {
        let line = titles.enumerated().flatMap { index, tab in
            let style = index == selected ? theme.selected : theme.text
            return [Span(" " + tab.key, index == selected ? theme.selected : theme.accent), Span(" " + tab.title + " ", style), Span(" ")]
        }
        TextLine(line).render(in: rect, to: &buffer, ellipsis: theme.glyphs.ellipsis)
    }

    public static func == (left: Tabs, right: Tabs) -> Bool {
        left.titles.elementsEqual(right.titles, by: ==) && left.selected == right.selected && left.theme == right.theme
    }
    public func hash(into hasher: inout Hasher) { hasher.combine(selected) }
}
