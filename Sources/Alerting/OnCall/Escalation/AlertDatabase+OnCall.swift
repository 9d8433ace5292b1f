import Foundations
import GRDB
import Model

/// What somebody wrote down for those who take over.
public struct OnCallNote: Sendable, Hashable {
    public var id: Int64
    public var schedule: String
    public var at: Timestamp
    public var author: String
    public var text: String
}

/// An escalation with what it did.
public struct EscalationStatus: Sendable, Hashable {
    public struct Page: Sendable, Hashable {
        /// Empty where a receiver was paged.
        public var person: String
        public var receiver: String
        public var at: Timestamp
        /// `sent`, `delivered`, `failed`, `cancelled` (its alerts ended before it went out), or `shared` where a storm's page says it.
        public var state: String
    }

    public var id: Int64
    /// The receiver that the policy is bound to.
    public var receiver: String
    public var policy: String
    public var groupLabels: Labels
    /// `active`, `acknowledged`, `muted`, `exhausted` or `ended`.
    public var state: String
    public var openedAt: Timestamp
    public var endedAt: Timestamp?
    /// When the next step is due; nil where none waits.
    public var nextAt: Timestamp?
    /// Counted from 1.
    public var nextStep: Int?
    public var pages: [Page]
}

extension AlertDatabase {
    /// Overrides that haven't ended, by schedule, oldest first.
    func overrides(now: Timestamp) async throws(AlertingError) -> [String: [OnCallSchedule.Override]] {
        try await read("read the overrides of") { db in
            let rows = try Row.fetchAll(db, sql: "SELECT * FROM schedule_overrides WHERE ends_at > ? ORDER BY id", arguments: [now.milliseconds])
            return Dictionary(grouping: rows) { $0["schedule"] as String }.mapValues { rows in
                rows.map { row in
                    OnCallSchedule.Override(
                        person: row["person"], start: Timestamp(milliseconds: row["starts_at"]), end: Timestamp(milliseconds: row["ends_at"]),
                        made: .init(id: row["id"], by: row["created_by"], at: Timestamp(milliseconds: row["created_at"]), comment: row["comment"]))
                }
            }
        }
    }

    func addOverride(schedule: String, person: String, from start: Timestamp, to end: Timestamp, _ action: Action, now: Timestamp) async throws(AlertingError) -> Int64 {
        try await write("store an override in") { db in
            try db.execute(
                sql: "INSERT INTO schedule_overrides (schedule, person, starts_at, ends_at, created_by, created_at, comment) VALUES (?, ?, ?, ?, ?, ?, ?)",
                arguments: [schedule, person, start.milliseconds, end.milliseconds, action.actor, now.milliseconds, action.comment])
            return db.lastInsertedRowID
        }
    }

    /// Ends an override now, or removes one that hasn't begun. False where there is none that holds or will.
    func endOverride(_ id: Int64, now: Timestamp) async throws(AlertingError) -> Bool {
        try await write("store an override in") { db in
            try db.execute(sql: "DELETE FROM schedule_overrides WHERE id = ? AND starts_at >= ?", arguments: [id, now.milliseconds])
            if db.changesCount > 0 { return true }
            try db.execute(sql: "UPDATE schedule_overrides SET ends_at = ? WHERE id = ? AND ends_at > ?", arguments: [now.milliseconds, id, now.milliseconds])
            return db.changesCount > 0
        }
    }

    func addNote(schedule: String, _ action: Action, now: Timestamp) async throws(AlertingError) {
        try await write("store a note in") { db in
            try db.execute(sql: "INSERT INTO oncall_notes (schedule, at, author, text) VALUES (?, ?, ?, ?)", arguments: [schedule, now.milliseconds, action.actor, action.comment])
        }
    }

    /// The last notes of a schedule, newest first.
    func notes(schedule: String, limit: Int) async throws(AlertingError) -> [OnCallNote] {
        try await read("read the notes of") { db in
            try Row.fetchAll(db, sql: "SELECT * FROM oncall_notes WHERE schedule = ? ORDER BY id DESC LIMIT ?", arguments: [schedule, limit]).map { row in
                OnCallNote(id: row["id"], schedule: row["schedule"], at: Timestamp(milliseconds: row["at"]), author: row["author"], text: row["text"])
            }
        }
    }

    /// The last escalations, newest first; those that haven't ended alone where wanted.
    func escalations(openOnly: Bool, limit: Int) async throws(AlertingError) -> [EscalationStatus] {
        try await read("read the escalations of") { db in
            let condition = openOnly ? "WHERE ended_at IS NULL" : ""
            return try Row.fetchAll(db, sql: "SELECT * FROM escalations \(condition) ORDER BY id DESC LIMIT ?", arguments: [limit]).map { row in
                let id: Int64 = row["id"]
                let step = try Row.fetchOne(db, sql: "SELECT due_at, step FROM escalation_steps WHERE escalation = ? AND done_at IS NULL", arguments: [id])
                let pages = try Row.fetchAll(db, sql: "SELECT * FROM escalation_pages WHERE escalation = ? ORDER BY id", arguments: [id]).map { page in
                    EscalationStatus.Page(person: page["person"], receiver: page["receiver"], at: Timestamp(milliseconds: page["at"]), state: page["state"])
                }
                return EscalationStatus(
                    id: id, receiver: row["receiver"], policy: try StoredText.decode(EscalationPolicy.self, row["policy"]).name,
                    groupLabels: try StoredText.labels(row["group_labels"]), state: row["state"], openedAt: Timestamp(milliseconds: row["opened_at"]),
                    endedAt: (row["ended_at"] as Int64?).map(Timestamp.init(milliseconds:)), nextAt: (step?["due_at"] as Int64?).map(Timestamp.init(milliseconds:)),
                    nextStep: (step?["step"] as Int?).map { $0 + 1 }, pages: pages)
            }
        }
    }

    /// Makes the next step of an alert's escalations due now, or opens one. Returns the fingerprints; empty where no alert is meant.
    func escalateNow(
        _ name: String, policy: EscalationPolicy?, _ action: Action, _ escalator: Escalator, now: Timestamp, _ context: NotificationContext
    ) async throws(AlertingError) -> Result<[String], ActionError> {
        try await write("store escalations in") { db in
            let moment = EscalationMoment(now, escalator.machine)
            let file = escalator.inForce
            let targets = try Row.fetchAll(
                db,
                sql: """
                    SELECT fingerprint, labels FROM alert_states WHERE phase = 'firing' AND (fingerprint = :name OR json_extract(labels, '$.alertname') = :name)
                    GROUP BY fingerprint ORDER BY fingerprint
                    """, arguments: ["name": name])
            if targets.isEmpty { return .failure(.noAlert(name)) }
            var escalated: Set<Int64> = []
            for row in targets {
                let fingerprint: String = row["fingerprint"]
                let groups = try Self.groups(of: fingerprint, db)
                // Bound receivers first: theirs is the policy where none is named.
                let found = groups.compactMap { group in
                    context.receivers[group.receiver].map { (group, $0.configuredName, file.bindings[$0.configuredName].flatMap { file.policy($0) }) }
                }
                let bound = found.filter { $0.2 != nil }
                for (group, receiver, own) in bound.isEmpty ? Array(found.prefix(1)) : bound {
                    guard let chosen = policy ?? own else { continue }
                    let id = try Self.openEscalation(chosen, receiver: receiver, group, at: moment, db)
                    if escalated.insert(id).inserted { try Self.hasten(id, chosen, replaces: policy != nil, at: moment, db) }
                    try Self.log(
                        step: "escalation", try StoredText.labels(row["labels"]), fingerprint, at: now,
                        reason: "escalated by hand by the policy \(chosen.name)" + (action.comment.isEmpty ? "" : ": \(action.comment)"), actor: action.actor,
                        receiver: receiver, db)
                }
            }
            if escalated.isEmpty { return .failure(.invalid("no policy is bound to a receiver of \(quoted(name)); name one with `policy`")) }
            return .success(targets.map { $0["fingerprint"] })
        }
    }

    /// Makes the waiting step due now; begins anew where all were gone through, or by another policy where one is named.
    private static func hasten(_ id: Int64, _ policy: EscalationPolicy, replaces: Bool, at moment: EscalationMoment, _ db: Database) throws {
        let current = try openEscalations("id = ?", [id], db).first
        if replaces, current?.policy.name != policy.name {
            try db.execute(sql: "UPDATE escalations SET policy = ? WHERE id = ?", arguments: [try StoredText.encode(policy), id])
            try db.execute(
                sql: "UPDATE escalation_steps SET done_at = ?, reason = 'another policy took its place' WHERE escalation = ? AND done_at IS NULL",
                arguments: [moment.now.milliseconds, id])
        }
        try setState(id, "active", db)
        let waits = try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM escalation_steps WHERE escalation = ? AND done_at IS NULL)", arguments: [id]) ?? false
        if waits { try delayStep(id, byMilliseconds: 0, at: moment, db) } else { try planStep(id, round: 0, step: 0, afterMilliseconds: 0, at: moment, db) }
    }
}
