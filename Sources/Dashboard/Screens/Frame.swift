import Foundations
import Terminal

/// Draws the whole model.
enum Frame {
    static func render(_ model: DashboardModel) -> Buffer {
        var buffer = Buffer(model.size)
        let layout = Layout(model)
        renderTop(model, layout, to: &buffer)
        if model.isCompact {
            AlertsScreen.renderList(model, in: layout.body, to: &buffer)
            markStale(model, in: layout.body, &buffer)
            StatusRow.renderMode(model, in: layout.body.row(layout.body.height - 1), to: &buffer)
            return buffer
        }
        renderBody(model, in: layout.body, to: &buffer)
        markStale(model, in: layout.body, &buffer)
        StatusRow.render(model, in: layout.statusLine, to: &buffer)
        Overlays.render(model, in: layout.body, to: &buffer)
        return buffer
    }

    /// The header and the tabs: all that changes while nothing happens.
    static func renderTop(_ model: DashboardModel, _ layout: Layout, to buffer: inout Buffer) {
        buffer.clear(layout.header)
        Header.render(model, in: layout.header, to: &buffer)
        if model.isCompact { return }
        buffer.clear(layout.tabs)
        renderTabs(model, in: layout.tabs, to: &buffer)
    }

    private static func renderBody(_ model: DashboardModel, in body: Rect, to buffer: inout Buffer) {
        switch model.screen {
        case .overview: OverviewScreen.render(model, in: body, to: &buffer)
        case .alerts: AlertsScreen.render(model, in: body, to: &buffer)
        case .incidents: IncidentsScreen.render(model, in: body, to: &buffer)
        case .hosts: if model.openHost == nil { HostsScreen.render(model, in: body, to: &buffer) } else { HostScreen.render(model, in: body, to: &buffer) }
        case .logs: LogsScreen.render(model, in: body, to: &buffer)
        case .dashboards: DashboardsScreen.render(model, in: body, to: &buffer)
        case .objectives: ObjectivesScreen.render(model, in: body, to: &buffer)
        case .onCall: OnCallScreen.render(model, in: body, to: &buffer)
        case .agents: AgentsScreen.render(model, in: body, to: &buffer)
        case .health: HealthScreen.render(model, in: body, to: &buffer)
        }
    }

    // Tabs

    /// The tabs in order, with as much of their titles as fits.
    private static func tabs(_ model: DashboardModel) -> [(screen: ScreenKind, spans: [Span], columns: Int)] {
        ScreenKind.allCases.map { screen in
            let isSelected = screen == model.screen
            let title: SafeText = model.size.columns >= 160 || isSelected ? screen.title : model.size.columns >= 118 ? screen.shortTitle : ""
            let style = isSelected ? model.theme.selected : model.theme.text
            var spans = [Span((isSelected ? " " : "") + SafeText(String(screen.key)), isSelected ? model.theme.selected : model.theme.accent)]
            if !title.isEmpty { spans.append(Span(" " + title + (isSelected ? " " : ""), style)) }
            spans.append(Span("  "))
            return (screen, spans, TextLine(spans).columns)
        }
    }

    /// The screen whose tab is at a column.
    static func tab(at x: Int, _ model: DashboardModel) -> ScreenKind? {
        var end = 0
        for tab in tabs(model) {
            end += tab.columns
            if x < end { return tab.screen }
        }
        return nil
    }

    private static func renderTabs(_ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        let zone: SafeText = model.showsLocalTime ? "" : " UTC"
        let offset = model.zoneOffsetSeconds
        var right = [Span(model.span.title(zoneOffsetSeconds: offset, now: model.now) + "  ", model.theme.accent)]
        switch model.moment {
        case .live: right.append(Span(Text.time(model.now, zoneOffsetSeconds: offset) + zone, model.theme.muted))
        case .past(let moment, let isPlaying):
            let text = SafeText(Text.dateAndTime(moment, zoneOffsetSeconds: offset).string.prefix(19))
            right = [Span((isPlaying ? "PLAYING " : "AS OF ") + text + zone, model.theme.warning)]
        }
        let clock = TextLine(right)
        let (left, end) = rect.splitRight(clock.columns)
        TextLine(tabs(model).flatMap(\.spans)).render(in: Rect(x: left.x, y: left.y, width: left.width - 1, height: 1), to: &buffer, ellipsis: model.theme.glyphs.ellipsis)
        clock.render(in: end, to: &buffer)
    }

    /// Numbers from a collector that can't be reached are of the past: they lose their colours, and a line says so.
    private static func markStale(_ model: DashboardModel, in rect: Rect, _ buffer: inout Buffer) {
        guard case .disconnected = model.link.state(at: model.now), rect.height > 0 else { return }
        buffer.restyle(rect) { style in
            style.foreground = model.theme.muted.foreground
            style.attributes.formUnion(model.theme.muted.attributes)
        }
        let since = model.link.lastAnswer.map { SafeText("STALE: as of ") + Text.time($0, zoneOffsetSeconds: model.zoneOffsetSeconds) } ?? "NO DATA"
        let text = model.theme.glyphs.stale + " " + since + " \(model.theme.glyphs.separator.string) " + SafeText(model.link.reason)
        let row = rect.row(rect.height - 1)
        buffer.clear(row)
        TextLine(text, model.theme.critical).render(in: row, to: &buffer, ellipsis: model.theme.glyphs.ellipsis)
    }
}
