/// Somebody who can be on call.
public struct Person: Sendable, Hashable {
    /// As schedules and policies name them.
    public var name: String
    /// The whole name; empty where the file says none.
    public var fullName: String
    /// In the order in which they are to be tried.
    public var contacts: [Contact]

    /// A way to reach a person.
    public struct Contact: Sendable, Hashable {
        public enum Kind: String, Sendable, Hashable, CaseIterable, Codable {
            case email, phone, slack, pagerduty, webhook, receiver
        }

        public var kind: Kind
        /// What may be shown: an address, a number, a user; empty for what is a secret.
        public var address: String
        /// The name of the destination, or the configured name of a receiver of the routing file; nil for what is only shown.
        public var destination: String?
    }
}

/// Whom a step pages.
public struct EscalationTarget: Sendable, Hashable, Codable, CustomStringConvertible {
    public enum Kind: String, Sendable, Hashable, Codable {
        case person, schedule, receiver
    }

    public var kind: Kind
    public var name: String

    public init(_ kind: Kind, _ name: String) {
        self.kind = kind
        self.name = name
    }

    public var description: String { "\(kind.rawValue) \(name)" }
}

/// Whom to page one after another until somebody is on it. An escalation keeps the copy it began with.
public struct EscalationPolicy: Sendable, Hashable, Codable {
    public var name: String
    /// At least one.
    public var steps: [Step]
    /// How often the steps are gone through again.
    public var repeats: Int
    /// The wait before each of these.
    public var repeatAfterMilliseconds: Int64
    /// Whom to page where a schedule has nobody on call.
    public var fallback: [EscalationTarget]
    /// How long an acknowledgement without an end of its own counts; nil is until the alert fires anew.
    public var acknowledgementMilliseconds: Int64?

    public struct Step: Sendable, Hashable, Codable {
        /// The wait since the step before, or since the page for the first.
        public var afterMilliseconds: Int64
        public var targets: [EscalationTarget]
        /// By which contacts persons are paged at once; empty is the first that each has. The others follow where one refuses.
        public var channels: [Person.Contact.Kind]
    }
}
