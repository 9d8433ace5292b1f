import Foundations
import Model

/// What firing groups opened: something is wrong, somebody leads, and everything that happened is on its timeline.
public struct Incident: Sendable, Hashable {
    public enum State: String, Sendable, Hashable, CaseIterable {
        case open, resolved
        /// It goes on as another one.
        case merged
    }

    /// An alert's firing within the incident.
    public struct Alert: Sendable, Hashable {
        public var fingerprint: String
        public var labels: Labels
        public var firedAt: Timestamp
        public var resolvedAt: Timestamp?
    }

    public struct Role: Sendable, Hashable {
        /// `commander` or `scribe`.
        public var role: String
        public var person: String
        public var at: Timestamp
    }

    public var id: Int64
    /// The group that opened it: `{}/{team="db"}:{alertname="DiskFull"}`.
    public var groupKey: String
    public var title: String
    /// The worst of its alerts'.
    public var severity: String
    public var state: State
    public var openedAt: Timestamp
    public var resolvedAt: Timestamp?
    /// Who resolved it; empty where its alerts ended by themselves.
    public var resolvedBy: String
    public var mergedInto: Int64?
    /// A link, or empty.
    public var runbook: String
    public var alerts: [Alert]
    public var roles: [Role]

    public static let roleNames = ["commander", "scribe"]
}

/// One moment of an incident's timeline.
public struct IncidentEntry: Sendable, Hashable {
    public var at: Timestamp
    /// `opened`, `joined`, `firing`, `page_queued`, `attempt`, `acknowledged`, `comment`, `silenced`, `deployment`, `note`, `role`, `resolved` and others.
    public var kind: String
    /// Who did it; empty where nobody did.
    public var actor: String
    public var text: String
}

/// Why something can't be done to an incident.
public enum IncidentError: Error, Equatable, CustomStringConvertible, Sendable {
    case unknown(Int64)
    case invalid(String)

    public var description: String {
        switch self {
        case .unknown(let id): "there is no incident \(id); `nightjar incidents list` names them"
        case .invalid(let reason): reason
        }
    }
}

/// How bad severities are to incidents; alerts of severity `none` open none.
enum IncidentSeverity {
    private static let order = ["info", "warning", "security", "page", "critical"]

    static func opensIncident(_ severity: String) -> Bool { severity != AlertLabel.none }

    /// The worse of two; names that aren't known rank as warnings.
    static func worse(_ left: String, _ right: String) -> String { rank(right) > rank(left) ? right : left }

    private static func rank(_ severity: String) -> Int { severity.isEmpty ? 0 : order.firstIndex(of: severity) ?? 1 }
}
