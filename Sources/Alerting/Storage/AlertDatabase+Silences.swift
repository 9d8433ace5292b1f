import Foundation
import Foundations
import GRDB
import Model

extension AlertDatabase {
    /// Makes a silence, or changes one; returns its id. A change of the matchers, or of one that has ended, makes a new one and ends the old, as in
    /// Alertmanager. Groups that it mutes or no longer mutes are looked at in the same transaction.
    func setSilence(_ silence: Silence, now: Timestamp, _ context: NotificationContext) async throws(AlertingError) -> Result<(id: String, receivers: Set<String>), ActionError> {
        let result: Result<(id: String, receivers: Set<String>), ActionError> = try await write("store a silence in") { db in
            var silence = silence
            silence.updatedAt = now
            var changed = [silence]
            if !silence.id.isEmpty {
                guard let row = try Row.fetchOne(db, sql: "SELECT * FROM silences WHERE id = ?", arguments: [silence.id]) else { return .failure(.noSilence(silence.id)) }
                let old = try Silence(row)
                changed.append(old)
                let isSame = Set(old.matchers) == Set(silence.matchers) && old.state(at: now) != .expired && (old.startsAt > now || old.startsAt == silence.startsAt)
                if !isSame {
                    try Self.endSilence(old, now: now, db)
                    silence.id = ""
                }
            }
            let open = try Int.fetchOne(db, sql: "SELECT count(*) FROM silences WHERE ends_at > ?", arguments: [now.milliseconds]) ?? 0
            if silence.id.isEmpty, open >= Limits.silencesMax { return .failure(.invalid("there are \(open) silences already; let some expire")) }
            if silence.endsAt <= now { return .failure(.invalid("a silence can't end in the past")) }
            if silence.id.isEmpty {
                silence.id = UUID().uuidString.lowercased()
                if silence.startsAt < now, silence.recurrence == nil { silence.startsAt = now }
            }
            try Self.store(silence, db)
            try context.silences.load(db, now: now)
            return .success((silence.id, try Self.reconsider(changed, now: now, context, db)))
        }
        return result
    }

    /// Ends a silence now. What it muted and still fires is paged in the same transaction.
    func expireSilence(_ id: String, now: Timestamp, _ context: NotificationContext) async throws(AlertingError) -> Result<Set<String>, ActionError> {
        try await write("store a silence in") { db in
            guard let row = try Row.fetchOne(db, sql: "SELECT * FROM silences WHERE id = ?", arguments: [id]) else { return .failure(.noSilence(id)) }
            let silence = try Silence(row)
            if silence.endsAt <= now { return .failure(.expired(id)) }
            try Self.endSilence(silence, now: now, db)
            try context.silences.load(db, now: now)
            return .success(try Self.reconsider([silence], now: now, context, db))
        }
    }

    /// All silences that are kept, the ended ones too, newest end first.
    func silences() async throws(AlertingError) -> [Silence] {
        try await read("read the silences of") { db in
            try Row.fetchAll(db, sql: "SELECT * FROM silences ORDER BY ends_at DESC, id LIMIT ?", arguments: [Limits.silencesMax]).map { try Silence($0) }
        }
    }

    func loadSilences(into book: SilenceBook, now: Timestamp) async throws(AlertingError) {
        try await read("read the silences of") { db in try book.load(db, now: now) }
    }

    func silence(_ id: String) async throws(AlertingError) -> Silence? {
        try await read("read the silences of") { db in
            try Row.fetchOne(db, sql: "SELECT * FROM silences WHERE id = ?", arguments: [id]).map { try Silence($0) }
        }
    }

    private static func endSilence(_ silence: Silence, now: Timestamp, _ db: Database) throws {
        // One that hasn't begun never does.
        let start = min(silence.startsAt, now)
        try db.execute(
            sql: "UPDATE silences SET starts_at = ?, ends_at = ?, updated_at = ? WHERE id = ?",
            arguments: [start.milliseconds, now.milliseconds, now.milliseconds, silence.id])
    }

    private static func store(_ silence: Silence, _ db: Database) throws {
        try db.execute(
            sql: "INSERT OR REPLACE INTO silences VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                silence.id, "{\(silence.matchers.map(\.description).joined(separator: ","))}", silence.startsAt.milliseconds, silence.endsAt.milliseconds,
                silence.createdBy, silence.comment, silence.updatedAt.milliseconds, silence.recurrence?.rule, silence.recurrence?.zone.name,
                silence.recurrence?.durationMilliseconds,
            ])
    }

    /// Looks at the groups of alerts that silences match: what waits may be taken back, what was held back may be due.
    private static func reconsider(_ silences: [Silence], now: Timestamp, _ context: NotificationContext, _ db: Database) throws -> Set<String> {
        var groups: [GroupReference] = []
        for row in try Row.fetchAll(db, sql: "SELECT DISTINCT fingerprint, labels FROM alert_states WHERE phase = 'firing'") {
            let labels = try StoredText.labels(row["labels"])
            if silences.contains(where: { $0.matchers.matches(labels) }) { groups += try Self.groups(of: row["fingerprint"], db) }
        }
        // A group that still waits for its first page keeps its wait.
        let waiting = Set(
            try Row.fetchAll(db, sql: "SELECT receiver, group_key FROM notification_groups WHERE last_queued_at = 0 AND flush_at > ?", arguments: [now.milliseconds])
                .map { GroupReference(receiver: $0["receiver"], groupKey: $0["group_key"]) })
        return try flush(distinct(groups).filter { !waiting.contains($0) }, now: now, context, db)
    }
}
