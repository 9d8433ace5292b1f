import Foundations

/// Who is on call when: layers of rotations, of which the last that has somebody counts, and overrides above them.
public struct OnCallSchedule: Sendable, Hashable {
    public var name: String
    public var zone: ZoneClock
    public var layers: [Layer]
    /// Those of the file; the last that holds counts.
    public var overrides: [Override]
    /// Whether hours that nobody covers are meant.
    public var allowsGaps: Bool
    /// For those who take over; empty where the file says nothing.
    public var description: String

    public struct Layer: Sendable, Hashable {
        public var name: String
        public var rotation: Rotation
        /// Empty: at all hours.
        public var restrictions: [Restriction]
        /// Nil: without end.
        public var end: Timestamp?

        public init(name: String, rotation: Rotation, restrictions: [Restriction] = [], end: Timestamp? = nil) {
            self.name = name
            self.rotation = rotation
            self.restrictions = restrictions
            self.end = end
        }

        func person(at moment: Timestamp) -> String? {
            if let end, moment >= end { return nil }
            if !restrictions.isEmpty, !restrictions.contains(where: { $0.contains(moment, rotation.zone) }) { return nil }
            return rotation.person(at: moment)
        }
    }

    /// Somebody in place of whom the layers say.
    public struct Override: Sendable, Hashable {
        public var person: String
        public var start: Timestamp
        public var end: Timestamp
        /// Who made it, for those that were made while the service runs.
        public var made: Made?

        public struct Made: Sendable, Hashable {
            public var id: Int64
            public var by: String
            public var at: Timestamp
            public var comment: String
        }

        public init(person: String, start: Timestamp, end: Timestamp, made: Made? = nil) {
            self.person = person
            self.start = start
            self.end = end
            self.made = made
        }
    }

    /// Somebody on call, and why.
    public struct Duty: Sendable, Hashable {
        public var person: String
        public var cause: Cause

        public enum Cause: Sendable, Hashable {
            case layer(String)
            case override(Override.Made?)
        }
    }

    public init(name: String, zone: ZoneClock, layers: [Layer], overrides: [Override] = [], allowsGaps: Bool = false, description: String = "") {
        self.name = name
        self.zone = zone
        self.layers = layers
        self.overrides = overrides
        self.allowsGaps = allowsGaps
        self.description = description
    }

    /// Who is on call at a moment; nil where nobody is. At no moment are there two.
    public func duty(at moment: Timestamp) -> Duty? {
        if let override = overrides.last(where: { $0.start <= moment && moment < $0.end }) {
            return Duty(person: override.person, cause: .override(override.made))
        }
        for layer in layers.reversed() {
            if let person = layer.person(at: moment) { return Duty(person: person, cause: .layer(layer.name)) }
        }
        return nil
    }

    /// The same schedule with further overrides above its own.
    public func overridden(by further: [Override]) -> OnCallSchedule {
        var schedule = self
        schedule.overrides += further
        return schedule
    }
}
