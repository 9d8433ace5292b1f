import Foundations
import GRDB
import Model

/// An alert that another program posts: Prometheus, amtool, a script.
public struct PostedAlert: Sendable, Hashable {
    public var labels: Labels
    public var annotations: [NamedText]
    public var generatorURL: String
    /// Nil is when it comes.
    public var startsAt: Timestamp?
    /// Nil: it is over when it isn't posted again within the resolve timeout.
    public var endsAt: Timestamp?

    public init(labels: Labels, annotations: [NamedText] = [], generatorURL: String = "", startsAt: Timestamp? = nil, endsAt: Timestamp? = nil) {
        self.labels = labels
        self.annotations = annotations
        self.generatorURL = generatorURL
        self.startsAt = startsAt
        self.endsAt = endsAt
    }

    /// What is wrong with it; nil where it can be stored.
    func problem() -> String? {
        if labels.isEmpty { return "an alert needs at least one label" }
        if let startsAt, let endsAt, endsAt < startsAt { return "the alert \(labels) ends before its start" }
        let bytes = labels.encoded.count + annotations.reduce(0) { $0 + $1.name.utf8.count + $1.text.utf8.count } + generatorURL.utf8.count
        if bytes > Limits.postedAlertBytesMax { return "the alert has \(bytes) bytes of labels and annotations, more than \(Limits.postedAlertBytesMax)" }
        return nil
    }
}

extension AlertDatabase {
    /// The rule that posted alerts stand under.
    static let postedRule = RuleIdentity(stored: "api")

    /// Stores posted alerts and the messages they cause, as one transaction. Returns the receivers that have something to send.
    func post(
        _ alerts: [PostedAlert], resolveTimeoutMilliseconds: Int64, now: Timestamp, _ context: NotificationContext
    ) async throws(AlertingError) -> Set<String> {
        try await write("store alerts in") { db in
            var changed: [AlertInstance] = []
            for alert in alerts {
                if let transition = try Self.store(alert, resolveTimeoutMilliseconds: resolveTimeoutMilliseconds, now: now, db) { changed.append(transition) }
            }
            return try Self.notify(of: changed, now: now, context, db)
        }
    }

    /// Brings one alert's row up to date; returns it where it fired or ended.
    private static func store(_ posted: PostedAlert, resolveTimeoutMilliseconds: Int64, now: Timestamp, _ db: Database) throws -> AlertInstance? {
        let fingerprint = Fingerprint(posted.labels)
        let stored = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT * FROM alert_states WHERE rule = 'api' AND fingerprint = ?"), arguments: [fingerprint.text])
        let known = stored.flatMap { ($0["phase"] as String) == AlertPhase.firing.rawValue ? $0 : nil }
        let rule = RuleReference(identity: postedRule, file: "", generatorURL: posted.generatorURL)
        if let endsAt = posted.endsAt, endsAt <= now {
            guard let known else { return nil }
            var alert = try AlertInstance(known)
            alert.annotations = posted.annotations
            return try finish(alert, rule, at: endsAt, reason: "its sender says so", now: now, db)
        }
        let start = min(posted.startsAt ?? now, now)
        let expiresAt = (posted.endsAt ?? now.advanced(byMilliseconds: resolveTimeoutMilliseconds)).milliseconds
        if let known {
            try db.cachedStatement(
                sql: "UPDATE alert_states SET expires_at = ?, annotations = ?, generator_url = ? WHERE rule = 'api' AND fingerprint = ?"
            ).execute(arguments: [max(expiresAt, posted.endsAt == nil ? (known["expires_at"] ?? 0) : 0), try StoredText.encode(posted.annotations), posted.generatorURL, fingerprint.text])
            return nil
        }
        let alert = AlertInstance(labels: posted.labels, annotations: posted.annotations, phase: .firing, activeAt: start, firedAt: start, value: .nan)
        let labels = try StoredText.encode(posted.labels)
        try insert(alert, labels: labels, generatorURL: posted.generatorURL, expiresAt: expiresAt, db)
        try log(AlertTransition(step: .fired, alert: alert, reason: ""), rule, labels: labels, fingerprint: fingerprint.text, at: now, db)
        // One that isn't even known as ended hasn't fired for an hour, so it can't flap.
        if stored != nil { try noteFlapping(fingerprint.text, now: now, db) }
        return alert
    }

    /// The row of an alert that fires now.
    private static func insert(_ alert: AlertInstance, labels: String, generatorURL: String, expiresAt: Int64, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO alert_states (rule, fingerprint, rule_file, labels, annotations, generator_url, phase, active_at, fired_at, expires_at)
                VALUES ('api', ?, '', ?, ?, ?, 'firing', ?, ?, ?)
                ON CONFLICT (rule, fingerprint) DO UPDATE SET
                    annotations = excluded.annotations, generator_url = excluded.generator_url, phase = 'firing', active_at = excluded.active_at,
                    fired_at = excluded.fired_at, resolved_at = NULL, keep_firing_since = NULL, data_missing_since = NULL, value = NULL,
                    expires_at = excluded.expires_at
                """
        ).execute(arguments: [
            alert.fingerprint.text, labels, try StoredText.encode(alert.annotations), generatorURL, alert.activeAt.milliseconds, alert.firedAt?.milliseconds, expiresAt,
        ])
    }

    private static func finish(
        _ alert: AlertInstance, _ rule: RuleReference, at moment: Timestamp, reason: String, now: Timestamp, _ db: Database
    ) throws -> AlertInstance {
        var ended = alert
        ended.phase = .resolved
        ended.resolvedAt = max(moment, alert.firedAt ?? moment)
        try store(ended, rule, step: .resolved, db)
        try db.cachedStatement(sql: "UPDATE alert_states SET expires_at = NULL WHERE rule = 'api' AND fingerprint = ?").execute(arguments: [alert.fingerprint.text])
        try log(AlertTransition(step: .resolved, alert: ended, reason: reason), rule, at: now, db)
        return ended
    }

    /// Posted alerts that fire, in order of fingerprint.
    func postedAlerts(limit: Int) async throws(AlertingError) -> [AlertInstance] {
        try await read("read the alerts of") { db in
            try Row.fetchAll(
                db.cachedStatement(sql: "SELECT * FROM alert_states WHERE rule = 'api' AND phase = 'firing' ORDER BY fingerprint LIMIT ?"), arguments: [limit]
            ).map(AlertInstance.init)
        }
    }

    /// Ends posted alerts whose time is over, a bounded number at a time. Returns the receivers that have something to send.
    func expirePosted(now: Timestamp, _ context: NotificationContext) async throws(AlertingError) -> Set<String> {
        let isDue = try await read("read the alerts of") { db in
            try Bool.fetchOne(
                db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM alert_states WHERE expires_at <= ? AND phase = 'firing')"), arguments: [now.milliseconds]) ?? false
        }
        if !isDue { return [] }
        return try await write("store alerts in") { db in
            let rows = try Row.fetchAll(
                db.cachedStatement(sql: "SELECT * FROM alert_states WHERE expires_at <= ? AND phase = 'firing' LIMIT ?"),
                arguments: [now.milliseconds, Limits.prunedRowsPerTransaction])
            let ended = try rows.map { row in
                try Self.finish(
                    try AlertInstance(row), RuleReference(identity: Self.postedRule, file: "", generatorURL: row["generator_url"]),
                    at: Timestamp(milliseconds: row["expires_at"]), reason: "its sender no longer says that it fires", now: now, db)
            }
            return try Self.notify(of: ended, now: now, context, db)
        }
    }
}
