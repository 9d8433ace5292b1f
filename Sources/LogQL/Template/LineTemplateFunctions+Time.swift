import Foundation
import Foundations
import GoTemplate

extension LineTemplateFunctions {
    static let times: [String: Function] = [
        "now": { arguments in
            try arguments.need(0)
            return .time(inZone(LineTime(SystemClock().now()), .current))
        },
        "date": { arguments in
            try arguments.need(2)
            return .text(try time(arguments, 1).formatted(try arguments.text(0)))
        },
        "toDate": { arguments in
            try arguments.need(2)
            return .time(parsed(try arguments.text(1), layout: try arguments.text(0), .current))
        },
        "toDateInZone": { arguments in
            try arguments.need(3)
            return .time(parsed(try arguments.text(2), layout: try arguments.text(0), try zone(try arguments.text(1))))
        },
        "unixEpoch": { .text(try onlyTime($0).epoch(partsPerSecond: 1)) },
        "unixEpochMillis": { .text(try onlyTime($0).epoch(partsPerSecond: 1000)) },
        "unixEpochNanos": { .text(try onlyTime($0).epoch(partsPerSecond: 1_000_000_000)) },
        "unixToTime": { arguments in
            let text = try arguments.onlyText()
            guard let number = Int64(text) else { throw LineTemplateFailure(reason: "unable to parse time \(GoFormat.goQuoted(text))") }
            // The count of digits tells days, seconds, milliseconds, microseconds and nanoseconds apart.
            switch text.utf8.count {
            case 5: return .time(LineTime(seconds: number * 86_400))
            case 10: return .time(LineTime(seconds: number))
            case 13: return .time(LineTime(NanoTimestamp(nanoseconds: number * 1_000_000)))
            case 16: return .time(LineTime(NanoTimestamp(nanoseconds: number * 1000)))
            case 19: return .time(LineTime(NanoTimestamp(nanoseconds: number)))
            default: throw LineTemplateFailure(reason: "unable to parse time \(GoFormat.goQuoted(text))")
            }
        },
    ]

    private static func onlyTime(_ arguments: LineTemplateArguments) throws -> LineTime {
        try arguments.need(1)
        return try time(arguments, 0)
    }

    /// A time, or seconds since 1970.
    private static func time(_ arguments: LineTemplateArguments, _ index: Int) throws -> LineTime {
        switch arguments[index] {
        case .time(let time): return time
        case .integer(let seconds): return inZone(LineTime(seconds: seconds), .current)
        case let other: throw LineTemplateFailure(reason: "a time is needed, not \(other.kind)")
        }
    }

    private static func zone(_ name: String) throws -> TimeZone {
        switch name {
        case "", "UTC": return TimeZone(secondsFromGMT: 0)!
        case "Local": return .current
        default:
            guard let zone = TimeZone(identifier: name) else { throw LineTemplateFailure(reason: "there is no time zone \(GoFormat.goQuoted(name))") }
            return zone
        }
    }

    private static func inZone(_ time: LineTime, _ zone: TimeZone) -> LineTime {
        let offset = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(time.seconds)))
        return LineTime(seconds: time.seconds, nanosecond: time.nanosecond, offsetSeconds: Int64(offset), zone: offset == 0 ? "UTC" : nil)
    }

    /// A text that isn't written as the layout says is Go's zero time.
    private static func parsed(_ text: String, layout: String, _ zone: TimeZone) -> LineTime {
        guard let parsed = GoTime.parse(text, layout: layout) else { return .zero }
        if let offset = parsed.offsetSeconds {
            return LineTime(seconds: parsed.clockSeconds - offset, nanosecond: parsed.nanosecond, offsetSeconds: offset, zone: offset == 0 ? "UTC" : nil)
        }
        // The offset at the moment that the clock would show in UTC, then at the moment that this gives: right but for the hours of a change.
        var offset = Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(parsed.clockSeconds))))
        offset = Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(parsed.clockSeconds - offset))))
        return LineTime(seconds: parsed.clockSeconds - offset, nanosecond: parsed.nanosecond, offsetSeconds: offset, zone: offset == 0 ? "UTC" : nil)
    }
}
