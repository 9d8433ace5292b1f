import Foundations

/// Numbers from one to another, both with it.
public struct NumberRange: Sendable, Hashable {
    public var first: Int
    /// For days of a month it may be negative where `first` isn't: `1:-1` is the whole month.
    public var last: Int

    public init(first: Int, last: Int) {
        self.first = first
        self.last = last
    }

    func contains(_ number: Int) -> Bool { first <= number && number <= last }
}

/// Times that a route is muted or active in, as Alertmanager's `time_intervals` say them. Empty parts hold always.
public struct TimeInterval: Sendable, Hashable {
    /// Minutes of the day, the end left out.
    public var times: [Range<Int>] = []
    /// 0 is Sunday.
    public var weekdays: [NumberRange] = []
    /// From 1; negative ones count from the month's end, -1 being the last day.
    public var daysOfMonth: [NumberRange] = []
    public var months: [NumberRange] = []
    public var years: [NumberRange] = []
    public var zone = ZoneClock.utc

    public init() {}

    /// Whether a moment lies in it.
    public func contains(_ moment: Timestamp) -> Bool {
        let reading = zone.reading(at: moment)
        func holds<Ranges: Sequence>(_ ranges: Ranges, _ isEmpty: Bool, _ test: (Ranges.Element) -> Bool) -> Bool { isEmpty || ranges.contains(where: test) }
        return holds(times, times.isEmpty) { $0.contains(reading.minuteOfDay) }
            && holds(weekdays, weekdays.isEmpty) { $0.contains(reading.weekday) }
            && holds(months, months.isEmpty) { $0.contains(Int(reading.month)) }
            && holds(years, years.isEmpty) { $0.contains(Int(reading.year)) }
            && holds(daysOfMonth, daysOfMonth.isEmpty) { Self.contains($0, reading) }
    }

    private static func contains(_ days: NumberRange, _ reading: ZoneClock.Reading) -> Bool {
        let length = Int(TimestampText.days(reading.month == 12 ? reading.year + 1 : reading.year, reading.month % 12 + 1, 1)
            - TimestampText.days(reading.year, reading.month, 1))
        func day(_ number: Int) -> Int { number < 0 ? length + number + 1 : number }
        let (first, last) = (max(1, day(days.first)), min(length, day(days.last)))
        return first <= last && (first...last).contains(Int(reading.day))
    }
}

/// A named list of intervals: any of them.
public struct NamedTimeIntervals: Sendable, Hashable {
    public var name: String
    public var intervals: [TimeInterval]

    public func contains(_ moment: Timestamp) -> Bool { intervals.contains { $0.contains(moment) } }
}
