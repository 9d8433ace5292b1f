import ArgumentParser
import Foundations
import Glibc

/// A moment on the command line; `forms` says how it's written.
struct TimeArgument: ExpressibleByArgument {
    static let forms = "30m (ago), 2026-01-31, '2026-01-31 15:04' (local time), 2026-01-31T15:04:05Z, seconds since 1970, today, yesterday or now"

    let moment: NanoTimestamp
    let defaultValueDescription: String

    init?(argument: String) {
        guard let moment = Self.parse(argument, now: SystemClock().now()) else { return nil }
        self.moment = moment
        defaultValueDescription = argument
    }

    static func parse(_ text: String, now: NanoTimestamp) -> NanoTimestamp? {
        switch text {
        case "now": return now
        case "today": return midnight(daysBefore: 0, now)
        case "yesterday": return midnight(daysBefore: 1, now)
        default: break
        }
        if let moment = TimestampText.parseRFC3339(text) { return moment }
        if let seconds = Double(text) {
            return (0..<secondsMax).contains(seconds) ? NanoTimestamp(nanoseconds: Int64(seconds * 1e9)) : nil
        }
        if let moment = local(text) { return moment }
        let ago = text.hasPrefix("-") ? text.dropFirst() : text[...]
        return DurationText.milliseconds(ago).flatMap { milliseconds in
            milliseconds <= now.nanoseconds / 1_000_000 ? now.advanced(byNanoseconds: -milliseconds * 1_000_000) : nil
        }
    }

    /// Nanoseconds since 1970 in 64 bits end in 2262.
    private static let secondsMax = 9_200_000_000.0

    /// A date, or a date and a time of the local zone.
    private static func local(_ text: String) -> NanoTimestamp? {
        guard let match = text.wholeMatch(of: /(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2}))?)?/) else { return nil }
        let date = [match.1, match.2, match.3].compactMap { Int32($0) }
        let time = [match.4, match.5, match.6].map { $0.flatMap { Int32($0) } ?? 0 }
        guard date.count == 3, time[0] < 24, time[1] < 60, time[2] < 60 else { return nil }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (date[0] - 1900, date[1] - 1, date[2])
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (time[0], time[1], time[2])
        guard let moment = moment(parts), isDay(date) else { return nil }
        return moment
    }

    /// Whether the calendar has it: `mktime` takes 31 April for 1 May.
    private static func isDay(_ date: [Int32]) -> Bool {
        let days = TimestampText.days(Int64(date[0]), Int64(date[1]), Int64(date[2]))
        let civil = TimestampText.civil(fromDays: days)
        return civil == (Int64(date[0]), Int64(date[1]), Int64(date[2]))
    }

    private static func midnight(daysBefore days: Int32, _ now: NanoTimestamp) -> NanoTimestamp? {
        var seconds = time_t(now.nanoseconds / 1_000_000_000)
        var parts = tm()
        guard localtime_r(&seconds, &parts) != nil else { return nil }
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (0, 0, 0)
        parts.tm_mday -= days
        return moment(parts)
    }

    private static func moment(_ parts: tm) -> NanoTimestamp? {
        var parts = parts
        // Whether summer time was in force follows from the date.
        parts.tm_isdst = -1
        let seconds = mktime(&parts)
        return (0..<time_t(secondsMax)).contains(seconds) ? NanoTimestamp(nanoseconds: Int64(seconds) * 1_000_000_000) : nil
    }
}

/// A length of time on the command line: `30s`, `5m`, `1h30m`.
struct DurationArgument: ExpressibleByArgument {
    /// Longer than any retention, and far from what nanoseconds can't count.
    private static let millisecondsMax: Int64 = 100 * 366 * 86_400_000

    let milliseconds: Int64

    init(milliseconds: Int64) { self.milliseconds = milliseconds }

    init?(argument: String) {
        guard let milliseconds = DurationText.milliseconds(argument), (1...Self.millisecondsMax).contains(milliseconds) else { return nil }
        self.milliseconds = milliseconds
    }

    var defaultValueDescription: String { DurationText.format(milliseconds: milliseconds) }
}
