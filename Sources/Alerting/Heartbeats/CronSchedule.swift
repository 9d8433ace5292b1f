import Foundations

/// When a job runs: cron's five fields on the wall clock of a zone.
///
/// Minute, hour, day of the month, month and weekday, each `*`, a number, a range, a list or with a step (`*/5`, `1-5/2`); names of months
/// and weekdays in English; `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`. Where both days are given, either counts, as in cron.
/// A time that the clock skips isn't expected, of one that comes twice the first is.
public struct CronSchedule: Sendable, Hashable {
    /// What is wrong with an expression.
    public struct Problem: Error, Equatable, CustomStringConvertible, Sendable {
        public let description: String
    }

    /// As it was written.
    public let text: String
    public let zone: ZoneClock
    private let minutes: Set<Int>
    private let hours: Set<Int>
    private let monthDays: Set<Int>
    private let months: Set<Int>
    private let weekdays: Set<Int>
    private let restrictsMonthDay: Bool
    private let restrictsWeekday: Bool

    private static let shorthands = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *",
        "@annually": "0 0 1 1 *",
    ]
    private static let monthNames = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    private static let weekdayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

    public init(_ text: String, zone: ZoneClock = .utc) throws(Problem) {
        self.text = text
        self.zone = zone
        let fields = (Self.shorthands[text.lowercased()] ?? text).split(whereSeparator: \.isWhitespace).map { $0.lowercased() }
        guard fields.count == 5 else { throw Problem(description: "a cron schedule has five fields, such as `30 4 * * *`, not \(fields.count)") }
        minutes = try Self.field(fields[0], 0...59, "minute")
        hours = try Self.field(fields[1], 0...23, "hour")
        monthDays = try Self.field(fields[2], 1...31, "day of the month")
        months = try Self.field(fields[3], 1...12, "month", names: Self.monthNames, firstNamed: 1)
        // Both 0 and 7 are Sunday.
        weekdays = Set(try Self.field(fields[4], 0...7, "weekday", names: Self.weekdayNames, firstNamed: 0).map { $0 % 7 })
        restrictsMonthDay = !fields[2].hasPrefix("*")
        restrictsWeekday = !fields[4].hasPrefix("*")
        if next(after: Timestamp(seconds: 0)) == nil { throw Problem(description: "the cron schedule `\(SafeText(text))` names no day that there is") }
    }

    private static func field(
        _ text: String, _ range: ClosedRange<Int>, _ name: String, names: [String] = [], firstNamed: Int = 0
    ) throws(Problem) -> Set<Int> {
        func number(_ text: Substring) -> Int? {
            if let index = names.firstIndex(of: String(text)) { return index + firstNamed }
            return Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
        var values: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pieces = part.split(separator: "/", omittingEmptySubsequences: false)
            let ends = pieces[0].split(separator: "-", omittingEmptySubsequences: false)
            let step = pieces.count == 2 ? Int(pieces[1]).flatMap { $0 > 0 ? $0 : nil } : pieces.count == 1 ? 1 : nil
            var bounds: ClosedRange<Int>?
            if pieces[0] == "*" {
                bounds = range
            } else if ends.count == 1, let value = number(ends[0]) {
                bounds = value...(pieces.count == 2 ? range.upperBound : value)
            } else if ends.count == 2, let first = number(ends[0]), let last = number(ends[1]), first <= last {
                bounds = first...last
            }
            guard let bounds, let step else {
                throw Problem(description: "`\(SafeText(String(part)))` is no \(name) of a cron schedule (\(range.lowerBound) to \(range.upperBound))")
            }
            for value in stride(from: bounds.lowerBound, through: bounds.upperBound, by: step) { values.insert(value) }
        }
        return values
    }

    /// The first moment after another at which the job is to run; nil where the days never come within `Limits.cronDaysMax`.
    public func next(after moment: Timestamp) -> Timestamp? {
        let reading = zone.reading(at: moment)
        let today = TimestampText.days(reading.year, reading.month, reading.day)
        for day in today..<(today + Limits.cronDaysMax) where isDay(day) {
            let date = TimestampText.civil(fromDays: day)
            for hour in hours.sorted() {
                for minute in minutes.sorted() {
                    let secondOfDay = Int64(hour * 3600 + minute * 60)
                    // Clocks are moved by less than this; what lies further back is over.
                    if day == today, secondOfDay + Limits.clockChangeSecondsMax < Int64(reading.minuteOfDay * 60) { continue }
                    if let found = zone.moment(year: date.year, month: date.month, day: date.day, secondOfDay: secondOfDay), found > moment { return found }
                }
            }
        }
        return nil
    }

    private func isDay(_ day: Int64) -> Bool {
        let date = TimestampText.civil(fromDays: day)
        guard months.contains(Int(date.month)) else { return false }
        let isMonthDay = monthDays.contains(Int(date.day))
        let isWeekday = weekdays.contains(Int(((day + 4) % 7 + 7) % 7))
        if restrictsMonthDay && restrictsWeekday { return isMonthDay || isWeekday }
        return isMonthDay && isWeekday
    }
}
