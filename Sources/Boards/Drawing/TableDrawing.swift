import Foundations
import Terminal

/// A table: columns as wide as their texts, the least important left out where there is no room.
struct TableDrawing {
    let theme: Theme

    init(theme: Theme) { self.theme = theme }

    func render(_ table: TableContent, in rect: Rect, to buffer: inout Buffer) {
        let look = ToneLook(theme: theme)
        let widest = table.columns.indices.filter { !table.columns[$0].isNumber }.max { table.columns[$0].columns < table.columns[$1].columns } ?? 0
        let columns = table.columns.enumerated().map { index, column in
            let state = column.cell == .tone || column.cell == .gauge ? 2 : 0
            let bar = column.cell == .gauge ? 8 : 0
            // No column takes more than half, so that others are seen.
            let width = min(column.columns + state + bar, max(8, rect.width / (table.columns.count > 1 ? 2 : 1)))
            return Column(SafeText(column.title), priority: column.priority, width: max(1, width), isFlexible: index == widest, alignment: column.isNumber ? .right : .left)
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
        view.render(in: rect, to: &buffer)
        if hasMore {
            buffer.write("+\(String(table.rows.count - shown + table.unshown)) rows", x: rect.x, y: rect.bottom - 1 - footerRows, columnsMax: rect.width, style: theme.muted)
        }
        guard footerRows > 0, let footer = table.footer else { return }
        for place in Column.layout(columns, width: rect.width) where place.index < footer.count {
            let text = DisplayWidth.clip(SafeText(footer[place.index].shown.text), to: place.width, ellipsis: theme.glyphs.ellipsis)
            let indent = columns[place.index].alignment == .right ? place.width - DisplayWidth.columns(of: text) : 0
            buffer.write(text, x: rect.x + place.x + indent, y: rect.bottom - 1, columnsMax: place.width, style: theme.title)
        }
    }
}
