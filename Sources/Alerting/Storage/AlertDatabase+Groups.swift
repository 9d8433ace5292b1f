import Crypto
import Foundations
import GRDB
import Model

/// Who is told of what, and how: the configuration as the planning of messages needs it.
struct NotificationContext: Sendable {
    var router: Router
    /// By the name of the destination.
    var receivers: [String: Receiver]
    /// The destinations of a configured receiver.
    var destinations: [String: [Receiver]]
    var externalURL: String
    var silences: SilenceBook
    var stormGroupsPerMinuteMax: Int
    /// Called in the transactions of pages and actions.
    var hooks: [any PipelineHook]

    init(
        router: Router, receivers: [Receiver], externalURL: String, silences: SilenceBook = SilenceBook(),
        stormGroupsPerMinuteMax: Int = Limits.stormGroupsPerMinuteMax, hooks: [any PipelineHook] = []
    ) {
        self.hooks = hooks
        self.router = router
        self.receivers = Dictionary(receivers.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        destinations = Dictionary(grouping: receivers, by: \.configuredName)
        self.externalURL = externalURL
        self.silences = silences
        self.stormGroupsPerMinuteMax = stormGroupsPerMinuteMax
    }
}

/// A message's kind.
enum OutboxOperation: String, Sendable {
    case trigger, resolve, acknowledge, drill
    case repeated = "repeat"
}

/// A group of alerts at one destination.
struct GroupReference: Hashable, Sendable {
    var receiver: String
    var groupKey: String

    /// What receivers that merge by a key know the group by: the same text through restarts and changes of configuration.
    static func alias(of groupKey: String) -> String { HexadecimalText.of(SHA256.hash(data: Array(groupKey.utf8))) }
}

extension AlertDatabase {
    /// The shared group of a storm at each receiver.
    enum Storm {
        static let route = "{}/storm"
        static let labels: Labels = [AlertLabel.name: "AlertStorm"]
        static let groupKey = "\(route):\(labels)"
    }

    /// Notes what receivers have to know of alerts that fired or ended, and makes the messages that are due at once.
    /// Returns the receivers that have something to send.
    static func notify(of alerts: [AlertInstance], now: Timestamp, _ context: NotificationContext, _ db: Database) throws -> Set<String> {
        if alerts.isEmpty { return [] }
        let told = alerts.map { (alert: $0, fingerprint: $0.fingerprint.text) }
        // All that inhibits is known before the first alert is judged.
        for (alert, fingerprint) in told where alert.phase == .firing { try addInhibitions(by: fingerprint, alert.labels, context, db) }
        var assignment = try Assignment(now: now, context, db)
        var due: [GroupReference] = []
        for (alert, fingerprint) in told {
            if alert.phase == .firing {
                due += try assign(alert, fingerprint, &assignment, db)
            } else if alert.phase == .resolved {
                due += try end(alert, fingerprint, now: now, context, db)
            }
        }
        due += try assignment.dueStorms(db)
        return try flush(distinct(due), now: now, context, db)
    }

    /// Each once, in order: what came first is paged first.
    static func distinct(_ groups: [GroupReference]) -> [GroupReference] {
        var seen: Set<GroupReference> = []
        return groups.filter { seen.insert($0).inserted }
    }

    /// Binds an alert to its groups. One that a receiver has been told of stays where it was, so that its resolve follows.
    /// Returns the groups whose message is due now.
    static func assign(_ alert: AlertInstance, _ fingerprint: String, _ assignment: inout Assignment, _ db: Database) throws -> [GroupReference] {
        let (labels, now) = (alert.labels, assignment.now)
        var wanted: [(group: GroupReference, node: RouteNode, labels: Labels)] = []
        for node in assignment.context.router.routes(for: labels) {
            let groupLabels = node.groupLabels(of: labels)
            for receiver in assignment.context.destinations[node.receiver] ?? [] {
                wanted.append((GroupReference(receiver: receiver.name, groupKey: node.groupKey(groupLabels)), node, groupLabels))
            }
        }
        let known = try Row.fetchAll(
            db.cachedStatement(sql: "SELECT receiver, group_key FROM assignments WHERE fingerprint = ?"), arguments: [fingerprint]
        ).map { GroupReference(receiver: $0[0], groupKey: $0[1]) }
        var due: [GroupReference] = []
        var busy: Set<String> = []
        for group in known where !wanted.contains(where: { $0.group == group }) {
            if try isBusy(group, fingerprint, db) {
                busy.insert(group.receiver)
                due += try schedule(group, node: nil, Labels(), isUrgent: false, now: now, db)
            } else {
                try db.cachedStatement(sql: "DELETE FROM assignments WHERE receiver = ? AND group_key = ? AND fingerprint = ?")
                    .execute(arguments: [group.receiver, group.groupKey, fingerprint])
            }
        }
        let isUrgent = AlertLabel.isUrgent(labels)
        let firedAt = (alert.firedAt ?? alert.activeAt).milliseconds
        for (group, node, groupLabels) in wanted where !busy.contains(group.receiver) {
            if !known.contains(group) {
                if isUrgent || node.groupWaitMilliseconds == 0, try !exists(group, db),
                    try assignment.joinsStorm(labels, fingerprint, firedAt: firedAt, group, node, db)
                {
                    continue
                }
                try bind(fingerprint, group, db)
            }
            due += try schedule(group, node: node, groupLabels, isUrgent: isUrgent, now: now, db)
        }
        return due
    }

    static func bind(_ fingerprint: String, _ group: GroupReference, _ db: Database) throws {
        try db.cachedStatement(sql: "INSERT OR IGNORE INTO assignments (receiver, group_key, fingerprint) VALUES (?, ?, ?)")
            .execute(arguments: [group.receiver, group.groupKey, fingerprint])
    }

    private static func exists(_ group: GroupReference, _ db: Database) throws -> Bool {
        try Bool.fetchOne(
            db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM notification_groups WHERE receiver = ? AND group_key = ?)"),
            arguments: [group.receiver, group.groupKey]) ?? false
    }

    private static func isBusy(_ group: GroupReference, _ fingerprint: String, _ db: Database) throws -> Bool {
        try Bool.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT EXISTS (SELECT 1 FROM told WHERE receiver = ? AND group_key = ? AND fingerprint = ?)
                        OR EXISTS (SELECT 1 FROM outbox WHERE finished_at IS NULL AND receiver = ? AND group_key = ?)
                    """), arguments: [group.receiver, group.groupKey, fingerprint, group.receiver, group.groupKey]) ?? false
    }

    /// Notes when a group's next message is due; without a node a group that is there already. Returns the group where that is now.
    static func schedule(
        _ group: GroupReference, node: RouteNode?, _ groupLabels: Labels, isUrgent: Bool, now: Timestamp, _ db: Database
    ) throws -> [GroupReference] {
        let row = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT flush_at, flushed_at, route FROM notification_groups WHERE receiver = ? AND group_key = ?"),
            arguments: [group.receiver, group.groupKey])
        let interval = group.groupKey == Storm.groupKey ? try stormInterval(group, now: now, db) : node?.groupIntervalMilliseconds ?? 0
        var flushAt = now.milliseconds
        if !isUrgent {
            if let flushedAt = row?["flushed_at"] as Int64? {
                flushAt = max(flushAt, flushedAt + interval)
            } else {
                flushAt += node?.groupWaitMilliseconds ?? 0
            }
        }
        guard let row else {
            guard let node else { return [] }
            try db.cachedStatement(
                sql: """
                    INSERT INTO notification_groups (receiver, group_key, group_labels, route, alias, last_sequence, last_queued_at, flush_at)
                    VALUES (?, ?, ?, ?, ?, 0, 0, ?)
                    """
            ).execute(arguments: [
                group.receiver, group.groupKey, try StoredText.encode(groupLabels), node.key, GroupReference.alias(of: group.groupKey), flushAt,
            ])
            return flushAt <= now.milliseconds ? [group] : []
        }
        if let known = row["flush_at"] as Int64?, known < flushAt { flushAt = known }
        if let node, (row["route"] as String) != node.key {
            try db.cachedStatement(sql: "UPDATE notification_groups SET route = ? WHERE receiver = ? AND group_key = ?")
                .execute(arguments: [node.key, group.receiver, group.groupKey])
        }
        try db.cachedStatement(sql: "UPDATE notification_groups SET flush_at = ? WHERE receiver = ? AND group_key = ?")
            .execute(arguments: [flushAt, group.receiver, group.groupKey])
        return flushAt <= now.milliseconds ? [group] : []
    }

    /// How long after the shared page of a storm the next one goes out: soon at first, as the storm breaks, then less and less often.
    private static func stormInterval(_ group: GroupReference, now: Timestamp, _ db: Database) throws -> Int64 {
        let pages = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT count(DISTINCT queued_at) FROM outbox WHERE receiver = ? AND group_key = ? AND queued_at > ?"),
            arguments: [group.receiver, group.groupKey, now.milliseconds - 10 * Limits.stormWindowMilliseconds])
        return min(Limits.stormIntervalMilliseconds, 1000 << min(pages ?? 0, 16))
    }

    /// What an alert's end means for its groups: a resolve where it was paged, a note where it wasn't.
    private static func end(
        _ alert: AlertInstance, _ fingerprint: String, now: Timestamp, _ context: NotificationContext, _ db: Database
    ) throws -> [GroupReference] {
        // Another rule may have an alert of the same labels that still fires.
        let goesOn = try Bool.fetchOne(
            db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM alert_states WHERE fingerprint = ? AND phase = 'firing')"), arguments: [fingerprint]) ?? false
        if !goesOn {
            try removeInhibitions(by: fingerprint, db)
            try db.cachedStatement(sql: "DELETE FROM acknowledgements WHERE fingerprint = ?").execute(arguments: [fingerprint])
        }
        let groups = try Row.fetchAll(
            db.cachedStatement(sql: "SELECT receiver, group_key, muted_by, mute_cause FROM assignments WHERE fingerprint = ?"), arguments: [fingerprint])
        var due: [GroupReference] = []
        for row in groups {
            let group = GroupReference(receiver: row["receiver"], groupKey: row["group_key"])
            if !goesOn, try !isBusy(group, fingerprint, db) {
                let why = (row["muted_by"] as String?).map { "it was \($0)" } ?? "its group's wait wasn't over"
                try log(step: "unpaged", alert.labels, fingerprint, at: now, reason: "it ended before it was paged: \(why)", cause: row["mute_cause"] ?? "", receiver: group.receiver, db)
            }
            let node = try String.fetchOne(
                db.cachedStatement(sql: "SELECT route FROM notification_groups WHERE receiver = ? AND group_key = ?"), arguments: [group.receiver, group.groupKey]
            ).flatMap { route in context.receivers[group.receiver].flatMap { context.router.node(receiver: $0.configuredName, routeKey: route) } }
            due += try schedule(group, node: node, Labels(), isUrgent: false, now: now, db)
        }
        return due
    }

    /// A row of the event log that isn't a step of the alert's own.
    static func log(
        step: String, _ labels: Labels, _ fingerprint: String, at moment: Timestamp, reason: String = "", actor: String = "", cause: String = "",
        receiver: String = "", _ db: Database
    ) throws {
        try db.cachedStatement(
            sql: "INSERT INTO alert_events (at, rule, fingerprint, step, labels, value, reason, actor, cause, receiver) VALUES (?, '', ?, ?, ?, NULL, ?, ?, ?, ?)"
        ).execute(arguments: [moment.milliseconds, fingerprint, step, try StoredText.encode(labels), reason, actor, cause, receiver])
    }

    /// Fills what version 1 didn't have.
    static func fillAliases(_ db: Database) throws {
        for key in try String.fetchAll(db, sql: "SELECT DISTINCT group_key FROM notification_groups") {
            try db.execute(sql: "UPDATE notification_groups SET alias = ? WHERE group_key = ?", arguments: [GroupReference.alias(of: key), key])
        }
    }
}
