import Foundation
import Foundations
import GRDB

/// A message that is about to be sent.
struct OutboxMessage: Sendable {
    var id: Int64
    /// What the receiver tells repeats apart by.
    var key: String
    var receiver: String
    var groupKey: String
    var operation: OutboxOperation
    var payload: [UInt8]
    var queuedAt: Timestamp = Timestamp(milliseconds: 0)
    /// Counts from 1.
    var attempt: Int
    /// An earlier attempt may have arrived: the program ended, or the connection broke, before its answer came.
    var mayBeRepeat: Bool
}

/// How an attempt ended.
enum AttemptOutcome: Sendable {
    case delivered(status: Int, answer: String)
    /// To be tried again. Without a status no answer came.
    case postponed(until: Timestamp, status: Int?, answer: String, error: String, mayHaveArrived: Bool)
    /// Refused for good.
    case refused(status: Int, answer: String)
}

extension AlertDatabase {
    /// Takes messages that are due, at most one of each group and none whose group has an older one unfinished, and notes the attempt
    /// before it is made.
    func claim(receiver: String, messagesMax: Int, now: Timestamp) async throws(AlertingError) -> [OutboxMessage] {
        try await write("store messages in") { db in
            return try Self.dueRows(receiver, messagesMax, now, db).map { row in
                let message = OutboxMessage(row)
                if message.attempt == 1 { try Self.tell(row, db) }
                try db.cachedStatement(sql: "UPDATE outbox SET state = 'attempting', attempts = ? WHERE id = ?")
                    .execute(arguments: [message.attempt, message.id])
                try db.cachedStatement(sql: "INSERT INTO attempts (message, number, started_at) VALUES (?, ?, ?)")
                    .execute(arguments: [message.id, message.attempt, now.milliseconds])
                return message
            }
        }
    }

    /// The same messages without noting anything, for when the database can't be written.
    func due(receiver: String, messagesMax: Int, now: Timestamp) async throws(AlertingError) -> [OutboxMessage] {
        try await read("read the messages of") { db in try Self.dueRows(receiver, messagesMax, now, db).map { OutboxMessage($0) } }
    }

    private static func dueRows(_ receiver: String, _ messagesMax: Int, _ now: Timestamp, _ db: Database) throws -> [Row] {
        try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT o.* FROM outbox o WHERE o.finished_at IS NULL AND o.receiver = ? AND o.due_at <= ?
                        AND o.state IN ('pending', 'retrying')
                        AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.finished_at IS NULL AND e.receiver = o.receiver
                            AND e.group_key = o.group_key AND e.id < o.id)
                    ORDER BY o.due_at, o.id LIMIT ?
                    """), arguments: [receiver, now.milliseconds, messagesMax])
    }

    /// From the first attempt on the receiver counts as told.
    private static func tell(_ row: Row, _ db: Database) throws {
        let change = try StoredText.decode(NotificationChange.self, row["change"])
        let receiver: String = row["receiver"]
        let groupKey: String = row["group_key"]
        for fingerprint in change.resolved.keys {
            try db.cachedStatement(sql: "DELETE FROM told WHERE receiver = ? AND group_key = ? AND fingerprint = ?")
                .execute(arguments: [receiver, groupKey, fingerprint])
        }
        for (fingerprint, firedAt) in change.fired {
            try db.cachedStatement(
                sql: """
                    INSERT INTO told VALUES (?, ?, ?, ?)
                    ON CONFLICT (receiver, group_key, fingerprint) DO UPDATE SET fired_at = excluded.fired_at
                    """
            ).execute(arguments: [receiver, groupKey, fingerprint, firedAt])
        }
    }

    /// Notes how an attempt ended.
    func finish(_ message: OutboxMessage, _ outcome: AttemptOutcome, hooks: [any PipelineHook] = [], now: Timestamp) async throws(AlertingError) {
        try await write("store messages in") { db in
            let (status, answer, error): (Int?, String, String) =
                switch outcome {
                case .delivered(let status, let answer): (status, answer, "")
                case .postponed(_, let status, let answer, let error, _): (status, answer, error)
                case .refused(let status, let answer): (status, answer, "")
                }
            try db.cachedStatement(
                sql: "UPDATE attempts SET ended_at = ?, status = ?, answer = ?, error = ? WHERE message = ? AND number = ?"
            ).execute(arguments: [now.milliseconds, status, answer, error, message.id, message.attempt])
            switch outcome {
            case .delivered: try Self.close(message, state: "delivered", reason: "", now: now, db)
            case .refused(let status, let answer):
                try Self.close(message, state: "failed", reason: "the receiver refused it with status \(status)", now: now, db)
                for hook in hooks { try hook.refused(message, status: status, answer: answer, now: now, db) }
            case .postponed(let until, _, _, _, let mayHaveArrived):
                try db.cachedStatement(sql: "UPDATE outbox SET state = 'retrying', due_at = ?, may_be_repeat = max(may_be_repeat, ?) WHERE id = ?")
                    .execute(arguments: [until.milliseconds, mayHaveArrived ? 1 : 0, message.id])
            }
        }
    }

    private static func close(_ message: OutboxMessage, state: String, reason: String, now: Timestamp, _ db: Database) throws {
        try db.cachedStatement(sql: "UPDATE outbox SET state = ?, finished_at = ?, reason = ? WHERE id = ?")
            .execute(arguments: [state, now.milliseconds, reason, message.id])
    }

    /// When the next message of a receiver is due; nil where none waits.
    func nextDue(receiver: String) async throws(AlertingError) -> Timestamp? {
        try await read("read the messages of") { db in
            try Int64.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT o.due_at FROM outbox o WHERE o.finished_at IS NULL AND o.receiver = ? AND o.state IN ('pending', 'retrying')
                            AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.finished_at IS NULL AND e.receiver = o.receiver
                                AND e.group_key = o.group_key AND e.id < o.id)
                        ORDER BY o.due_at LIMIT 1
                        """), arguments: [receiver]
            ).map(Timestamp.init(milliseconds:))
        }
    }
}

extension OutboxMessage {
    /// 128 random bits in hexadecimal.
    static func newKey() -> String {
        (0..<2).map { _ in
            let digits = String(UInt64.random(in: .min ... .max), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    init(_ row: Row) {
        self.init(
            id: row["id"], key: row["key"], receiver: row["receiver"], groupKey: row["group_key"],
            operation: OutboxOperation(rawValue: row["operation"])!, payload: Array(row["payload"] as Data),
            queuedAt: Timestamp(milliseconds: row["queued_at"]), attempt: Int(row["attempts"] as Int64) + 1, mayBeRepeat: (row["may_be_repeat"] as Int64) != 0)
    }
}
