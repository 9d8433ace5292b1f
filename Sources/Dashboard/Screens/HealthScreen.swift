import Foundations
import Terminal

/// Whether the monitoring itself is healthy: ingestion, agents, rules, notifications, stores.
enum HealthScreen {
    static func render(_ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        let lines = lines(model)
        let position = model.position(of: .health)
        List(count: lines.count, selected: nil, offset: position.offset, theme: model.theme) { lines[$0] }.render(in: rect.inset(columns: 1), to: &buffer)
    }

    static func lines(_ model: DashboardModel) -> [TextLine] {
        guard let status = model.status else { return [TextLine(), TextLine("waiting for \(model.url)", model.theme.muted)] }
        return collector(status, model) + rules(status, model) + agents(status, model.theme) + store("Metric store", status.metricStore, model.theme) + store("Log store", status.logStore, model.theme)
    }

    private static func pair(_ name: SafeText, _ value: SafeText, _ theme: Theme, _ state: HealthState? = nil) -> TextLine {
        let padding = SafeText(String(repeating: " ", count: max(1, 22 - DisplayWidth.columns(of: name))))
        let mark = state.map { $0.spans(theme) + [Span("  ")] } ?? []
        return TextLine([Span("  " + name + padding, theme.muted)] + mark + [Span(value, theme.text)])
    }

    private static func collector(_ status: CollectorStatus, _ model: DashboardModel) -> [TextLine] {
        let theme = model.theme
        let outbox: SafeText = "\(Text.count(Int64(status.outboxPending))) waiting, \(Text.count(Int64(status.outboxFailed))) failed"
        let oldest: SafeText = status.outboxOldestPendingSeconds.map { $0 > 0 ? ", oldest " + Text.age($0) : "" } ?? ""
        return [
            TextLine("Collector", theme.title), pair("address", SafeText(model.url), theme),
            pair("version", SafeText(status.version) + (status.instance.isEmpty ? "" : " on " + SafeText(status.instance)), theme),
            pair("up", Text.age(status.startedAt.map { model.now.seconds - $0.seconds }), theme), pair("data", SafeText(status.dataDirectory), theme),
            pair("ingestion", status.isAccepting ? "accepting" : "refusing: " + SafeText(status.refusingReason ?? "no reason given"), theme, status.isAccepting ? .ok : .critical),
            pair("notifications", outbox + oldest, theme, status.outboxFailed > 0 ? .critical : .ok), TextLine(),
        ]
    }

    private static func rules(_ status: CollectorStatus, _ model: DashboardModel) -> [TextLine] {
        let theme = model.theme
        let troubles = model.allRuleTroubles
        let evaluated = status.lastEvaluation.map { Text.age(model.now.seconds - $0.seconds) + " ago" } ?? "never"
        var lines = [
            TextLine("Rules", theme.title), pair("loaded", "\(String(status.rules)) in \(String(status.ruleGroups)) groups", theme),
            pair("last evaluation", evaluated, theme), pair("problems", SafeText(String(troubles.count)), theme, troubles.isEmpty ? .ok : .warning),
        ]
        for trouble in troubles {
            lines.append(TextLine([Span("    " + theme.glyphs.warning + " ", theme.warning), Span(SafeText(trouble.place) + "  ", theme.title), Span(SafeText(trouble.reason))]))
        }
        return lines + [TextLine()]
    }

    private static func agents(_ status: CollectorStatus, _ theme: Theme) -> [TextLine] {
        var lines = [TextLine([Span("Agents", theme.title), Span("  \(String(status.agents.count)) seen", theme.muted)])]
        if status.agents.isEmpty { lines.append(TextLine("  none yet; start one with `nightjar agent --collector URL`", theme.muted)) }
        for agent in status.agents {
            let state: HealthState = agent.state == "missing" ? .critical : agent.state == "late" ? .warning : .ok
            lines.append(pair(SafeText(agent.instance), "seen " + Text.age(agent.secondsSinceSeen) + " ago  version " + SafeText(agent.version), theme, state))
        }
        return lines + [TextLine()]
    }

    private static func store(_ title: SafeText, _ pairs: [AlertItem.LabelPair], _ theme: Theme) -> [TextLine] {
        if pairs.isEmpty { return [] }
        return [TextLine(title, theme.title)] + pairs.map { pair(SafeText($0.name), SafeText($0.value), theme) } + [TextLine()]
    }
}
