import Foundations
import GRDB
import Model

/// An alert that fires, with who is told of it and what mutes it.
public struct RoutedAlert: Sendable, Hashable {
    /// Who acknowledged it, or said that it is over.
    public struct Acknowledgement: Sendable, Hashable {
        /// `.acked` or `.resolved`.
        public var kind: MuteKind
        public var actor: String
        public var at: Timestamp
        public var comment: String
        public var expiresAt: Timestamp?
    }

    /// A group that it is in at a destination.
    public struct Placement: Sendable, Hashable {
        public var receiver: String
        public var groupKey: String
        public var mute: Mute?
        public var mutedAt: Timestamp?
        /// Whether the receiver was told of it.
        public var isTold: Bool
    }

    public var fingerprint: String
    public var labels: Labels
    public var annotations: [NamedText]
    public var generatorURL: String
    public var startsAt: Timestamp
    /// When it is over unless its sender says it again; for alerts of rules nil.
    public var endsAt: Timestamp?
    /// `file;group;alert;…`, or `api` for a posted one.
    public var rule: String
    /// Configured names of the receivers that it is routed to.
    public var receivers: [String]
    public var silencedBy: [String]
    public var inhibitedBy: [String]
    public var acknowledgement: Acknowledgement?
    public var isFlapping: Bool
    public var placements: [Placement]

    public var isSuppressed: Bool { !silencedBy.isEmpty || !inhibitedBy.isEmpty }
}

/// A group of alerts at a receiver.
public struct RoutedGroup: Sendable, Hashable {
    public var receiver: String
    public var labels: Labels
    public var fingerprints: [String]
}

extension AlertDatabase {
    /// What fires, in order of fingerprint.
    func routedAlerts(now: Timestamp, _ context: NotificationContext) async throws(AlertingError) -> [RoutedAlert] {
        try await read("read the alerts of") { db in
            let placements = try Self.placements(db)
            let acknowledgements = try Self.acknowledgements(now: now, db)
            let flapping = Set(try String.fetchAll(db, sql: "SELECT fingerprint FROM flapping WHERE until > ?", arguments: [now.milliseconds]))
            let silences = context.silences.active(at: now)
            let sources = try Self.inhibitionSources(db)
            let rows = try Row.fetchAll(db, sql: "SELECT * FROM alert_states WHERE phase = 'firing' GROUP BY fingerprint ORDER BY fingerprint")
            return try rows.map { row in
                let alert = try StoredAlert(row)
                let acknowledgement = acknowledgements[alert.fingerprint].flatMap { $0.firedAt == alert.firedAt ? $0.value : nil }
                return RoutedAlert(
                    fingerprint: alert.fingerprint, labels: alert.labels, annotations: alert.annotations, generatorURL: alert.generatorURL,
                    startsAt: Timestamp(milliseconds: alert.firedAt), endsAt: (row["expires_at"] as Int64?).map(Timestamp.init(milliseconds:)), rule: row["rule"],
                    receivers: Self.unique(context.router.routes(for: alert.labels).map(\.receiver)),
                    silencedBy: silences.filter { $0.matchers.matches(alert.labels) }.map(\.id),
                    inhibitedBy: Self.inhibitors(of: alert, sources, context.router.inhibitions), acknowledgement: acknowledgement,
                    isFlapping: flapping.contains(alert.fingerprint), placements: placements[alert.fingerprint] ?? [])
            }
        }
    }

    private static func placements(_ db: Database) throws -> [String: [RoutedAlert.Placement]] {
        var placements: [String: [RoutedAlert.Placement]] = [:]
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT a.*, EXISTS (SELECT 1 FROM told t WHERE t.receiver = a.receiver AND t.group_key = a.group_key AND t.fingerprint = a.fingerprint) AS is_told
                FROM assignments a ORDER BY a.receiver, a.group_key
                """)
        for row in rows {
            let mute = (row["muted_by"] as String?).flatMap(MuteKind.init(rawValue:)).map { Mute(kind: $0, cause: row["mute_cause"] ?? "") }
            placements[row["fingerprint"], default: []].append(
                RoutedAlert.Placement(
                    receiver: row["receiver"], groupKey: row["group_key"], mute: mute, mutedAt: (row["muted_at"] as Int64?).map(Timestamp.init(milliseconds:)),
                    isTold: row["is_told"]))
        }
        return placements
    }

    private static func acknowledgements(now: Timestamp, _ db: Database) throws -> [String: (firedAt: Int64, value: RoutedAlert.Acknowledgement)] {
        let rows = try Row.fetchAll(db, sql: "SELECT * FROM acknowledgements WHERE expires_at IS NULL OR expires_at > ?", arguments: [now.milliseconds])
        return Dictionary(
            rows.map { row in
                let value = RoutedAlert.Acknowledgement(
                    kind: MuteKind(rawValue: row["kind"]) ?? .acked, actor: row["actor"], at: Timestamp(milliseconds: row["at"]), comment: row["comment"],
                    expiresAt: (row["expires_at"] as Int64?).map(Timestamp.init(milliseconds:)))
                return (row["fingerprint"], (row["fired_at"], value))
            }, uniquingKeysWith: { $1 })
    }

    /// Fingerprints of what inhibits, by rule and equal values; whether each is a target too.
    private static func inhibitionSources(_ db: Database) throws -> [String: [(fingerprint: String, isTarget: Bool)]] {
        var sources: [String: [(fingerprint: String, isTarget: Bool)]] = [:]
        for row in try Row.fetchAll(db, sql: "SELECT * FROM inhibition_sources ORDER BY fingerprint") {
            sources["\(row["rule"] as String)\n\(row["equal_values"] as String)", default: []].append((row["fingerprint"], row["is_target"]))
        }
        return sources
    }

    private static func inhibitors(of alert: StoredAlert, _ sources: [String: [(fingerprint: String, isTarget: Bool)]], _ rules: [InhibitRule]) -> [String] {
        if sources.isEmpty { return [] }
        var found: [String] = []
        for rule in rules where rule.target.matches(alert.labels) {
            let isBoth = rule.source.matches(alert.labels)
            let all = sources["\(rule.key)\n\(rule.equalValues(of: alert.labels))"] ?? []
            found += all.filter { $0.fingerprint != alert.fingerprint && !(isBoth && $0.isTarget) }.map(\.fingerprint)
        }
        return unique(found)
    }

    private static func unique(_ texts: [String]) -> [String] {
        var seen: Set<String> = []
        return texts.filter { seen.insert($0).inserted }
    }

    /// Groups with alerts that fire, by the receiver's configured name.
    func routedGroups(_ context: NotificationContext) async throws(AlertingError) -> [RoutedGroup] {
        try await read("read the groups of") { db in
            var groups: [String: RoutedGroup] = [:]
            var order: [String] = []
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT DISTINCT g.receiver, g.group_key, g.group_labels, a.fingerprint FROM notification_groups g JOIN assignments a USING (receiver, group_key)
                        JOIN alert_states s ON s.fingerprint = a.fingerprint WHERE s.phase = 'firing' ORDER BY g.receiver, g.group_key, a.fingerprint
                    """)
            for row in rows {
                let destination: String = row["receiver"]
                let name = context.receivers[destination]?.configuredName ?? destination
                let key = "\(name)\n\(row["group_key"] as String)"
                if groups[key] == nil {
                    groups[key] = RoutedGroup(receiver: name, labels: try StoredText.labels(row["group_labels"]), fingerprints: [])
                    order.append(key)
                }
                if groups[key]?.fingerprints.contains(row["fingerprint"] as String) == false { groups[key]?.fingerprints.append(row["fingerprint"]) }
            }
            return order.compactMap { groups[$0] }
        }
    }
}
