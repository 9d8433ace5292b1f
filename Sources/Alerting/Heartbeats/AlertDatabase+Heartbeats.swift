import Foundations
import GRDB
import Model

/// A job as it is stored: how it was learnt, and what is known of its runs.
struct StoredHeartbeat: Sendable {
    var name: String
    /// What a ping said of its schedule; nil where nightjar.yml declares it.
    var learnt: HeartbeatText?
    var state: HeartbeatState
}

extension AlertDatabase {
    /// The rule that alerts of heartbeats stand under.
    static let heartbeatRule = RuleIdentity(stored: "heartbeats")

    static let heartbeatTables = """
        CREATE TABLE IF NOT EXISTS heartbeats (
            name TEXT PRIMARY KEY,
            learnt TEXT,
            created_at INTEGER NOT NULL,
            started_at INTEGER,
            ended_at INTEGER,
            succeeded_at INTEGER,
            exit_code INTEGER,
            has_failed INTEGER NOT NULL,
            duration INTEGER,
            sender TEXT NOT NULL
        ) WITHOUT ROWID;
        """

    func heartbeats() async throws(AlertingError) -> [StoredHeartbeat] {
        try await read("read the heartbeats of") { db in
            try Row.fetchAll(db, sql: "SELECT * FROM heartbeats ORDER BY name").map { row in
                func moment(_ column: String) -> Timestamp? { (row[column] as Int64?).map(Timestamp.init(milliseconds:)) }
                var state = HeartbeatState(createdAt: Timestamp(milliseconds: row["created_at"]))
                state.startedAt = moment("started_at")
                state.endedAt = moment("ended_at")
                state.succeededAt = moment("succeeded_at")
                state.exitCode = row["exit_code"]
                state.hasFailed = row["has_failed"]
                state.durationMilliseconds = row["duration"]
                state.sender = row["sender"]
                let learnt = try (row["learnt"] as String?).map { try StoredText.decode(HeartbeatText.self, $0) }
                return StoredHeartbeat(name: row["name"], learnt: learnt, state: state)
            }
        }
    }

    /// Stores jobs as they are now; durable when it returns.
    func store(_ heartbeats: [StoredHeartbeat]) async throws(AlertingError) {
        if heartbeats.isEmpty { return }
        try await write("store a heartbeat in") { db in
            for heartbeat in heartbeats {
                let state = heartbeat.state
                try db.cachedStatement(sql: "INSERT OR REPLACE INTO heartbeats VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)").execute(arguments: [
                    heartbeat.name, try heartbeat.learnt.map { try StoredText.encode($0) }, state.createdAt.milliseconds, state.startedAt?.milliseconds,
                    state.endedAt?.milliseconds, state.succeededAt?.milliseconds, state.exitCode, state.hasFailed, state.durationMilliseconds, state.sender,
                ])
            }
        }
    }

    func removeHeartbeat(_ name: String) async throws(AlertingError) {
        try await write("remove a heartbeat from") { db in try db.execute(sql: "DELETE FROM heartbeats WHERE name = ?", arguments: [name]) }
    }

    /// Alerts of heartbeats that fire.
    func heartbeatAlerts() async throws(AlertingError) -> [AlertInstance] {
        try await read("read the alerts of") { db in
            try Row.fetchAll(db, sql: "SELECT * FROM alert_states WHERE rule = ? AND phase <> 'resolved'", arguments: [Self.heartbeatRule.text]).map(AlertInstance.init)
        }
    }
}
