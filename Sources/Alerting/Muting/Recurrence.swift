import Foundations

/// When a silence comes back: RFC 5545's RRULE on the wall clock of a zone, each time for a duration.
///
/// Taken are FREQ (DAILY, WEEKLY, MONTHLY, YEARLY), INTERVAL, BYDAY (with ordinals where the frequency is MONTHLY), BYMONTHDAY, BYMONTH, COUNT and UNTIL.
public struct Recurrence: Sendable, Hashable {
    /// What is wrong with a rule.
    public struct Problem: Error, Equatable, CustomStringConvertible, Sendable {
        public let description: String
    }

    enum Frequency: String, Sendable { case daily = "DAILY", weekly = "WEEKLY", monthly = "MONTHLY", yearly = "YEARLY" }

    struct WeekdayRule: Sendable, Hashable {
        /// 0 is every one of the month; -1 the last.
        var ordinal: Int
        /// 0 is Sunday.
        var weekday: Int
    }

    /// As it was written.
    public let rule: String
    public let zone: ZoneClock
    public let durationMilliseconds: Int64
    private var frequency = Frequency.daily
    private var interval: Int64 = 1
    private var weekdays: [WeekdayRule] = []
    private var monthDays: [Int] = []
    private var months: Set<Int> = []
    private var count: Int?
    private var until: Timestamp?

    private static let weekdayNames = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"]

    public init(rule: String, zone: ZoneClock, durationMilliseconds: Int64) throws(Problem) {
        guard durationMilliseconds > 0, durationMilliseconds <= Limits.recurrenceDurationMillisecondsMax else {
            throw Problem(description: "a recurring silence lasts from 1 ms to \(DurationText.format(milliseconds: Limits.recurrenceDurationMillisecondsMax))")
        }
        self.rule = rule
        self.zone = zone
        self.durationMilliseconds = durationMilliseconds
        var hasFrequency = false
        let text = rule.uppercased().hasPrefix("RRULE:") ? rule.dropFirst(6) : rule[...]
        for part in text.uppercased().split(separator: ";") {
            let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2 else { throw Problem(description: "\(part) is no NAME=VALUE of a recurrence rule") }
            if pair[0] == "FREQ" { hasFrequency = true }
            try set(pair[0], pair[1])
        }
        guard hasFrequency else { throw Problem(description: "a recurrence rule needs FREQ=DAILY, WEEKLY, MONTHLY or YEARLY") }
        if weekdays.contains(where: { $0.ordinal != 0 }), frequency != .monthly {
            throw Problem(description: "ordinals in BYDAY need FREQ=MONTHLY")
        }
    }

    private mutating func set(_ name: String, _ value: String) throws(Problem) {
        func bad() -> Problem { Problem(description: "\(name)=\(value) isn't understood in a recurrence rule") }
        func number(_ text: some StringProtocol, _ range: ClosedRange<Int>) throws(Problem) -> Int {
            guard let number = Int(text), range.contains(number), number != 0 else { throw bad() }
            return number
        }
        switch name {
        case "FREQ":
            guard let known = Frequency(rawValue: value) else { throw bad() }
            frequency = known
        case "INTERVAL": interval = Int64(try number(value, 1...1000))
        case "COUNT": count = try number(value, 1...Limits.recurrencesMax)
        case "UNTIL":
            guard let moment = Self.moment(value, zone) else { throw bad() }
            until = moment
        case "BYMONTH": for item in value.split(separator: ",") { months.insert(try number(item, 1...12)) }
        case "BYMONTHDAY": for item in value.split(separator: ",") { monthDays.append(try number(item, -31...31)) }
        case "BYDAY":
            for item in value.split(separator: ",") {
                guard let weekday = Self.weekdayNames.firstIndex(of: String(item.suffix(2))) else { throw bad() }
                weekdays.append(WeekdayRule(ordinal: item.count > 2 ? try number(item.dropLast(2), -5...5) : 0, weekday: weekday))
            }
        case "WKST": if value != "MO" { throw bad() }
        default: throw bad()
        }
    }

    /// `20261231T235959Z`, or without the Z by the zone's wall, or a date alone.
    private static func moment(_ text: String, _ zone: ZoneClock) -> Timestamp? {
        let digits = text.filter(\.isNumber)
        guard digits.count == 8 || digits.count == 14, let year = Int64(digits.prefix(4)), let month = Int64(digits.dropFirst(4).prefix(2)),
            let day = Int64(digits.dropFirst(6).prefix(2)), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        let clock = digits.dropFirst(8)
        let second = clock.isEmpty ? 86_399 : Int64(clock.prefix(2))! * 3600 + Int64(clock.dropFirst(2).prefix(2))! * 60 + Int64(clock.suffix(2))!
        if text.hasSuffix("Z") { return Timestamp(seconds: TimestampText.days(year, month, day) * 86_400 + second) }
        return zone.moment(year: year, month: month, day: day, secondOfDay: second)
    }

    /// The occurrence that a moment lies in, for a silence that starts at `start`; nil where it lies in none.
    public func occurrence(containing moment: Timestamp, startingAt start: Timestamp) -> Range<Timestamp>? {
        if moment < start { return nil }
        let first = zone.reading(at: start)
        let firstDay = TimestampText.days(first.year, first.month, first.day)
        let secondOfDay = Int64(first.minuteOfDay * 60 + first.secondOfMinute)
        let reading = zone.reading(at: moment)
        let today = TimestampText.days(reading.year, reading.month, reading.day)
        let reach = durationMilliseconds / 86_400_000 + 1
        var day = max(firstDay, today - reach)
        while day <= today {
            defer { day += 1 }
            guard isDay(day, from: firstDay) else { continue }
            let date = TimestampText.civil(fromDays: day)
            guard let begin = zone.moment(year: date.year, month: date.month, day: date.day, secondOfDay: secondOfDay), begin >= start, begin <= moment,
                until.map({ begin <= $0 }) ?? true, isCounted(day, from: firstDay)
            else { continue }
            let end = begin.advanced(byMilliseconds: durationMilliseconds)
            if moment < end { return begin..<end }
        }
        return nil
    }

    private func isCounted(_ day: Int64, from firstDay: Int64) -> Bool {
        guard let count else { return true }
        var seen = 0
        var next = firstDay
        while next <= day, next - firstDay < Limits.recurrenceDaysMax {
            if isDay(next, from: firstDay) { seen += 1 }
            if seen > count { return false }
            next += 1
        }
        return next > day
    }

    /// Whether the rule names a day, counted from 1970.
    private func isDay(_ day: Int64, from firstDay: Int64) -> Bool {
        let date = TimestampText.civil(fromDays: day)
        let first = TimestampText.civil(fromDays: firstDay)
        let weekday = Int(((day + 4) % 7 + 7) % 7)
        let firstWeekday = Int(((firstDay + 4) % 7 + 7) % 7)
        if !months.isEmpty, !months.contains(Int(date.month)) { return false }
        let nextMonth: Int64 = TimestampText.days(date.month == 12 ? date.year + 1 : date.year, date.month % 12 + 1, 1)
        let length: Int64 = nextMonth - TimestampText.days(date.year, date.month, 1)
        let isMonthDay = monthDays.contains { (number: Int) -> Bool in
            let counted = number < 0 ? length + Int64(number) + 1 : Int64(number)
            return counted == date.day
        }
        let isWeekday = weekdays.contains { rule in
            guard rule.weekday == weekday else { return false }
            if rule.ordinal == 0 { return true }
            let week: Int64 = rule.ordinal > 0 ? (date.day - 1) / 7 + 1 : (length - date.day) / 7 + 1
            return week == Int64(abs(rule.ordinal))
        }
        if !monthDays.isEmpty, !isMonthDay { return false }
        if !weekdays.isEmpty, !isWeekday { return false }
        switch frequency {
        case .daily: return (day - firstDay) % interval == 0
        case .weekly:
            // Weeks begin on Monday.
            let monday: Int64 = day - Int64((weekday + 6) % 7)
            let firstMonday: Int64 = firstDay - Int64((firstWeekday + 6) % 7)
            let isOnDay = !weekdays.isEmpty || weekday == firstWeekday
            return isOnDay && ((monday - firstMonday) / 7) % interval == 0
        case .monthly:
            let isOnDay = !weekdays.isEmpty || !monthDays.isEmpty || date.day == first.day
            return isOnDay && ((date.year - first.year) * 12 + date.month - first.month) % interval == 0
        case .yearly:
            let isInMonth = !months.isEmpty || date.month == first.month
            let isOnDay = !weekdays.isEmpty || !monthDays.isEmpty || date.day == first.day
            return isInMonth && isOnDay && (date.year - first.year) % interval == 0
        }
    }
}
