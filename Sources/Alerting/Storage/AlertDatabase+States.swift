import Foundations
import GRDB
import Model

/// The rule an alert belongs to, as it is stored with it.
struct RuleReference: Sendable, Hashable {
    var identity: RuleIdentity
    var file: String
    var generatorURL: String
}

/// Active alerts of one rule as they were stored.
struct StoredRule: Sendable {
    var reference: RuleReference
    var alerts: [AlertInstance]
}

extension AlertDatabase {
    /// Pending and firing alerts by rule.
    func activeAlerts() async throws(AlertingError) -> [RuleIdentity: StoredRule] {
        try await read("read the alerts of") { db in
            var rules: [RuleIdentity: StoredRule] = [:]
            for row in try Row.fetchAll(db, sql: "SELECT * FROM alert_states WHERE phase <> 'resolved' AND rule NOT IN ('api', 'heartbeats')") {
                let identity = RuleIdentity(stored: row["rule"])
                let reference = RuleReference(identity: identity, file: row["rule_file"], generatorURL: row["generator_url"])
                rules[identity, default: StoredRule(reference: reference, alerts: [])].alerts.append(try AlertInstance(row))
            }
            return rules
        }
    }

    /// Stores what changed at one rule, the events of it and the messages it causes, as one transaction.
    /// Returns the receivers that have something to send.
    func record(
        _ transitions: [AlertTransition], rule: RuleReference, at moment: Timestamp, now: Timestamp, notifying context: NotificationContext
    ) async throws(AlertingError) -> Set<String> {
        try await write("store alerts in") { db in
            for transition in transitions {
                try Self.store(transition.alert, rule, step: transition.step, db)
                try Self.log(transition, rule, at: moment, db)
                if transition.step == .fired { try Self.noteFlapping(transition.alert.fingerprint.text, now: now, db) }
            }
            let told = transitions.filter { $0.step == .fired || $0.step == .resolved }.map(\.alert)
            return try Self.notify(of: told, now: now, context, db)
        }
    }

    /// Brings the texts of active alerts up to date, for messages to come.
    func refresh(_ alerts: [AlertInstance], rule: RuleReference) async throws(AlertingError) {
        if alerts.isEmpty { return }
        try await write("store alerts in") { db in
            for alert in alerts { try Self.store(alert, rule, step: nil, db) }
        }
    }

    static func store(_ alert: AlertInstance, _ rule: RuleReference, step: AlertTransition.Step?, _ db: Database) throws {
        if step == .dropped {
            // It told nobody. What an earlier firing of the same labels left behind stays until its resolve is out.
            try db.cachedStatement(
                sql: """
                    UPDATE alert_states SET phase = 'resolved' WHERE rule = ? AND fingerprint = ? AND fired_at IS NOT NULL
                    """
            ).execute(arguments: [rule.identity.text, alert.fingerprint.text])
            try db.cachedStatement(sql: "DELETE FROM alert_states WHERE rule = ? AND fingerprint = ? AND fired_at IS NULL")
                .execute(arguments: [rule.identity.text, alert.fingerprint.text])
            return
        }
        try db.cachedStatement(
            sql: """
                INSERT INTO alert_states (rule, fingerprint, rule_file, labels, annotations, generator_url, phase, active_at, fired_at,
                    resolved_at, keep_firing_since, data_missing_since, value)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (rule, fingerprint) DO UPDATE SET
                    rule_file = excluded.rule_file, annotations = excluded.annotations, generator_url = excluded.generator_url,
                    phase = excluded.phase, active_at = excluded.active_at, fired_at = coalesce(excluded.fired_at, fired_at),
                    resolved_at = coalesce(excluded.resolved_at, resolved_at), keep_firing_since = excluded.keep_firing_since,
                    data_missing_since = excluded.data_missing_since, value = excluded.value
                """
        ).execute(arguments: [
            rule.identity.text, alert.fingerprint.text, rule.file, try StoredText.encode(alert.labels), try StoredText.encode(alert.annotations),
            rule.generatorURL, alert.phase.rawValue, alert.activeAt.milliseconds, alert.firedAt?.milliseconds, alert.resolvedAt?.milliseconds,
            alert.keepFiringSince?.milliseconds, alert.dataMissingSince?.milliseconds, alert.value.isNaN ? nil : alert.value,
        ])
    }

    static func log(_ transition: AlertTransition, _ rule: RuleReference, at moment: Timestamp, _ db: Database) throws {
        let alert = transition.alert
        try log(transition, rule, labels: try StoredText.encode(alert.labels), fingerprint: alert.fingerprint.text, at: moment, db)
    }

    /// The same where labels and fingerprint are in words already.
    static func log(_ transition: AlertTransition, _ rule: RuleReference, labels: String, fingerprint: String, at moment: Timestamp, _ db: Database) throws {
        let alert = transition.alert
        try db.cachedStatement(
            sql: "INSERT INTO alert_events (at, rule, fingerprint, step, labels, value, reason) VALUES (?, ?, ?, ?, ?, ?, ?)"
        ).execute(arguments: [
            moment.milliseconds, rule.identity.text, fingerprint, transition.step.rawValue, labels, alert.value.isNaN ? nil : alert.value, transition.reason,
        ])
    }

    // Ticks

    /// Notes in the event log that a group wasn't evaluated for a time.
    func noteMissed(group: String, text: String, at moment: Timestamp) async throws(AlertingError) {
        try await write("store evaluations in") { db in
            try db.execute(
                sql: "INSERT INTO alert_events (at, rule, fingerprint, step, labels, value, reason) VALUES (?, ?, '', 'missed', '{}', NULL, ?)",
                arguments: [moment.milliseconds, group, text])
        }
    }

    /// When each group was last evaluated.
    func lastEvaluations() async throws(AlertingError) -> [String: Timestamp] {
        try await read("read the evaluations of") { db in
            Dictionary(
                try Row.fetchAll(db, sql: "SELECT rule_group, last_at FROM group_evaluations").map {
                    ($0["rule_group"], Timestamp(milliseconds: $0["last_at"]))
                }, uniquingKeysWith: { $1 })
        }
    }

    func setLastEvaluations(_ moments: [String: Timestamp]) async throws(AlertingError) {
        if moments.isEmpty { return }
        try await write("store evaluations in") { db in
            for (group, moment) in moments {
                try db.cachedStatement(
                    sql: "INSERT INTO group_evaluations VALUES (?, ?) ON CONFLICT (rule_group) DO UPDATE SET last_at = excluded.last_at"
                ).execute(arguments: [group, moment.milliseconds])
            }
        }
    }
}

extension AlertInstance {
    /// A row of `alert_states`.
    init(_ row: Row) throws {
        func moment(_ column: String) -> Timestamp? { (row[column] as Int64?).map(Timestamp.init(milliseconds:)) }
        let phase = AlertPhase(rawValue: row["phase"])!
        self.init(
            labels: try StoredText.labels(row["labels"]), annotations: try StoredText.annotations(row["annotations"]), phase: phase,
            activeAt: Timestamp(milliseconds: row["active_at"]), firedAt: phase == .pending ? nil : moment("fired_at"),
            resolvedAt: phase == .resolved ? moment("resolved_at") : nil, keepFiringSince: moment("keep_firing_since"),
            dataMissingSince: moment("data_missing_since"), value: (row["value"] as Double?) ?? .nan)
    }
}
