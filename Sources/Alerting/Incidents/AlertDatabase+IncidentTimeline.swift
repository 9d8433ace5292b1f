import Foundations
import GRDB
import Model

extension AlertDatabase {
    /// All that happened around an incident, oldest first: what was done to it, its alerts' steps with pages and their attempts, and deployments.
    func timeline(of incident: Incident, now: Timestamp) async throws(AlertingError) -> [IncidentEntry] {
        let start = incident.openedAt.milliseconds - Limits.incidentMarginMilliseconds
        let end = (incident.resolvedAt ?? now).milliseconds + Limits.incidentMarginMilliseconds
        return try await read("read the timeline of") { db in
            var entries = try Row.fetchAll(db, sql: "SELECT * FROM incident_notes WHERE incident = ? ORDER BY id LIMIT ?", arguments: [incident.id, Limits.eventsMax])
                .map { IncidentEntry(at: Timestamp(milliseconds: $0["at"]), kind: $0["kind"], actor: $0["actor"], text: $0["text"]) }
            var messages: Set<Int64> = []
            let names = Dictionary(incident.alerts.map { ($0.fingerprint, Self.shortName($0.labels)) }, uniquingKeysWith: { first, _ in first })
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM alert_events WHERE fingerprint IN (SELECT value FROM json_each(?)) AND at BETWEEN ? AND ? ORDER BY id LIMIT ?
                    """, arguments: [try StoredText.encode(names.keys.sorted()), start, end, Limits.eventsMax])
            for row in rows {
                let step: String = row["step"]
                if step == "page_queued" || step == "resolve_queued", let id = Int64(row["cause"] as String) { messages.insert(id) }
                entries.append(
                    IncidentEntry(
                        at: Timestamp(milliseconds: row["at"]), kind: step, actor: row["actor"],
                        text: "\(names[row["fingerprint"]] ?? ""): \(try Self.words(row, db))"))
            }
            entries += try Self.attempts(of: messages, db)
            entries += try Row.fetchAll(db, sql: "SELECT * FROM deployment_marks WHERE at BETWEEN ? AND ? ORDER BY at LIMIT ?", arguments: [start, end, Limits.eventsMax])
                .map { IncidentEntry(at: Timestamp(milliseconds: $0["at"]), kind: "deployment", actor: "", text: "deployed \(try StoredText.labels($0["labels"]))") }
            return entries.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
        }
    }

    /// `DiskFull web-1`.
    private static func shortName(_ labels: Labels) -> String {
        [labels[AlertLabel.name], labels["instance"] ?? labels["job"]].compactMap(\.self).joined(separator: " ")
    }

    private static func attempts(of messages: Set<Int64>, _ db: Database) throws -> [IncidentEntry] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT a.*, o.receiver, o.operation FROM attempts a JOIN outbox o ON o.id = a.message
                WHERE a.message IN (SELECT value FROM json_each(?)) ORDER BY a.started_at LIMIT ?
                """, arguments: [try StoredText.encode(messages.sorted()), Limits.eventsMax]
        ).map { row in
            let status = (row["status"] as Int?).map { "status \($0)" }
            let error: String = row["error"]
            let outcome = status ?? (error.isEmpty ? "no answer yet" : error)
            return IncidentEntry(
                at: Timestamp(milliseconds: row["started_at"]), kind: "attempt", actor: "",
                text: "attempt \(row["number"] as Int64) of the \(row["operation"] as String) to \(row["receiver"] as String): \(outcome)")
        }
    }
}
