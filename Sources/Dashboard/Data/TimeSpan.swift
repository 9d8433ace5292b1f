import Foundations

/// What charts and logs are shown for: the last so many seconds, or from one moment to another.
enum TimeSpan: Hashable, Sendable {
    case last(seconds: Int64)
    case between(Timestamp, Timestamp)

    static let standard = TimeSpan.last(seconds: 900)
    /// The ranges that zooming steps through, in seconds.
    static let steps: [Int64] = [60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86_400, 2 * 86_400, 7 * 86_400, 30 * 86_400]

    var seconds: Int64 {
        switch self {
        case .last(let seconds): seconds
        case .between(let start, let end): max(1, (end.milliseconds - start.milliseconds) / 1000)
        }
    }

    /// The end that it has at a moment.
    func end(at moment: Timestamp) -> Timestamp {
        switch self {
        case .last: moment
        case .between(_, let end): end
        }
    }

    func start(at moment: Timestamp) -> Timestamp { end(at: moment).advanced(byMilliseconds: -seconds * 1000) }

    /// The next wider (`direction` over 0) or narrower range around the same end.
    func zoomed(_ direction: Int) -> TimeSpan {
        let next = direction > 0 ? Self.steps.first { $0 > seconds } ?? Self.steps.last! : Self.steps.last { $0 < seconds } ?? Self.steps[0]
        switch self {
        case .last: return .last(seconds: next)
        case .between(let start, let end):
            let middle = start.milliseconds / 2 + end.milliseconds / 2
            return .between(Timestamp(milliseconds: middle - next * 500), Timestamp(milliseconds: middle + next * 500))
        }
    }

    /// Without the day where that is the day of `now`.
    func title(zoneOffsetSeconds: Int64, now: Timestamp? = nil) -> SafeText {
        switch self {
        case .last(let seconds): return "last \(DurationText.format(milliseconds: seconds * 1000))"
        case .between(let start, let end):
            func day(_ moment: Timestamp) -> Int64 { (moment.milliseconds / 1000 + zoneOffsetSeconds) / 86_400 }
            let isOneDay = day(start) == day(end)
            let isToday = now.map { day($0) == day(start) } ?? false
            let from = Text.dateAndTime(start, zoneOffsetSeconds: zoneOffsetSeconds).string.dropFirst(isOneDay && isToday ? 11 : 0).prefix(isOneDay && isToday ? 5 : 16)
            let to = Text.dateAndTime(end, zoneOffsetSeconds: zoneOffsetSeconds).string.dropFirst(isOneDay ? 11 : 0).prefix(isOneDay ? 5 : 16)
            return SafeText("\(from) to \(to)")
        }
    }
}

/// The moment that everything is shown as of.
enum Moment: Hashable, Sendable {
    case live
    /// Rewound; while it plays, time goes on from there.
    case past(Timestamp, isPlaying: Bool)

    var past: Timestamp? {
        if case .past(let moment, _) = self { return moment }
        return nil
    }
}

/// What people type for a range or a moment.
enum TimeEntry: Hashable {
    case span(TimeSpan)
    /// Everything as it was then.
    case moment(Timestamp)
    case live

    /// `15m` or `last 6h`; `03:00 to 04:00`; `at 03:00`, `at -2h`; `now`. Times are of the zone that is shown, on the day of `now` where
    /// no day is given, or the day before where they would be in the future. Nil where it is none of these.
    init?(_ text: String, now: Timestamp, zoneOffsetSeconds: Int64) {
        let words = text.lowercased().split(separator: " ").map(String.init)
        if ["now", "live"].contains(words.joined(separator: " ")) {
            self = .live
            return
        }
        if words.first == "at" {
            guard let moment = Self.moment(words.dropFirst().joined(separator: " "), now, zoneOffsetSeconds) else { return nil }
            self = .moment(moment)
            return
        }
        if let mark = words.firstIndex(of: "to") {
            guard let start = Self.moment(words[..<mark].joined(separator: " "), now, zoneOffsetSeconds),
                let end = Self.moment(words[(mark + 1)...].joined(separator: " "), now, zoneOffsetSeconds), start < end
            else { return nil }
            self = .span(.between(start, end))
            return
        }
        guard let milliseconds = DurationText.milliseconds(words.first == "last" ? words.dropFirst().joined() : words.joined()), milliseconds >= 1000 else { return nil }
        self = .span(.last(seconds: milliseconds / 1000))
    }

    private static func moment(_ text: String, _ now: Timestamp, _ zoneOffsetSeconds: Int64) -> Timestamp? {
        if text == "now" { return now }
        if text.hasPrefix("-"), let back = DurationText.milliseconds(text.dropFirst()) { return now.advanced(byMilliseconds: -back) }
        let parts = text.split(separator: " ").map(String.init)
        let local = now.advanced(byMilliseconds: zoneOffsetSeconds * 1000)
        let today = String(TimestampText.rfc3339(local).prefix(10))
        guard let clock = parts.last, parts.count <= 2 else { return nil }
        let time = clock.split(separator: ":").count == 2 ? clock + ":00" : clock
        guard let parsed = TimestampText.parseRFC3339("\(parts.count == 2 ? parts[0] : today)T\(time)Z")?.milliseconds else { return nil }
        let moment = parsed.advanced(byMilliseconds: -zoneOffsetSeconds * 1000)
        return parts.count == 1 && moment > now ? moment.advanced(byMilliseconds: -86_400_000) : moment
    }
}
