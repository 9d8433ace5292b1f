import GRDB

/// The tables of the alert database; Docs/Formats/alert-database.md describes them.
enum AlertSchema {
    static let version = 3

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
            expires_at INTEGER,
            PRIMARY KEY (rule, fingerprint)
        ) WITHOUT ROWID;
        CREATE INDEX alert_states_by_fingerprint ON alert_states (fingerprint);
        CREATE INDEX alert_states_by_expiry ON alert_states (expires_at) WHERE expires_at IS NOT NULL;

        CREATE TABLE alert_events (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,
            rule TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            step TEXT NOT NULL,
            labels TEXT NOT NULL,
            value REAL,
            reason TEXT NOT NULL,
            actor TEXT NOT NULL DEFAULT '',
            cause TEXT NOT NULL DEFAULT '',
            receiver TEXT NOT NULL DEFAULT ''
        );
        CREATE INDEX alert_events_by_time ON alert_events (at);
        CREATE INDEX alert_events_by_fingerprint ON alert_events (fingerprint, id);

        CREATE TABLE group_evaluations (rule_group TEXT PRIMARY KEY, last_at INTEGER NOT NULL) WITHOUT ROWID;

        \(assignments)
        \(groups)
        CREATE TABLE told (
            receiver TEXT NOT NULL,
            group_key TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            fired_at INTEGER NOT NULL,
            PRIMARY KEY (receiver, group_key, fingerprint)
        ) WITHOUT ROWID;

        \(outbox)
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
        \(actions)
        \(EscalationSchema.tables)
        """

    private static let assignments = """
        CREATE TABLE assignments (
            receiver TEXT NOT NULL,
            group_key TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            muted_by TEXT,
            mute_cause TEXT,
            muted_at INTEGER,
            PRIMARY KEY (receiver, group_key, fingerprint)
        ) WITHOUT ROWID;
        CREATE INDEX assignments_by_fingerprint ON assignments (fingerprint);
        CREATE INDEX assignments_muted ON assignments (receiver, group_key) WHERE muted_by IS NOT NULL;
        """

    private static let groups = """
        CREATE TABLE notification_groups (
            receiver TEXT NOT NULL,
            group_key TEXT NOT NULL,
            group_labels TEXT NOT NULL,
            route TEXT NOT NULL DEFAULT '{}',
            alias TEXT NOT NULL DEFAULT '',
            last_sequence INTEGER NOT NULL,
            last_queued_at INTEGER NOT NULL,
            flushed_at INTEGER,
            flush_at INTEGER,
            PRIMARY KEY (receiver, group_key)
        ) WITHOUT ROWID;
        CREATE INDEX notification_groups_due ON notification_groups (flush_at) WHERE flush_at IS NOT NULL;
        CREATE INDEX notification_groups_by_alias ON notification_groups (alias);
        """

    private static let outbox = """
        -- What is small stands before what is large, so that reading the former doesn't touch the latter's pages.
        CREATE TABLE outbox (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            key TEXT NOT NULL UNIQUE,
            receiver TEXT NOT NULL,
            group_key TEXT NOT NULL,
            sequence INTEGER NOT NULL,
            operation TEXT NOT NULL CHECK (operation IN ('trigger', 'resolve', 'repeat', 'acknowledge', 'drill')),
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
        """

    /// What people do, and what mutes.
    private static let actions = """
        CREATE TABLE silences (
            id TEXT PRIMARY KEY,
            matchers TEXT NOT NULL,
            starts_at INTEGER NOT NULL,
            ends_at INTEGER NOT NULL,
            created_by TEXT NOT NULL,
            comment TEXT NOT NULL,
            updated_at INTEGER NOT NULL,
            rule TEXT,
            zone TEXT,
            duration INTEGER
        ) WITHOUT ROWID;
        CREATE INDEX silences_by_end ON silences (ends_at);

        CREATE TABLE acknowledgements (
            fingerprint TEXT PRIMARY KEY,
            fired_at INTEGER NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('acked', 'resolved')),
            actor TEXT NOT NULL,
            at INTEGER NOT NULL,
            comment TEXT NOT NULL,
            expires_at INTEGER
        ) WITHOUT ROWID;

        CREATE TABLE inhibition_sources (
            rule TEXT NOT NULL,
            equal_values TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            is_target INTEGER NOT NULL,
            PRIMARY KEY (rule, equal_values, fingerprint)
        ) WITHOUT ROWID;
        CREATE INDEX inhibition_sources_by_fingerprint ON inhibition_sources (fingerprint);

        CREATE TABLE flapping (fingerprint TEXT PRIMARY KEY, since INTEGER NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;

        CREATE TABLE storms (receiver TEXT PRIMARY KEY, window_at INTEGER NOT NULL, groups INTEGER NOT NULL) WITHOUT ROWID;
        """

    /// From version 1, in one transaction. What was told and what waits stays as it is.
    static let migrationFrom1 = """
        ALTER TABLE alert_states ADD COLUMN expires_at INTEGER;
        CREATE INDEX alert_states_by_expiry ON alert_states (expires_at) WHERE expires_at IS NOT NULL;
        ALTER TABLE alert_events ADD COLUMN actor TEXT NOT NULL DEFAULT '';
        ALTER TABLE alert_events ADD COLUMN cause TEXT NOT NULL DEFAULT '';
        ALTER TABLE alert_events ADD COLUMN receiver TEXT NOT NULL DEFAULT '';

        DROP INDEX assignments_by_fingerprint;
        DROP INDEX assignments_by_group;
        ALTER TABLE assignments RENAME TO assignments_1;
        \(assignments)
        INSERT INTO assignments (receiver, group_key, fingerprint) SELECT receiver, group_key, fingerprint FROM assignments_1;
        DROP TABLE assignments_1;

        ALTER TABLE notification_groups RENAME TO notification_groups_1;
        \(groups)
        INSERT INTO notification_groups (receiver, group_key, group_labels, last_sequence, last_queued_at, flushed_at)
            SELECT receiver, group_key, group_labels, last_sequence, last_queued_at, nullif(last_queued_at, 0) FROM notification_groups_1;
        DROP TABLE notification_groups_1;

        DROP INDEX outbox_open;
        DROP INDEX outbox_by_state;
        DROP INDEX outbox_due;
        DROP INDEX outbox_finished;
        ALTER TABLE outbox RENAME TO outbox_1;
        \(outbox)
        INSERT INTO outbox SELECT id, key, receiver, group_key, sequence, operation, queued_at, due_at, state, attempts, may_be_repeat, finished_at,
            reason, change, payload FROM outbox_1;
        DROP TABLE outbox_1;
        \(actions)
        \(migrationFrom2)
        """

    /// From version 2: what is on call.
    static let migrationFrom2 = EscalationSchema.tables
}
