import Foundations
import Model
import TestSupport
import Testing

@testable import PromQL

/// Long windows computed from figures of their samples, beside the samples themselves.
@Suite struct SummaryKernelTests {
    /// Knows figures of every window.
    private struct FiguresReader: MetricReader {
        let whole: MemoryMetricReader

        func select(_ query: MetricQuery) async throws -> [Series] { try await whole.select(query) }
        func scan(_ query: MetricQuery) async throws -> any MetricScan { FiguresScan(series: try await whole.select(query)) }
        func series(_ selectors: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int?) async throws -> [Labels] { [] }
        func labelNames(_ selectors: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int?) async throws -> [String] { [] }
        func labelValues(_ name: String, _ selectors: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int?) async throws -> [String] { [] }
        func metadata() async throws -> [String: Metadata] { [:] }
    }

    private struct FiguresScan: MetricScan {
        let series: [Series]
        var labels: [Labels] { series.map(\.labels) }
        var samplesBound: Int { 0 }
        func makeCursor(from start: Int64, through end: Int64) -> any MetricCursor { FiguresCursor(series, SeriesScan(series).makeCursor(from: start, through: end)) }
    }

    private final class FiguresCursor: MetricCursor {
        let series: [Series]
        let plain: any MetricCursor
        var figures = ScanFigures()

        init(_ series: [Series], _ plain: any MetricCursor) { (self.series, self.plain) = (series, plain) }

        func read(_ index: Int, _ body: (SampleView) throws -> Void) throws { try plain.read(index, body) }

        func summarize(_ index: Int, _ windows: [TimeWindow], to figures: inout [WindowFigures?]) throws -> Bool {
            for window in windows { figures.append(Self.figures(series[index], window)) }
            return true
        }

        private static func figures(_ series: Series, _ window: TimeWindow) -> WindowFigures? {
            let places = series.timestamps.indices.filter {
                series.timestamps[$0] > window.after && series.timestamps[$0] <= window.through && !StaleMarker.isStale(series.values[$0])
            }
            guard let first = places.first, let last = places.last else { return nil }
            let values = places.map { series.values[$0] }
            let numbers = values.filter { !$0.isNaN }
            var correction = 0.0
            for (before, value) in zip(values, values.dropFirst()) where value < before { correction += before }
            return WindowFigures(
                count: values.count, firstTimestamp: series.timestamps[first], lastTimestamp: series.timestamps[last], first: values[0],
                last: values[values.count - 1], sum: values.reduce(0, +), minimum: numbers.min() ?? .nan, maximum: numbers.max() ?? .nan,
                resetCorrection: correction)
        }
    }

    /// Gauges, counters with resets, gaps, stale markers and NaN: a sample every three minutes for a day.
    private static func data(_ seed: UInt64) -> MemoryMetricReader {
        var generator = SeededGenerator(seed: seed)
        return MemoryMetricReader(
            (0..<6).map { number in
                var series = Series(labels: ["__name__": "m_total", "i": "\(number)"])
                var value = Double(Int.random(in: 0...50, using: &generator))
                for step in 0..<480 where number % 4 != 3 || step % 70 < 30 {
                    value = number % 3 == 0 ? Double.random(in: 0...9, using: &generator) : Int.random(in: 0..<60, using: &generator) == 0 ? 0 : value + 3
                    let special = Int.random(in: 0..<130, using: &generator)
                    series.append(Int64(step) * 180_000, number % 5 == 4 && special == 0 ? .nan : number % 2 == 1 && special == 1 ? StaleMarker.value : value)
                }
                return series
            })
    }

    @Test(arguments: [
        "rate", "increase", "delta", "sum_over_time", "avg_over_time", "min_over_time", "max_over_time", "count_over_time", "present_over_time",
        "last_over_time", "first_over_time",
    ], 0..<2 as Range<UInt64>)
    func figuresGiveWhatTheSamplesGive(function: String, seed: UInt64) async throws {
        let reader = Self.data(seed)
        let (plain, summarized) = (Engine(reader: reader), Engine(reader: FiguresReader(whole: reader)))
        for (range, step) in [("6h", 3_600_000), ("90m", 2_700_000), ("2h offset 17m", 4_200_000)] as [(String, Int64)] {
            let query = "\(function)(m_total[\(range.replacing(" offset", with: "] offset"))" + (range.contains("offset") ? ")" : "])")
            let (start, end) = (Timestamp(milliseconds: 3_000_000), Timestamp(milliseconds: 90_000_000))
            let one = try await plain.range(query, start: start, end: end, stepMilliseconds: step)
            let other = try await summarized.range(query, start: start, end: end, stepMilliseconds: step)
            guard case .matrix(let expected) = one.value, case .matrix(let found) = other.value else {
                Issue.record("no matrix")
                return
            }
            #expect(!expected.isEmpty && found.map(\.labels) == expected.map(\.labels))
            #expect(one.infos == other.infos && one.warnings == other.warnings)
            for (expected, found) in zip(expected, found) {
                #expect(found.timestamps == expected.timestamps, "\(query) \(expected.labels)")
                for (a, b) in zip(expected.values, found.values) {
                    #expect(a.bitPattern == b.bitPattern || (a.isNaN && b.isNaN) || (a - b).magnitude <= 1e-12 * max(a.magnitude, 1), "\(query): \(a) \(b)")
                }
            }
        }
    }
}
