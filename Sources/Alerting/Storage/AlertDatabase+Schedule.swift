import Foundations
import GRDB
import Model

extension AlertDatabase {
    /// Makes up for what changed while the program was down or when the configuration was taken up anew: other receivers or routes, and
    /// messages to receivers that are no more. Returns the receivers that have something to send.
    func reconcile(now: Timestamp, _ context: NotificationContext) async throws(AlertingError) -> Set<String> {
        try await write("store messages in") { db in
            try context.silences.load(db, now: now)
            let known = context.receivers.keys.sorted()
            try db.execute(
                sql: """
                    UPDATE outbox SET state = 'failed', finished_at = ?, reason = 'the receiver is no longer configured'
                    WHERE finished_at IS NULL AND receiver NOT IN (SELECT value FROM json_each(?))
                    """, arguments: [now.milliseconds, try StoredText.encode(known)])
            try db.execute(sql: "DELETE FROM inhibition_sources")
            let firing = try Row.fetchAll(db, sql: "SELECT * FROM alert_states WHERE phase = 'firing'").map(AlertInstance.init)
            for alert in firing { try Self.addInhibitions(by: alert.fingerprint.text, alert.labels, context, db) }
            var assignment = try Assignment(now: now, context, db)
            for alert in firing { _ = try Self.assign(alert, alert.fingerprint.text, &assignment, db) }
            _ = try assignment.dueStorms(db)
            // Everything is looked at once: what was due before the start, and what a changed configuration mutes or no longer does.
            let groups = try Row.fetchAll(
                db,
                sql: """
                    SELECT DISTINCT g.receiver, g.group_key FROM notification_groups g JOIN assignments a USING (receiver, group_key)
                    WHERE g.flush_at IS NULL OR g.flush_at <= ? OR a.muted_by IS NOT NULL ORDER BY g.flush_at
                    """, arguments: [now.milliseconds]
            ).map { GroupReference(receiver: $0["receiver"], groupKey: $0["group_key"]) }
            return try Self.flush(groups, now: now, context, db)
        }
    }

    /// Makes the messages of the groups that are due, a bounded number at a time. Returns the receivers that have something to send, and
    /// when the next group is due.
    func flushDue(now: Timestamp, _ context: NotificationContext) async throws(AlertingError) -> (receivers: Set<String>, nextDue: Timestamp?) {
        let due = try await read("read the groups of") { db in
            try Row.fetchAll(
                db.cachedStatement(sql: "SELECT receiver, group_key FROM notification_groups WHERE flush_at <= ? ORDER BY flush_at LIMIT ?"),
                arguments: [now.milliseconds, Limits.groupsPerFlushMax]
            ).map { GroupReference(receiver: $0["receiver"], groupKey: $0["group_key"]) }
        }
        if due.isEmpty { return ([], try await nextFlush()) }
        let receivers = try await write("store messages in") { db in try Self.flush(due, now: now, context, db) }
        return (receivers, try await nextFlush())
    }

    private func nextFlush() async throws(AlertingError) -> Timestamp? {
        try await read("read the groups of") { db in
            try Int64.fetchOne(db.cachedStatement(sql: "SELECT min(flush_at) FROM notification_groups WHERE flush_at IS NOT NULL")).map(Timestamp.init(milliseconds:))
        }
    }

    /// Whether a reminder of what still fires is due, so that its texts are worth bringing up to date.
    func hasRepeats(now: Timestamp) async throws(AlertingError) -> Bool {
        try await read("read the groups of") { db in
            try Bool.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT EXISTS (SELECT 1 FROM notification_groups g WHERE flush_at <= ? AND last_queued_at > 0
                            AND EXISTS (SELECT 1 FROM told t WHERE t.receiver = g.receiver AND t.group_key = g.group_key))
                        """), arguments: [now.milliseconds]) ?? false
        }
    }
}
