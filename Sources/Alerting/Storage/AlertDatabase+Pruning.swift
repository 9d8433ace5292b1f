import Foundations
import GRDB

extension AlertDatabase {
    /// Removes what is older than the history's length, in transactions short enough not to hold up a page.
    func prune(now: Timestamp) async throws(AlertingError) {
        let history = now.milliseconds - Limits.historyMilliseconds
        try await removeInSteps("DELETE FROM alert_events WHERE id IN (SELECT id FROM alert_events WHERE at < ? LIMIT ?)", before: history)
        let newest = try await read("prune") { db in try Int64.fetchOne(db, sql: "SELECT max(id) FROM alert_events") ?? 0 }
        try await removeInSteps(
            "DELETE FROM alert_events WHERE id IN (SELECT id FROM alert_events WHERE id <= ? LIMIT ?)", before: newest - Limits.eventsKeptMax)
        try await removeInSteps("DELETE FROM silences WHERE id IN (SELECT id FROM silences WHERE ends_at < ? LIMIT ?)", before: history)
        try await removeInSteps("DELETE FROM escalations WHERE id IN (SELECT id FROM escalations WHERE ended_at < ? LIMIT ?)", before: history)
        try await removeInSteps("DELETE FROM schedule_overrides WHERE id IN (SELECT id FROM schedule_overrides WHERE ends_at < ? LIMIT ?)", before: history)
        try await removeInSteps("DELETE FROM oncall_notes WHERE id IN (SELECT id FROM oncall_notes WHERE at < ? LIMIT ?)", before: history)
        try await removeInSteps("DELETE FROM flapping WHERE fingerprint IN (SELECT fingerprint FROM flapping WHERE until < ? LIMIT ?)", before: now.milliseconds)
        try await removeInSteps("DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE finished_at < ? LIMIT ?)", before: history)
        try await removeInSteps(
            """
            DELETE FROM attempts WHERE (message, number) IN (
                SELECT message, number FROM attempts WHERE started_at < ? AND message NOT IN (SELECT id FROM outbox) LIMIT ?)
            """, before: now.milliseconds)
        let resolved = now.milliseconds - Limits.resolvedMilliseconds
        try await removeInSteps(
            """
            DELETE FROM alert_states WHERE (rule, fingerprint) IN (
                SELECT rule, fingerprint FROM alert_states s WHERE phase = 'resolved' AND resolved_at < ?
                    AND NOT EXISTS (SELECT 1 FROM told t WHERE t.fingerprint = s.fingerprint) LIMIT ?)
            """, before: resolved)
        try await write("prune") { db in
            try db.execute(
                sql: """
                    DELETE FROM escalation_steps WHERE escalation NOT IN (SELECT id FROM escalations);
                    DELETE FROM escalation_pages WHERE escalation NOT IN (SELECT id FROM escalations);
                    DELETE FROM assignments WHERE fingerprint NOT IN (SELECT fingerprint FROM alert_states);
                    DELETE FROM notification_groups WHERE NOT EXISTS (SELECT 1 FROM outbox o
                            WHERE o.receiver = notification_groups.receiver AND o.group_key = notification_groups.group_key)
                        AND NOT EXISTS (SELECT 1 FROM assignments a
                            WHERE a.receiver = notification_groups.receiver AND a.group_key = notification_groups.group_key);
                    """)
        }
    }

    private func removeInSteps(_ sql: String, before moment: Int64) async throws(AlertingError) {
        while true {
            let removed = try await write("prune") { db in
                try db.execute(sql: sql, arguments: [moment, Limits.prunedRowsPerTransaction])
                return db.changesCount
            }
            if removed < Limits.prunedRowsPerTransaction { return }
        }
    }
}
