import Foundations
import LogQL
import Model

/// Parameters in Loki's terms.
extension RequestParameters {
    /// `start`, `end` and `since`.
    func lokiWindow(_ clock: any WallClock, defaultHours: Int64) throws(Refusal) -> (start: NanoTimestamp, end: NanoTimestamp) {
        let now = clock.now()
        let end = try nanoMoment("end") ?? now
        let since = try nanoseconds("since") ?? defaultHours * 3_600_000_000_000
        // An end in the future doesn't move what is meant by "the last hour".
        let start = try nanoMoment("start") ?? min(end, now).advanced(byNanoseconds: -max(0, since))
        guard end >= start else { throw .badParameter("end timestamp must not be before or equal to start time") }
        guard !end.nanoseconds.subtractingReportingOverflow(start.nanoseconds).overflow else {
            throw .badParameter("invalid parameter \"start\": the range is longer than 292 years")
        }
        return (start, end)
    }

    /// The distance of a range query's points: given, or the range's 250th part, at least a second.
    func lokiStep(_ window: (start: NanoTimestamp, end: NanoTimestamp), _ limits: CollectorLimits) throws(Refusal) -> Int64 {
        let length = window.end.nanoseconds - window.start.nanoseconds
        let step = try nanoseconds("step") ?? max(length / 250 / 1_000_000_000, 1) * 1_000_000_000
        guard step > 0 else { throw .badParameter("zero or negative query resolution step widths are not accepted. Try a positive integer") }
        guard length / step <= limits.pointsPerSeriesMax else {
            throw .badParameter("exceeded maximum resolution of \(limits.pointsPerSeriesMax) points per time series. Try increasing the value of the step parameter")
        }
        return step
    }

    /// A duration; nil where it is missing.
    func nanoseconds(_ name: String) throws(Refusal) -> Int64? {
        try durationMilliseconds(name).map { max(-.max / 1_000_000, min($0, .max / 1_000_000)) * 1_000_000 }
    }

    /// Lines in an answer.
    func lokiLimit(_ limits: CollectorLimits) throws(Refusal) -> Int {
        guard let limit = try limit() else {
            guard self["limit"] == nil else { throw .badParameter("limit must be a positive value") }
            return limits.logEntriesDefault
        }
        guard limit <= limits.logEntriesMax else {
            throw .badParameter("max entries limit per query exceeded, limit > max_entries_limit_per_query (\(limit) > \(limits.logEntriesMax))")
        }
        return limit
    }

    func lokiDirection() throws(Refusal) -> LogQuery.Direction {
        switch self["direction"]?.lowercased() {
        case nil, "backward": .newestFirst
        case "forward": .oldestFirst
        default: throw .badParameter("invalid direction '\(SafeText((self["direction"] ?? "").prefix(40)))'; use forward or backward")
        }
    }

    /// The matchers of a stream selector, which may have line filters behind it that the caller has no use for; none where it is missing.
    func lokiMatchers(_ name: String = "query") throws(Refusal) -> [Matcher] { try self[name].map { text throws(Refusal) in try Self.lokiMatchers(text) } ?? [] }

    static func lokiMatchers(_ text: String) throws(Refusal) -> [Matcher] {
        do throws(LogQLError) {
            return try LogEngine.matchers(of: text)
        } catch {
            throw .badParameter(error.description)
        }
    }
}
