import Foundations

/// What can be on the screen, in the order of the questions asked at night: what is broken, since when, who has it, what do I do, is the
/// monitoring itself healthy.
enum ScreenKind: Int, Hashable, Sendable, CaseIterable {
    case overview = 1, alerts, incidents, hosts, logs, dashboards, objectives, onCall, agents
    case health = 0

    var key: Character { Character(String(rawValue)) }
    var title: SafeText {
        switch self {
        case .overview: "Overview"
        case .alerts: "Alerts"
        case .incidents: "Incidents"
        case .hosts: "Hosts"
        case .logs: "Logs"
        case .dashboards: "Dashboards"
        case .objectives: "SLO"
        case .onCall: "On call"
        case .agents: "Agents"
        case .health: "Health"
        }
    }

    /// For tabs of a narrow screen.
    var shortTitle: SafeText {
        switch self {
        case .overview: "Over"
        case .incidents: "Incid"
        case .dashboards: "Dash"
        case .onCall: "Call"
        default: title
        }
    }

    /// The word of the command line and of settings.
    var word: String { title.string.lowercased().filter { $0 != " " } }
}
