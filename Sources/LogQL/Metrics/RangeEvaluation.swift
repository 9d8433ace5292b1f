import Foundations
import Model

/// Evaluates a function over a sliding range of lines, a series at a time.
struct RangeEvaluation {
    let aggregation: RangeAggregation
    let grid: StepGrid
    /// Names that the rest of the query groups or matches by. Where a line has them as level or field only, they become labels of its samples.
    let wanted: Set<String>

    /// The samples of one series, ascending in time.
    private struct Samples {
        var moments: [Int64] = []
        var values: [Double] = []
    }

    private final class Collected: @unchecked Sendable {
        var series: [Labels: Samples] = [:]
        var count = 0
    }

    private var rangeNanoseconds: Int64 { aggregation.rangeMilliseconds * 1_000_000 }
    private var offsetNanoseconds: Int64 { aggregation.offsetMilliseconds * 1_000_000 }

    func columns(_ reader: any LogReader, deadline: Int64?) async throws -> [Column] {
        let collected = try await collect(reader, deadline: deadline)
        if aggregation.function == .absentOverTime { return [absent(collected)] }
        return collected.series.map { labels, samples in Column(labels: labels, values: slide(samples)) }
    }

    /// Reads the lines of all windows once. A window holds lines with moment - range < time <= moment.
    private func collect(_ reader: any LogReader, deadline: Int64?) async throws -> Collected {
        let query = LogPlan.query(
            aggregation.selector, start: grid.start &- offsetNanoseconds &- rangeNanoseconds &+ 1, end: grid.end &- offsetNanoseconds &+ 1,
            direction: .oldestFirst, deadline: deadline)
        let pipeline = Pipeline(aggregation.selector.stages)
        let collected = Collected()
        try await reader.scan(query) { record in
            var entry = LogEntry(record)
            guard pipeline.run(&entry), let value = sample(&entry) else { return true }
            let labels = aggregation.grouping?.key(entry) ?? entry.sampleLabels(with: wanted)
            collected.series[labels, default: Samples()].moments.append(record.timestamp.nanoseconds)
            collected.series[labels]!.values.append(value)
            collected.count += 1
            guard collected.count <= Limits.samplesMax else { throw LogQLError.tooMuch("the query counts more than \(Limits.samplesMax) lines; narrow its selector, its filters or its time range") }
            guard collected.series.count <= Limits.seriesMax else { throw LogQLError.tooMuch("the query makes more than \(Limits.seriesMax) series; group by fewer labels") }
            return true
        }
        return collected
    }

    /// What a line adds; nil where it adds nothing.
    private func sample(_ entry: inout LogEntry) -> Double? {
        guard let unwrap = aggregation.unwrap else {
            return [.bytesRate, .bytesOverTime].contains(aggregation.function) ? Double(entry.line.utf8.count) : 1
        }
        let text = entry.value(unwrap.label)
        guard let value = unwrap.conversion.value(of: text) else {
            // A line without the label has nothing to add; one with something else in it is an error that filters can see.
            guard !text.isEmpty else { return nil }
            entry.fail("SampleExtractionErr", "`\(text.prefix(64))` is no number")
            return unwrap.filters.allSatisfy { $0.accepts(entry) } ? 0 : nil
        }
        entry.set(unwrap.label, to: "")
        return unwrap.filters.allSatisfy { $0.accepts(entry) } ? value : nil
    }

    private func slide(_ samples: Samples) -> [Double?] {
        var low = 0
        var high = 0
        return (0..<grid.count).map { step in
            let end = grid.moment(step) - offsetNanoseconds
            while high < samples.moments.count && samples.moments[high] <= end { high += 1 }
            while low < high && samples.moments[low] <= end - rangeNanoseconds { low += 1 }
            return low == high ? nil : value(samples.values[low..<high])
        }
    }

    private func value(_ window: ArraySlice<Double>) -> Double {
        let seconds = Double(aggregation.rangeMilliseconds) / 1000
        switch aggregation.function {
        case .countOverTime: return Double(window.count)
        case .rate: return aggregation.unwrap == nil ? Double(window.count) / seconds : window.reduce(0, +) / seconds
        case .bytesRate: return window.reduce(0, +) / seconds
        case .bytesOverTime, .sumOverTime: return window.reduce(0, +)
        case .avgOverTime: return window.reduce(0, +) / Double(window.count)
        case .minOverTime: return window.min()!
        case .maxOverTime: return window.max()!
        case .firstOverTime: return window.first!
        case .lastOverTime: return window.last!
        case .stdvarOverTime: return Arithmetic.variance(window)
        case .stddevOverTime: return Arithmetic.variance(window).squareRoot()
        case .quantileOverTime: return Arithmetic.quantile(aggregation.parameter ?? 0, Array(window))
        case .rateCounter: return increase(window) / seconds
        case .absentOverTime: return 1
        }
    }

    /// A counter's growth within the window, over its resets.
    private func increase(_ window: ArraySlice<Double>) -> Double {
        var total = 0.0
        var previous = window.first!
        for value in window.dropFirst() {
            total += value >= previous ? value - previous : value
            previous = value
        }
        return total
    }

    private func absent(_ collected: Collected) -> Column {
        let present = collected.series.values.map(slide)
        let labels = Labels(aggregation.selector.matchers.filter { $0.op == .equal }.map { (name: $0.name, value: $0.value) })
        return Column(labels: labels, values: (0..<grid.count).map { step in present.contains { $0[step] != nil } ? nil : 1 })
    }
}
