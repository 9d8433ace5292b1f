import Foundations
import Terminal

/// A table: columns as wide as their texts. Where there is no room, titles are cut before columns are left out, the least important first.
struct TableDrawing {
    let theme: Theme

    init(theme: Theme) { self.theme = theme }

    func render(_ table: TableContent, in rect: Rect, to buffer: inout Buffer) {
        let look = ToneLook(theme: theme)
        var columns = columns(table, width: rect.width)
        var width = rect.width
        let hidden = columns.count - Column.layout(columns, width: width).count
        if hidden > 0, rect.width > Self.hiddenNoteColumns * 4 {
            width -= Self.hiddenNoteColumns
            columns = self.columns(table, width: width)
            let count = columns.count - Column.layout(columns, width: width).count
            buffer.write("+\(String(min(count, 999)))", x: rect.x + width + 1, y: rect.y, columnsMax: Self.hiddenNoteColumns - 1, style: theme.muted)
        }
        let footerRows = table.footer != nil && rect.height > 3 ? 1 : 0
        let rows = rect.height - 1 - footerRows
        let hasMore = table.rows.count + table.unshown > rows && rows > 1
        let shown = min(table.rows.count, hasMore ? rows - 1 : rows)
        let view = Table(columns: columns, rowCount: max(0, shown), theme: theme) { row in
            table.rows[row].enumerated().map { index, cell in
                guard table.columns[index].cell == .gauge, let fraction = cell.fraction else { return .text(look.text(cell.shown), look.style(cell.shown.tone)) }
                return .drawn { area, buffer in
                    let text = look.text(cell.shown)
                    let (bar, value) = area.splitRight(min(area.width, DisplayWidth.columns(of: text) + 1))
                    let style = cell.shown.tone == .neutral ? theme.lines[0] : Style(look.style(cell.shown.tone).foreground)
                    Gauge(fraction, style: style, empty: theme.border, glyphs: theme.glyphs).render(in: bar, to: &buffer)
                    buffer.write(text, x: value.x + 1, y: value.y, columnsMax: value.width - 1, style: look.style(cell.shown.tone))
                }
            }
        }
        view.render(in: Rect(x: rect.x, y: rect.y, width: width, height: rect.height), to: &buffer)
        if hasMore {
            buffer.write("+\(String(table.rows.count - shown + table.unshown)) rows", x: rect.x, y: rect.bottom - 1 - footerRows, columnsMax: rect.width, style: theme.muted)
        }
        guard footerRows > 0, let footer = table.footer else { return }
        for place in Column.layout(columns, width: width) where place.index < footer.count {
            let text = DisplayWidth.clip(SafeText(footer[place.index].shown.text), to: place.width, ellipsis: theme.glyphs.ellipsis)
            let indent = columns[place.index].alignment == .right ? place.width - DisplayWidth.columns(of: text) : 0
            buffer.write(text, x: rect.x + place.x + indent, y: rect.bottom - 1, columnsMax: place.width, style: theme.title)
        }
    }
    /// ` +999` at the end of the titles: how many columns are left out.
    private static let hiddenNoteColumns = 5
    /// A title isn't cut to fewer columns than this.
    private static let titleColumnsMin = 8

    private func columns(_ table: TableContent, width: Int) -> [Column] {
        let widest = table.columns.indices.filter { !table.columns[$0].isNumber }.max { table.columns[$0].columns < table.columns[$1].columns } ?? 0
        let half = max(8, width / (table.columns.count > 1 ? 2 : 1))
        // No column takes more than half, so that others are seen.
        let wanted = table.columns.map { min($0.columns + Self.extra($0), half) }
        let least = table.columns.map { min(max($0.valueColumns, min($0.columns, Self.titleColumnsMin)) + Self.extra($0), half) }
        let widths = Self.fitted(wanted, least, width: width - max(0, wanted.count - 1) * Column.gap)
        return table.columns.enumerated().map { index, column in
            Column(SafeText(column.title), priority: column.priority, width: max(1, widths[index]), isFlexible: index == widest, alignment: column.isNumber ? .right : .left)
        }
    }

    /// The columns of a state's glyph and of a bar.
    private static func extra(_ column: TableContent.Column) -> Int { column.cell == .gauge ? 10 : column.cell == .tone ? 2 : 0 }

    /// The widths under the highest bound with which all fit; the least ones where none do.
    static func fitted(_ wanted: [Int], _ least: [Int], width: Int) -> [Int] {
        func widths(_ bound: Int) -> [Int] { zip(wanted, least).map { max($1, min($0, bound)) } }
        var (low, high) = (0, wanted.max() ?? 0)
        while low < high {
            let middle = (low + high + 1) / 2
            if widths(middle).reduce(0, +) <= width { low = middle } else { high = middle - 1 }
        }
        return widths(low)
    }
}
