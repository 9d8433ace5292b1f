import ArgumentParser
import Foundations

/// A moment on the command line: `now`, `2026-01-02T03:04:05Z`, seconds since 1970, or how long ago (`-1h30m`, `1h30m`).
struct TimeArgument: ExpressibleByArgument {
    let moment: NanoTimestamp
    let defaultValueDescription: String

    init?(argument: String) {
        guard let moment = Self.parse(argument, now: SystemClock().now()) else { return nil }
        self.moment = moment
        defaultValueDescription = argument
    }

    static func parse(_ text: String, now: NanoTimestamp) -> NanoTimestamp? {
        if text == "now" { return now }
        if let moment = TimestampText.parseRFC3339(text) { return moment }
        if let seconds = Double(text), abs(seconds) < 9e9 { return NanoTimestamp(nanoseconds: Int64(seconds * 1e9)) }
        let ago = text.hasPrefix("-") ? text.dropFirst() : text[...]
        return DurationText.milliseconds(ago).map { now.advanced(byNanoseconds: -$0 * 1_000_000) }
    }
}

/// A length of time on the command line: `30s`, `5m`, `1h30m`.
struct DurationArgument: ExpressibleByArgument {
    let milliseconds: Int64

    init(milliseconds: Int64) { self.milliseconds = milliseconds }

    init?(argument: String) {
        guard let milliseconds = DurationText.milliseconds(argument), milliseconds > 0 else { return nil }
        self.milliseconds = milliseconds
    }

    var defaultValueDescription: String { DurationText.format(milliseconds: milliseconds) }
}
