import Foundations
import GRDB
import Model

extension AlertDatabase {
    /// Follows the event log: what fired opens or joins incidents, what ended lets them end. The log's place is stored in the same transaction,
    /// so that nothing is taken twice or left out, whenever the program ends. Returns whether there is more.
    func followIncidents(now: Timestamp, _ context: NotificationContext) async throws(AlertingError) -> Bool {
        let isWaiting = try await read("read the events of") { db in
            let last = try Int64.fetchOne(db.cachedStatement(sql: "SELECT last_event FROM incident_cursor")) ?? -1
            let newest = try Int64.fetchOne(db.cachedStatement(sql: "SELECT max(id) FROM alert_events")) ?? 0
            let isQuiet = try Bool.fetchOne(
                db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM incidents WHERE state = 'open' AND quiet_since <= ?)"),
                arguments: [now.milliseconds - Limits.incidentLullMilliseconds]) ?? false
            return newest > last || isQuiet
        }
        if !isWaiting { return false }
        return try await write("store incidents in") { db in
            let last = try Self.incidentCursor(now: now, db)
            let rows = try Row.fetchAll(
                db.cachedStatement(sql: "SELECT id, at, fingerprint, step, labels FROM alert_events WHERE id > ? ORDER BY id LIMIT ?"),
                arguments: [last, Limits.incidentEventsPerTransaction])
            for row in rows {
                let at = Timestamp(milliseconds: row["at"])
                switch row["step"] as String {
                case AlertTransition.Step.fired.rawValue: try Self.join(try StoredText.labels(row["labels"]), row["fingerprint"], at: at, context, db)
                case AlertTransition.Step.resolved.rawValue: try Self.leave(row["fingerprint"], at: at, db)
                default: break
                }
            }
            let reached = (rows.last?["id"] as Int64?) ?? last
            try db.execute(sql: "INSERT OR REPLACE INTO incident_cursor VALUES (1, ?)", arguments: [reached])
            if rows.count < Limits.incidentEventsPerTransaction { try Self.endQuietIncidents(now: now, db) }
            return rows.count == Limits.incidentEventsPerTransaction
        }
    }

    /// Where following begins in a log that has never been followed: what fired in the last day opens incidents.
    private static func incidentCursor(now: Timestamp, _ db: Database) throws -> Int64 {
        if let last = try Int64.fetchOne(db, sql: "SELECT last_event FROM incident_cursor") { return last }
        let first = try Int64.fetchOne(db, sql: "SELECT min(id) FROM alert_events WHERE at >= ?", arguments: [now.milliseconds - 86_400_000])
        return try first.map { $0 - 1 } ?? (Int64.fetchOne(db, sql: "SELECT max(id) FROM alert_events") ?? 0)
    }

    private static func join(_ labels: Labels, _ fingerprint: String, at moment: Timestamp, _ context: NotificationContext, _ db: Database) throws {
        let severity = labels[AlertLabel.severity] ?? ""
        guard IncidentSeverity.opensIncident(severity) else { return }
        let key = groupKey(of: labels, context)
        let name = labels[AlertLabel.name] ?? "alert"
        var incident = try openIncident(of: key, at: moment, db)
        var kind = "joined"
        if incident == nil {
            let recent = try Int.fetchOne(
                db.cachedStatement(sql: "SELECT count(*) FROM incidents WHERE opened_at > ?"), arguments: [moment.milliseconds - 60_000]) ?? 0
            let isStorm = recent >= Limits.incidentsPerMinuteMax
            if isStorm { incident = try openIncident(of: Storm.groupKey, at: moment, db) }
            if incident == nil {
                let texts = isStorm ? (title: "Storm of alerts", runbook: "") : try self.texts(of: fingerprint, name: name, db)
                try db.cachedStatement(sql: "INSERT INTO incidents (group_key, title, severity, state, opened_at, runbook) VALUES (?, ?, ?, 'open', ?, ?)")
                    .execute(arguments: [isStorm ? Storm.groupKey : key, texts.title, severity, moment.milliseconds, texts.runbook])
                incident = db.lastInsertedRowID
                kind = "opened"
            }
        }
        guard let incident else { return }
        if try Bool.fetchOne(db.cachedStatement(sql: "SELECT state <> 'open' FROM incidents WHERE id = ?"), arguments: [incident]) ?? false {
            kind = "reopened"
            try db.execute(sql: "UPDATE incidents SET state = 'open', resolved_at = NULL WHERE id = ?", arguments: [incident])
        }
        try db.cachedStatement(sql: "INSERT OR IGNORE INTO incident_alerts (incident, fingerprint, fired_at, labels) VALUES (?, ?, ?, ?)")
            .execute(arguments: [incident, fingerprint, moment.milliseconds, try StoredText.encode(labels)])
        try db.cachedStatement(sql: "UPDATE incidents SET quiet_since = NULL WHERE id = ?").execute(arguments: [incident])
        try noteIncident(incident, at: moment, kind: kind, text: "\(kind == "joined" ? "joined" : kind) by \(name) \(labels.dropping([AlertLabel.name]))", db)
        let known = try String.fetchOne(db.cachedStatement(sql: "SELECT severity FROM incidents WHERE id = ?"), arguments: [incident]) ?? ""
        let worst = IncidentSeverity.worse(known, severity)
        if worst != known {
            try db.execute(sql: "UPDATE incidents SET severity = ? WHERE id = ?", arguments: [worst, incident])
            try noteIncident(incident, at: moment, kind: "severity", text: "now \(worst)", db)
        }
    }

    /// The group of the first route that an alert takes; by its name where it takes none.
    private static func groupKey(of labels: Labels, _ context: NotificationContext) -> String {
        guard let node = context.router.routes(for: labels).first else { return "{}:\(labels.keeping([AlertLabel.name]))" }
        return node.groupKey(node.groupLabels(of: labels))
    }

    /// The incident that an alert of a group joins: the open one, the one it was merged into, or one that ended by itself a short while ago.
    private static func openIncident(of key: String, at moment: Timestamp, _ db: Database) throws -> Int64? {
        guard
            var row = try Row.fetchOne(
                db.cachedStatement(sql: "SELECT id, state, resolved_at, resolved_by, merged_into FROM incidents WHERE group_key = ? ORDER BY id DESC LIMIT 1"), arguments: [key])
        else { return nil }
        // Merges lead from older to newer ones or back, but never round in a circle; the bound is for a file that was tampered with.
        for _ in 0..<Limits.incidentMergesMax {
            guard let next = row["merged_into"] as Int64? else { break }
            guard let merged = try Row.fetchOne(db, sql: "SELECT id, state, resolved_at, resolved_by, merged_into FROM incidents WHERE id = ?", arguments: [next]) else { return nil }
            row = merged
        }
        if row["state"] == Incident.State.open.rawValue { return row["id"] }
        guard row["state"] == Incident.State.resolved.rawValue, (row["resolved_by"] as String).isEmpty, let ended = row["resolved_at"] as Int64?,
            moment.milliseconds - ended <= Limits.incidentReopenMilliseconds
        else { return nil }
        return row["id"]
    }

    private static func texts(of fingerprint: String, name: String, _ db: Database) throws -> (title: String, runbook: String) {
        guard let stored = try String.fetchOne(db.cachedStatement(sql: "SELECT annotations FROM alert_states WHERE fingerprint = ? LIMIT 1"), arguments: [fingerprint])
        else { return (name, "") }
        let texts = Dictionary(try StoredText.annotations(stored).map { ($0.name, $0.text) }, uniquingKeysWith: { $1 })
        return (texts["summary"].map { "\(name): \($0)" } ?? name, texts["runbook_url"] ?? texts["runbook"] ?? "")
    }

    private static func leave(_ fingerprint: String, at moment: Timestamp, _ db: Database) throws {
        let incidents = try Int64.fetchAll(
            db.cachedStatement(sql: "SELECT DISTINCT incident FROM incident_alerts WHERE fingerprint = ? AND resolved_at IS NULL"), arguments: [fingerprint])
        if incidents.isEmpty { return }
        try db.cachedStatement(sql: "UPDATE incident_alerts SET resolved_at = ? WHERE fingerprint = ? AND resolved_at IS NULL")
            .execute(arguments: [moment.milliseconds, fingerprint])
        for incident in incidents {
            try db.cachedStatement(
                sql: """
                    UPDATE incidents SET quiet_since = ? WHERE id = ?
                        AND NOT EXISTS (SELECT 1 FROM incident_alerts WHERE incident = incidents.id AND resolved_at IS NULL)
                    """
            ).execute(arguments: [moment.milliseconds, incident])
        }
    }

    /// Ends incidents whose alerts have all been over for a while.
    private static func endQuietIncidents(now: Timestamp, _ db: Database) throws {
        let quiet = try Row.fetchAll(
            db, sql: "SELECT id, quiet_since FROM incidents WHERE state = 'open' AND quiet_since <= ?", arguments: [now.milliseconds - Limits.incidentLullMilliseconds])
        for row in quiet {
            let ended = Timestamp(milliseconds: row["quiet_since"])
            try db.execute(sql: "UPDATE incidents SET state = 'resolved', resolved_at = quiet_since WHERE id = ?", arguments: [row["id"] as Int64])
            try noteIncident(row["id"], at: ended, kind: "resolved", text: "all its alerts have ended", db)
        }
    }

    static func noteIncident(_ incident: Int64, at moment: Timestamp, kind: String, actor: String = "", text: String, _ db: Database) throws {
        try db.cachedStatement(sql: "INSERT INTO incident_notes (incident, at, kind, actor, text) VALUES (?, ?, ?, ?, ?)")
            .execute(arguments: [incident, moment.milliseconds, kind, actor, text])
    }
}
