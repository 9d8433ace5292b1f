import Foundations

/// Who is on call by one schedule.
struct OnCallItem: Hashable, Sendable {
    struct Override: Hashable, Sendable {
        var person: String
        var startsAt: Timestamp
        var endsAt: Timestamp
        var comment: String
    }

    struct Note: Hashable, Sendable {
        var at: Timestamp
        var author: String
        var text: String
    }

    var schedule: String
    var zone: String
    /// Nil where nobody is.
    var person: String?
    var fullName: String
    var until: Timestamp?
    var next: String?
    /// What the one before handed over.
    var note: Note?
    var overrides: [Override]
}

/// A page that climbs from person to person.
struct EscalationItem: Hashable, Sendable {
    var id: Int64
    var policy: String
    var group: [AlertItem.LabelPair]
    var state: String
    var openedAt: Timestamp
    var nextAt: Timestamp?
    /// Who was paged, with what became of it.
    var pages: [(person: String, at: Timestamp, state: String)]

    static func == (left: Self, right: Self) -> Bool { left.id == right.id && left.state == right.state && left.nextAt == right.nextAt && left.pages.elementsEqual(right.pages, by: ==) }
    func hash(into hasher: inout Hasher) { hasher.combine(id) }
}

/// Everybody who is on call, and what is climbing.
struct OnCallState: Hashable, Sendable {
    var schedules: [OnCallItem] = []
    var escalations: [EscalationItem] = []
}
