import Foundations
import Model

/// Streams and how much they hold, with the conditions that are added to the engine's queries.
extension LogEngine {
    /// Streams with lines in the range that satisfy any of the lists of matchers (all where there is none), sorted.
    public func streams(_ selectors: [[Matcher]], start: NanoTimestamp, end: NanoTimestamp) async throws -> [Labels] {
        let conditions = options.extraConditions
        if conditions.isEmpty { return try await reader.streams(selectors, start: start, end: end) }
        let known = Set(try await reader.labelNames(start: start, end: end))
        if conditions.names.allSatisfy({ known.contains($0) || $0 == "level" }) {
            return try await reader.streams(conditions.narrowing(selectors), start: start, end: end)
        }
        var found: Set<Labels> = []
        for matchers in selectors.isEmpty ? [[]] : selectors { found.formUnion(try await volumes(matchers, start: start, end: end).map(\.stream)) }
        return found.sorted()
    }

    /// How much of each stream there is, sorted by stream.
    public func volumes(_ matchers: [Matcher], start: NanoTimestamp, end: NanoTimestamp) async throws -> [LogVolume] {
        let plan = try await volumePlan(matchers, start, end)
        if plan.isWhole { return try await reader.volumes(deadlined(plan)) }
        // One cell holds all of a range: what lies before and after 1970 makes two.
        return LogVolume.volumes(of: try await tally(plan, stepNanoseconds: .max))
    }

    /// How much of each stream there is in each step of time, steps being multiples of `stepNanoseconds` since 1970.
    public func tally(_ matchers: [Matcher], start: NanoTimestamp, end: NanoTimestamp, stepNanoseconds: Int64) async throws -> [LogTally] {
        try await tally(try await volumePlan(matchers, start, end), stepNanoseconds: stepNanoseconds)
    }

    private func tally(_ plan: LogPlan, stepNanoseconds: Int64) async throws -> [LogTally] {
        if plan.isWhole { return try await reader.tally(deadlined(plan), stepNanoseconds: stepNanoseconds, by: [.stream]) }
        let tallies = Locked(LogTallies(LogCells(stepNanoseconds: stepNanoseconds), by: [.stream]))
        try await QuerySource(reader: reader, meter: ScanMeter(clock: clock, options: options)).scan(plan) { entry in
            try tallies.withLock { try $0.add(entry.record) }
            return true
        }
        return tallies.withLock { $0.tallies() }
    }

    private func volumePlan(_ matchers: [Matcher], _ start: NanoTimestamp, _ end: NanoTimestamp) async throws -> LogPlan {
        let known: Set<String>? = options.extraConditions.isEmpty ? nil : Set(try await reader.labelNames(start: start, end: end))
        let selector = LogSelector(matchers: matchers, stages: []).narrowed(by: options.extraConditions, streamLabels: known ?? [])
        return LogPlan(selector, start: start.nanoseconds, end: end.nanoseconds, direction: .oldestFirst, knownLabels: known)
    }

    private func deadlined(_ plan: LogPlan) -> LogQuery {
        var query = plan.query
        query.deadlineMonotonicNanoseconds = clock.monotonicNanoseconds() + Int64(options.timeoutSeconds * 1e9)
        return query
    }
}
