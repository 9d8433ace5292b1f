import Foundations
import Model

extension LogEngine {
    /// Lines to either side that context gives at most: some screens.
    public static let contextLinesMax = 500

    /// The lines around one line, in its own stream: at most `before` older ones and `after` newer ones, each in order of time.
    ///
    /// `moment` and `line` name the line; lines of the same nanosecond on its other side are told apart by their text. Looks at most a day to either side.
    public func context(
        of stream: Labels, at moment: NanoTimestamp, line: String?, before: Int, after: Int
    ) async throws -> (before: [LogRecord], after: [LogRecord]) {
        let meter = ScanMeter(clock: clock, options: options)
        let (first, last) = (moment.advanced(byNanoseconds: -Limits.contextNanosecondsMax), moment.advanced(byNanoseconds: Limits.contextNanosecondsMax))
        let pipeline = Pipeline(try await narrowed(LogSelector(matchers: [], stages: []), first, last).asFilters)
        let matchers = stream.pairs.map { Matcher($0.name, equals: $0.value) }
        var older = LogQuery(
            start: first, end: moment, streamMatchers: matchers, direction: .newestFirst,
            deadlineMonotonicNanoseconds: meter.deadlineMonotonicNanoseconds)
        var newer = older
        older.end = moment.advanced(byNanoseconds: 1)
        (newer.start, newer.end) = (moment, last)
        newer.direction = .oldestFirst
        return (
            try await neighbours(older, stream, pipeline, at: moment, line, limit: before).reversed(),
            try await neighbours(newer, stream, pipeline, at: moment, line, limit: after)
        )
    }

    /// The lines from `moment` on in a direction, without the line itself and what lies on its other side within the same nanosecond.
    private func neighbours(
        _ query: LogQuery, _ stream: Labels, _ pipeline: Pipeline, at moment: NanoTimestamp, _ line: String?, limit: Int
    ) async throws -> [LogRecord] {
        guard limit > 0 else { return [] }
        let found = Neighbours()
        try await reader.scan(query) { record in
            // Matchers for equality take streams with further labels, too.
            guard record.stream == stream else { return true }
            var entry = LogEntry(record)
            guard pipeline.run(&entry) else { return true }
            if record.timestamp == moment {
                guard let line else { return true }
                if found.isPast { found.records.append(record) } else if record.body == line { found.isPast = true }
                return found.records.count < limit
            }
            found.isPast = true
            found.records.append(record)
            return found.records.count < limit
        }
        return found.records
    }

    private final class Neighbours: @unchecked Sendable {
        var records: [LogRecord] = []
        /// The line itself has been met.
        var isPast = false
    }
}
