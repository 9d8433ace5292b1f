import Foundations
import GRDB
import Model

/// What a turn through the escalations did.
struct EscalationTurn: Sendable {
    /// Receivers that have something to send.
    var receivers: Set<String> = []
    /// How long until the next step is due; nil where none waits.
    var nextMilliseconds: Int64?
}

extension AlertDatabase {
    /// Brings escalations forward: ends those whose alerts are over, tries the next contact where one refused, and pages the steps that are due.
    func escalate(_ escalator: Escalator, now: Timestamp, _ context: NotificationContext) async throws(AlertingError) -> EscalationTurn {
        let hasOpen = try await read("read the escalations of") { db in
            try Bool.fetchOne(db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM escalations WHERE ended_at IS NULL)")) ?? false
        }
        if !hasOpen { return EscalationTurn() }
        return try await write("store escalations in") { db in
            let moment = EscalationMoment(now, escalator.machine)
            var run = EscalationRun(escalator: escalator, moment: moment, context: context, judge: try MuteJudge(now: now, context, db), db: db)
            try run.endResolved()
            try run.followMessages()
            try run.tellNews()
            try run.takeDueSteps()
            return EscalationTurn(receivers: run.receivers, nextMilliseconds: try run.nextMilliseconds())
        }
    }
}

/// One turn, within one transaction.
private struct EscalationRun {
    let escalator: Escalator
    let moment: EscalationMoment
    let context: NotificationContext
    let judge: MuteJudge
    let db: Database
    var receivers: Set<String> = []

    private var now: Timestamp { moment.now }

    func endResolved() throws {
        let over = try AlertDatabase.openEscalations(
            """
            NOT EXISTS (SELECT 1 FROM assignments a JOIN alert_states s ON s.fingerprint = a.fingerprint
                WHERE a.receiver = source AND a.group_key = escalations.group_key AND s.phase = 'firing')
            """, db: db)
        for escalation in over { try AlertDatabase.endEscalation(escalation.id, "its alerts ended", now: now, db) }
    }

    // Pages

    /// Takes up what became of pages: where one was refused for good, the person's next contact is tried at once, and where there is none
    /// left and nobody else was reached, the next step is due.
    mutating func followMessages() throws {
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT p.*, o.state AS outcome, (SELECT max(n.id) FROM outbox n WHERE n.receiver = o.receiver AND n.group_key = o.group_key
                        AND n.id > o.id AND n.operation IN ('trigger', 'repeat')) AS newer
                    FROM escalation_pages p JOIN outbox o ON o.id = p.message
                    WHERE p.state = 'sent' AND o.state IN ('delivered', 'failed', 'cancelled') ORDER BY p.id
                    """))
        for row in rows {
            let (id, outcome): (Int64, String) = (row["id"], row["outcome"])
            if outcome == "cancelled", let newer = row["newer"] as Int64? {
                try db.cachedStatement(sql: "UPDATE escalation_pages SET message = ? WHERE id = ?").execute(arguments: [newer, id])
                continue
            }
            try db.cachedStatement(sql: "UPDATE escalation_pages SET state = ? WHERE id = ?").execute(arguments: [outcome, id])
            if outcome == "failed" { try moveOn(from: row) }
        }
    }

    private mutating func moveOn(from row: Row) throws {
        let (id, number, person): (Int64, Int, String) = (row["escalation"], row["number"], row["person"])
        guard let escalation = try AlertDatabase.openEscalations("id = ?", [id], db).first else { return }
        let tried = Set(try String.fetchAll(
            db, sql: "SELECT receiver FROM escalation_pages WHERE escalation = ? AND number = ? AND person = ?", arguments: [id, number, person]))
        let alerts = try pageable(escalation).alerts
        if !person.isEmpty, let next = escalator.ways(to: person, context).flatMap(\.receivers).first(where: { !tried.contains($0.name) }) {
            try page(escalation, number: number, person: person, next, alerts, why: "\(row["receiver"] as String) refused the page")
            return
        }
        let isReached = try Bool.fetchOne(
            db, sql: "SELECT EXISTS (SELECT 1 FROM escalation_pages WHERE escalation = ? AND number = ? AND state <> 'failed')", arguments: [id, number]) ?? false
        if !isReached { try AlertDatabase.delayStep(id, byMilliseconds: 0, at: moment, db) }
    }

    /// Queues a page at a destination: what it doesn't know yet, or a reminder of what it does. The end follows by itself.
    private mutating func page(_ escalation: OpenEscalation, number: Int, person: String, _ receiver: Receiver, _ alerts: [StoredAlert], why: String) throws {
        let group = GroupReference(receiver: receiver.name, groupKey: escalation.group.groupKey)
        let message = try tell(escalation, group, alerts, reminds: true)
        receivers.insert(receiver.name)
        try db.cachedStatement(sql: "INSERT INTO escalation_pages (escalation, number, person, receiver, message, at, state) VALUES (?, ?, ?, ?, ?, ?, ?)")
            .execute(arguments: [escalation.id, number, person, receiver.name, message, now.milliseconds, message == nil ? "shared" : "sent"])
        for alert in alerts {
            try AlertDatabase.log(
                step: "escalated", alert.labels, alert.fingerprint, at: now, reason: person.isEmpty ? why : "\(person), \(why)", cause: escalation.policy.name, receiver: receiver.name, db)
        }
    }

    /// Binds the alerts to a group of the destination and makes its message. Nil where a storm's shared page, or one that waits, says it.
    private func tell(_ escalation: OpenEscalation, _ group: GroupReference, _ alerts: [StoredAlert], reminds: Bool) throws -> Int64? {
        try db.cachedStatement(
            sql: """
                INSERT OR IGNORE INTO notification_groups (receiver, group_key, group_labels, route, alias, last_sequence, last_queued_at)
                VALUES (?, ?, ?, '{}/escalation', ?, 0, 0)
                """
        ).execute(arguments: [group.receiver, group.groupKey, try StoredText.encode(escalation.labels), GroupReference.alias(of: group.groupKey)])
        for alert in alerts {
            try db.cachedStatement(sql: "INSERT OR IGNORE INTO assignments (receiver, group_key, fingerprint) VALUES (?, ?, ?)")
                .execute(arguments: [group.receiver, group.groupKey, alert.fingerprint])
        }
        let newest = "SELECT max(id) FROM outbox WHERE receiver = ? AND group_key = ? AND operation IN ('trigger', 'repeat')"
        let arguments: StatementArguments = [group.receiver, group.groupKey]
        let before = try Int64.fetchOne(db.cachedStatement(sql: newest), arguments: arguments)
        _ = try AlertDatabase.flush([group], now: now, context, db)
        var after = try Int64.fetchOne(db.cachedStatement(sql: newest), arguments: arguments)
        if after != before { return after }
        let waits = try Bool.fetchOne(
            db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM outbox WHERE finished_at IS NULL AND receiver = ? AND group_key = ?)"), arguments: arguments) ?? false
        if waits { return after }
        guard reminds, try !AlertDatabase.told(group, db).isEmpty else { return nil }
        let draft = MessageDraft(group: group, labels: escalation.labels, isStorm: false, isOver: false, firing: try AlertDatabase.firing(group, db))
        try AlertDatabase.queue(NotificationChange(), .repeated, draft, now: now, context, db)
        after = try Int64.fetchOne(db.cachedStatement(sql: newest), arguments: arguments)
        return after
    }

    /// Alerts that joined a group are told to those who were paged about it; where all steps were gone through, they are again.
    mutating func tellNews() throws {
        for escalation in try AlertDatabase.openEscalations("has_news = 1", db: db) {
            try db.cachedStatement(sql: "UPDATE escalations SET has_news = 0 WHERE id = ?").execute(arguments: [escalation.id])
            let (alerts, hold) = try pageable(escalation)
            if alerts.isEmpty {
                if let hold, escalation.state != "exhausted" { try AlertDatabase.setState(escalation.id, hold.state, db) }
                continue
            }
            let paged = try String.fetchAll(db, sql: "SELECT DISTINCT receiver FROM escalation_pages WHERE escalation = ?", arguments: [escalation.id])
            for name in paged where context.receivers[name] != nil {
                _ = try tell(escalation, GroupReference(receiver: name, groupKey: escalation.group.groupKey), alerts, reminds: false)
                receivers.insert(name)
            }
            switch escalation.state {
            case "exhausted":
                try AlertDatabase.setState(escalation.id, "active", db)
                try AlertDatabase.planStep(escalation.id, round: 0, step: 0, afterMilliseconds: escalation.policy.steps[0].afterMilliseconds, at: moment, db)
            case "acknowledged", "muted":
                try AlertDatabase.setState(escalation.id, "active", db)
                try AlertDatabase.releaseStep(escalation.id, at: moment, db)
            default: break
            }
        }
    }

    // Steps

    mutating func takeDueSteps() throws {
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT * FROM escalation_steps WHERE done_at IS NULL AND CASE WHEN boot = ? AND boot <> '' THEN due_elapsed <= ? ELSE due_at <= ? END
                    ORDER BY due_at LIMIT \(Limits.escalationsPerTurnMax)
                    """), arguments: [moment.boot, moment.elapsedMilliseconds, now.milliseconds])
        for row in rows {
            if let escalation = try AlertDatabase.openEscalations("id = ?", [row["escalation"] as Int64], db).first {
                try take(escalation, number: row["number"], round: row["round"], step: row["step"])
            }
        }
    }

    private mutating func take(_ escalation: OpenEscalation, number: Int, round: Int, step: Int) throws {
        let (alerts, hold) = try pageable(escalation)
        if alerts.isEmpty {
            guard let hold else { return try AlertDatabase.endEscalation(escalation.id, "its alerts ended", now: now, db) }
            if hold.state != escalation.state { try AlertDatabase.setState(escalation.id, hold.state, db) }
            return try AlertDatabase.delayStep(escalation.id, byMilliseconds: hold.milliseconds, at: moment, db)
        }
        try AlertDatabase.setState(escalation.id, "active", db)
        let policy = escalation.policy
        let pages = policy.steps[step].pages(policy, escalator, now: now, context)
        let place = "step \(step + 1) of \(policy.steps.count)" + (round > 0 ? ", round \(round + 1)" : "")
        for found in pages {
            for receiver in found.receivers {
                try page(escalation, number: number, person: found.person, receiver, alerts, why: "\(place) of the policy \(policy.name)")
            }
        }
        if pages.isEmpty {
            for alert in alerts {
                try AlertDatabase.log(
                    step: "nobody_on_call", alert.labels, alert.fingerprint, at: now, reason: "\(place) of the policy \(policy.name) pages nobody",
                    receiver: escalation.receiver, db)
            }
        }
        try db.cachedStatement(sql: "UPDATE escalation_steps SET done_at = ?, reason = ? WHERE escalation = ? AND number = ?")
            .execute(arguments: [now.milliseconds, pages.isEmpty ? "nobody could be paged" : "", escalation.id, number])
        try planNext(escalation, round: round, step: step, isAtOnce: pages.isEmpty)
    }

    /// The step after one; at once, but for a new round, where that one reached nobody.
    private func planNext(_ escalation: OpenEscalation, round: Int, step: Int, isAtOnce: Bool) throws {
        let policy = escalation.policy
        if step + 1 < policy.steps.count {
            try AlertDatabase.planStep(
                escalation.id, round: round, step: step + 1, afterMilliseconds: isAtOnce ? 0 : policy.steps[step + 1].afterMilliseconds, at: moment, db)
        } else if round < policy.repeats {
            try AlertDatabase.planStep(escalation.id, round: round + 1, step: 0, afterMilliseconds: policy.repeatAfterMilliseconds, at: moment, db)
        } else {
            try AlertDatabase.setState(escalation.id, "exhausted", db)
        }
    }

    /// The alerts that somebody is still to be paged about; where there are none, for how long what mutes them holds at least.
    private func pageable(_ escalation: OpenEscalation) throws -> (alerts: [StoredAlert], hold: (state: String, milliseconds: Int64)?) {
        try AlertDatabase.limitAcknowledgements(escalation, db)
        let firing = try AlertDatabase.firing(escalation.group, db)
        if firing.isEmpty { return ([], nil) }
        let route = try String.fetchOne(
            db.cachedStatement(sql: "SELECT route FROM notification_groups WHERE receiver = ? AND group_key = ?"), arguments: [escalation.group.receiver, escalation.group.groupKey])
        let node = route.flatMap { context.router.node(receiver: escalation.receiver, routeKey: $0) }
        let interval = node.flatMap { context.router.mutingInterval(of: $0, at: now) }
        var (alerts, mutes): ([StoredAlert], [MuteKind]) = ([], [])
        for alert in firing {
            let mute = try judge.mute(fingerprint: alert.fingerprint, labels: alert.labels, firedAt: alert.firedAt, db)?.kind ?? (interval == nil ? nil : .muted)
            if let mute { mutes.append(mute) } else { alerts.append(alert) }
        }
        if !alerts.isEmpty { return (alerts, nil) }
        let isHandled = mutes.allSatisfy { $0 == .acked || $0 == .resolved }
        let expiry = try Int64.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT min(expires_at) FROM acknowledgements WHERE expires_at > ?
                        AND fingerprint IN (SELECT fingerprint FROM assignments WHERE receiver = ? AND group_key = ?)
                    """), arguments: [now.milliseconds, escalation.group.receiver, escalation.group.groupKey])
        let wait = min(Limits.mutedRecheckMilliseconds, expiry.map { $0 - now.milliseconds } ?? .max)
        return ([], (isHandled ? "acknowledged" : "muted", max(1, wait)))
    }

    /// How long until a step is due.
    func nextMilliseconds() throws -> Int64? {
        try Int64.fetchOne(
            db.cachedStatement(
                sql: "SELECT min(CASE WHEN boot = ? AND boot <> '' THEN due_elapsed - ? ELSE due_at - ? END) FROM escalation_steps WHERE done_at IS NULL"),
            arguments: [moment.boot, moment.elapsedMilliseconds, now.milliseconds]
        ).map { max(0, $0) }
    }
}

extension AlertDatabase {
    fileprivate static func openEscalations(_ condition: String, db: Database) throws -> [OpenEscalation] { try openEscalations(condition, StatementArguments(), db) }
}
