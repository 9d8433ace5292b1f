import Foundations
import Model

/// An alert that fires or is about to.
struct AlertItem: Hashable, Sendable {
    enum Phase: String, Hashable, Sendable { case firing, pending }

    /// By the label `severity`: what pages, what warns, what informs, what is none (the Watchdog).
    enum Severity: Int, Hashable, Sendable, Comparable {
        case critical, warning, info, none

        init(label: String?) {
            switch label?.lowercased() {
            case "critical", "crit", "page", "error", "emergency", "high": self = .critical
            case "warning", "warn", "medium": self = .warning
            case "none": self = .none
            default: self = .info
            }
        }

        static func < (left: Severity, right: Severity) -> Bool { left.rawValue < right.rawValue }

        var word: SafeText {
            switch self {
            case .critical: "CRIT"
            case .warning: "WARN"
            case .info: "INFO"
            case .none: "NONE"
            }
        }
    }

    var labels: [LabelPair]
    var annotations: [LabelPair]
    var phase: Phase
    var activeAt: Timestamp
    var value: String

    struct LabelPair: Hashable, Sendable {
        var name: String
        var value: String
    }

    func label(_ name: String) -> String? { labels.first { $0.name == name }?.value }
    func annotation(_ name: String) -> String? { annotations.first { $0.name == name }?.value }
    var name: String { label("alertname") ?? "(no name)" }
    var severity: Severity { Severity(label: label("severity")) }
    var instance: String? { label("instance") }
    var summary: String { annotation("summary") ?? annotation("description") ?? annotation("message") ?? "" }
    /// Counts for the state of things: firing, and not of severity none.
    var counts: Bool { phase == .firing && severity != .none }

    /// Firing before pending, grave before light, old before new.
    static func precedes(_ left: AlertItem, _ right: AlertItem) -> Bool {
        // What is no trouble, such as the Watchdog, stands last.
        if (left.severity == .none) != (right.severity == .none) { return right.severity == .none }
        if left.phase != right.phase { return left.phase == .firing }
        if left.severity != right.severity { return left.severity < right.severity }
        if left.activeAt != right.activeAt { return left.activeAt < right.activeAt }
        return (left.name, left.instance ?? "") < (right.name, right.instance ?? "")
    }
}

extension Sequence<AlertItem> {
    var state: HealthState {
        var worst = HealthState.ok
        for alert in self where alert.counts {
            if alert.severity == .critical { return .critical }
            if alert.severity == .warning { worst = .warning }
        }
        return worst
    }
}
