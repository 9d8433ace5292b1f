import Foundation
import Foundations

/// The wall clock of an IANA time zone.
public struct ZoneClock: Sendable, Hashable {
    /// What a clock on the wall shows.
    public struct Reading: Sendable, Hashable {
        public var year: Int64
        public var month: Int64
        public var day: Int64
        /// 0 is Sunday.
        public var weekday: Int
        public var minuteOfDay: Int
        public var secondOfMinute: Int
    }

    public let name: String
    private let zone: TimeZone

    public static let utc = ZoneClock("UTC")!

    /// Nil where there is no such zone. An empty name is UTC.
    public init?(_ name: String) {
        let wanted = name.isEmpty ? "UTC" : name
        guard wanted == "Local" || wanted == "UTC" || wanted.contains("/") || wanted.utf8.count >= 2,
            let zone = wanted == "Local" ? TimeZone.current : TimeZone(identifier: wanted)
        else { return nil }
        self.name = wanted
        self.zone = zone
    }

    /// Seconds that the zone is ahead of UTC at a moment.
    public func offsetSeconds(at moment: Timestamp) -> Int64 {
        Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(moment.milliseconds) / 1000)))
    }

    public func reading(at moment: Timestamp) -> Reading {
        let local = moment.milliseconds + offsetSeconds(at: moment) * 1000
        let seconds = local >= 0 ? local / 1000 : -((-local + 999) / 1000)
        let days = seconds >= 0 ? seconds / 86_400 : -((-seconds + 86_399) / 86_400)
        let secondOfDay = seconds - days * 86_400
        let date = TimestampText.civil(fromDays: days)
        return Reading(
            year: date.year, month: date.month, day: date.day, weekday: Int(((days + 4) % 7 + 7) % 7), minuteOfDay: Int(secondOfDay / 60),
            secondOfMinute: Int(secondOfDay % 60))
    }

    /// The moment at which the wall shows a date and a time of day: the first of two where the clock is set back, nil where it skips it.
    public func moment(year: Int64, month: Int64, day: Int64, secondOfDay: Int64) -> Timestamp? {
        let wall = TimestampText.days(year, month, day) * 86_400 + secondOfDay
        // Offsets lie within a day of UTC: those before and after the moment are all that can apply.
        let offsets = Set([-86_400, 0, 86_400].map { offsetSeconds(at: Timestamp(seconds: wall + $0)) })
        return offsets.map { Timestamp(seconds: wall - $0) }.filter { offsetSeconds(at: $0) == wall - $0.milliseconds / 1000 }.min()
    }

    public static func == (left: ZoneClock, right: ZoneClock) -> Bool { left.name == right.name }
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
