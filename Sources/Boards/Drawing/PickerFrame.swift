import Foundations
import Terminal

/// The frame of a list that is narrowed by typing, over the board: its title, what is typed, and at the bottom what keys do.
struct PickerFrame {
    let theme: Theme
    var title: SafeText
    var note: SafeText = ""
    var typed: String
    var keys: SafeText

    /// Draws it in the middle of `rect`, and returns the place of the list.
    func render(_ size: Size, in rect: Rect, to buffer: inout Buffer) -> Rect {
        let width = min(rect.width, size.columns), height = min(rect.height, size.rows)
        let area = Rect(x: rect.x + (rect.width - width) / 2, y: rect.y + (rect.height - height) / 2, width: width, height: height)
        buffer.clear(area)
        let inner = Border(title: title, note: note, theme: theme).render(in: area, to: &buffer)
        let (top, rest) = inner.splitTop(1)
        TextLine([Span("/", theme.accent), Span(SafeText(typed), theme.text)]).render(in: top, to: &buffer, ellipsis: theme.glyphs.ellipsis)
        let (list, bottom) = rest.splitBottom(1)
        TextLine(keys, theme.muted).render(in: bottom, to: &buffer, ellipsis: theme.glyphs.ellipsis)
        return list
    }

    /// The rows, scrolled to the one that is selected; `none` where there is none.
    func renderRows(_ count: Int, _ typing: ListTyping, none: SafeText, in list: Rect, to buffer: inout Buffer, row: @escaping (Int) -> TextLine) {
        guard count > 0 else {
            TextLine(none, theme.muted).render(in: list, to: &buffer, ellipsis: theme.glyphs.ellipsis)
            return
        }
        let offset = Selection.offset(selected: typing.selected, count: count, rows: list.height, previous: 0)
        List(count: count, selected: typing.selected, offset: offset, theme: theme, line: row).render(in: list, to: &buffer)
    }
}
