import Foundations

/// An incident as the collector lists it.
struct IncidentItem: Hashable, Sendable {
    struct Member: Hashable, Sendable {
        var fingerprint: String
        var labels: [AlertItem.LabelPair]
        var firedAt: Timestamp
        var resolvedAt: Timestamp?
    }

    /// One line of the timeline.
    struct Entry: Hashable, Sendable {
        var at: Timestamp
        var kind: String
        var actor: String
        var text: String
    }

    var id: Int64
    /// `open`, `resolved` or `merged`.
    var state: String
    var severity: AlertItem.Severity
    var title: String
    var runbook: String
    var openedAt: Timestamp
    var resolvedAt: Timestamp?
    var resolvedBy: String
    /// Such as `lead` with the person.
    var roles: [AlertItem.LabelPair]
    var members: [Member]

    /// As it was at a moment; nil where it wasn't open yet.
    func asOf(_ moment: Timestamp) -> IncidentItem? {
        guard openedAt <= moment else { return nil }
        var item = self
        if let resolvedAt, resolvedAt > moment {
            item.state = "open"
            item.resolvedAt = nil
            item.resolvedBy = ""
        }
        item.members = members.filter { $0.firedAt <= moment }.map { member in
            var member = member
            if let end = member.resolvedAt, end > moment { member.resolvedAt = nil }
            return member
        }
        return item
    }

    /// Open before ended, grave before light, new before old.
    static func precedes(_ left: IncidentItem, _ right: IncidentItem) -> Bool {
        if (left.state == "open") != (right.state == "open") { return left.state == "open" }
        if left.state == "open", left.severity != right.severity { return left.severity < right.severity }
        return left.openedAt > right.openedAt
    }
}
