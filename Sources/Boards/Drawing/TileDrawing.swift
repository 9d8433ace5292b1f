import Foundations
import Terminal

/// Many values as fields of one row each: glyph, name and value, what is bad in reverse so that it is found at a glance.
struct TileDrawing {
    let theme: Theme

    init(theme: Theme) { self.theme = theme }

    func render(_ items: [ValueItem], in rect: Rect, to buffer: inout Buffer) {
        guard !rect.isEmpty, !items.isEmpty else { return }
        let look = ToneLook(theme: theme)
        let names = items.map { DisplayWidth.columns(of: SafeText($0.name)) }.max() ?? 0
        let values = items.map { DisplayWidth.columns(of: look.text($0.shown)) }.max() ?? 0
        let width = min(rect.width, max(12, min(40, names + values + 3)))
        let perRow = max(1, (rect.width + 1) / (width + 1))
        let places = perRow * rect.height
        // Where not all have room, the worst have it.
        let ordered = items.count <= places ? items : items.enumerated().sorted { ($1.element.shown.tone, $0.offset) < ($0.element.shown.tone, $1.offset) }.map(\.element)
        let shown = items.count <= places ? items.count : places - 1
        for (index, item) in ordered.prefix(shown).enumerated() {
            let area = Rect(x: rect.x + index % perRow * (width + 1), y: rect.y + index / perRow, width: width, height: 1)
            let style = item.shown.tone >= .warning ? look.style(item.shown.tone).with(.reverse) : look.style(item.shown.tone)
            buffer.fill(area, " ", style: style)
            StatusLine(left: TextLine(SafeText(item.name), style), right: TextLine(look.text(item.shown), style)).render(in: area, to: &buffer, ellipsis: theme.glyphs.ellipsis)
        }
        if shown < items.count {
            let place = max(0, shown)
            let area = Rect(x: rect.x + place % perRow * (width + 1), y: rect.y + place / perRow, width: width, height: 1)
            buffer.write("+\(String(items.count - shown)) more", x: area.x, y: area.y, columnsMax: area.width, style: theme.muted)
        }
    }
}
