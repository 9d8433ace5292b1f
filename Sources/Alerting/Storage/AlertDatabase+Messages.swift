import Foundation
import Foundations
import GRDB
import Model

/// An alert that fires, as a message needs it.
struct StoredAlert: Sendable {
    var fingerprint: String
    var labels: Labels
    var annotations: [NamedText]
    var generatorURL: String
    var firedAt: Int64
    var resolvedAt: Int64?
    /// What mutes it in the group it was read for.
    var mute: Mute?

    init(_ row: Row) throws {
        fingerprint = row["fingerprint"]
        labels = try StoredText.labels(row["labels"])
        annotations = try StoredText.annotations(row["annotations"])
        generatorURL = row["generator_url"]
        firedAt = (row["fired_at"] as Int64?) ?? row["active_at"]
        resolvedAt = row["resolved_at"]
        if row.hasColumn("muted_by"), let kind = (row["muted_by"] as String?).flatMap(MuteKind.init(rawValue:)) {
            mute = Mute(kind: kind, cause: row["mute_cause"] ?? "")
        }
    }

    func message(startsAt: Int64, endsAt: Int64?) -> MessageAlert {
        MessageAlert(
            fingerprint: fingerprint, labels: labels, annotations: annotations, generatorURL: generatorURL,
            startsAt: Timestamp(milliseconds: startsAt), endsAt: endsAt.map(Timestamp.init(milliseconds:)))
    }
}

/// What all messages about a group at a moment have in common.
struct MessageDraft {
    var group: GroupReference
    var labels: Labels
    var isStorm: Bool
    /// Whether nothing that the receiver was told of fires any more.
    var isOver: Bool
    var firing: [StoredAlert]
}

extension AlertDatabase {
    static func firing(_ group: GroupReference, _ db: Database) throws -> [StoredAlert] {
        try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT s.*, a.muted_by, a.mute_cause FROM assignments a JOIN alert_states s ON s.fingerprint = a.fingerprint
                    WHERE a.receiver = ? AND a.group_key = ? AND s.phase = 'firing' ORDER BY s.fired_at, s.fingerprint
                    """), arguments: [group.receiver, group.groupKey]
        ).map(StoredAlert.init)
    }

    /// Queues a message, or several where one can't list all that is new. What it says is frozen here.
    static func queue(
        _ change: NotificationChange, _ operation: OutboxOperation, _ draft: MessageDraft, now: Timestamp, _ context: NotificationContext, _ db: Database
    ) throws {
        guard let receiver = context.receivers[draft.group.receiver] else { return }
        let parts = receiver.listsAll ? change.parts(of: receiver.alertsPerMessageMax) : [change]
        for part in parts {
            let listed = parts.count > 1 ? draft.firing.filter { part.fired[$0.fingerprint] != nil } : draft.firing
            var body = WebhookBody(
                receiver: receiver.configuredName, groupKey: draft.group.groupKey, groupLabels: draft.labels, externalURL: context.externalURL,
                alerts: try messageAlerts(part, firing: listed, now: now, db), alertsMax: receiver.alertsPerMessageMax)
            if draft.isStorm { body.addStormSummary(firing: draft.firing.count) }
            if parts.count == 1 { body.status = draft.isOver ? "resolved" : "firing" }
            let sequence = try nextSequence(draft.group, now: now, db)
            try insert(part, operation, payload: body.encoded(), draft.group, sequence: sequence, now: now, db)
            for hook in context.hooks { try hook.queued(part, operation, draft.group, receiver: receiver, now: now, db) }
        }
    }

    static func nextSequence(_ group: GroupReference, now: Timestamp, _ db: Database) throws -> Int64 {
        try Int64.fetchOne(
            db.cachedStatement(
                sql: """
                    UPDATE notification_groups SET last_sequence = last_sequence + 1, last_queued_at = ?
                    WHERE receiver = ? AND group_key = ? RETURNING last_sequence
                    """), arguments: [now.milliseconds, group.receiver, group.groupKey]) ?? 1
    }

    /// Puts a message into the outbox, and a line about it into the log of each alert it is about.
    static func insert(
        _ change: NotificationChange, _ operation: OutboxOperation, payload: [UInt8], _ group: GroupReference, sequence: Int64, now: Timestamp, _ db: Database
    ) throws {
        let id = try Int64.fetchOne(
            db.cachedStatement(
                sql: """
                    INSERT INTO outbox (key, receiver, group_key, sequence, operation, payload, change, queued_at, due_at, state)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending') RETURNING id
                    """),
            arguments: [
                OutboxMessage.newKey(), group.receiver, group.groupKey, sequence, operation.rawValue, Data(payload), try StoredText.encode(change),
                now.milliseconds, now.milliseconds,
            ])!
        for (step, fingerprints) in [("page_queued", change.fired), ("resolve_queued", change.resolved)] {
            for fingerprint in fingerprints.keys.sorted() {
                try db.cachedStatement(
                    sql: """
                        INSERT INTO alert_events (at, rule, fingerprint, step, labels, value, reason, cause, receiver) VALUES (?, '', ?, ?, '{}', NULL, ?, ?, ?)
                        """
                ).execute(arguments: [now.milliseconds, fingerprint, step, group.groupKey, String(id), group.receiver])
            }
        }
    }

    /// What is new first, then what has ended, then what goes on.
    private static func messageAlerts(_ change: NotificationChange, firing: [StoredAlert], now: Timestamp, _ db: Database) throws -> [MessageAlert] {
        var seen: Set<String> = []
        let distinct = firing.filter { seen.insert($0.fingerprint).inserted }
        let new = distinct.filter { change.fired[$0.fingerprint] != nil }
        let old = distinct.filter { change.fired[$0.fingerprint] == nil && ($0.mute == nil || $0.mute?.kind == .acked) }
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

extension NotificationChange {
    /// The same in parts that each name at most `count` alerts.
    func parts(of count: Int) -> [NotificationChange] {
        if fired.count + resolved.count <= count { return [self] }
        var parts: [NotificationChange] = [NotificationChange()]
        func room() -> Bool { parts[parts.count - 1].fired.count + parts[parts.count - 1].resolved.count < count }
        // Ends come first, so that no part contradicts the one before it.
        for (fingerprint, firedAt) in resolved.sorted(by: { $0.key < $1.key }) {
            if !room() { parts.append(NotificationChange()) }
            parts[parts.count - 1].resolved[fingerprint] = firedAt
        }
        for (fingerprint, firedAt) in fired.sorted(by: { ($0.value, $0.key) < ($1.value, $1.key) }) {
            if !room() { parts.append(NotificationChange()) }
            parts[parts.count - 1].fired[fingerprint] = firedAt
        }
        return parts
    }
}
