import Foundations
import Model

/// A kind of lines with its counts, now and in the time before.
public struct FoundPattern: Sendable {
    public var pattern: LogPattern
    public var count: Int
    /// Lines of the kind in as long a time before; 0 where it is new.
    public var countBefore: Int

    /// How many times as many lines there are now; nil where there were none before.
    public var growth: Double? { countBefore == 0 ? nil : Double(count) / Double(countBefore) }
}

extension LogEngine {
    /// A kind that grew has at least twice as many lines as before, and so many at least: fewer come and go by chance.
    static let grownCountMin = 10
    static let grownFactorMin = 2.0

    /// The kinds of lines that a query, LogQL for lines or the terse form, finds within `start <= t < end`, the most frequent first: all of them,
    /// those that weren't there in as long a time before, or those that grew. A `last 1h` and a `| patterns …` in the terse form go before the parameters.
    public func patterns(
        _ text: String, start: NanoTimestamp, end: NanoTimestamp, stepNanoseconds: Int64?, change: PatternChange?, limit: Int
    ) async throws -> [FoundPattern] {
        var (start, change) = (start, change)
        var selector: LogSelector
        if TerseQuery.isLogQL(text) {
            selector = try Self.selector(try Parser.parse(text))
        } else {
            let terse = try TerseQuery(text, now: clock.now())
            start = terse.start ?? start
            if case .patterns(let asked) = terse.command { change = asked ?? change }
            selector = terse.selector(knownLabels: Set(try await reader.labelNames(start: start, end: end)))
        }
        selector = try await narrowed(selector, start, end)
        let (length, overflow) = end.nanoseconds.subtractingReportingOverflow(start.nanoseconds)
        guard !overflow, length > 0 else { throw LogQLError.failed("patterns need a range of time that ends after its start") }
        let step = stepNanoseconds ?? max(Limits.patternStepNanosecondsMin, length / 100)
        guard length / step <= Limits.stepsMax else { throw LogQLError.tooMuch("the query has \(length / step) steps, more than \(Limits.stepsMax); give a larger step") }
        let meter = ScanMeter(clock: clock, options: options)
        let known = Set(try await reader.labelNames(start: start, end: end))
        let plan = LogPlan(selector, start: start.nanoseconds, end: end.nanoseconds, direction: .oldestFirst, knownLabels: known)
        guard plan.isWhole else { throw LogQLError.failed("patterns are found by streams, levels, fields and texts of lines; parsers, formats and alternatives of labels can't be part of the query") }
        var query = plan.query
        query.deadlineMonotonicNanoseconds = meter.deadlineMonotonicNanoseconds
        let now = try await reader.patterns(query, stepNanoseconds: step)
        var before: [LogTemplate: Int] = [:]
        if change != nil {
            (query.start, query.end) = (start.advanced(byNanoseconds: -length), start)
            for pattern in try await reader.patterns(query, stepNanoseconds: max(step, Limits.patternStepNanosecondsMin)) { before[pattern.template, default: 0] += pattern.count }
        }
        let found = now.map { FoundPattern(pattern: $0, count: $0.count, countBefore: before[$0.template] ?? 0) }
        return Array(Self.changed(found, change).prefix(limit))
    }

    private static func changed(_ found: [FoundPattern], _ change: PatternChange?) -> [FoundPattern] {
        switch change {
        case nil: found.sorted { $0.count > $1.count }
        case .new: found.filter { $0.countBefore == 0 }.sorted { $0.count > $1.count }
        case .grown:
            found.filter { $0.count >= grownCountMin && $0.growth.map { $0 >= grownFactorMin } ?? true }
                .sorted { $0.count - $0.countBefore > $1.count - $1.countBefore }
        }
    }
}
