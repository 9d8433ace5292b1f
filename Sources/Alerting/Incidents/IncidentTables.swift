/// The tables of incidents, made where they are missing; Docs/Formats/alert-database.md describes them.
enum IncidentTables {
    static let sql = """
        CREATE TABLE IF NOT EXISTS incidents (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            group_key TEXT NOT NULL,
            title TEXT NOT NULL,
            severity TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('open', 'resolved', 'merged')),
            opened_at INTEGER NOT NULL,
            quiet_since INTEGER,
            resolved_at INTEGER,
            resolved_by TEXT NOT NULL DEFAULT '',
            merged_into INTEGER,
            runbook TEXT NOT NULL
        );
        CREATE INDEX IF NOT EXISTS incidents_by_group ON incidents (group_key, id);
        CREATE INDEX IF NOT EXISTS incidents_by_state ON incidents (state, id);
        CREATE INDEX IF NOT EXISTS incidents_by_start ON incidents (opened_at);

        CREATE TABLE IF NOT EXISTS incident_alerts (
            incident INTEGER NOT NULL,
            fingerprint TEXT NOT NULL,
            fired_at INTEGER NOT NULL,
            resolved_at INTEGER,
            labels TEXT NOT NULL,
            PRIMARY KEY (incident, fingerprint, fired_at)
        ) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS incident_alerts_open ON incident_alerts (fingerprint) WHERE resolved_at IS NULL;

        CREATE TABLE IF NOT EXISTS incident_roles (
            incident INTEGER NOT NULL, role TEXT NOT NULL, person TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (incident, role)
        ) WITHOUT ROWID;

        CREATE TABLE IF NOT EXISTS incident_notes (
            id INTEGER PRIMARY KEY AUTOINCREMENT, incident INTEGER NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, actor TEXT NOT NULL, text TEXT NOT NULL
        );
        CREATE INDEX IF NOT EXISTS incident_notes_by_incident ON incident_notes (incident, id);

        CREATE TABLE IF NOT EXISTS deployment_marks (
            at INTEGER NOT NULL, labels TEXT NOT NULL, source TEXT NOT NULL, PRIMARY KEY (at, labels)
        ) WITHOUT ROWID;

        -- How far the event log has been followed; one row.
        CREATE TABLE IF NOT EXISTS incident_cursor (id INTEGER PRIMARY KEY CHECK (id = 1), last_event INTEGER NOT NULL);
        """
}
