import Foundations

/// What one message changes in what its receiver knows: alerts that begin to fire, and alerts that end, each with the start of the firing.
struct NotificationChange: Hashable, Sendable, Codable {
    var fired: [String: Int64] = [:]
    var resolved: [String: Int64] = [:]

    var isEmpty: Bool { fired.isEmpty && resolved.isEmpty }
}

/// Decides what to tell a receiver about one group of alerts, from what it has been told, what waits to be told and what is so.
///
/// All alerts are named by fingerprint and the start of their firing. A message that was never attempted may still be taken back:
/// a page and its resolve then cancel out, and one message in place of two says what is so now. What was attempted is told.
struct NotificationPlan: Equatable {
    /// A message that isn't finished, in order of its queue.
    struct Open: Equatable {
        var id: Int64
        var wasAttempted: Bool
        var change: NotificationChange
    }

    /// The message to take back.
    var cancelled: Int64?
    /// The message to queue.
    var queued: NotificationChange?
    /// Alerts that ended without a message, because the receiver wants none.
    var forgotten: [String] = []

    init(told: [String: Int64], open: [Open], current: [String: Int64], sendsResolved: Bool, openMax: Int = Limits.queuedPerGroupMax) {
        var told = told
        if !sendsResolved {
            forgotten = told.keys.filter { current[$0] == nil }.sorted()
            for fingerprint in forgotten { told[fingerprint] = nil }
        }
        let waiting = open.filter { !$0.wasAttempted }
        let known = waiting.reduce(told) { Self.apply($1.change, to: $0) }
        let change = Self.difference(from: known, to: current)
        if change.isEmpty { return }
        guard let last = open.last, !last.wasAttempted else {
            queue(change, sendsResolved: sendsResolved)
            return
        }
        let before = waiting.dropLast().reduce(told) { Self.apply($1.change, to: $0) }
        let replacing = Self.difference(from: before, to: current)
        let wouldSkipResolve = replacing.fired.keys.contains { before[$0] != nil && last.change.resolved[$0] != nil }
        if wouldSkipResolve, open.count < openMax {
            // Taking the last message back would take the resolve of an alert with it that has fired again since.
            queue(change, sendsResolved: sendsResolved)
        } else {
            cancelled = last.id
            queue(replacing, sendsResolved: sendsResolved)
        }
    }

    private mutating func queue(_ change: NotificationChange, sendsResolved: Bool) {
        if change.isEmpty || (!sendsResolved && change.fired.isEmpty) { return }
        queued = change
    }

    /// What the receiver knows after a message.
    static func apply(_ change: NotificationChange, to known: [String: Int64]) -> [String: Int64] {
        var known = known
        for fingerprint in change.resolved.keys { known[fingerprint] = nil }
        known.merge(change.fired) { $1 }
        return known
    }

    private static func difference(from known: [String: Int64], to current: [String: Int64]) -> NotificationChange {
        NotificationChange(
            fired: current.filter { known[$0.key] != $0.value }, resolved: known.filter { current[$0.key] == nil })
    }
}
