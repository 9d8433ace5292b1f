import Foundations
import Terminal

/// Every agent: missing and lagging ones first, with version and what it dropped.
enum AgentsScreen {
    static func shown(_ model: DashboardModel) -> [CollectorStatus.Agent] {
        let words = FilterWord.all(in: model.position(of: .agents).filter)
        let rank = ["missing": 0, "late": 1]
        return (model.status?.agents ?? []).filter { agent in words.allSatisfy { $0.takes("\(agent.instance) \(agent.version) \(agent.state)") } }
            .sorted { (rank[$0.state] ?? 2, $0.instance) < (rank[$1.state] ?? 2, $1.instance) }
    }

    private static let columns = [
        Column("STATE", width: 10), Column("AGENT", width: 16, isFlexible: true), Column("SEEN", width: 8, alignment: .right), Column("VERSION", priority: 1, width: 14),
        Column("DROPPED", priority: 2, width: 9, alignment: .right), Column("LOST?", priority: 3, width: 6, alignment: .right), Column("SPOOL", priority: 4, width: 7, alignment: .right),
        Column("FAILURES 1h", priority: 5, width: 11, alignment: .right),
    ]

    static func render(_ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        guard let status = model.status else {
            Paragraph("waiting for \(model.url)", model.theme.muted).render(in: rect.inset(columns: 2, rows: 1), to: &buffer)
            return
        }
        let (title, list) = rect.splitTop(1)
        let agents = shown(model)
        let missing = status.agents.count { $0.state == "missing" }
        let late = status.agents.count { $0.state == "late" }
        let other = status.agents.count { $0.version != status.version && !$0.version.isEmpty }
        TextLine([
            Span("\(String(status.agents.count)) agents  ", model.theme.title), Span("\(String(missing)) missing  ", missing > 0 ? model.theme.critical : model.theme.muted),
            Span("\(String(late)) lagging  ", late > 0 ? model.theme.warning : model.theme.muted),
            Span("\(String(other)) of another version than the collector's \(status.version)", other > 0 ? model.theme.warning : model.theme.muted),
        ]).render(in: title, to: &buffer, ellipsis: model.theme.glyphs.ellipsis)
        guard !agents.isEmpty else {
            buffer.write(status.agents.isEmpty ? "no agent has sent yet; start one with `nightjar agent --collector URL`" : "no agent matches the filter; Esc clears it", x: list.x + 2, y: list.y + 1, columnsMax: max(0, list.width - 2), style: model.theme.muted)
            return
        }
        let position = model.position(of: .agents)
        Table(columns: columns, rowCount: agents.count, selected: position.selected, offset: position.offset, theme: model.theme) { row(agents[$0], status, model) }.render(in: list, to: &buffer)
    }

    private static func row(_ agent: CollectorStatus.Agent, _ status: CollectorStatus, _ model: DashboardModel) -> [Table.Content] {
        let theme = model.theme
        let state: (SafeText, Style) =
            switch agent.state {
            case "missing": (theme.glyphs.critical + " MISSING", theme.critical)
            case "late": (theme.glyphs.warning + " LAGGING", theme.warning)
            default: (theme.glyphs.good + " OK", theme.good)
            }
        func count(_ values: [String: Double]?) -> Table.Content {
            guard let values else { return .text("") }
            let value = values[agent.instance] ?? 0
            return .text(value > 0 ? SafeText(Text.count(Int64(min(value, 1e15)))) : "0", value > 0 ? theme.warning : theme.muted)
        }
        return [
            .line(TextLine(state.0, state.1)), .text(SafeText(agent.instance)), .text(agent.secondsSinceSeen < 15 ? "now" : Text.steadyAge(agent.secondsSinceSeen)),
            .text(SafeText(agent.version), agent.version == status.version ? theme.muted : theme.warning), count(model.losses?.droppedLines), count(model.losses?.possibleLosses),
            .text(Text.bytes(model.losses?.spoolBytes[agent.instance])), count(model.losses?.sendFailures),
        ]
    }
}
