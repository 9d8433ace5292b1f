import Foundations

/// People who take turns.
public struct Rotation: Sendable, Hashable {
    /// When the next one's turn begins.
    public enum Cadence: Sendable, Hashable {
        /// After so many days, at the same time on the wall, whatever the clock does between.
        case days(Int)
        /// After so much time, whatever the wall shows.
        case elapsed(milliseconds: Int64)
    }

    public var people: [String]
    public var cadence: Cadence
    /// The first person's first turn begins then.
    public var start: LocalTime
    public var zone: ZoneClock

    public init(people: [String], cadence: Cadence, start: LocalTime, zone: ZoneClock) {
        self.people = people
        self.cadence = cadence
        self.start = start
        self.zone = zone
    }

    /// When the turn of a number begins, counted from 0. A turn begins the first time that the wall shows its time.
    func turnStart(_ number: Int64) -> Timestamp {
        switch cadence {
        case .days(let days): zone.moment(of: LocalTime(start.date + number * Int64(days), minuteOfDay: start.minuteOfDay), .first)
        case .elapsed(let milliseconds): zone.moment(of: start, .first).advanced(byMilliseconds: number * milliseconds)
        }
    }

    /// The number of the turn at a moment; nil before the first.
    func turn(at moment: Timestamp) -> Int64? {
        var number: Int64
        switch cadence {
        case .days(let days):
            number = (zone.localTime(at: moment).date.days - start.date.days) / Int64(days)
            while turnStart(number + 1) <= moment { number += 1 }
            while number >= 0, turnStart(number) > moment { number -= 1 }
        case .elapsed(let milliseconds):
            let passed = moment.milliseconds - turnStart(0).milliseconds
            number = passed < 0 ? -1 : passed / milliseconds
        }
        return number < 0 ? nil : number
    }

    /// Whose turn it is; nil before the first.
    func person(at moment: Timestamp) -> String? { turn(at: moment).map { people[Int($0 % Int64(people.count))] } }

    /// When turns begin within a time.
    func changes(from start: Timestamp, to end: Timestamp) -> [Timestamp] {
        var changes: [Timestamp] = []
        var number = (turn(at: start) ?? -1) + 1
        while case let moment = turnStart(number), moment < end {
            changes.append(moment)
            number += 1
        }
        return changes
    }
}
