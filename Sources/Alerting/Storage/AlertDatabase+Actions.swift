import Foundations
import GRDB
import Model

extension AlertDatabase {
    /// What an action did: the alerts it was done to, and the receivers that have something to send.
    struct ActionResult: Sendable {
        var fingerprints: [String] = []
        var receivers: Set<String> = []
    }

    private struct Target {
        var fingerprint: String
        var labels: Labels
        var firedAt: Int64
    }

    /// Alerts that fire and are meant by a fingerprint or a name.
    private static func targets(_ name: String, _ db: Database) throws -> [Target] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT fingerprint, labels, fired_at, active_at FROM alert_states
                WHERE phase = 'firing' AND (fingerprint = :name OR json_extract(labels, '$.alertname') = :name) GROUP BY fingerprint ORDER BY fingerprint
                """, arguments: ["name": name]
        ).map { Target(fingerprint: $0["fingerprint"], labels: try StoredText.labels($0["labels"]), firedAt: ($0["fired_at"] as Int64?) ?? $0["active_at"]) }
    }

    /// Acknowledges alerts, or marks them as over by hand: their pages stop until they fire anew.
    ///
    /// `kind` is `.acked` or `.resolved`; `excluding` names the kind of receivers that the acknowledgement comes from, which aren't told of it.
    func acknowledge(
        _ name: String, kind: MuteKind, _ action: Action, expiresAt: Timestamp?, excluding: String? = nil, now: Timestamp, _ context: NotificationContext
    ) async throws(AlertingError) -> ActionResult {
        try await write("store an acknowledgement in") { db in
            var result = ActionResult()
            var groups: [GroupReference] = []
            for target in try Self.targets(name, db) {
                try db.execute(
                    sql: "INSERT OR REPLACE INTO acknowledgements (fingerprint, fired_at, kind, actor, at, comment, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    arguments: [target.fingerprint, target.firedAt, kind.rawValue, action.actor, now.milliseconds, action.comment, expiresAt?.milliseconds])
                try Self.log(
                    step: kind == .acked ? "acknowledged" : "resolved_by_hand", target.labels, target.fingerprint, at: now, reason: action.comment, actor: action.actor,
                    cause: expiresAt.map { "until \(TimestampText.rfc3339($0))" } ?? "", db)
                for hook in context.hooks { try hook.acted(kind == .acked ? "acknowledged" : "resolved_by_hand", target.fingerprint, action, now: now, db) }
                result.fingerprints.append(target.fingerprint)
                groups += try Self.groups(of: target.fingerprint, db)
            }
            groups = Self.distinct(groups)
            result.receivers = try Self.flush(groups, now: now, context, db)
            if kind == .acked { result.receivers.formUnion(try Self.passOn(groups, excluding: excluding, now: now, context, db)) }
            return result
        }
    }

    /// Tells keyed receivers of groups whose alerts are all acknowledged.
    private static func passOn(
        _ groups: [GroupReference], excluding: String?, now: Timestamp, _ context: NotificationContext, _ db: Database
    ) throws -> Set<String> {
        var receivers: Set<String> = []
        for group in groups {
            guard let receiver = context.receivers[group.receiver], receiver.isKeyed, receiver.kindName != excluding else { continue }
            let firing = try firing(group, db)
            guard try !told(group, db).isEmpty, firing.allSatisfy({ $0.mute?.kind == .acked }), !firing.isEmpty else { continue }
            let labels = try String.fetchOne(
                db, sql: "SELECT group_labels FROM notification_groups WHERE receiver = ? AND group_key = ?", arguments: [group.receiver, group.groupKey])
            let body = WebhookBody(
                receiver: receiver.configuredName, groupKey: group.groupKey, groupLabels: try StoredText.labels(labels ?? "{}"), externalURL: context.externalURL,
                alerts: firing.map { $0.message(startsAt: $0.firedAt, endsAt: nil) }, alertsMax: receiver.alertsPerMessageMax)
            try insert(NotificationChange(), .acknowledge, payload: body.encoded(), group, sequence: try nextSequence(group, now: now, db), now: now, db)
            receivers.insert(group.receiver)
        }
        return receivers
    }

    /// Takes an acknowledgement or a resolve by hand back.
    func unacknowledge(_ name: String, _ action: Action, now: Timestamp, _ context: NotificationContext) async throws(AlertingError) -> ActionResult {
        try await write("store an acknowledgement in") { db in
            var result = ActionResult()
            var groups: [GroupReference] = []
            for target in try Self.targets(name, db) {
                try db.execute(sql: "DELETE FROM acknowledgements WHERE fingerprint = ?", arguments: [target.fingerprint])
                if db.changesCount == 0 { continue }
                try Self.log(step: "unacknowledged", target.labels, target.fingerprint, at: now, reason: action.comment, actor: action.actor, db)
                for hook in context.hooks { try hook.acted("unacknowledged", target.fingerprint, action, now: now, db) }
                result.fingerprints.append(target.fingerprint)
                groups += try Self.groups(of: target.fingerprint, db)
            }
            result.receivers = try Self.flush(Self.distinct(groups), now: now, context, db)
            return result
        }
    }

    /// Adds words to an alert's history, whether it fires or not.
    func comment(_ name: String, _ action: Action, now: Timestamp) async throws(AlertingError) -> [String] {
        try await write("store a comment in") { db in
            var targets = try Self.targets(name, db)
            if targets.isEmpty,
                let row = try Row.fetchOne(db, sql: "SELECT fingerprint, labels FROM alert_events WHERE fingerprint = ? AND labels <> '{}' ORDER BY id DESC LIMIT 1", arguments: [name])
            { targets = [Target(fingerprint: row["fingerprint"], labels: try StoredText.labels(row["labels"]), firedAt: 0)] }
            for target in targets { try Self.log(step: "comment", target.labels, target.fingerprint, at: now, reason: action.comment, actor: action.actor, db) }
            return targets.map(\.fingerprint)
        }
    }

    static func groups(of fingerprint: String, _ db: Database) throws -> [GroupReference] {
        try Row.fetchAll(db.cachedStatement(sql: "SELECT receiver, group_key FROM assignments WHERE fingerprint = ?"), arguments: [fingerprint])
            .map { GroupReference(receiver: $0["receiver"], groupKey: $0["group_key"]) }
    }

    /// Alerts of the group that a keyed receiver knows by an alias, which fire.
    func fingerprints(alias: String) async throws(AlertingError) -> [String] {
        try await read("read the groups of") { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT DISTINCT a.fingerprint FROM notification_groups g JOIN assignments a USING (receiver, group_key)
                        JOIN alert_states s ON s.fingerprint = a.fingerprint WHERE g.alias = ? AND s.phase = 'firing' ORDER BY 1
                    """, arguments: [alias])
        }
    }
}
