import Foundations
import Terminal

/// Draws a board's view: its title with the variables, the panels that are scrolled to, and the list of values over them. Pure.
public enum BoardRenderer {
    public static func render(_ view: BoardView, zoneOffsetSeconds: Int64 = 0, in rect: Rect, to buffer: inout Buffer) {
        guard !rect.isEmpty else { return }
        let (header, body) = rect.splitTop(BoardView.headerRows)
        let marks = MarkDrawing(theme: view.theme, zoneOffsetSeconds: zoneOffsetSeconds, annotations: view.board.annotations)
        renderHeader(view, marks, in: header, to: &buffer)
        let panels = PanelRenderer(theme: view.theme, now: view.now, zoneOffsetSeconds: zoneOffsetSeconds, refreshSeconds: view.board.refreshSeconds ?? BoardView.refreshSeconds)
        let isFull = view.panelInFull != nil
        let offset = isFull ? 0 : view.offset
        for placed in view.visiblePanels {
            let area = Rect(x: body.x + placed.rect.x, y: body.y + placed.rect.y - offset, width: placed.rect.width, height: placed.rect.height)
            if area.y >= body.y && area.bottom <= body.bottom {
                draw(placed, view, panels, in: area, to: &buffer)
            } else {
                // A panel at the edge is drawn apart, so that it stays within the body.
                var part = Buffer(Size(columns: area.width, rows: area.height))
                draw(placed, view, panels, in: part.bounds, to: &part)
                let above = max(0, body.y - area.y)
                let shown = min(area.bottom, body.bottom) - max(area.y, body.y)
                buffer.copy(part, from: Rect(x: 0, y: above, width: area.width, height: shown), x: area.x, y: max(area.y, body.y))
            }
        }
        if view.layout.panels.isEmpty { panels.note("the board has no panels", in: body, &buffer) }
        renderScroll(view, in: body, to: &buffer)
        if case .links(let picker) = view.mode { LinkDrawing(theme: view.theme).render(picker, in: body, to: &buffer) }
        if case .marks(let picker) = view.mode { marks.render(picker, in: body, to: &buffer) }
        if case .picker(let picker) = view.mode { PickerDrawing(theme: view.theme).render(picker, in: body, to: &buffer) }
    }

    /// A panel's title with its variables filled in.
    public static func title(_ instance: PanelInstance, _ view: BoardView) -> SafeText {
        guard instance.panel.title.contains("$") || instance.panel.title.contains("[[") else { return SafeText(instance.panel.title) }
        let scope = VariableScope(view.choices, repeated: instance.repeated, range: view.effectiveRange, now: view.now)
        return SafeText(Interpolation.fill(instance.panel.title, scope, for: .text))
    }

    private static func draw(_ placed: PlacedPanel, _ view: BoardView, _ panels: PanelRenderer, in rect: Rect, to buffer: inout Buffer) {
        let isFocused = view.focused == placed.instance.key
        let title = title(placed.instance, view)
        if placed.isHeading {
            renderHeading(placed.instance, title, view, isFocused, in: rect, to: &buffer)
            return
        }
        var panels = panels
        panels.annotations = view.board.annotations
        panels.marks = view.marks(of: placed.instance.panel)
        panels.listsMarks = view.panelInFull != nil
        panels.render(placed.instance.panel, title: title, result: view.results[placed.instance.key], isFocused: isFocused, in: rect, to: &buffer)
    }

    private static func renderHeading(_ instance: PanelInstance, _ title: SafeText, _ view: BoardView, _ isFocused: Bool, in rect: Rect, to buffer: inout Buffer) {
        let isCollapsed = instance.panel.isCollapsed != view.toggled.contains(instance.key)
        let theme = view.theme
        let mark: SafeText = isCollapsed ? theme.glyphs.marker : theme.glyphs.down
        TextLine([Span(mark + " ", theme.accent), Span(title, isFocused ? theme.selected : theme.title), Span(isCollapsed ? "  (closed)" : "", theme.muted)])
            .render(in: rect, to: &buffer, ellipsis: theme.glyphs.ellipsis)
    }

    private static func renderHeader(_ view: BoardView, _ marks: MarkDrawing, in rect: Rect, to buffer: inout Buffer) {
        let theme = view.theme
        var spans = [Span(SafeText(view.board.title), theme.title)]
        for variable in view.choices.variables where !variable.isHidden && !variable.isFixed {
            spans.append(Span("  \(SafeText(variable.title))=", theme.muted))
            if view.choices.failures[variable.name] != nil {
                spans.append(Span(theme.glyphs.critical + " error", theme.critical))
            } else {
                let text = SafeText(view.choices.title(of: variable.name))
                spans.append(Span(text.isEmpty ? "(none)" : DisplayWidth.clip(text, to: 24, ellipsis: theme.glyphs.ellipsis), theme.accent))
            }
        }
        if !view.areVariablesLoaded { spans.append(Span("  " + theme.glyphs.ellipsis + " loading variables", theme.muted)) }
        var right: [Span] = []
        if let reason = view.reloadFailure { right.append(Span("\(theme.glyphs.warning) file not reloaded: \(SafeText(reason.prefix(60)))  ", theme.warning)) }
        if let name = view.marks.failures.keys.min() { right.append(Span("\(theme.glyphs.warning) annotation \(SafeText(name.prefix(30))) failed  ", theme.warning)) }
        if let moment = view.moment { right.append(Span("as of \(SafeText(TimestampText.rfc3339(moment).prefix(19)))  ", theme.warning)) }
        if view.isPaused { right.append(Span("paused  ", theme.warning)) }
        // What happened last is the first thing to know of a course that turned.
        if let newest = view.marks.marks.last, rect.width >= 100 { right += marks.short(newest, columns: rect.width / 4) + [Span("  ", theme.muted)] }
        right.append(Span(SafeText(view.range.title), theme.muted))
        StatusLine(left: TextLine(spans), right: TextLine(right)).render(in: rect, to: &buffer, ellipsis: theme.glyphs.ellipsis)
    }

    /// Where the board is scrolled to, at the end of the last row, where there is more than is shown.
    private static func renderScroll(_ view: BoardView, in body: Rect, to buffer: inout Buffer) {
        guard view.mode == .board, view.layout.height > body.height, body.height > 0 else { return }
        let bottom = min(view.layout.height, view.offset + body.height)
        let mark = bottom < view.layout.height ? view.theme.glyphs.down : view.theme.glyphs.up
        let text: SafeText = " \(mark) \(String(bottom * 100 / max(1, view.layout.height)))% "
        let columns = DisplayWidth.columns(of: text)
        if columns < body.width { buffer.write(text, x: body.right - columns, y: body.bottom - 1, style: view.theme.accent) }
    }
}
