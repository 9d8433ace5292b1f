
/// The tables as version 1 made them, for the test of the migration.
enum AlertSchemaVersion1 {

    static let tables = """
        CREATE TABLE alert_states (
            rule TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            rule_file TEXT NOT NULL,
            labels TEXT NOT NULL,
            annotations TEXT NOT NULL,
            generator_url TEXT NOT NULL,
            phase TEXT NOT NULL CHECK (phase IN ('pending', 'firing', 'resolved')),
            active_at INTEGER NOT NULL,
            fired_at INTEGER,
            resolved_at INTEGER,
            keep_firing_since INTEGER,
            data_missing_since INTEGER,
            value REAL,
            PRIMARY KEY (rule, fingerprint)
        ) WITHOUT ROWID;
        CREATE INDEX alert_states_by_fingerprint ON alert_states (fingerprint);

        CREATE TABLE alert_events (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,
            rule TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            step TEXT NOT NULL,
            labels TEXT NOT NULL,
            value REAL,
            reason TEXT NOT NULL
        );
        CREATE INDEX alert_events_by_time ON alert_events (at);
        CREATE INDEX alert_events_by_fingerprint ON alert_events (fingerprint, id);

        CREATE TABLE group_evaluations (rule_group TEXT PRIMARY KEY, last_at INTEGER NOT NULL) WITHOUT ROWID;

        CREATE TABLE assignments (
            receiver TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            group_key TEXT NOT NULL,
            PRIMARY KEY (receiver, fingerprint)
        ) WITHOUT ROWID;
        CREATE INDEX assignments_by_fingerprint ON assignments (fingerprint);
        CREATE INDEX assignments_by_group ON assignments (receiver, group_key);

        CREATE TABLE notification_groups (
            receiver TEXT NOT NULL,
            group_key TEXT NOT NULL,
            group_labels TEXT NOT NULL,
            last_sequence INTEGER NOT NULL,
            last_queued_at INTEGER NOT NULL,
            PRIMARY KEY (receiver, group_key)
        ) WITHOUT ROWID;

        CREATE TABLE told (
            receiver TEXT NOT NULL,
            group_key TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            fired_at INTEGER NOT NULL,
            PRIMARY KEY (receiver, group_key, fingerprint)
        ) WITHOUT ROWID;

        -- What is small stands before what is large, so that reading the former doesn't touch the latter's pages.
        CREATE TABLE outbox (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            key TEXT NOT NULL UNIQUE,
            receiver TEXT NOT NULL,
            group_key TEXT NOT NULL,
            sequence INTEGER NOT NULL,
            operation TEXT NOT NULL CHECK (operation IN ('trigger', 'resolve', 'repeat')),
            queued_at INTEGER NOT NULL,
            due_at INTEGER NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('pending', 'attempting', 'retrying', 'delivered', 'failed', 'cancelled')),
            attempts INTEGER NOT NULL DEFAULT 0,
            may_be_repeat INTEGER NOT NULL DEFAULT 0,
            finished_at INTEGER,
            reason TEXT NOT NULL DEFAULT '',
            change TEXT NOT NULL,
            payload BLOB NOT NULL,
            UNIQUE (receiver, group_key, sequence)
        );
        CREATE INDEX outbox_open ON outbox (receiver, group_key, id) WHERE finished_at IS NULL;
        CREATE INDEX outbox_by_state ON outbox (state);
        CREATE INDEX outbox_due ON outbox (receiver, due_at, id) WHERE finished_at IS NULL;
        CREATE INDEX outbox_finished ON outbox (finished_at) WHERE finished_at IS NOT NULL;

        CREATE TABLE attempts (
            message INTEGER NOT NULL,
            number INTEGER NOT NULL,
            started_at INTEGER NOT NULL,
            ended_at INTEGER,
            status INTEGER,
            answer TEXT NOT NULL DEFAULT '',
            error TEXT NOT NULL DEFAULT '',
            PRIMARY KEY (message, number)
        ) WITHOUT ROWID;
        """
}
