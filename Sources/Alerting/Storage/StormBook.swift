import Foundations
import GRDB
import Model

extension AlertDatabase {
    /// How many groups of each receiver had their first page within the minute, within one transaction.
    struct StormBook {
        private var counts: [String: (windowAt: Int64, groups: Int)] = [:]
        /// Groups of this transaction whose first page is about to be made.
        private var reserved: [String: Int] = [:]
        private let now: Timestamp
        private let groupsMax: Int

        init(now: Timestamp, groupsMax: Int) {
            self.now = now
            self.groupsMax = groupsMax
        }

        /// Counts one more, and says whether it is one too many.
        mutating func isOver(_ receiver: String, _ db: Database) throws -> Bool {
            var count = try count(of: receiver, db)
            count.groups += 1
            counts[receiver] = count
            return count.groups > groupsMax
        }

        /// Sets a place aside for a group whose first page is made later in this transaction; false where there is none left.
        mutating func reserve(_ receiver: String, _ db: Database) throws -> Bool {
            let count = try count(of: receiver, db)
            counts[receiver] = count
            guard count.groups + reserved[receiver, default: 0] < groupsMax else { return false }
            reserved[receiver, default: 0] += 1
            return true
        }

        private func count(of receiver: String, _ db: Database) throws -> (windowAt: Int64, groups: Int) {
            var count: (windowAt: Int64, groups: Int)
            if let known = counts[receiver] {
                count = known
            } else {
                let row = try Row.fetchOne(db.cachedStatement(sql: "SELECT window_at, groups FROM storms WHERE receiver = ?"), arguments: [receiver])
                count = row.map { ($0["window_at"], $0["groups"]) } ?? (now.milliseconds, 0)
            }
            if now.milliseconds - count.windowAt >= Limits.stormWindowMilliseconds || now.milliseconds < count.windowAt { count = (now.milliseconds, 0) }
            return count
        }

        func store(_ db: Database) throws {
            for (receiver, count) in counts where count.groups > 0 {
                try db.cachedStatement(sql: "INSERT OR REPLACE INTO storms VALUES (?, ?, ?)").execute(arguments: [receiver, count.windowAt, count.groups])
            }
        }
    }

    /// What one transaction binds alerts to groups by: in a storm, new groups that are due at once share one from the start, which is a third of
    /// the work of making each and moving its alert.
    struct Assignment {
        let now: Timestamp
        let context: NotificationContext
        private var storms: StormBook
        private let judge: MuteJudge
        /// Receivers whose shared group has new alerts.
        private var joined: Set<String> = []

        init(now: Timestamp, _ context: NotificationContext, _ db: Database) throws {
            self.now = now
            self.context = context
            storms = StormBook(now: now, groupsMax: context.stormGroupsPerMinuteMax)
            judge = try MuteJudge(now: now, context, db)
        }

        /// Puts an alert of a group that is new and due into the shared group, where the storm leaves no place for one of its own. What is muted
        /// pages nobody yet, so it keeps its own.
        mutating func joinsStorm(_ labels: Labels, _ fingerprint: String, firedAt: Int64, _ group: GroupReference, _ node: RouteNode, _ db: Database) throws -> Bool {
            if try context.router.mutingInterval(of: node, at: now) != nil || judge.mute(fingerprint: fingerprint, labels: labels, firedAt: firedAt, db) != nil { return false }
            if try storms.reserve(group.receiver, db) { return false }
            try AlertDatabase.bind(fingerprint, GroupReference(receiver: group.receiver, groupKey: Storm.groupKey), db)
            joined.insert(group.receiver)
            return true
        }

        /// The shared groups that are due now.
        func dueStorms(_ db: Database) throws -> [GroupReference] {
            try joined.sorted().flatMap { try AlertDatabase.scheduleStorm(at: $0, now: now, db) }
        }
    }

    /// Notes that the shared group of a receiver has news. Returns it where it is due now.
    static func scheduleStorm(at receiver: String, now: Timestamp, _ db: Database) throws -> [GroupReference] {
        let node = RouteNode(
            key: Storm.route, receiver: "", groupWaitMilliseconds: Limits.stormWaitMilliseconds, groupIntervalMilliseconds: Limits.stormIntervalMilliseconds)
        return try schedule(GroupReference(receiver: receiver, groupKey: Storm.groupKey), node: node, Storm.labels, isUrgent: false, now: now, db)
    }
}
