import Foundations
import GRDB
import Model

/// An alert as people see it on a board: pending or firing, with who has it and what mutes it.
public struct BoardAlert: Sendable, Hashable {
    public var fingerprint: String
    public var labels: Labels
    public var annotations: [NamedText]
    /// Pending or firing.
    public var phase: AlertPhase
    public var activeAt: Timestamp
    /// Since when it fires.
    public var firedAt: Timestamp?
    /// When a pending one fires if its condition goes on to hold; nil where that isn't known, as for a moment of the past.
    public var firesAt: Timestamp?
    public var value: Double
    /// Configured names of the receivers that it is routed to.
    public var receivers: [String]
    /// Whether one of them was told of it; false for a moment of the past.
    public var isTold: Bool
    public var silencedBy: [String]
    public var inhibitedBy: [String]
    public var acknowledgement: RoutedAlert.Acknowledgement?
    public var isFlapping: Bool
}

extension AlertingService {
    /// What is pending or fires, in order of fingerprint: now, or as it was at a moment that the event log reaches back to.
    ///
    /// For a moment of the past routing is that of today, and an alert that ended long ago has lost its annotations.
    public func board(at moment: Timestamp? = nil) async throws -> [BoardAlert] {
        if let moment {
            let silences = try await silences().filter { $0.state(at: moment) == .active }
            return try await database.board(at: moment, silences, environment.context)
        }
        let routed = Dictionary(try await routedAlerts().map { ($0.fingerprint, $0) }, uniquingKeysWith: { first, _ in first })
        return try await database.board(routed, holds: await manager.holds())
    }
}

extension AlertDatabase {
    /// `holds`: for how many milliseconds the condition of a rule has to hold, by the rule.
    func board(_ routed: [String: RoutedAlert], holds: [RuleIdentity: Int64]) async throws(AlertingError) -> [BoardAlert] {
        try await read("read the alerts of") { db in
            try Row.fetchAll(
                db,
                // Of two rules with the same alert the one that fires counts: SQLite takes the row of the maximum.
                sql: "SELECT *, max(phase = 'firing') FROM alert_states WHERE phase IN ('pending', 'firing') GROUP BY fingerprint ORDER BY fingerprint"
            ).map { row in
                let alert = try StoredAlert(row)
                let route = routed[alert.fingerprint]
                let phase: AlertPhase = row["phase"] == "firing" ? .firing : .pending
                let activeAt = Timestamp(milliseconds: row["active_at"])
                let hold = phase == .pending ? holds[RuleIdentity(stored: row["rule"])] : nil
                return BoardAlert(
                    fingerprint: alert.fingerprint, labels: alert.labels, annotations: alert.annotations, phase: phase, activeAt: activeAt,
                    firedAt: (row["fired_at"] as Int64?).map(Timestamp.init(milliseconds:)), firesAt: hold.map(activeAt.advanced(byMilliseconds:)),
                    value: (row["value"] as Double?) ?? .nan, receivers: route?.receivers ?? [], isTold: route?.placements.contains { $0.isTold } ?? false,
                    silencedBy: route?.silencedBy ?? [], inhibitedBy: route?.inhibitedBy ?? [], acknowledgement: route?.acknowledgement,
                    isFlapping: route?.isFlapping ?? false)
            }
        }
    }

    /// The last step of each alert up to a moment says what it was.
    func board(at moment: Timestamp, _ silences: [Silence], _ context: NotificationContext) async throws(AlertingError) -> [BoardAlert] {
        try await read("read the alerts of") { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT e.*, (SELECT annotations FROM alert_states s WHERE s.fingerprint = e.fingerprint LIMIT 1) AS annotations
                    FROM alert_events e JOIN (
                        SELECT max(id) AS id FROM alert_events WHERE at <= ? AND step IN ('pending', 'firing', 'inactive', 'resolved') GROUP BY rule, fingerprint
                    ) USING (id) WHERE e.step IN ('pending', 'firing') GROUP BY e.fingerprint ORDER BY e.fingerprint
                    """, arguments: [moment.milliseconds])
            return try rows.map { row in
                let labels = try StoredText.labels(row["labels"])
                let (fingerprint, step): (String, String) = (row["fingerprint"], row["step"])
                let at = Timestamp(milliseconds: row["at"])
                return BoardAlert(
                    fingerprint: fingerprint, labels: labels, annotations: try (row["annotations"] as String?).map { try StoredText.annotations($0) } ?? [],
                    phase: step == "firing" ? .firing : .pending, activeAt: at, firedAt: step == "firing" ? at : nil, value: (row["value"] as Double?) ?? .nan,
                    receivers: Set(context.router.routes(for: labels).map(\.receiver)).sorted(), isTold: false,
                    silencedBy: silences.filter { $0.matchers.matches(labels) }.map(\.id), inhibitedBy: [],
                    acknowledgement: try Self.acknowledgement(of: fingerprint, after: row["id"], upTo: moment, db), isFlapping: false)
            }
        }
    }

    /// Who had an alert in hand at a moment, since it fired.
    private static func acknowledgement(of fingerprint: String, after id: Int64, upTo moment: Timestamp, _ db: Database) throws -> RoutedAlert.Acknowledgement? {
        let row = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT step, actor, reason, at FROM alert_events WHERE fingerprint = ? AND id > ? AND at <= ?
                        AND step IN ('acknowledged', 'unacknowledged', 'resolved_by_hand') ORDER BY id DESC LIMIT 1
                    """), arguments: [fingerprint, id, moment.milliseconds])
        guard let row, row["step"] != "unacknowledged" else { return nil }
        return RoutedAlert.Acknowledgement(
            kind: row["step"] == "acknowledged" ? .acked : .resolved, actor: row["actor"], at: Timestamp(milliseconds: row["at"]), comment: row["reason"], expiresAt: nil)
    }
}
