import Foundations

/// Hours of the week in which a layer counts, on the wall of its zone.
public struct Restriction: Sendable, Hashable {
    /// The days on which it begins, 0 being Sunday.
    public var weekdays: Set<Int>
    public var fromMinute: Int
    /// How many days after its beginning it ends.
    public var daysLater: Int64
    public var toMinute: Int

    public init(weekdays: Set<Int>, fromMinute: Int, daysLater: Int64, toMinute: Int) {
        self.weekdays = weekdays
        self.fromMinute = fromMinute
        self.daysLater = daysLater
        self.toMinute = toMinute
    }

    /// The window that begins on a date: from the first time that the wall shows its beginning to the last time that it shows its end.
    func window(on date: LocalDate, _ zone: ZoneClock) -> Range<Timestamp>? {
        guard weekdays.contains(date.weekday) else { return nil }
        let start = zone.moment(of: LocalTime(date, minuteOfDay: fromMinute), .first)
        let end = zone.moment(of: LocalTime(date + daysLater, minuteOfDay: toMinute), .last)
        return start < end ? start..<end : nil
    }

    /// The windows that may contain something of a time.
    func windows(from start: Timestamp, to end: Timestamp, _ zone: ZoneClock) -> [Range<Timestamp>] {
        let first = zone.localTime(at: start).date.days - daysLater - 1
        let last = zone.localTime(at: end).date.days + 1
        return (first...max(first, last)).compactMap { window(on: LocalDate(days: $0), zone) }
    }

    func contains(_ moment: Timestamp, _ zone: ZoneClock) -> Bool { windows(from: moment, to: moment, zone).contains { $0.contains(moment) } }
}
