import Foundations
import GRDB
import Model

extension AlertDatabase {
    /// A group as it stands in its row.
    private struct Group {
        var reference: GroupReference
        var labels: Labels
        var route: String
        var lastQueuedAt: Int64
        var isStorm: Bool { route == Storm.route }
    }

    /// Makes the messages of groups that are due, each as one transaction with what else happens. Returns the receivers that have something to send.
    static func flush(_ groups: [GroupReference], now: Timestamp, _ context: NotificationContext, _ db: Database) throws -> Set<String> {
        if groups.isEmpty { return [] }
        let judge = try MuteJudge(now: now, context, db)
        var storms = StormBook(now: now, groupsMax: context.stormGroupsPerMinuteMax)
        var receivers: Set<String> = []
        for group in groups where try flush(group, judge, &storms, now: now, context, db) { receivers.insert(group.receiver) }
        try storms.store(db)
        return receivers
    }

    private static func flush(
        _ reference: GroupReference, _ judge: MuteJudge, _ storms: inout StormBook, now: Timestamp, _ context: NotificationContext, _ db: Database
    ) throws -> Bool {
        guard let group = try group(reference, db) else { return false }
        guard let receiver = context.receivers[reference.receiver] else {
            try setFlush(reference, at: nil, isEmpty: false, db)
            return false
        }
        let node = group.isStorm ? stormNode(context) : context.router.node(receiver: receiver.configuredName, routeKey: group.route)
        let told = try told(reference, db)
        let open = try openMessages(reference, db)
        var firing = try firing(reference, db)
        try judgeMutes(&firing, group, node, judge, now: now, context, db)
        let known = open.filter { !$0.wasAttempted }.reduce(told) { NotificationPlan.apply($1.change, to: $0) }
        let plan = NotificationPlan(told: told, open: open, current: current(firing, told: told), sendsResolved: receiver.sendsResolved)
        for fingerprint in plan.forgotten { try forget(fingerprint, reference, db) }
        if let queued = plan.queued, !queued.fired.isEmpty, !group.isStorm, told.isEmpty, open.isEmpty,
            try storms.isOver(reference.receiver, db)
        {
            try divert(group, now: now, db)
            return false
        }
        if let cancelled = plan.cancelled { try cancel(cancelled, isReplaced: plan.queued != nil, now: now, db) }
        let after = plan.queued.map { change in
            NotificationPlan.apply(change, to: open.filter { !$0.wasAttempted && $0.id != plan.cancelled }.reduce(told) { NotificationPlan.apply($1.change, to: $0) })
        } ?? (plan.cancelled == nil ? known : told)
        let draft = MessageDraft(group: reference, labels: group.labels, isStorm: group.isStorm, isOver: after.isEmpty, firing: firing)
        var hasQueued = true
        if let queued = plan.queued {
            try queue(queued, queued.fired.isEmpty ? .resolve : .trigger, draft, now: now, context, db)
        } else if isRepeatDue(group, node, firing, known: known, hasOpen: open.contains { $0.id != plan.cancelled }, now: now) {
            try queue(NotificationChange(), .repeated, draft, now: now, context, db)
        } else {
            hasQueued = false
        }
        let next = nextFlush(group, node, firing, known: after, hasQueued: hasQueued, now: now)
        try setFlush(reference, at: next, isEmpty: firing.isEmpty && after.isEmpty, db)
        return hasQueued
    }

    private static func group(_ reference: GroupReference, _ db: Database) throws -> Group? {
        try Row.fetchOne(
            db.cachedStatement(sql: "SELECT group_labels, route, last_queued_at FROM notification_groups WHERE receiver = ? AND group_key = ?"),
            arguments: [reference.receiver, reference.groupKey]
        ).map { Group(reference: reference, labels: try StoredText.labels($0["group_labels"]), route: $0["route"], lastQueuedAt: $0["last_queued_at"]) }
    }

    private static func stormNode(_ context: NotificationContext) -> RouteNode {
        RouteNode(
            key: Storm.route, receiver: "", groupIntervalMilliseconds: Limits.stormIntervalMilliseconds,
            repeatIntervalMilliseconds: context.router.root.repeatIntervalMilliseconds)
    }

    private static func openMessages(_ group: GroupReference, _ db: Database) throws -> [NotificationPlan.Open] {
        try Row.fetchAll(
            db.cachedStatement(sql: "SELECT id, attempts, change FROM outbox WHERE finished_at IS NULL AND receiver = ? AND group_key = ? ORDER BY id"),
            arguments: [group.receiver, group.groupKey]
        ).map {
            NotificationPlan.Open(id: $0["id"], wasAttempted: ($0["attempts"] as Int64) > 0, change: try StoredText.decode(NotificationChange.self, $0["change"]))
        }
    }

    /// Finds what mutes each alert now, and notes where that has changed.
    private static func judgeMutes(
        _ firing: inout [StoredAlert], _ group: Group, _ node: RouteNode?, _ judge: MuteJudge, now: Timestamp, _ context: NotificationContext, _ db: Database
    ) throws {
        let interval = node.flatMap { context.router.mutingInterval(of: $0, at: now) }
        for index in firing.indices {
            let alert = firing[index]
            let mute = try judge.mute(fingerprint: alert.fingerprint, labels: alert.labels, firedAt: alert.firedAt, db)
                ?? interval.map { Mute(kind: .muted, cause: $0) }
            if mute?.kind == alert.mute?.kind, mute?.kind == .flapping || mute == alert.mute { continue }
            try db.cachedStatement(
                sql: "UPDATE assignments SET muted_by = ?, mute_cause = ?, muted_at = ? WHERE receiver = ? AND group_key = ? AND fingerprint = ?"
            ).execute(arguments: [
                mute?.kind.rawValue, mute?.cause, mute == nil ? nil : now.milliseconds, group.reference.receiver, group.reference.groupKey, alert.fingerprint,
            ])
            let (step, cause) = mute.map { ($0.kind.rawValue, $0.cause) } ?? ("unmuted", alert.mute?.cause ?? "")
            try log(
                step: step, alert.labels, alert.fingerprint, at: now, reason: mute == nil ? "no longer \(alert.mute?.kind.rawValue ?? "")" : "", cause: cause,
                receiver: group.reference.receiver, db)
            firing[index].mute = mute
        }
    }

    /// What a receiver is to know: what fires and isn't muted, and what it knows already. Where several rules have an alert of the same
    /// labels, the one that the receiver knows counts.
    private static func current(_ firing: [StoredAlert], told: [String: Int64]) -> [String: Int64] {
        var current: [String: Int64] = [:]
        for alert in firing where alert.mute == nil || (told[alert.fingerprint] == alert.firedAt && alert.mute?.kind != .resolved) {
            let known = current[alert.fingerprint]
            if known == nil || alert.firedAt == told[alert.fingerprint] || (known != told[alert.fingerprint] && alert.firedAt < known!) {
                current[alert.fingerprint] = alert.firedAt
            }
        }
        return current
    }

    /// Whether the receiver is to be reminded of what still fires.
    private static func isRepeatDue(
        _ group: Group, _ node: RouteNode?, _ firing: [StoredAlert], known: [String: Int64], hasOpen: Bool, now: Timestamp
    ) -> Bool {
        guard let node, !hasOpen, group.lastQueuedAt > 0, now.milliseconds - group.lastQueuedAt >= node.repeatIntervalMilliseconds else { return false }
        return firing.contains { $0.mute == nil && known[$0.fingerprint] == $0.firedAt }
    }

    /// When the group is looked at again: for what is muted, and for the reminder.
    private static func nextFlush(
        _ group: Group, _ node: RouteNode?, _ firing: [StoredAlert], known: [String: Int64], hasQueued: Bool, now: Timestamp
    ) -> Int64? {
        var next: Int64?
        func propose(_ moment: Int64) { next = min(next ?? moment, moment) }
        if firing.contains(where: { $0.mute != nil && known[$0.fingerprint] != $0.firedAt }) {
            let interval = node?.groupIntervalMilliseconds ?? 0
            let recheck = interval > 0 ? min(interval, Limits.mutedRecheckMilliseconds) : Limits.mutedRecheckMilliseconds
            propose(now.milliseconds + max(recheck, Limits.mutedRecheckMillisecondsMin))
        }
        if let node, firing.contains(where: { known[$0.fingerprint] == $0.firedAt }) {
            let last = hasQueued || group.lastQueuedAt == 0 ? now.milliseconds : group.lastQueuedAt
            let due = last + node.repeatIntervalMilliseconds
            // What is due and couldn't be said, because a message still waits or all of it is muted, is looked at again.
            propose(due > now.milliseconds ? due : now.milliseconds + Limits.mutedRecheckMilliseconds)
        }
        return next
    }

    private static func setFlush(_ group: GroupReference, at moment: Int64?, isEmpty: Bool, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                UPDATE notification_groups SET flush_at = ?, flushed_at = CASE WHEN ? THEN NULL WHEN last_queued_at > 0 THEN last_queued_at ELSE flushed_at END
                WHERE receiver = ? AND group_key = ?
                """
        ).execute(arguments: [moment, isEmpty, group.receiver, group.groupKey])
    }

    /// Moves a group's alerts to the shared one of a storm.
    private static func divert(_ group: Group, now: Timestamp, _ db: Database) throws {
        try db.cachedStatement(sql: "UPDATE OR REPLACE assignments SET group_key = ? WHERE receiver = ? AND group_key = ?")
            .execute(arguments: [Storm.groupKey, group.reference.receiver, group.reference.groupKey])
        try setFlush(group.reference, at: nil, isEmpty: true, db)
        _ = try scheduleStorm(at: group.reference.receiver, now: now, db)
    }

    static func told(_ group: GroupReference, _ db: Database) throws -> [String: Int64] {
        Dictionary(
            try Row.fetchAll(
                db.cachedStatement(sql: "SELECT fingerprint, fired_at FROM told WHERE receiver = ? AND group_key = ?"),
                arguments: [group.receiver, group.groupKey]
            ).map { ($0["fingerprint"], $0["fired_at"]) }, uniquingKeysWith: { $1 })
    }

    private static func forget(_ fingerprint: String, _ group: GroupReference, _ db: Database) throws {
        try db.cachedStatement(sql: "DELETE FROM told WHERE receiver = ? AND group_key = ? AND fingerprint = ?")
            .execute(arguments: [group.receiver, group.groupKey, fingerprint])
    }

    private static func cancel(_ id: Int64, isReplaced: Bool, now: Timestamp, _ db: Database) throws {
        let reason = isReplaced ? "replaced by a newer message before it was sent" : "its alerts ended or were muted before it was sent"
        try db.cachedStatement(sql: "UPDATE outbox SET state = 'cancelled', finished_at = ?, reason = ? WHERE id = ?")
            .execute(arguments: [now.milliseconds, reason, id])
    }
}
