import Foundations
import Terminal

/// Draws the whole model.
enum Frame {
    static func render(_ model: DashboardModel) -> Buffer {
        var buffer = Buffer(model.size)
        let layout = Layout(model)
        Header.render(model, in: layout.header, to: &buffer)
        if model.isCompact {
            AlertsScreen.renderList(model, in: layout.body, to: &buffer)
            markStale(model, in: layout.body, &buffer)
            return buffer
        }
        renderTabs(model, in: layout.tabs, to: &buffer)
        switch model.screen {
        case .overview: OverviewScreen.render(model, in: layout.body, to: &buffer)
        case .alerts: AlertsScreen.render(model, in: layout.body, to: &buffer)
        case .host: HostScreen.render(model, in: layout.body, to: &buffer)
        case .logs: LogsScreen.render(model, in: layout.body, to: &buffer)
        case .health: HealthScreen.render(model, in: layout.body, to: &buffer)
        }
        markStale(model, in: layout.body, &buffer)
        renderStatusLine(model, in: layout.statusLine, to: &buffer)
        if case .help(let offset) = model.mode {
            HelpOverlay(title: "Help", sections: KeyMap.help, offset: offset, theme: model.theme).render(in: layout.body, to: &buffer)
        }
        return buffer
    }

    private static func renderTabs(_ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        let shown = [ScreenKind.overview, .alerts, .host, .logs, .health]
        let zone = model.showsLocalTime ? "local" : "UTC"
        let clock = TextLine([
            Span("\(model.range.title.string)  ", model.theme.accent), Span(Text.time(model.now, zoneOffsetSeconds: model.zoneOffsetSeconds) + " \(zone)", model.theme.muted),
        ])
        let (left, right) = rect.splitRight(clock.columns)
        Tabs(shown.map { (SafeText(String($0.key)), $0.title) }, selected: shown.firstIndex(of: model.screen) ?? 0, theme: model.theme)
            .render(in: Rect(x: left.x, y: left.y, width: left.width - 1, height: 1), to: &buffer)
        clock.render(in: right, to: &buffer)
    }

    /// Numbers from a collector that can't be reached are of the past: they lose their colours, and a line says so.
    private static func markStale(_ model: DashboardModel, in rect: Rect, _ buffer: inout Buffer) {
        guard case .disconnected = model.link.state(at: model.now) else { return }
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

    private static func renderStatusLine(_ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        func edit(_ prompt: SafeText, _ line: InputLine) {
            let (left, rest) = rect.splitLeft(buffer.write(prompt, x: rect.x, y: rect.y, style: model.theme.accent))
            _ = left
            line.render(in: rest, to: &buffer, style: model.theme.text, showsCursor: true)
        }
        switch model.mode {
        case .filter(let line): edit("/", line)
        case .command(let line): edit(":", line)
        case .query(let line): edit("search: ", line)
        case .keys, .help:
            var left = TextLine(model.notice, model.theme.title)
            if model.notice.isEmpty, let reason = model.measuresReason, model.screen == .overview {
                left = TextLine(model.theme.glyphs.warning + " the hosts' data isn't refreshed: " + SafeText(reason), model.theme.warning)
            } else if model.notice.isEmpty {
                let filter = model.position.filter
                left = filter.isEmpty ? TextLine(hints(model.screen), model.theme.muted) : TextLine([Span("filter: ", model.theme.accent), Span(SafeText(filter))])
            }
            StatusLine(left: left, right: TextLine("? help  q quit", model.theme.muted)).render(in: rect, to: &buffer, ellipsis: model.theme.glyphs.ellipsis)
        }
    }

    private static func hints(_ screen: ScreenKind) -> SafeText {
        switch screen {
        case .overview: "Enter host  l logs  / filter  t range  p pause"
        case .alerts: "Enter detail  l logs  / filter  p pause"
        case .host: "l logs  t range  Esc back"
        case .logs: "s search  f follow  Enter detail  e next error  / filter  t range"
        case .health: "j k scroll  r refresh"
        }
    }
}
