import Foundations
import Model

/// An alert that fires or is about to, with who has it and what holds it back.
struct AlertItem: Hashable, Sendable {
    enum Phase: String, Hashable, Sendable { case firing, pending }

    /// By the label `severity`: what pages, what warns, what informs, what is none (the Watchdog).
    enum Severity: Int, Hashable, Sendable, Comparable, CaseIterable {
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

    /// Who acknowledged it, or said that it is over.
    struct Acknowledgement: Hashable, Sendable {
        enum Kind: String, Hashable, Sendable { case acked, resolved }

        var kind: Kind
        var actor: String
        var at: Timestamp
        var comment: String
    }

    struct LabelPair: Hashable, Sendable {
        var name: String
        var value: String
    }

    var fingerprint: String
    var labels: [LabelPair]
    var annotations: [LabelPair]
    var phase: Phase
    var severity: Severity
    var activeAt: Timestamp
    /// When a pending one fires if it stays as it is; nil where that isn't known.
    var firesAt: Timestamp?
    var value: Double?
    var receivers: [String] = []
    /// Whether a receiver was told of it.
    var isTold = false
    var silencedBy: [String] = []
    var inhibitedBy: [String] = []
    var isFlapping = false
    var acknowledgement: Acknowledgement?

    init(fingerprint: String, labels: [LabelPair], annotations: [LabelPair], phase: Phase, activeAt: Timestamp, value: Double?) {
        self.fingerprint = fingerprint
        self.labels = labels
        self.annotations = annotations
        self.phase = phase
        self.activeAt = activeAt
        self.value = value
        severity = Severity(label: labels.first { $0.name == "severity" }?.value)
    }

    func label(_ name: String) -> String? { labels.first { $0.name == name }?.value }
    func annotation(_ name: String) -> String? { annotations.first { $0.name == name }?.value }
    var name: String { label("alertname") ?? "(no name)" }
    var instance: String? { label("instance") }
    var summary: String { annotation("summary") ?? annotation("description") ?? annotation("message") ?? "" }
    var runbook: String? { annotation("runbook_url") ?? annotation("runbook") }
    /// Held back by a silence or by another alert.
    var isSuppressed: Bool { !silencedBy.isEmpty || !inhibitedBy.isEmpty }
    /// Counts for the state of things: it fires, isn't held back, and isn't of severity none.
    var counts: Bool { phase == .firing && severity != .none && !isSuppressed }
    /// Somebody has to look at it, and nobody said that they do.
    var isUnattended: Bool { counts && severity == .critical && acknowledgement == nil }

    /// Firing before pending, grave before light, what is held back last; old before new.
    static func precedes(_ left: AlertItem, _ right: AlertItem) -> Bool {
        // What is no trouble, such as the Watchdog, stands last.
        if (left.severity == .none) != (right.severity == .none) { return right.severity == .none }
        if left.isSuppressed != right.isSuppressed { return right.isSuppressed }
        if left.phase != right.phase { return left.phase == .firing }
        if left.severity != right.severity { return left.severity < right.severity }
        // What nobody has yet stands before what somebody works on, and what is new before what is known.
        if (left.acknowledgement == nil) != (right.acknowledgement == nil) { return left.acknowledgement == nil }
        if left.activeAt != right.activeAt { return left.activeAt > right.activeAt }
        return (left.name, left.instance ?? "", left.fingerprint) < (right.name, right.instance ?? "", right.fingerprint)
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
