import Foundation
import Foundations
import GRDB
import Model

/// Who is told of what, and how: the configuration as the planning of messages needs it.
struct NotificationContext: Sendable {
    var router: Router
    var receivers: [String: Receiver]
    var externalURL: String
}

/// A message's kind.
enum OutboxOperation: String, Sendable {
    case trigger, resolve
    case repeated = "repeat"
}

extension AlertDatabase {
    private struct GroupReference: Hashable {
        var receiver: String
        var groupKey: String
    }

    /// Queues what receivers have to know of alerts that fired or ended. Returns the receivers that have something to send.
    static func notify(of alerts: [AlertInstance], now: Timestamp, _ context: NotificationContext, _ db: Database) throws -> Set<String> {
        var groups: Set<GroupReference> = []
        for alert in alerts {
            if alert.phase == .firing { try assign(alert, context, db) }
            let assignments = try Row.fetchAll(
                db.cachedStatement(sql: "SELECT receiver, group_key FROM assignments WHERE fingerprint = ?"), arguments: [alert.fingerprint.text])
            for row in assignments {
                groups.insert(GroupReference(receiver: row["receiver"], groupKey: row["group_key"]))
            }
        }
        return try plan(groups, now: now, context, db)
    }

    /// Makes up for what changed while the program was down: other receivers or routes, and messages to receivers that are no more.
    /// Returns the receivers that have something to send.
    func reconcile(now: Timestamp, _ context: NotificationContext) async throws(AlertingError) -> Set<String> {
        try await write("store messages in") { db in
            let known = context.receivers.keys.sorted()
            try db.execute(
                sql: """
                    UPDATE outbox SET state = 'failed', finished_at = ?, reason = 'the receiver is no longer configured'
                    WHERE finished_at IS NULL AND receiver NOT IN (SELECT value FROM json_each(?))
                    """, arguments: [now.milliseconds, try StoredText.encode(known)])
            let firing = try Row.fetchAll(db, sql: "SELECT * FROM alert_states WHERE phase = 'firing'").map(AlertInstance.init)
            for alert in firing { try Self.assign(alert, context, db) }
            let groups = try Row.fetchAll(db, sql: "SELECT DISTINCT receiver, group_key FROM assignments")
                .map { GroupReference(receiver: $0["receiver"], groupKey: $0["group_key"]) }
            return try Self.plan(Set(groups), now: now, context, db)
        }
    }

    /// Whether any message is due again.
    func hasRepeats(now: Timestamp, _ context: NotificationContext) async throws(AlertingError) -> Bool {
        try await read("read the messages of") { db in
            try context.router.routes.contains { try !Self.groupsToRepeat($0, now: now, db).isEmpty }
        }
    }

    /// Queues the messages that are due again because their alerts still fire.
    func queueRepeats(now: Timestamp, _ context: NotificationContext) async throws(AlertingError) -> Set<String> {
        try await write("store messages in") { db in
            var receivers: Set<String> = []
            for route in context.router.routes {
                for group in try Self.groupsToRepeat(route, now: now, db) where context.receivers[group.receiver] != nil {
                    let firing = try Self.firing(group, db)
                    guard !firing.isEmpty else { continue }
                    try Self.queue(NotificationChange(), .repeated, firing: firing, group, dueAt: now, now: now, context, db)
                    receivers.insert(group.receiver)
                }
            }
            return receivers
        }
    }

    /// Groups whose receiver was told of alerts that still fire, nothing waits to be sent, and the last message is old enough.
    private static func groupsToRepeat(_ route: Route, now: Timestamp, _ db: Database) throws -> [GroupReference] {
        try String.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT group_key FROM notification_groups g WHERE receiver = ? AND last_queued_at <= ?
                        AND EXISTS (SELECT 1 FROM told t WHERE t.receiver = g.receiver AND t.group_key = g.group_key)
                        AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.finished_at IS NULL AND o.receiver = g.receiver AND o.group_key = g.group_key)
                    """), arguments: [route.receiver, now.milliseconds - route.repeatIntervalMilliseconds]
        ).map { GroupReference(receiver: route.receiver, groupKey: $0) }
    }

    /// Binds an alert to its group for each receiver. One that a receiver has been told of stays where it was, so that its resolve follows.
    private static func assign(_ alert: AlertInstance, _ context: NotificationContext, _ db: Database) throws {
        for route in context.router.routes(for: alert.labels) {
            let groupLabels = route.groupLabels(of: alert.labels)
            let groupKey = Route.groupKey(groupLabels)
            let fingerprint = alert.fingerprint.text
            let known = try String.fetchOne(
                db.cachedStatement(sql: "SELECT group_key FROM assignments WHERE receiver = ? AND fingerprint = ?"),
                arguments: [route.receiver, fingerprint])
            if let known, known != groupKey, try isBusy(receiver: route.receiver, groupKey: known, fingerprint, db) { continue }
            try db.cachedStatement(
                sql: """
                    INSERT INTO assignments VALUES (?, ?, ?) ON CONFLICT (receiver, fingerprint) DO UPDATE SET group_key = excluded.group_key
                    """
            ).execute(arguments: [route.receiver, fingerprint, groupKey])
            try db.cachedStatement(
                sql: "INSERT INTO notification_groups VALUES (?, ?, ?, 0, 0) ON CONFLICT (receiver, group_key) DO NOTHING"
            ).execute(arguments: [route.receiver, groupKey, try StoredText.encode(groupLabels)])
        }
    }

    private static func isBusy(receiver: String, groupKey: String, _ fingerprint: String, _ db: Database) throws -> Bool {
        try Bool.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT EXISTS (SELECT 1 FROM told WHERE receiver = ? AND group_key = ? AND fingerprint = ?)
                        OR EXISTS (SELECT 1 FROM outbox WHERE finished_at IS NULL AND receiver = ? AND group_key = ?)
                    """), arguments: [receiver, groupKey, fingerprint, receiver, groupKey]) ?? false
    }

    private static func plan(_ groups: Set<GroupReference>, now: Timestamp, _ context: NotificationContext, _ db: Database) throws -> Set<String> {
        var receivers: Set<String> = []
        for group in groups {
            guard let receiver = context.receivers[group.receiver] else { continue }
            if try plan(group, receiver, now: now, context, db) { receivers.insert(group.receiver) }
        }
        return receivers
    }

    /// Plans one group. Returns whether a message was queued.
    private static func plan(_ group: GroupReference, _ receiver: Receiver, now: Timestamp, _ context: NotificationContext, _ db: Database) throws -> Bool {
        let told = try told(group, db)
        let openRows = try Row.fetchAll(
            db.cachedStatement(
                sql: "SELECT id, attempts, change, due_at FROM outbox WHERE finished_at IS NULL AND receiver = ? AND group_key = ? ORDER BY id"),
            arguments: [group.receiver, group.groupKey])
        let open = try openRows.map {
            NotificationPlan.Open(
                id: $0["id"], wasAttempted: ($0["attempts"] as Int64) > 0, change: try StoredText.decode(NotificationChange.self, $0["change"]))
        }
        let firing = try firing(group, db)
        let current = current(firing, told: told)
        let plan = NotificationPlan(told: told, open: open, current: current, sendsResolved: receiver.sendsResolved)
        for fingerprint in plan.forgotten { try forget(fingerprint, group, db) }
        var dueAt = now
        if let cancelled = plan.cancelled {
            dueAt = openRows.last.map { max(now, Timestamp(milliseconds: $0["due_at"])) } ?? now
            try cancel(cancelled, isReplaced: plan.queued != nil, now: now, db)
        } else if told.isEmpty, open.isEmpty, let wait = context.router.groupWaitMilliseconds(of: group.receiver) {
            dueAt = now.advanced(byMilliseconds: wait)
        }
        guard let change = plan.queued else { return false }
        let isUrgent = firing.contains { change.fired[$0.fingerprint] != nil && $0.labels[AlertLabel.severity] == AlertLabel.critical }
        try queue(
            change, change.fired.isEmpty ? .resolve : .trigger, firing: firing, group, dueAt: isUrgent ? now : dueAt, now: now, context, db)
        return true
    }

    /// What fires now. Where several rules have an alert of the same labels, the one that the receiver knows counts.
    private static func current(_ firing: [StoredAlert], told: [String: Int64]) -> [String: Int64] {
        var current: [String: Int64] = [:]
        for alert in firing {
            let known = current[alert.fingerprint]
            if known == nil || alert.firedAt == told[alert.fingerprint] || (known != told[alert.fingerprint] && alert.firedAt < known!) {
                current[alert.fingerprint] = alert.firedAt
            }
        }
        return current
    }

    private static func told(_ group: GroupReference, _ db: Database) throws -> [String: Int64] {
        Dictionary(
            try Row.fetchAll(
                db.cachedStatement(sql: "SELECT fingerprint, fired_at FROM told WHERE receiver = ? AND group_key = ?"),
                arguments: [group.receiver, group.groupKey]
            ).map { ($0["fingerprint"], $0["fired_at"]) }, uniquingKeysWith: { $1 })
    }

    private static func forget(_ fingerprint: String, _ group: GroupReference, _ db: Database) throws {
        try db.cachedStatement(sql: "DELETE FROM told WHERE receiver = ? AND group_key = ? AND fingerprint = ?")
            .execute(arguments: [group.receiver, group.groupKey, fingerprint])
    }

    private static func cancel(_ id: Int64, isReplaced: Bool, now: Timestamp, _ db: Database) throws {
        let reason = isReplaced ? "replaced by a newer message before it was sent" : "its alerts ended before it was sent"
        try db.cachedStatement(sql: "UPDATE outbox SET state = 'cancelled', finished_at = ?, reason = ? WHERE id = ?")
            .execute(arguments: [now.milliseconds, reason, id])
    }

    // Messages

    private struct StoredAlert {
        var fingerprint: String
        var labels: Labels
        var annotations: [NamedText]
        var generatorURL: String
        var firedAt: Int64
        var resolvedAt: Int64?

        init(_ row: Row) throws {
            fingerprint = row["fingerprint"]
            labels = try StoredText.labels(row["labels"])
            annotations = try StoredText.annotations(row["annotations"])
            generatorURL = row["generator_url"]
            firedAt = (row["fired_at"] as Int64?) ?? row["active_at"]
            resolvedAt = row["resolved_at"]
        }

        func message(startsAt: Int64, endsAt: Int64?) -> MessageAlert {
            MessageAlert(
                fingerprint: fingerprint, labels: labels, annotations: annotations, generatorURL: generatorURL,
                startsAt: Timestamp(milliseconds: startsAt), endsAt: endsAt.map(Timestamp.init(milliseconds:)))
        }
    }

    private static func firing(_ group: GroupReference, _ db: Database) throws -> [StoredAlert] {
        try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT s.* FROM assignments a JOIN alert_states s ON s.fingerprint = a.fingerprint
                    WHERE a.receiver = ? AND a.group_key = ? AND s.phase = 'firing' ORDER BY s.fired_at, s.fingerprint
                    """), arguments: [group.receiver, group.groupKey]
        ).map(StoredAlert.init)
    }

    private static func queue(
        _ change: NotificationChange, _ operation: OutboxOperation, firing: [StoredAlert], _ group: GroupReference, dueAt: Timestamp,
        now: Timestamp, _ context: NotificationContext, _ db: Database
    ) throws {
        guard let receiver = context.receivers[group.receiver] else { return }
        let row = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    UPDATE notification_groups SET last_sequence = last_sequence + 1, last_queued_at = ?
                    WHERE receiver = ? AND group_key = ? RETURNING last_sequence, group_labels
                    """), arguments: [now.milliseconds, group.receiver, group.groupKey])!
        let body = WebhookBody(
            receiver: group.receiver, groupKey: group.groupKey, groupLabels: try StoredText.labels(row["group_labels"]),
            externalURL: context.externalURL, alerts: try messageAlerts(change, firing: firing, now: now, db),
            alertsMax: receiver.alertsPerMessageMax)
        try db.cachedStatement(
            sql: """
                INSERT INTO outbox (key, receiver, group_key, sequence, operation, payload, change, queued_at, due_at, state)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending')
                """
        ).execute(arguments: [
            OutboxMessage.newKey(), group.receiver, group.groupKey, row["last_sequence"] as Int64, operation.rawValue, Data(try body.encoded()),
            try StoredText.encode(change), now.milliseconds, dueAt.milliseconds,
        ])
    }

    /// What is new first, then what goes on.
    private static func messageAlerts(_ change: NotificationChange, firing: [StoredAlert], now: Timestamp, _ db: Database) throws -> [MessageAlert] {
        var seen: Set<String> = []
        let distinct = firing.filter { seen.insert($0.fingerprint).inserted }
        let new = distinct.filter { change.fired[$0.fingerprint] != nil }
        let old = distinct.filter { change.fired[$0.fingerprint] == nil }
        let ended = try change.resolved.sorted { $0.key < $1.key }.map { fingerprint, firedAt in
            try endedAlert(fingerprint, firedAt: firedAt, now: now, db)
        }
        return new.map { $0.message(startsAt: change.fired[$0.fingerprint]!, endsAt: nil) } + ended
            + old.map { $0.message(startsAt: $0.firedAt, endsAt: nil) }
    }

    private static func endedAlert(_ fingerprint: String, firedAt: Int64, now: Timestamp, _ db: Database) throws -> MessageAlert {
        let row = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT * FROM alert_states WHERE fingerprint = ? ORDER BY resolved_at DESC LIMIT 1"), arguments: [fingerprint])
        guard let alert = try row.map(StoredAlert.init) else {
            // The resolve must follow its page even where the alert's texts are lost.
            return MessageAlert(
                fingerprint: fingerprint, labels: Labels(), annotations: [], generatorURL: "", startsAt: Timestamp(milliseconds: firedAt), endsAt: now)
        }
        return alert.message(startsAt: firedAt, endsAt: max(alert.resolvedAt ?? now.milliseconds, firedAt))
    }
}
