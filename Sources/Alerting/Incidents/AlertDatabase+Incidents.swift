import Foundations
import GRDB
import Model

extension AlertDatabase {
    /// Incidents in a state, or all where it is nil; newest first.
    func incidents(_ state: Incident.State?, limit: Int) async throws(AlertingError) -> [Incident] {
        try await read("read the incidents of") { db in
            let rows =
                if let state {
                    try Row.fetchAll(db, sql: "SELECT * FROM incidents WHERE state = ? ORDER BY id DESC LIMIT ?", arguments: [state.rawValue, limit])
                } else {
                    try Row.fetchAll(db, sql: "SELECT * FROM incidents ORDER BY id DESC LIMIT ?", arguments: [limit])
                }
            return try rows.map { try Self.incident($0, db) }
        }
    }

    func incident(_ id: Int64) async throws(AlertingError) -> Incident? {
        try await read("read the incidents of") { db in
            try Row.fetchOne(db, sql: "SELECT * FROM incidents WHERE id = ?", arguments: [id]).map { try Self.incident($0, db) }
        }
    }

    private static func incident(_ row: Row, _ db: Database) throws -> Incident {
        func moment(_ column: String) -> Timestamp? { (row[column] as Int64?).map(Timestamp.init(milliseconds:)) }
        let id: Int64 = row["id"]
        let alerts = try Row.fetchAll(
            db.cachedStatement(sql: "SELECT * FROM incident_alerts WHERE incident = ? ORDER BY fired_at, fingerprint LIMIT ?"), arguments: [id, Limits.incidentAlertsMax]
        ).map { alert in
            Incident.Alert(
                fingerprint: alert["fingerprint"], labels: try StoredText.labels(alert["labels"]), firedAt: Timestamp(milliseconds: alert["fired_at"]),
                resolvedAt: (alert["resolved_at"] as Int64?).map(Timestamp.init(milliseconds:)))
        }
        let roles = try Row.fetchAll(db.cachedStatement(sql: "SELECT * FROM incident_roles WHERE incident = ? ORDER BY role"), arguments: [id])
            .map { Incident.Role(role: $0["role"], person: $0["person"], at: Timestamp(milliseconds: $0["at"])) }
        return Incident(
            id: id, groupKey: row["group_key"], title: row["title"], severity: row["severity"], state: Incident.State(rawValue: row["state"]) ?? .open,
            openedAt: Timestamp(milliseconds: row["opened_at"]), resolvedAt: moment("resolved_at"), resolvedBy: row["resolved_by"],
            mergedInto: row["merged_into"], runbook: row["runbook"], alerts: alerts, roles: roles)
    }

    // What people do

    /// Does something to an incident that is there, in one transaction.
    private func change(_ id: Int64, _ body: @escaping @Sendable (Row, Database) throws -> IncidentError?) async throws {
        let problem: IncidentError? = try await write("store an incident in") { db in
            guard let row = try Row.fetchOne(db, sql: "SELECT * FROM incidents WHERE id = ?", arguments: [id]) else { return .unknown(id) }
            return try body(row, db)
        }
        if let problem { throw problem }
    }

    func noteIncident(_ id: Int64, _ action: Action, now: Timestamp) async throws {
        try await change(id) { _, db in
            try Self.noteIncident(id, at: now, kind: "note", actor: action.actor, text: action.comment, db)
            return nil
        }
    }

    /// Gives a role to a person, or takes it away where the person is empty.
    func setIncidentRole(_ id: Int64, role: String, person: String, by actor: String, now: Timestamp) async throws {
        try await change(id) { _, db in
            if person.isEmpty {
                try db.execute(sql: "DELETE FROM incident_roles WHERE incident = ? AND role = ?", arguments: [id, role])
            } else {
                try db.execute(sql: "INSERT OR REPLACE INTO incident_roles VALUES (?, ?, ?, ?)", arguments: [id, role, person, now.milliseconds])
            }
            try Self.noteIncident(id, at: now, kind: "role", actor: actor, text: person.isEmpty ? "nobody is \(role)" : "\(person) is \(role)", db)
            return nil
        }
    }

    func resolveIncident(_ id: Int64, _ action: Action, now: Timestamp) async throws {
        try await change(id) { row, db in
            guard row["state"] == Incident.State.open.rawValue else { return .invalid("the incident \(id) isn't open") }
            try db.execute(sql: "UPDATE incidents SET state = 'resolved', resolved_at = ?, resolved_by = ? WHERE id = ?", arguments: [now.milliseconds, action.actor, id])
            try Self.noteIncident(id, at: now, kind: "resolved", actor: action.actor, text: action.comment, db)
            return nil
        }
    }

    /// Lets an incident go on as another: its alerts, and those of its group from now on, are the other's.
    func mergeIncident(_ id: Int64, into other: Int64, _ action: Action, now: Timestamp) async throws {
        try await change(id) { row, db in
            guard id != other, let target = try Row.fetchOne(db, sql: "SELECT * FROM incidents WHERE id = ?", arguments: [other]) else { return .unknown(other) }
            guard row["state"] != Incident.State.merged.rawValue, target["state"] == Incident.State.open.rawValue else {
                return .invalid("only an incident that isn't merged yet can be merged, and only into an open one")
            }
            try db.execute(sql: "UPDATE OR IGNORE incident_alerts SET incident = ? WHERE incident = ?", arguments: [other, id])
            try db.execute(sql: "DELETE FROM incident_alerts WHERE incident = ?", arguments: [id])
            try db.execute(sql: "UPDATE incident_notes SET incident = ? WHERE incident = ?", arguments: [other, id])
            try db.execute(sql: "UPDATE incidents SET merged_into = ?, state = 'merged', resolved_at = ? WHERE id = ?", arguments: [other, now.milliseconds, id])
            let severity = IncidentSeverity.worse(target["severity"], row["severity"])
            let hasFiring = try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM incident_alerts WHERE incident = ? AND resolved_at IS NULL)", arguments: [other]) ?? false
            try db.execute(
                sql: "UPDATE incidents SET severity = ?, opened_at = min(opened_at, ?), quiet_since = CASE WHEN ? THEN NULL ELSE ? END WHERE id = ?",
                arguments: [severity, row["opened_at"] as Int64, hasFiring, now.milliseconds, other])
            for (incident, words) in [(id, "merged into \(other)"), (other, "\(id) was merged into it")] {
                try Self.noteIncident(incident, at: now, kind: "merged", actor: action.actor, text: words + (action.comment.isEmpty ? "" : ": \(action.comment)"), db)
            }
            return nil
        }
    }

    // Deployments

    /// Stores marks of deployments; those that are known stay as they are.
    func markDeployments(_ marks: [(at: Timestamp, labels: Labels)], source: String) async throws(AlertingError) {
        if marks.isEmpty { return }
        try await write("store a deployment in") { db in
            for mark in marks {
                try db.cachedStatement(sql: "INSERT OR IGNORE INTO deployment_marks VALUES (?, ?, ?)")
                    .execute(arguments: [mark.at.milliseconds, try StoredText.encode(mark.labels), source])
            }
        }
    }

    /// Forgets incidents and marks that are older than the history.
    func pruneIncidents(now: Timestamp) async throws(AlertingError) {
        let history = now.milliseconds - Limits.historyMilliseconds
        try await write("prune") { db in
            try db.execute(sql: "DELETE FROM incidents WHERE id IN (SELECT id FROM incidents WHERE state <> 'open' AND resolved_at < ? LIMIT ?)", arguments: [history, Limits.prunedRowsPerTransaction])
            for table in ["incident_alerts", "incident_roles", "incident_notes"] { try db.execute(sql: "DELETE FROM \(table) WHERE incident NOT IN (SELECT id FROM incidents)") }
            try db.execute(sql: "DELETE FROM deployment_marks WHERE at < ?", arguments: [history])
        }
    }
}
