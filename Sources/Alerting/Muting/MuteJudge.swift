import Foundations
import GRDB
import Model

/// Says what mutes an alert at a moment, within one transaction.
struct MuteJudge {
    private let silences: [Silence]
    private let acknowledgements: [String: (firedAt: Int64, by: String, kind: MuteKind)]
    private let flapping: [String: Int64]
    private let inhibitions: [InhibitRule]
    private let hasSources: Bool

    init(now: Timestamp, _ context: NotificationContext, _ db: Database) throws {
        silences = context.silences.active(at: now)
        acknowledgements = Dictionary(
            try Row.fetchAll(
                db.cachedStatement(sql: "SELECT fingerprint, fired_at, actor, kind FROM acknowledgements WHERE expires_at IS NULL OR expires_at > ?"),
                arguments: [now.milliseconds]
            ).map { ($0["fingerprint"], ($0["fired_at"], $0["actor"], MuteKind(rawValue: $0["kind"]) ?? .acked)) }, uniquingKeysWith: { $1 })
        flapping = Dictionary(
            try Row.fetchAll(db.cachedStatement(sql: "SELECT fingerprint, until FROM flapping WHERE until > ?"), arguments: [now.milliseconds])
                .map { ($0["fingerprint"], $0["until"]) }, uniquingKeysWith: { $1 })
        inhibitions = context.router.inhibitions
        hasSources = try Bool.fetchOne(db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM inhibition_sources)")) ?? false
    }

    /// The first cause in order of who stands behind it: a person before a rule.
    func mute(fingerprint: String, labels: Labels, firedAt: Int64, _ db: Database) throws -> Mute? {
        if let acknowledgement = acknowledgements[fingerprint], acknowledgement.firedAt == firedAt { return Mute(kind: acknowledgement.kind, cause: acknowledgement.by) }
        if let silence = silences.first(where: { $0.matchers.matches(labels) }) { return Mute(kind: .silenced, cause: silence.id) }
        if hasSources, let mute = try inhibition(of: fingerprint, labels, db) { return mute }
        if let until = flapping[fingerprint] { return Mute(kind: .flapping, cause: "until \(TimestampText.rfc3339(Timestamp(milliseconds: until)))") }
        return nil
    }

    private func inhibition(of fingerprint: String, _ labels: Labels, _ db: Database) throws -> Mute? {
        for rule in inhibitions where rule.target.matches(labels) {
            // An alert on both sides isn't inhibited by others that are on both sides.
            let isBoth = rule.source.matches(labels)
            let source = try String.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT fingerprint FROM inhibition_sources
                        WHERE rule = ? AND equal_values = ? AND fingerprint <> ? AND NOT (? AND is_target) ORDER BY fingerprint LIMIT 1
                        """), arguments: [rule.key, rule.equalValues(of: labels), fingerprint, isBoth])
            if let source { return Mute(kind: rule.kind == .dependency ? .dependency : .inhibited, cause: rule.name.isEmpty ? source : "\(rule.name) by \(source)") }
        }
        return nil
    }
}

extension AlertDatabase {
    /// Notes what an alert inhibits while it fires.
    static func addInhibitions(by fingerprint: String, _ labels: Labels, _ context: NotificationContext, _ db: Database) throws {
        for rule in context.router.inhibitions where rule.source.matches(labels) {
            try db.cachedStatement(sql: "INSERT OR REPLACE INTO inhibition_sources VALUES (?, ?, ?, ?)")
                .execute(arguments: [rule.key, rule.equalValues(of: labels), fingerprint, rule.target.matches(labels)])
        }
    }

    static func removeInhibitions(by fingerprint: String, _ db: Database) throws {
        try db.cachedStatement(sql: "DELETE FROM inhibition_sources WHERE fingerprint = ?").execute(arguments: [fingerprint])
    }

    /// Marks an alert that fires again and again; its pages are held back until it is steady.
    static func noteFlapping(_ fingerprint: String, now: Timestamp, _ db: Database) throws {
        let firings = try Int.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT count(*) FROM (SELECT 1 FROM alert_events WHERE fingerprint = ? AND step = 'firing' AND at > ? LIMIT ?)
                    """),
            arguments: [fingerprint, now.milliseconds - Limits.flappingWindowMilliseconds, Limits.flappingFirings])
        guard let firings, firings >= Limits.flappingFirings else { return }
        try db.cachedStatement(
            sql: "INSERT INTO flapping VALUES (?, ?, ?) ON CONFLICT (fingerprint) DO UPDATE SET until = excluded.until"
        ).execute(arguments: [fingerprint, now.milliseconds, now.milliseconds + Limits.flappingHoldMilliseconds])
    }
}
