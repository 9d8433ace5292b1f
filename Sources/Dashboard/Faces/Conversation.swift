import Foundations
import Terminal

/// Answers commands that are typed as lines, where there is no screen.
enum Conversation {
    struct Reply {
        var lines: [String] = []
        var effects: [Effect] = []
        var isOver = false
    }

    private static let help = [
        "alerts: what fires, with numbers. ack NUMBER [COMMENT]: acknowledges. undo: takes the last action back.", "incidents, hosts, oncall, agents: what there is. filter WORDS: narrows the alerts.",
        "status: how everything is. quit: ends.",
    ]

    static func reply(to line: String, _ model: inout DashboardModel) -> Reply {
        let words = line.split(separator: " ").map(String.init)
        switch words.first?.lowercased() {
        case nil: return Reply()
        case "quit", "q", "exit": return Reply(isOver: true)
        case "status": return Reply(lines: ["Everything together is \(model.state.rawValue). Data is \(Text.age(model.dataAgeSeconds).string) old."])
        case "alerts": return Reply(lines: alerts(model))
        case "filter":
            model.positions[.alerts, default: ListPosition()].filter = words.dropFirst().joined(separator: " ")
            Reducer.narrow(&model, .alerts)
            return Reply(lines: alerts(model))
        case "ack": return acknowledge(words, &model)
        case "undo": return Reply(effects: model.access == .full ? AlertDeeds.run(.undo, &model) : [])
        case "incidents": return Reply(lines: listed(model.shownIncidents.map { "\($0.id), \($0.state): \($0.title)" }, none: "No incidents."))
        case "hosts":
            return Reply(lines: listed(model.hosts.items.map { "\($0.instance) is \($0.state.rawValue), processors \(Text.percent($0.cpu).string), memory \(Text.percent($0.memory).string)" }, none: "No hosts."))
        case "oncall": return Reply(lines: listed((model.onCall?.schedules ?? []).map { "\($0.schedule): \($0.person ?? "nobody")" }, none: "There is no schedule."))
        case "agents": return Reply(lines: listed((model.status?.agents ?? []).map { "\($0.instance): \($0.state)" }, none: "No agents."))
        default: return Reply(lines: help)
        }
    }

    private static func listed(_ lines: [String], none: String) -> [String] { lines.isEmpty ? [none] : lines.map { SafeText($0).string } }

    private static func alerts(_ model: DashboardModel) -> [String] {
        let lines = model.alertRows.indices.compactMap { row in model.alert(row).map { "\(row + 1). \(Announcer.sentence($0, model))" } }
        return listed(lines, none: "No alerts.")
    }

    private static func acknowledge(_ words: [String], _ model: inout DashboardModel) -> Reply {
        guard words.count > 1, let number = Int(words[1]), let alert = model.alert(number - 1) else { return Reply(lines: ["Say ack and the alert's number."]) }
        if model.access == .readOnly { return Reply(lines: ["This dashboard is read-only."]) }
        model.marked = [alert.fingerprint]
        let effects = AlertDeeds.acknowledge(&model, comment: words.dropFirst(2).joined(separator: " "))
        return Reply(lines: effects.isEmpty ? [] : ["Acknowledging \(SafeText(Announcer.name(alert)).string)."], effects: effects)
    }
}
