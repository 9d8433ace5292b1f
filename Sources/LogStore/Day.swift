import Foundations

/// A day in UTC: what a partition holds.
struct Day: Hashable, Comparable, Sendable, CustomStringConvertible {
    static let nanoseconds: Int64 = 86_400_000_000_000
    /// Days since 1970-01-01.
    let number: Int64

    init(number: Int64) { self.number = number }

    init(containing moment: NanoTimestamp) {
        let quotient = moment.nanoseconds / Self.nanoseconds
        number = moment.nanoseconds % Self.nanoseconds < 0 ? quotient - 1 : quotient
    }

    /// Reads `2026-11-21`; nil where it is no such date.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard text.utf8.count == 10, parts.count == 3, let year = Int64(parts[0]), let month = Int64(parts[1]), let day = Int64(parts[2]) else { return nil }
        self.init(number: TimestampText.days(year, month, day))
        if description != text { return nil }
    }

    static func < (left: Day, right: Day) -> Bool { left.number < right.number }

    /// First and one past the last nanosecond, saturated at the ends of the range.
    var start: NanoTimestamp { Self.moment(number) }
    var end: NanoTimestamp { Self.moment(number + 1) }

    private static func moment(_ number: Int64) -> NanoTimestamp {
        let (product, overflow) = number.multipliedReportingOverflow(by: nanoseconds)
        return NanoTimestamp(nanoseconds: overflow ? (number < 0 ? .min : .max) : product)
    }

    var description: String { String(TimestampText.rfc3339(Timestamp(milliseconds: number * 86_400_000)).prefix(10)) }
}
