import Foundations
import Terminal

/// Single values: stats, gauges, bars and parts of a whole.
struct ValueDrawing {
    let theme: Theme
    private var look: ToneLook { ToneLook(theme: theme) }

    init(theme: Theme) { self.theme = theme }

    func render(_ items: [ValueItem], _ style: ValueStyle, in rect: Rect, to buffer: inout Buffer) {
        switch style {
        case .stat(let mode, let showsSparkline): renderStats(items, mode, showsSparkline, in: rect, to: &buffer)
        case .gauge: renderGauges(items, in: rect, to: &buffer)
        case .bars: renderBars(items, showsPercent: false, in: rect, to: &buffer)
        case .parts: renderBars(items, showsPercent: true, in: rect, to: &buffer)
        case .tiles: TileDrawing(theme: theme).render(items, in: rect, to: &buffer)
        }
    }

    /// Tiles beside each other, or a line each where there are too many.
    private func renderStats(_ items: [ValueItem], _ mode: PanelOptions.TextMode, _ showsSparkline: Bool, in rect: Rect, to buffer: inout Buffer) {
        if items.count == 1 {
            renderTile(items[0], showsName: mode == .valueAndName || mode == .name, mode, showsSparkline, in: rect, to: &buffer)
            return
        }
        let perRow = max(1, min(items.count, rect.width / 18))
        let rows = (items.count + perRow - 1) / perRow
        guard rows * 2 <= rect.height, mode != .value || items.count <= perRow * rect.height / 2 else {
            renderLines(items, mode, in: rect, to: &buffer)
            return
        }
        for (index, area) in rect.rows(rows).enumerated() {
            let tiles = items[(index * perRow)..<min(items.count, (index + 1) * perRow)]
            for (item, tile) in zip(tiles, area.columns(perRow)) {
                renderTile(item, showsName: mode != .value, mode, showsSparkline, in: Rect(x: tile.x, y: tile.y, width: tile.width - 1, height: tile.height), to: &buffer)
            }
        }
    }

    private func renderTile(_ item: ValueItem, showsName: Bool, _ mode: PanelOptions.TextMode, _ showsSparkline: Bool, in rect: Rect, to buffer: inout Buffer) {
        var rest = rect
        if showsName, rect.height > 1 || mode == .name {
            let (top, below) = rect.splitTop(1)
            center(SafeText(item.name), in: top, style: mode == .name ? theme.title : theme.muted, &buffer)
            rest = below
            if mode == .name { return }
        }
        let hasHistory = showsSparkline && rest.height > 1 && item.history.count { !$0.isNaN } > 1
        let (values, line) = hasHistory ? rest.splitBottom(rest.height > 4 ? 2 : 1) : (rest, Rect(x: rest.x, y: rest.bottom, width: 0, height: 0))
        let row = Rect(x: values.x, y: values.y + (values.height - 1) / 2, width: values.width, height: min(1, values.height))
        center(look.text(item.shown), in: row, style: look.style(item.shown.tone).with(.bold), &buffer)
        if hasHistory { Sparkline(item.history.map { $0.isNaN ? nil : $0 }, range: range(item.history), style: theme.lines[0], glyphs: theme.glyphs).render(in: line, to: &buffer) }
    }

    private func range(_ values: [Double]) -> ClosedRange<Double> {
        let known = values.filter(\.isFinite)
        guard let low = known.min(), let high = known.max(), low < high else { return 0...max(1, known.first ?? 1) }
        return (low > 0 && low < high * 0.7 ? 0 : low)...high
    }

    private func renderLines(_ items: [ValueItem], _ mode: PanelOptions.TextMode, in rect: Rect, to buffer: inout Buffer) {
        // In columns where there are more than rows.
        let columns = max(1, min((items.count + rect.height - 1) / max(1, rect.height), rect.width / 24))
        let areas = rect.columns(columns)
        let shown = min(items.count, columns * rect.height)
        for index in 0..<shown {
            let area = areas[index / rect.height]
            let row = Rect(x: area.x, y: area.y + index % rect.height, width: area.width - (columns > 1 ? 2 : 0), height: 1)
            if index == shown - 1, items.count > shown {
                buffer.write("+\(String(items.count - shown + 1)) more", x: row.x, y: row.y, columnsMax: row.width, style: theme.muted)
                continue
            }
            let item = items[index]
            StatusLine(left: TextLine(SafeText(item.name), theme.text), right: TextLine(look.text(item.shown), look.style(item.shown.tone))).render(in: row, to: &buffer, ellipsis: theme.glyphs.ellipsis)
        }
    }

    /// A value with a bar of its range below it.
    private func renderGauges(_ items: [ValueItem], in rect: Rect, to buffer: inout Buffer) {
        let perRow = max(1, min(items.count, rect.width / 20))
        let rows = (items.count + perRow - 1) / perRow
        guard rows * 2 <= rect.height else {
            renderBars(items, showsPercent: false, in: rect, to: &buffer)
            return
        }
        for (index, area) in rect.rows(rows).enumerated() {
            for (item, tile) in zip(items[(index * perRow)..<min(items.count, (index + 1) * perRow)], area.columns(perRow)) {
                let area = Rect(x: tile.x, y: tile.y, width: tile.width - (perRow > 1 ? 1 : 0), height: tile.height)
                let top = area.y + max(0, (area.height - (items.count > 1 ? 3 : 2)) / 2)
                var y = top
                if items.count > 1, area.height > 2 {
                    center(SafeText(item.name), in: Rect(x: area.x, y: y, width: area.width, height: 1), style: theme.muted, &buffer)
                    y += 1
                }
                center(look.text(item.shown), in: Rect(x: area.x, y: y, width: area.width, height: 1), style: look.style(item.shown.tone).with(.bold), &buffer)
                gauge(item, in: Rect(x: area.x + 1, y: y + 1, width: area.width - 2, height: min(1, area.bottom - y - 1)), &buffer)
            }
        }
    }

    private func gauge(_ item: ValueItem, in rect: Rect, _ buffer: inout Buffer) {
        let style = item.shown.tone == .neutral ? theme.lines[0] : look.style(item.shown.tone)
        Gauge(item.fraction ?? .nan, style: Style(style.foreground), empty: theme.border, glyphs: theme.glyphs).render(in: rect, to: &buffer)
    }

    /// A line each: name, bar, value.
    private func renderBars(_ items: [ValueItem], showsPercent: Bool, in rect: Rect, to buffer: inout Buffer) {
        let shown = items.count > rect.height ? max(0, rect.height - 1) : items.count
        let texts = items.prefix(shown).map { item -> SafeText in
            let part = showsPercent && item.fraction != nil ? SafeText(" " + NumberText.fixed(item.fraction! * 100, decimals: 0) + "%") : ""
            return look.text(item.shown) + part
        }
        let valueColumns = min(rect.width / 2, texts.map { DisplayWidth.columns(of: $0) }.max() ?? 0)
        let nameColumns = min(rect.width / 3, items.prefix(shown).map { DisplayWidth.columns(of: SafeText($0.name)) }.max() ?? 0)
        let bar = rect.width - valueColumns - nameColumns - 2
        // Bars that are alone in much room stand apart.
        let height = shown > 0 && rect.height >= shown * 2 ? 2 : 1
        for index in 0..<shown {
            let y = rect.y + index * height
            buffer.write(DisplayWidth.clip(SafeText(items[index].name), to: nameColumns, ellipsis: theme.glyphs.ellipsis), x: rect.x, y: y, columnsMax: nameColumns, style: theme.text)
            if bar > 2 { gauge(items[index], in: Rect(x: rect.x + nameColumns + 1, y: y, width: bar, height: 1), &buffer) }
            let text = DisplayWidth.clip(texts[index], to: valueColumns, ellipsis: theme.glyphs.ellipsis)
            buffer.write(text, x: rect.right - DisplayWidth.columns(of: text), y: y, style: look.style(items[index].shown.tone))
        }
        if shown < items.count { buffer.write("+\(String(items.count - shown)) more", x: rect.x, y: rect.bottom - 1, columnsMax: rect.width, style: theme.muted) }
    }

    private func center(_ text: SafeText, in rect: Rect, style: Style, _ buffer: inout Buffer) {
        guard !rect.isEmpty else { return }
        let text = DisplayWidth.clip(text, to: rect.width, ellipsis: theme.glyphs.ellipsis)
        buffer.write(text, x: rect.x + (rect.width - DisplayWidth.columns(of: text)) / 2, y: rect.y, columnsMax: rect.width, style: style)
    }
}
