import Foundations
import GRDB
import Model

/// Alerts that match say nothing for a time: who wanted it, why, and until when.
public struct Silence: Sendable, Hashable {
    public enum State: String, Sendable, Hashable, CaseIterable {
        case expired, active, pending
    }

    /// A UUID.
    public var id: String
    /// All must match; at least one doesn't match the empty text.
    public var matchers: [Matcher]
    public var startsAt: Timestamp
    public var endsAt: Timestamp
    public var createdBy: String
    public var comment: String
    public var updatedAt: Timestamp
    /// Nil: without a break from start to end.
    public var recurrence: Recurrence?

    public init(
        id: String = "", matchers: [Matcher], startsAt: Timestamp, endsAt: Timestamp, createdBy: String, comment: String,
        updatedAt: Timestamp = .distantPast, recurrence: Recurrence? = nil
    ) {
        self.id = id
        self.matchers = matchers
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.createdBy = createdBy
        self.comment = comment
        self.updatedAt = updatedAt
        self.recurrence = recurrence
    }

    public func state(at moment: Timestamp) -> State {
        if moment >= endsAt { return .expired }
        if moment < startsAt { return .pending }
        guard let recurrence else { return .active }
        return recurrence.occurrence(containing: moment, startingAt: startsAt) == nil ? .pending : .active
    }

    public func mutes(_ labels: Labels, at moment: Timestamp) -> Bool { state(at: moment) == .active && matchers.matches(labels) }

    /// What is wrong with it; nil where it can be stored.
    func problem() -> String? {
        if matchers.isEmpty { return "a silence needs at least one matcher" }
        if matchers.count > Limits.matchersMax { return "a silence has at most \(Limits.matchersMax) matchers" }
        if matchers.allSatisfy(\.matchesEmpty) { return "a silence needs a matcher that doesn't match the empty text, or it would mute everything" }
        if endsAt <= startsAt { return "a silence ends after its start" }
        if createdBy.isEmpty { return "a silence needs an owner (createdBy)" }
        if comment.isEmpty { return "a silence needs a reason (comment)" }
        if comment.utf8.count > Limits.actionTextBytesMax || createdBy.utf8.count > Limits.actionTextBytesMax {
            return "owner and reason have at most \(Limits.actionTextBytesMax) bytes"
        }
        return nil
    }
}

/// Why an alert isn't paged. What was paged already gets its resolve all the same.
public enum MuteKind: String, Sendable, Hashable, CaseIterable, Codable {
    case acked, silenced, inhibited, dependency
    /// By hand: its receivers were told that it is over.
    case resolved
    /// By a time interval of its route.
    case muted
    case flapping
}

/// What mutes an alert: the kind, and the id of the silence, the fingerprint of the inhibiting alert, the name of the interval, or who acknowledged it.
public struct Mute: Sendable, Hashable {
    public var kind: MuteKind
    public var cause: String

    public init(kind: MuteKind, cause: String) {
        self.kind = kind
        self.cause = cause
    }
}

extension Silence {
    /// A row of `silences`.
    init(_ row: Row) throws {
        var recurrence: Recurrence?
        if let rule = row["rule"] as String?, let zone = ZoneClock(row["zone"] ?? "UTC") {
            recurrence = try Recurrence(rule: rule, zone: zone, durationMilliseconds: row["duration"] ?? 0)
        }
        self.init(
            id: row["id"], matchers: try MatcherText.parse(row["matchers"]), startsAt: Timestamp(milliseconds: row["starts_at"]),
            endsAt: Timestamp(milliseconds: row["ends_at"]), createdBy: row["created_by"], comment: row["comment"],
            updatedAt: Timestamp(milliseconds: row["updated_at"]), recurrence: recurrence)
    }
}
