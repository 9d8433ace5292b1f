import Foundations
import GRDB

extension AlertDatabase {
    /// Counts of the outbox and its last messages.
    func outboxStatus(now: Timestamp, deliveriesMax: Int) async throws(AlertingError) -> OutboxStatus {
        try await read("read the messages of") { db in
            let counts = Dictionary(
                try Row.fetchAll(db, sql: "SELECT state, count(*) AS count FROM outbox GROUP BY state").map { ($0["state"] as String, $0["count"] as Int) },
                uniquingKeysWith: +)
            let oldest = try Int64.fetchOne(db, sql: "SELECT min(queued_at) FROM outbox WHERE finished_at IS NULL")
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM (SELECT * FROM outbox WHERE finished_at IS NULL ORDER BY id DESC LIMIT :max)
                    UNION ALL
                    SELECT * FROM (SELECT * FROM outbox WHERE finished_at IS NOT NULL ORDER BY finished_at DESC, id DESC LIMIT :max)
                    LIMIT :max
                    """, arguments: ["max": deliveriesMax])
            return OutboxStatus(
                pending: ["pending", "attempting", "retrying"].reduce(0) { $0 + (counts[$1] ?? 0) }, failed: counts["failed"] ?? 0,
                delivered: counts["delivered"] ?? 0, cancelled: counts["cancelled"] ?? 0,
                oldestPendingSeconds: oldest.map { max(0, Double(now.milliseconds - $0) / 1000) } ?? 0,
                deliveries: try rows.map { Delivery($0, attempts: try Self.attempts(of: $0["id"], db)) })
        }
    }

    private static func attempts(of message: Int64, _ db: Database) throws -> [Delivery.Attempt] {
        try Row.fetchAll(db.cachedStatement(sql: "SELECT * FROM attempts WHERE message = ? ORDER BY number DESC LIMIT 20"), arguments: [message])
            .reversed().map { row in
                Delivery.Attempt(
                    startedAt: Timestamp(milliseconds: row["started_at"]), endedAt: (row["ended_at"] as Int64?).map(Timestamp.init(milliseconds:)),
                    status: row["status"], answer: row["answer"], error: row["error"])
            }
    }

    /// The last events, newest first; of one alert where a fingerprint is given.
    func events(fingerprint: String?, limit: Int) async throws(AlertingError) -> [AlertEvent] {
        try await read("read the events of") { db in
            let rows =
                if let fingerprint {
                    try Row.fetchAll(
                        db, sql: "SELECT * FROM alert_events WHERE fingerprint = ? ORDER BY id DESC LIMIT ?", arguments: [fingerprint, limit])
                } else {
                    try Row.fetchAll(db, sql: "SELECT * FROM alert_events ORDER BY id DESC LIMIT ?", arguments: [limit])
                }
            return try rows.map { row in
                AlertEvent(
                    id: row["id"], at: Timestamp(milliseconds: row["at"]), labels: try StoredText.labels(row["labels"]),
                    fingerprint: row["fingerprint"], step: row["step"], value: (row["value"] as Double?) ?? .nan, reason: row["reason"])
            }
        }
    }
}

extension Delivery {
    fileprivate init(_ row: Row, attempts: [Attempt]) {
        self.init(
            id: row["id"], key: row["key"], receiver: row["receiver"], groupKey: row["group_key"], operation: row["operation"], state: row["state"],
            reason: row["reason"], queuedAt: Timestamp(milliseconds: row["queued_at"]), dueAt: Timestamp(milliseconds: row["due_at"]),
            finishedAt: (row["finished_at"] as Int64?).map(Timestamp.init(milliseconds:)), mayBeRepeat: (row["may_be_repeat"] as Int64) != 0,
            attempts: attempts)
    }
}
