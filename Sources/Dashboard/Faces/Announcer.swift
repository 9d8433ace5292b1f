import Foundations
import Terminal

/// Says in plain lines what has changed since it was last asked: for screen readers, and for knowing that something has.
struct Announcer {
    private var alerts: [String: AlertItem]?
    private var link: String?
    private var onCall: [String: String]?
    private var incidents: [Int64: String]?
    private var hosts: [String: HealthState]?
    private var troubles: [String] = []

    /// Empty where nothing has changed; everything that is so, the first time.
    mutating func changes(to model: DashboardModel) -> [String] {
        let time = Text.time(model.now, zoneOffsetSeconds: model.zoneOffsetSeconds).string
        let lines = linkLines(model) + alertLines(model) + incidentLines(model) + hostLines(model) + dutyLines(model)
        return lines.map { SafeText("\(time) \($0)").string }
    }

    private mutating func linkLines(_ model: DashboardModel) -> [String] {
        let now: String
        switch model.link.state(at: model.now) {
        case .connecting: return []
        case .live, .lagging: now = "Connected to the collector at \(model.url)."
        case .disconnected: now = "The collector can't be reached; what was said before is stale. \(model.link.reason)"
        }
        let news = model.status?.troubles ?? []
        defer {
            link = now
            troubles = news
        }
        return (now == link ? [] : [now]) + news.filter { !troubles.contains($0) }.map { "Monitoring: \($0)." }
    }

    private mutating func alertLines(_ model: DashboardModel) -> [String] {
        guard let board = model.board else { return [] }
        let now = Dictionary(board.items.filter { $0.severity != .none }.map { ($0.fingerprint, $0) }, uniquingKeysWith: { first, _ in first })
        defer { alerts = now }
        guard let before = alerts else {
            let counts = "\(board.count(.critical)) critical, \(board.count(.warning)) warnings, \(board.count(.info)) informational."
            return [counts] + board.items.filter { now[$0.fingerprint] != nil }.map { Self.sentence($0, model) }
        }
        var lines: [String] = []
        for alert in board.items where now[alert.fingerprint] != nil {
            guard let old = before[alert.fingerprint] else {
                lines.append(Self.sentence(alert, model))
                continue
            }
            if old.phase != alert.phase { lines.append(Self.sentence(alert, model)) }
            if old.acknowledgement != alert.acknowledgement {
                lines.append(alert.acknowledgement.map { "Acknowledged by \($0.actor): \(Self.name(alert))." } ?? "No longer acknowledged: \(Self.name(alert)).")
            }
            if old.silencedBy.isEmpty != alert.silencedBy.isEmpty { lines.append((alert.silencedBy.isEmpty ? "No longer silenced: " : "Silenced: ") + Self.name(alert) + ".") }
        }
        for (fingerprint, alert) in before.sorted(by: { $0.key < $1.key }) where now[fingerprint] == nil { lines.append("Resolved: \(Self.name(alert)).") }
        return lines
    }

    static func name(_ alert: AlertItem) -> String { alert.name + (alert.instance.map { " on \($0)" } ?? "") }

    static func sentence(_ alert: AlertItem, _ model: DashboardModel) -> String {
        let severity = ["Critical", "Warning", "Info", "Watchdog"][alert.severity.rawValue]
        let who = alert.acknowledgement.map { ", acknowledged by \($0.actor)" } ?? (alert.isSuppressed ? ", held back" : "")
        let summary = alert.summary.isEmpty ? "" : " \(alert.summary)"
        return "\(severity), \(alert.phase.rawValue) for \(Text.steadyAge(model.at.seconds - alert.activeAt.seconds).string)\(who): \(name(alert)).\(summary)"
    }

    private mutating func incidentLines(_ model: DashboardModel) -> [String] {
        guard let list = model.incidents else { return [] }
        let now = Dictionary(list.map { ($0.id, $0.state) }, uniquingKeysWith: { first, _ in first })
        defer { incidents = now }
        return list.compactMap { incident in
            let old = incidents?[incident.id]
            if old == incident.state || (incidents == nil && incident.state != "open") { return nil }
            return incident.state == "open" ? "Incident \(incident.id) open: \(incident.title)." : "Incident \(incident.id) \(incident.state)."
        }
    }

    private mutating func hostLines(_ model: DashboardModel) -> [String] {
        guard model.measures != nil else { return [] }
        let now = Dictionary(model.hosts.items.map { ($0.instance, $0.state) }, uniquingKeysWith: { first, _ in first })
        defer { hosts = now }
        guard let before = hosts else { return ["\(now.count) hosts, \(now.values.count { $0 != .ok }) not ok."] }
        return model.hosts.items.compactMap { host in
            before[host.instance] == host.state ? nil : "Host \(host.instance) is \(host.state.rawValue)."
        }
    }

    private mutating func dutyLines(_ model: DashboardModel) -> [String] {
        guard let schedules = model.onCall?.schedules else { return [] }
        let now = Dictionary(schedules.map { ($0.schedule, $0.person ?? "nobody") }, uniquingKeysWith: { first, _ in first })
        defer { onCall = now }
        return schedules.compactMap { onCall?[$0.schedule] == now[$0.schedule] ? nil : "On call for \($0.schedule): \(now[$0.schedule]!)." }
    }
}
