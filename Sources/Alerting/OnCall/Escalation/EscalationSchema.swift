/// The tables of escalations and of what is decided on call while the service runs; Docs/Formats/alert-database.md describes them.
enum EscalationSchema {
    static let tables = """
        CREATE TABLE escalations (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            receiver TEXT NOT NULL,
            source TEXT NOT NULL,
            group_key TEXT NOT NULL,
            group_labels TEXT NOT NULL,
            policy TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('active', 'acknowledged', 'muted', 'exhausted', 'ended')),
            has_news INTEGER NOT NULL DEFAULT 0,
            opened_at INTEGER NOT NULL,
            ended_at INTEGER,
            reason TEXT NOT NULL DEFAULT ''
        );
        CREATE UNIQUE INDEX escalations_open ON escalations (receiver, group_key) WHERE ended_at IS NULL;
        CREATE INDEX escalations_ended ON escalations (ended_at) WHERE ended_at IS NOT NULL;

        CREATE TABLE escalation_steps (
            escalation INTEGER NOT NULL,
            number INTEGER NOT NULL,
            round INTEGER NOT NULL,
            step INTEGER NOT NULL,
            planned_at INTEGER NOT NULL,
            due_at INTEGER NOT NULL,
            boot TEXT NOT NULL,
            due_elapsed INTEGER NOT NULL,
            done_at INTEGER,
            reason TEXT NOT NULL DEFAULT '',
            PRIMARY KEY (escalation, number)
        ) WITHOUT ROWID;
        CREATE INDEX escalation_steps_due ON escalation_steps (due_at) WHERE done_at IS NULL;

        CREATE TABLE escalation_pages (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            escalation INTEGER NOT NULL,
            number INTEGER NOT NULL,
            person TEXT NOT NULL,
            receiver TEXT NOT NULL,
            message INTEGER,
            at INTEGER NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('sent', 'delivered', 'failed', 'cancelled', 'shared'))
        );
        CREATE INDEX escalation_pages_by_escalation ON escalation_pages (escalation, number);
        CREATE INDEX escalation_pages_sent ON escalation_pages (message) WHERE state = 'sent';

        CREATE TABLE schedule_overrides (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            schedule TEXT NOT NULL,
            person TEXT NOT NULL,
            starts_at INTEGER NOT NULL,
            ends_at INTEGER NOT NULL,
            created_by TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            comment TEXT NOT NULL
        );
        CREATE INDEX schedule_overrides_by_end ON schedule_overrides (ends_at);

        CREATE TABLE oncall_notes (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            schedule TEXT NOT NULL,
            at INTEGER NOT NULL,
            author TEXT NOT NULL,
            text TEXT NOT NULL
        );
        CREATE INDEX oncall_notes_by_schedule ON oncall_notes (schedule, id);
        """
}
