import Foundations
import Model

/// Evaluates a function over a sliding range of lines, a series at a time.
struct RangeEvaluation {
    let aggregation: RangeAggregation
    let grid: StepGrid
    /// Names that the rest of the query groups or matches by. Where a line has them as level or field only, they become labels of its samples.
    let wanted: Set<String>

    func columns(_ source: QuerySource) async throws -> [Column] {
        let collected = try await collect(source)
        if aggregation.function == .absentOverTime { return [absent(collected)] }
        return collected.map { Column(labels: $0.labels, values: $0.values) }
    }

    /// The windows of the whole grid: the lines after the first one's start, up to and with the last moment.
    var windows: SlidingWindows {
        SlidingWindows(
            grid: grid, rangeNanoseconds: Self.nanoseconds(aggregation.rangeMilliseconds), offsetNanoseconds: Self.nanoseconds(aggregation.offsetMilliseconds))
    }

    private static func nanoseconds(_ milliseconds: Int64) -> Int64 {
        let (nanoseconds, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        return overflow ? (milliseconds < 0 ? -SlidingWindows.lengthMax : SlidingWindows.lengthMax) : max(-SlidingWindows.lengthMax, min(nanoseconds, SlidingWindows.lengthMax))
    }

    /// Reads the lines of all windows once.
    private func collect(_ source: QuerySource) async throws -> [(labels: Labels, values: [Double?])] {
        let windows = windows
        let (start, end) = (NanoTimestamp(nanoseconds: windows.start), NanoTimestamp(nanoseconds: windows.end))
        let plan = LogPlan(
            aggregation.selector, start: windows.start, end: windows.end, direction: .oldestFirst,
            knownLabels: try await LogEngine.knownLabels(of: aggregation.selector, source.reader, start, end))
        if let tallies = try await TallyEvaluation(aggregation, windows, plan, wanted: wanted, source), let columns = try await tallies.columns() { return columns }
        let collected = Collected(windows, aggregation)
        try await source.scan(plan) { entry in
            guard let value = sample(&entry) else { return true }
            if entry.hasError { throw pipelineError(entry) }
            let labels = aggregation.grouping?.key(entry) ?? entry.sampleLabels(with: wanted)
            try collected.add(value, at: entry.record.timestamp.nanoseconds, labels)
            return true
        }
        return collected.columns
    }

    /// What a line adds; nil where it adds nothing.
    private func sample(_ entry: inout LogEntry) -> Double? {
        guard let unwrap = aggregation.unwrap else { return aggregation.function.countsBytes ? Double(entry.line.utf8.count) : 1 }
        let text = entry.value(unwrap.label)
        guard let value = unwrap.conversion.value(of: text) else {
            // A line without the label has nothing to add; one with something else in it is an error that filters can see.
            guard !text.isEmpty else { return nil }
            entry.fail("SampleExtractionErr", "`\(text.prefix(64))` in \(unwrap.label) is no \(unwrap.conversion)")
            return unwrap.filters.allSatisfy { $0.accepts(&entry) } ? 0 : nil
        }
        entry.set(unwrap.label, to: "")
        return unwrap.filters.allSatisfy { $0.accepts(&entry) } ? value : nil
    }

    /// Lines with errors would be counted under labels that they lack, so they end the query, as in Loki.
    private func pipelineError(_ entry: LogEntry) -> LogQLError {
        let details = entry.value(LogEntry.errorDetailsLabel)
        return .failed(
            "pipeline error: '\(entry.error)' for series: '\(entry.sampleLabels.dropping([LogEntry.errorLabel, LogEntry.errorDetailsLabel]))': \(details). "
                + "To leave such lines out, put | __error__=\"\" behind what fails")
    }

    private func absent(_ collected: [(labels: Labels, values: [Double?])]) -> Column {
        let labels = Labels(aggregation.selector.matchers.filter { $0.op == .equal }.map { (name: $0.name, value: $0.value) })
        return Column(labels: labels, values: (0..<grid.count).map { step in collected.contains { $0.values[step] != nil } ? nil : 1 })
    }
}

/// The series that a scan makes, filled by its visits, which come one after another.
private final class Collected: @unchecked Sendable {
    private enum Content {
        /// Numbers of lines and sums of whole numbers, already by window.
        case sums(WindowSums)
        /// Samples in order of time.
        case samples(WindowSamples)
    }

    private let windows: SlidingWindows
    private let aggregation: RangeAggregation
    private var positions: [Labels: Int] = [:]
    private var series: [(labels: Labels, content: Content)] = []
    private var samplesCount = 0

    init(_ windows: SlidingWindows, _ aggregation: RangeAggregation) {
        self.windows = windows
        self.aggregation = aggregation
    }

    func add(_ value: Double, at moment: Int64, _ labels: Labels) throws(LogQLError) {
        let position = try position(labels)
        let content = series[position].content
        switch content {
        case .sums(let sums): sums.add(value, at: moment)
        case .samples(let samples):
            samples.add(value, at: moment)
            samplesCount += 1
            guard samplesCount <= Limits.samplesMax else {
                throw .tooMuch("the query takes more than \(Limits.samplesMax) numbers out of lines; narrow its selector, its filters or its time range")
            }
        }
    }

    private func position(_ labels: Labels) throws(LogQLError) -> Int {
        if let position = positions[labels] { return position }
        guard series.count < Limits.seriesMax else { throw .tooMuch("the query makes more than \(Limits.seriesMax) series; group by fewer labels") }
        positions[labels] = series.count
        series.append((labels, aggregation.countsWholeNumbers ? .sums(WindowSums(windows)) : .samples(WindowSamples())))
        return series.count - 1
    }

    var columns: [(labels: Labels, values: [Double?])] {
        series.map { labels, content in
            switch content {
            case .sums(let sums): (labels, sums.columns { aggregation.value(count: $0, sum: $1) })
            case .samples(let samples): (labels, samples.columns(windows) { aggregation.value($0) })
            }
        }
    }
}
