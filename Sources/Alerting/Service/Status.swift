import Foundations
import Model

/// How the last evaluation of a rule went.
public enum RuleHealth: String, Sendable, Hashable {
    /// Not evaluated yet.
    case unknown
    case ok
    case error = "err"
}

/// A group of rules and how its last evaluation went.
public struct RuleGroupStatus: Sendable, Hashable {
    public var name: String
    public var file: String
    public var intervalSeconds: Double
    public var limit: Int
    /// Nil before the first.
    public var lastEvaluation: Timestamp?
    /// How long it took.
    public var evaluationSeconds: Double
    /// Ticks that were left out, because the program was down or an evaluation took longer than the interval.
    public var missedEvaluations: Int64
    public var rules: [RuleStatus]
}

/// A rule and how its last evaluation went.
public struct RuleStatus: Sendable, Hashable {
    public var name: String
    public var query: String
    public var kind: Kind
    public var labels: [NamedText]
    public var health: RuleHealth
    /// Empty while the health is ok.
    public var lastError: String
    public var lastEvaluation: Timestamp?
    public var evaluationSeconds: Double

    public enum Kind: Sendable, Hashable {
        case recording
        case alerting(AlertingRuleStatus)
    }
}

/// What only alerting rules have.
public struct AlertingRuleStatus: Sendable, Hashable {
    /// `firing` where one of its alerts fires, else `pending` where one is, else `inactive`.
    public var state: String
    public var forSeconds: Double
    public var keepFiringForSeconds: Double
    /// As written in the file: templates.
    public var annotations: [NamedText]
    /// Pending and firing ones, in order of labels.
    public var alerts: [ActiveAlert]
}

/// An alert that is pending or fires.
public struct ActiveAlert: Sendable, Hashable {
    /// With `alertname`.
    public var labels: Labels
    public var annotations: [NamedText]
    /// Pending or firing.
    public var phase: AlertPhase
    /// Since when its condition holds.
    public var activeAt: Timestamp
    /// Since when it fires.
    public var firedAt: Timestamp?
    /// Since when `keep_firing_for` alone keeps it firing.
    public var keepFiringSince: Timestamp?
    /// Since when its series have no samples.
    public var dataMissingSince: Timestamp?
    public var value: Double
    /// The value as the Prometheus API writes it: `1e+00`, `NaN`, `+Inf`.
    public var valueText: String
    /// 16 hexadecimal digits.
    public var fingerprint: String
    public var group: String
    public var file: String

    public var severity: String { labels[AlertLabel.severity] ?? "" }
    public var name: String { labels[AlertLabel.name] ?? "" }
}

/// The outbox: what waits, what failed and the last messages.
public struct OutboxStatus: Sendable, Hashable {
    /// Messages that aren't delivered yet.
    public var pending = 0
    /// Messages refused for good, within the history kept.
    public var failed = 0
    public var delivered = 0
    public var cancelled = 0
    /// How long the oldest undelivered message waits; 0 where there is none.
    public var oldestPendingSeconds = 0.0
    /// The newest messages first, undelivered ones before them.
    public var deliveries: [Delivery] = []
    /// Why nothing is known; nil where the outbox was read.
    public var unreadableReason: String?
}

/// One message and the attempts to deliver it.
public struct Delivery: Sendable, Hashable {
    public var id: Int64
    /// Sent as `Idempotency-Key`.
    public var key: String
    public var receiver: String
    public var groupKey: String
    public var operation: String
    /// `pending`, `attempting`, `retrying`, `delivered`, `failed` or `cancelled`.
    public var state: String
    /// Why it was cancelled or failed; empty otherwise.
    public var reason: String
    public var queuedAt: Timestamp
    /// When the next attempt is due, while it isn't finished.
    public var dueAt: Timestamp
    public var finishedAt: Timestamp?
    /// It may have arrived twice, because the program ended or the connection broke before an answer came.
    public var mayBeRepeat: Bool
    public var attempts: [Attempt]

    public struct Attempt: Sendable, Hashable {
        public var startedAt: Timestamp
        public var endedAt: Timestamp?
        /// The HTTP status; nil where no answer came.
        public var status: Int?
        /// The start of the answer's body.
        public var answer: String
        public var error: String
    }
}

/// A row of the event log.
public struct AlertEvent: Sendable, Hashable {
    public var id: Int64
    public var at: Timestamp
    public var labels: Labels
    public var fingerprint: String
    /// `pending`, `firing`, `inactive`, `resolved`, `no_data` or `data_back`.
    public var step: String
    public var value: Double
    public var reason: String
}

/// Counters since the start, and what is so now.
public struct AlertingStatistics: Sendable, Hashable {
    public var groups = 0
    public var rules = 0
    public var problems = 0
    public var alertsPending = 0
    public var alertsFiring = 0
    /// Firing alerts by the label `severity`; empty where there is none.
    public var firingBySeverity: [String: Int] = [:]
    public var evaluationsTotal: Int64 = 0
    public var evaluationFailuresTotal: Int64 = 0
    public var evaluationsMissedTotal: Int64 = 0
    public var evaluationSecondsTotal = 0.0
    /// Writes of recorded series and `ALERTS` that failed.
    public var writeFailuresTotal: Int64 = 0
    /// Transactions of the alert database that failed.
    public var databaseFailuresTotal: Int64 = 0
    public var attemptsTotal: Int64 = 0
    public var attemptFailuresTotal: Int64 = 0
    public var deliveredTotal: Int64 = 0
    public var failedTotal: Int64 = 0
    public var outboxPending = 0
    public var outboxFailed = 0
    public var outboxOldestPendingSeconds = 0.0
    /// Nil before the first.
    public var lastEvaluation: Timestamp?
}
