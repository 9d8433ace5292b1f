import Foundations

/// A column of a table.
public struct Column: Hashable, Sendable {
    public enum Alignment: Hashable, Sendable { case left, right }

    public var title: SafeText
    /// 0 is never dropped; of the others the highest goes first where the table is too narrow.
    public var priority: Int
    public var width: Int
    /// Takes what is left over, at least `width`.
    public var isFlexible: Bool
    public var alignment: Alignment

    public init(_ title: SafeText, priority: Int = 0, width: Int, isFlexible: Bool = false, alignment: Alignment = .left) {
        self.title = title
        self.priority = priority
        self.width = width
        self.isFlexible = isFlexible
        self.alignment = alignment
    }

    /// Blanks between two columns.
    public static let gap = 1

    /// The columns that fit into `width` and where each stands.
    public static func layout(_ columns: [Column], width: Int) -> [(index: Int, x: Int, width: Int)] {
        var kept = Array(columns.indices)
        func needed() -> Int { kept.reduce(0) { $0 + columns[$1].width } + max(0, kept.count - 1) * gap }
        while needed() > width, let last = kept.filter({ columns[$0].priority > 0 }).max(by: { (columns[$0].priority, $0) < (columns[$1].priority, $1) }) {
            kept.removeAll { $0 == last }
        }
        var spare = max(0, width - needed())
        var flexible = kept.count { columns[$0].isFlexible }
        var x = 0
        return kept.map { index in
            var columnWidth = columns[index].width
            if columns[index].isFlexible {
                let share = spare / flexible
                columnWidth += share
                spare -= share
                flexible -= 1
            }
            columnWidth = max(0, min(columnWidth, width - x))
            defer { x += columnWidth + gap }
            return (index, x, columnWidth)
        }
    }
}

/// Rows under titles, of which one may be selected. Only the rows that are visible are asked for.
public struct Table {
    /// What stands in a column of a row.
    public enum Content {
        case text(SafeText, Style = .plain)
        case line(TextLine)
        /// Draws itself in the rectangle it is given.
        case drawn((Rect, inout Buffer) -> Void)
    }

    public var columns: [Column]
    public var rowCount: Int
    public var selected: Int?
    /// The first row shown.
    public var offset: Int
    public var theme: Theme
    public var row: (Int) -> [Content]

    public init(columns: [Column], rowCount: Int, selected: Int? = nil, offset: Int = 0, theme: Theme, row: @escaping (Int) -> [Content]) {
        self.columns = columns
        self.rowCount = rowCount
        self.selected = selected
        self.offset = offset
        self.theme = theme
        self.row = row
    }

    public func render(in rect: Rect, to buffer: inout Buffer) {
        guard !rect.isEmpty else { return }
        let layout = Column.layout(columns, width: rect.width)
        for place in layout {
            write(.text(columns[place.index].title, theme.muted), columns[place.index], Rect(x: rect.x + place.x, y: rect.y, width: place.width, height: 1), &buffer)
        }
        let body = rect.splitTop(1).rest
        for index in 0..<max(0, min(body.height, rowCount - offset)) {
            let contents = row(offset + index)
            for place in layout {
                let area = Rect(x: body.x + place.x, y: body.y + index, width: place.width, height: 1)
                write(contents[place.index], columns[place.index], area, &buffer)
            }
            if offset + index == selected { Selection.mark(body.row(index), &buffer, theme) }
        }
    }

    private func write(_ content: Content, _ column: Column, _ area: Rect, _ buffer: inout Buffer) {
        guard !area.isEmpty else { return }
        switch content {
        case .text(let text, let style):
            let shown = DisplayWidth.clip(text, to: area.width, ellipsis: theme.glyphs.ellipsis)
            let shift = column.alignment == .right ? area.width - DisplayWidth.columns(of: shown) : 0
            buffer.write(shown, x: area.x + shift, y: area.y, columnsMax: area.width - shift, style: style)
        case .line(let line): line.render(in: area, to: &buffer, ellipsis: theme.glyphs.ellipsis)
        case .drawn(let draw): draw(area, &buffer)
        }
    }
}

/// Lines of which one may be selected. Only the lines that are visible are asked for.
public struct List {
    public var count: Int
    public var selected: Int?
    public var offset: Int
    public var theme: Theme
    public var line: (Int) -> TextLine

    public init(count: Int, selected: Int? = nil, offset: Int = 0, theme: Theme, line: @escaping (Int) -> TextLine) {
        self.count = count
        self.selected = selected
        self.offset = offset
        self.theme = theme
        self.line = line
    }

    public func render(in rect: Rect, to buffer: inout Buffer) {
        for index in 0..<max(0, min(rect.height, count - offset)) {
            line(offset + index).render(in: rect.row(index), to: &buffer, ellipsis: theme.glyphs.ellipsis)
            if offset + index == selected { Selection.mark(rect.row(index), &buffer, theme) }
        }
    }
}

/// Where a list stands and how its selected row looks.
public enum Selection {
    /// The first row to show so that the selected one is visible, moved as little as possible from where it was.
    public static func offset(selected: Int, count: Int, rows: Int, previous: Int) -> Int {
        guard rows > 0 else { return 0 }
        let shown = min(max(previous, selected - rows + 1), selected)
        return max(0, min(shown, count - rows))
    }

    static func mark(_ rect: Rect, _ buffer: inout Buffer, _ theme: Theme) {
        let selected = theme.selected
        buffer.restyle(rect) { style in
            // A state keeps its own colour on the selection's background.
            if style.foreground == .standard { style.foreground = selected.foreground }
            if style.background == .standard { style.background = selected.background }
            style.attributes.formUnion(selected.attributes)
        }
    }
}
