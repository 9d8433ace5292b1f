import Foundations
import Terminal

/// The line that is always there: what fires, since when nobody has it, who is on call, how old the data is, whether the collector answers.
enum Header {
    static func render(_ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        let right = link(model)
        var left: [Span] = model.size.columns < 100 ? [] : [Span("nightjar  ", model.theme.title)]
        left += counts(model)
        left += details(model)
        StatusLine(left: TextLine(left), right: TextLine(right)).render(in: rect, to: &buffer, ellipsis: model.theme.glyphs.ellipsis)
    }

    private static func counts(_ model: DashboardModel) -> [Span] {
        guard let board = model.board else { return [Span("no answer yet", model.theme.muted)] }
        let theme = model.theme
        let critical = board.count(.critical)
        let warning = board.count(.warning)
        let info = board.count(.info)
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
        if let oldest = model.board?.tally.oldestUnattended {
            let age = model.at.seconds - oldest.seconds
            spans.append(Span((age < Double(Limits.steadySeconds) ? "no ack yet" : "no ack for " + Text.steadyAge(age)) + "  ", theme.critical))
        }
        if let schedules = model.onCall?.schedules, !schedules.isEmpty {
            let people = schedules.map { $0.person ?? "nobody" }
            var seen: Set<String> = []
            let names = people.filter { seen.insert($0).inserted }
            let shown = names.prefix(2).joined(separator: ", ") + (names.count > 2 ? " +\(names.count - 2)" : "")
            spans.append(Span("on call ", theme.muted))
            spans.append(Span(SafeText(shown) + "  ", names.contains("nobody") ? theme.warning : theme.text))
        }
        let suppressed = model.board?.tally.suppressed ?? 0
        if suppressed > 0 { spans.append(Span("\(String(suppressed)) held back  ", theme.muted)) }
        let rules = model.allRuleTroubles.count
        if rules > 0 { spans.append(Span("\(String(rules)) rule problem\(rules == 1 ? "" : "s")  ", theme.warning)) }
        for trouble in model.status?.troubles ?? [] { spans.append(Span(theme.glyphs.warning + " " + SafeText(trouble) + "  ", theme.warning)) }
        let pending = model.board?.tally.pending ?? 0
        if pending > 0 { spans.append(Span("\(String(pending)) pending  ", theme.muted)) }
        return spans
    }

    private static func link(_ model: DashboardModel) -> [Span] {
        let theme = model.theme
        var spans: [Span] = []
        if case .past(let moment, let isPlaying) = model.moment {
            return [Span(isPlaying || model.boardMoment == moment ? "REWOUND" : "REWINDING", theme.warning)]
        }
        if let age = model.dataAgeSeconds { spans.append(Span("data " + Text.freshAge(age) + "  ", age > Limits.staleSeconds ? theme.critical : theme.text)) }
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
