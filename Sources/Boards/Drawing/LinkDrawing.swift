import Foundations
import Terminal

/// The list of links, over the board or a panel in full.
struct LinkDrawing {
    let theme: Theme

    func render(_ picker: LinkPicker, in rect: Rect, to buffer: inout Buffer) {
        let shown = picker.shown
        let selected = shown.indices.contains(picker.typing.selected) ? shown[picker.typing.selected] : nil
        let deed: SafeText = selected?.isBoard ?? true ? "Enter: open the dashboard" : "Enter: copy the address"
        let frame = PickerFrame(theme: theme, title: "Links", typed: picker.typing.text, keys: deed + "  Esc: close")
        let list = frame.render(Size(columns: 90, rows: max(6, min(20, picker.links.count + 4))), in: rect, to: &buffer)
        frame.renderRows(shown.count, picker.typing, none: "no links", in: list, to: &buffer) { index in
            let link = shown[index]
            return TextLine([Span(link.isBoard ? theme.glyphs.marker + " " : "  ", theme.accent), Span(SafeText(link.title), theme.text), Span("  " + SafeText(link.detail), theme.muted)])
        }
    }
}
