import Foundations
import Terminal

/// States over time: a row a series, each state by its colour and its text or glyph.
struct TimelineDrawing {
    let theme: Theme
    let zoneOffsetSeconds: Int64

    func render(_ timeline: TimelineContent, in rect: Rect, to buffer: inout Buffer) {
        guard rect.height > 2 else { return }
        let names = timeline.rows.map { SafeText($0.name) }
        let margin = min(rect.width / 3, names.map { DisplayWidth.columns(of: $0) }.max() ?? 0)
        let plot = Rect(x: rect.x + margin + 1, y: rect.y, width: rect.width - margin - 1, height: rect.height - 2)
        guard plot.width > 2 else { return }
        let shown = min(timeline.rows.count, plot.height)
        let height = shown > 0 && plot.height >= shown * 2 ? 2 : 1
        for index in 0..<shown {
            let y = plot.y + index * height
            let isLast = index == shown - 1 && timeline.rows.count > shown
            let name: SafeText = isLast ? "+\(String(timeline.rows.count - shown + 1)) more" : names[index]
            buffer.write(DisplayWidth.clip(name, to: margin, ellipsis: theme.glyphs.ellipsis), x: rect.x, y: y, columnsMax: margin, style: isLast ? theme.muted : theme.text)
            if !isLast { renderRow(timeline.rows[index], timeline, in: Rect(x: plot.x, y: y, width: plot.width, height: 1), to: &buffer) }
        }
        TimeLabels.draw(timeline.window, Rect(x: plot.x, y: rect.bottom - 2, width: plot.width, height: 0), zoneOffsetSeconds: zoneOffsetSeconds, theme: theme, to: &buffer)
        renderLegend(timeline, in: rect.row(rect.height - 1), to: &buffer)
    }

    private func renderRow(_ row: TimelineContent.Row, _ timeline: TimelineContent, in rect: Rect, to buffer: inout Buffer) {
        let count = row.states.count
        guard count > 0 else { return }
        func state(_ column: Int) -> Int32 { row.states[min(count - 1, column * count / rect.width)] }
        var column = 0
        while column < rect.width {
            let own = state(column)
            var end = column + 1
            while end < rect.width, state(end) == own { end += 1 }
            if own >= 0 { renderRun(Int(own), timeline, from: column, to: end, in: rect, to: &buffer) }
            column = end
        }
    }

    private func renderRun(_ index: Int, _ timeline: TimelineContent, from: Int, to end: Int, in rect: Rect, to buffer: inout Buffer) {
        let state = timeline.states[index]
        let style = style(index, state)
        let fill = glyph(index, state)
        let gap = timeline.isPerStep && end - from > 2 ? 1 : 0
        let area = Rect(x: rect.x + from, y: rect.y, width: end - from - gap, height: 1)
        buffer.fill(area, fill, style: style)
        let text = SafeText(state.text)
        let columns = DisplayWidth.columns(of: text)
        // The text stands in the run where it fits.
        if columns + 2 < area.width { buffer.write(" " + text + " ", x: area.x + 1, y: rect.y, columnsMax: area.width - 1, style: style.with(.bold)) }
    }

    private func style(_ index: Int, _ state: ShownValue) -> Style {
        state.tone == .neutral ? theme.lines[index % theme.lines.count] : ToneLook(theme: theme).style(state.tone)
    }

    /// States of one tone have different glyphs too.
    private func glyph(_ index: Int, _ state: ShownValue) -> SafeText {
        let fills: [SafeText] = theme.glyphs.horizontal == "-" ? ["=", "#", "+", "%", "-", "o"] : ["▬", "█", "▓", "▒", "░", "▪"]
        switch state.tone {
        case .good: return fills[0]
        case .critical: return fills[1]
        case .warning: return fills[2]
        case .neutral: return fills[3 + index % 3]
        }
    }

    private func renderLegend(_ timeline: TimelineContent, in rect: Rect, to buffer: inout Buffer) {
        var spans: [Span] = []
        for (index, state) in timeline.states.enumerated().prefix(12) {
            let style = style(index, state)
            spans.append(Span(glyph(index, state) + " ", style))
            spans.append(Span(ToneLook(theme: theme).text(state) + "  ", theme.text))
        }
        if timeline.states.count > 12 { spans.append(Span("+\(String(timeline.states.count - 12))", theme.muted)) }
        TextLine(spans).render(in: rect, to: &buffer, ellipsis: theme.glyphs.ellipsis)
    }
}
