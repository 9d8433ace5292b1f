import Foundations
import Model

/// Where an alert stands.
public enum AlertPhase: String, Sendable, Hashable, CaseIterable {
    /// The condition holds, not yet as long as `for` says.
    case pending
    case firing
    /// It fired and ended.
    case resolved
}

/// One alert: a set of labels for which a rule's condition holds or held.
struct AlertInstance: Sendable, Equatable {
    let labels: Labels
    var annotations: [NamedText]
    var phase: AlertPhase
    /// When the condition began to hold; the start of `for`.
    var activeAt: Timestamp
    var firedAt: Timestamp?
    var resolvedAt: Timestamp?
    /// When the condition stopped holding while `keep_firing_for` keeps the alert.
    var keepFiringSince: Timestamp?
    /// When the alert's data went missing; nil while they are there.
    var dataMissingSince: Timestamp?
    var value: Double

    var fingerprint: Fingerprint { Fingerprint(labels) }
}

/// An alert's identity across rules, restarts and receivers: 16 hexadecimal digits of its labels' hash.
struct Fingerprint: Hashable, Sendable, Comparable, CustomStringConvertible {
    let text: String

    init(_ labels: Labels) {
        let digits = String(labels.stableHash, radix: 16)
        text = String(repeating: "0", count: 16 - digits.count) + digits
    }
    /// As it stands in the database.
    init(stored text: String) { self.text = text }

    var description: String { text }
    static func < (left: Fingerprint, right: Fingerprint) -> Bool { left.text < right.text }
}

/// A step of one alert's life; every one is a row of the event log.
struct AlertTransition: Sendable {
    enum Step: String, Sendable {
        case becamePending = "pending"
        case fired = "firing"
        /// Its condition ended before it fired.
        case dropped = "inactive"
        case resolved = "resolved"
        /// Its data are gone; it keeps its phase.
        case lostData = "no_data"
        case regainedData = "data_back"
    }

    var step: Step
    /// As it is after the step.
    var alert: AlertInstance
    /// Why, where it isn't the condition alone.
    var reason: String
}
