import Foundations

/// A day of the calendar, wherever that is.
public struct LocalDate: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Since 1970-01-01.
    public var days: Int64

    public init(days: Int64) { self.days = days }

    /// Reads `2026-01-05`; nil where there is no such day, or it is before 1970 or after 9999.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].utf8.count == 4, parts[1].utf8.count == 2, parts[2].utf8.count == 2,
            parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }), let year = Int64(parts[0]), let month = Int64(parts[1]), let day = Int64(parts[2]),
            year >= 1970, (1...12).contains(month), day >= 1
        else { return nil }
        days = TimestampText.days(year, month, day)
        guard TimestampText.civil(fromDays: days) == (year, month, day) else { return nil }
    }

    /// 0 is Sunday.
    public var weekday: Int { Int(((days + 4) % 7 + 7) % 7) }

    public var description: String {
        let date = TimestampText.civil(fromDays: days)
        return "\(twoDigits(date.year / 100))\(twoDigits(date.year % 100))-\(twoDigits(date.month))-\(twoDigits(date.day))"
    }

    public static func < (left: LocalDate, right: LocalDate) -> Bool { left.days < right.days }
    static func + (date: LocalDate, days: Int64) -> LocalDate { LocalDate(days: date.days + days) }
}

/// What a clock and a calendar on the wall show.
public struct LocalTime: Sendable, Hashable, Comparable, CustomStringConvertible {
    public var date: LocalDate
    /// From 0 to 1439.
    public var minuteOfDay: Int

    /// `minuteOfDay` may be 1440: midnight at the day's end.
    public init(_ date: LocalDate, minuteOfDay: Int) {
        self.date = minuteOfDay == 1440 ? date + 1 : date
        self.minuteOfDay = minuteOfDay == 1440 ? 0 : minuteOfDay
    }

    /// Reads `2026-01-05 09:00`; the space may be a T. Nil where it is something else.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false).count == 2 ? text.split(separator: " ") : text.split(separator: "T")
        guard parts.count == 2, let date = LocalDate(parts[0]), let minute = Self.minuteOfDay(parts[1]), minute < 1440 else { return nil }
        self.init(date, minuteOfDay: minute)
    }

    /// Reads `09:00`, up to `24:00`.
    static func minuteOfDay(_ text: some StringProtocol) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...2).contains(parts[0].utf8.count), parts[1].utf8.count == 2, parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), minute < 60, hour * 60 + minute <= 1440
        else { return nil }
        return hour * 60 + minute
    }

    public var description: String { "\(date) \(Self.text(minuteOfDay: minuteOfDay))" }

    static func text(minuteOfDay: Int) -> String { "\(twoDigits(Int64(minuteOfDay / 60))):\(twoDigits(Int64(minuteOfDay % 60)))" }

    public static func < (left: LocalTime, right: LocalTime) -> Bool { (left.date.days, left.minuteOfDay) < (right.date.days, right.minuteOfDay) }
}

func twoDigits(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }

/// The days of the week, 0 being Sunday.
enum Weekday {
    static let names = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]

    /// Reads a name or its first three letters.
    static func number(_ text: some StringProtocol) -> Int? {
        let text = text.lowercased()
        return names.firstIndex { $0 == text || $0.prefix(3) == text }
    }
}
