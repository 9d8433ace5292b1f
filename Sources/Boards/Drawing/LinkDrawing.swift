import Foundations
import Terminal

/// The list of links, over the board or a panel in full.
struct LinkDrawing {
    let theme: Theme

    func render(_ picker: LinkPicker, in rect: Rect, to buffer: inout Buffer) {
        let shown = picker.shown
        let width = min(rect.width, 90), height = min(rect.height, max(6, min(20, picker.links.count + 4)))
        let area = Rect(x: rect.x + (rect.width - width) / 2, y: rect.y + (rect.height - height) / 2, width: width, height: height)
        buffer.clear(area)
        let inner = Border(title: "Links", note: "", theme: theme).render(in: area, to: &buffer)
        let (top, rest) = inner.splitTop(1)
        TextLine([Span("/", theme.accent), Span(SafeText(picker.filter), theme.text)]).render(in: top, to: &buffer, ellipsis: theme.glyphs.ellipsis)
        let (list, help) = rest.splitBottom(1)
        let selected = shown.indices.contains(picker.selected) ? shown[picker.selected] : nil
        let deed: SafeText = selected?.isBoard ?? true ? "Enter: open the dashboard" : "Enter: copy the address"
        TextLine(deed + "  Esc: close", theme.muted).render(in: help, to: &buffer, ellipsis: theme.glyphs.ellipsis)
        guard !shown.isEmpty else {
            TextLine("no links", theme.muted).render(in: list, to: &buffer)
            return
        }
        let offset = Selection.offset(selected: picker.selected, count: shown.count, rows: list.height, previous: 0)
        List(count: shown.count, selected: picker.selected, offset: offset, theme: theme) { index in
            let link = shown[index]
            return TextLine([Span(link.isBoard ? theme.glyphs.marker + " " : "  ", theme.accent), Span(SafeText(link.title), theme.text), Span("  " + SafeText(link.detail), theme.muted)])
        }.render(in: list, to: &buffer)
    }
}
