import Foundations
import GRDB
import Model

/// An escalation that hasn't ended, as its row says.
struct OpenEscalation {
    var id: Int64
    /// The configured name that the policy is bound to.
    var receiver: String
    /// The group whose alerts it is about.
    var group: GroupReference
    var labels: Labels
    var policy: EscalationPolicy
    var state: String
    var hasNews: Bool

    init(_ row: Row) throws {
        id = row["id"]
        receiver = row["receiver"]
        group = GroupReference(receiver: row["source"], groupKey: row["group_key"])
        labels = try StoredText.labels(row["group_labels"])
        policy = try StoredText.decode(EscalationPolicy.self, row["policy"])
        state = row["state"]
        hasNews = row["has_news"]
    }
}

extension AlertDatabase {
    /// Opens an escalation with a frozen copy of its policy, or brings the news to the one that is open. Returns its id.
    @discardableResult
    static func openEscalation(
        _ policy: EscalationPolicy, receiver: String, _ group: GroupReference, at moment: EscalationMoment, _ db: Database
    ) throws -> Int64 {
        if let id = try Int64.fetchOne(
            db.cachedStatement(sql: "UPDATE escalations SET has_news = 1 WHERE receiver = ? AND group_key = ? AND ended_at IS NULL RETURNING id"),
            arguments: [receiver, group.groupKey])
        { return id }
        let labels = try String.fetchOne(
            db.cachedStatement(sql: "SELECT group_labels FROM notification_groups WHERE receiver = ? AND group_key = ?"), arguments: [group.receiver, group.groupKey])
        try db.cachedStatement(
            sql: "INSERT INTO escalations (receiver, source, group_key, group_labels, policy, state, opened_at) VALUES (?, ?, ?, ?, ?, 'active', ?)"
        ).execute(arguments: [receiver, group.receiver, group.groupKey, labels ?? "{}", try StoredText.encode(policy), moment.now.milliseconds])
        let id = db.lastInsertedRowID
        try planStep(id, round: 0, step: 0, afterMilliseconds: policy.steps[0].afterMilliseconds, at: moment, db)
        return id
    }

    /// Notes when a step is due.
    static func planStep(_ escalation: Int64, round: Int, step: Int, afterMilliseconds: Int64, at moment: EscalationMoment, _ db: Database) throws {
        let due = moment.now.advanced(byMilliseconds: afterMilliseconds).milliseconds
        try db.cachedStatement(
            sql: """
                INSERT INTO escalation_steps (escalation, number, round, step, planned_at, due_at, boot, due_elapsed)
                SELECT :id, count(*), :round, :step, :due, :due, :boot, :elapsed FROM escalation_steps WHERE escalation = :id
                """
        ).execute(arguments: ["id": escalation, "round": round, "step": step, "due": due, "boot": moment.boot, "elapsed": moment.elapsedMilliseconds + afterMilliseconds])
    }

    /// Makes the waiting step of an escalation due after a time; at once with 0.
    static func delayStep(_ escalation: Int64, byMilliseconds wait: Int64, at moment: EscalationMoment, _ db: Database) throws {
        try db.cachedStatement(sql: "UPDATE escalation_steps SET due_at = ?, boot = ?, due_elapsed = ? WHERE escalation = ? AND done_at IS NULL")
            .execute(arguments: [moment.now.milliseconds + wait, moment.boot, moment.elapsedMilliseconds + wait, escalation])
    }

    /// Makes a step that was held back beyond its time due now; one whose time hasn't come keeps it.
    static func releaseStep(_ escalation: Int64, at moment: EscalationMoment, _ db: Database) throws {
        try db.cachedStatement(
            sql: "UPDATE escalation_steps SET due_at = ?, boot = ?, due_elapsed = ? WHERE escalation = ? AND done_at IS NULL AND due_at <> planned_at"
        ).execute(arguments: [moment.now.milliseconds, moment.boot, moment.elapsedMilliseconds, escalation])
    }

    /// Somebody did something to an alert: what waits for that is looked at now, and an acknowledgement gets the end that the policy gives it.
    static func touchEscalations(of fingerprint: String, at moment: EscalationMoment, _ db: Database) throws {
        let condition = "(source, group_key) IN (SELECT receiver, group_key FROM assignments WHERE fingerprint = ?)"
        for escalation in try openEscalations(condition, [fingerprint], db) {
            try limitAcknowledgements(escalation, db)
            try db.cachedStatement(sql: "UPDATE escalations SET has_news = 1 WHERE id = ?").execute(arguments: [escalation.id])
        }
    }

    /// Gives acknowledgements without an end the one of the policy.
    static func limitAcknowledgements(_ escalation: OpenEscalation, _ db: Database) throws {
        guard let limit = escalation.policy.acknowledgementMilliseconds else { return }
        try db.cachedStatement(
            sql: """
                UPDATE acknowledgements SET expires_at = at + ? WHERE kind = 'acked' AND expires_at IS NULL
                    AND fingerprint IN (SELECT fingerprint FROM assignments WHERE receiver = ? AND group_key = ?)
                """
        ).execute(arguments: [limit, escalation.group.receiver, escalation.group.groupKey])
    }

    static func openEscalations(_ condition: String, _ arguments: StatementArguments = StatementArguments(), _ db: Database) throws -> [OpenEscalation] {
        try Row.fetchAll(
            db.cachedStatement(sql: "SELECT * FROM escalations WHERE ended_at IS NULL AND \(condition) ORDER BY id LIMIT \(Limits.escalationsPerTurnMax)"), arguments: arguments
        ).map(OpenEscalation.init)
    }

    static func endEscalation(_ id: Int64, _ reason: String, now: Timestamp, _ db: Database) throws {
        try db.cachedStatement(sql: "UPDATE escalations SET state = 'ended', ended_at = ?, reason = ? WHERE id = ?").execute(arguments: [now.milliseconds, reason, id])
        try db.cachedStatement(sql: "UPDATE escalation_steps SET done_at = ?, reason = ? WHERE escalation = ? AND done_at IS NULL")
            .execute(arguments: [now.milliseconds, reason, id])
    }

    static func setState(_ id: Int64, _ state: String, _ db: Database) throws {
        try db.cachedStatement(sql: "UPDATE escalations SET state = ? WHERE id = ?").execute(arguments: [state, id])
    }
}
