import Foundations
import Terminal

/// The line that is always there: what fires, since when, how old the data is, whether the collector answers.
enum Header {
    static func render(_ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        let right = link(model)
        var left: [Span] = model.isCompact ? [] : [Span("nightjar  ", model.theme.title)]
        left += counts(model)
        left += details(model)
        StatusLine(left: TextLine(left), right: TextLine(right)).render(in: rect, to: &buffer, ellipsis: model.theme.glyphs.ellipsis)
    }

    private static func counts(_ model: DashboardModel) -> [Span] {
        guard let alerts = model.alerts else { return [Span("no answer yet", model.theme.muted)] }
        let firing = alerts.filter(\.counts)
        let theme = model.theme
        let critical = firing.count { $0.severity == .critical }
        let warning = firing.count { $0.severity == .warning }
        let info = firing.count { $0.severity == .info }
        var spans = [
            Span(theme.glyphs.critical + " \(String(critical)) CRIT  ", critical > 0 ? theme.critical : theme.muted),
            Span(theme.glyphs.warning + " \(String(warning)) WARN  ", warning > 0 ? theme.warning : theme.muted),
        ]
        if info > 0 { spans.append(Span("\(String(info)) INFO  ", theme.text)) }
        if critical + warning + info == 0 { spans.append(Span(theme.glyphs.good + " OK  ", theme.good)) }
        return spans
    }

    /// Dropped from the right where the line is too short.
    private static func details(_ model: DashboardModel) -> [Span] {
        var spans: [Span] = []
        let theme = model.theme
        if let oldest = model.alerts?.filter(\.counts).map(\.activeAt).min() {
            spans.append(Span("oldest " + Text.age(model.now.seconds - oldest.seconds) + "  ", theme.text))
        }
        let rules = model.allRuleTroubles.count
        if rules > 0 { spans.append(Span("\(String(rules)) rule problem\(rules == 1 ? "" : "s")  ", theme.warning)) }
        for trouble in model.status?.troubles ?? [] { spans.append(Span(theme.glyphs.warning + " " + SafeText(trouble) + "  ", theme.warning)) }
        return spans
    }

    private static func link(_ model: DashboardModel) -> [Span] {
        let theme = model.theme
        var spans: [Span] = []
        if let age = model.dataAgeSeconds { spans.append(Span("data " + Text.age(age) + "  ", age > Limits.staleSeconds ? theme.critical : theme.text)) }
        if model.isPaused { return spans + [Span("PAUSED", theme.warning)] }
        switch model.link.state(at: model.now) {
        case .connecting: spans.append(Span("CONNECTING", theme.muted))
        case .live: spans.append(Span(theme.glyphs.good + " LIVE", theme.good))
        case .lagging(let seconds): spans.append(Span(theme.glyphs.warning + " LAGGING " + Text.age(seconds), theme.warning))
        case .disconnected(let seconds): spans.append(Span(theme.glyphs.critical + " DISCONNECTED " + Text.clock(seconds: seconds), theme.critical))
        }
        return spans
    }
}
