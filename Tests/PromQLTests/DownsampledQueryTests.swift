import Foundations
import MetricStore
import Model
import TestSupport
import Testing

@testable import PromQL

/// Queries over downsampled steps, beside the same ones over the samples that the steps were made of.
@Suite struct DownsampledQueryTests {
    private static let hour: Int64 = 3_600_000
    /// The start of a block's range, in 2026.
    private static let base: Int64 = 1_767_225_600_000
    private static let exact = ["min_over_time", "max_over_time", "count_over_time", "present_over_time", "last_over_time", "first_over_time"]
    private static let rounded = ["rate", "increase", "delta", "sum_over_time", "avg_over_time"]

    private let samples: MetricStore
    private let stepped: MetricStore
    private let clock = ManualClock(milliseconds: base + 30 * hour)

    /// The same data in two stores: one keeps no steps, one both kinds.
    init() async throws {
        samples = try Self.open(1, clock) { ($0.fiveMinuteRetentionMilliseconds, $0.hourRetentionMilliseconds) = (0, 0) }
        stepped = try Self.open(2, clock) {
            $0.retentionMilliseconds = 48 * Self.hour
            $0.fiveMinuteRetentionMilliseconds = 480 * Self.hour
            $0.hourRetentionMilliseconds = 4800 * Self.hour
        }
        for store in [samples, stepped] { try await Self.fill(store) }
    }

    private static func open(_ seed: UInt64, _ clock: ManualClock, _ change: (inout MetricStoreOptions) -> Void) throws -> MetricStore {
        var options = MetricStoreOptions()
        options.maintenanceIntervalSeconds = 0
        options.retentionMilliseconds = nil
        options.mergedBlockMilliseconds = [12 * hour]
        change(&options)
        return try MetricStore.open(directory: "/data", fileSystem: SimulatedFileSystem(seed: seed), clock: clock, options: options)
    }

    /// Two gauges, a counter with resets, a counter that ends with a stale marker: a sample every four seconds for ten hours, with a gap.
    private static func fill(_ store: MetricStore) async throws {
        var generator = SeededGenerator(seed: 4)
        var entries = (0..<4).map { MetricBatch.Entry(labels: ["__name__": $0 < 2 ? "gauge" : "requests_total", "i": "\($0)"], samples: []) }
        var values = [50.0, 0.5, 0, 0]
        for step in 0..<9000 where !(4000..<4400).contains(step) {
            let time = base + Int64(step) * 4000 + 1
            values[0] += Double(Int.random(in: -2...2, using: &generator)) / 10
            values[1] = Double.random(in: 0...1, using: &generator)
            values[2] = Int.random(in: 0..<900, using: &generator) == 0 ? 0 : values[2] + Double(Int.random(in: 0...40, using: &generator))
            values[3] = step == 6999 ? StaleMarker.value : values[3] + 3
            for index in 0..<4 where index != 3 || step < 7000 { entries[index].samples.append(Sample(timestamp: time, value: values[index])) }
        }
        _ = try await store.append(MetricBatch(entries: entries))
        _ = try await store.append(MetricBatch(entries: [.init(labels: ["__name__": "tick"], samples: [Sample(timestamp: base + 16 * hour, value: 1)])]))
        try await store.maintain()
    }

    private static func range(_ store: MetricStore, _ query: String, _ start: Int64, _ end: Int64, _ step: Int64) async throws -> (series: [Series], result: QueryResult) {
        let result = try await Engine(reader: store).range(
            query, start: Timestamp(milliseconds: start), end: Timestamp(milliseconds: end), stepMilliseconds: step, explain: true)
        guard case .matrix(let series) = result.value else { throw QueryError.execution("no matrix") }
        return (series.map { Series(labels: $0.labels, timestamps: $0.timestamps, values: $0.values) }, result)
    }

    private static func stepsRead(_ result: QueryResult) -> Int { result.explanation?.nodes.reduce(0) { $0 + ($1.stepsRead ?? 0) } ?? 0 }

    /// `shift` is added to the expected times.
    private func expectSame(_ found: [Series], _ expected: [Series], isExact: Bool, shift: Int64 = 0, _ query: String) {
        #expect(found.map(\.labels) == expected.map(\.labels), "\(query)")
        for (found, expected) in zip(found, expected) {
            #expect(found.timestamps == expected.timestamps.map { $0 + shift }, "\(query) \(expected.labels)")
            for (one, other) in zip(found.values, expected.values) {
                let isSame = isExact ? one.bitPattern == other.bitPattern : (one - other).magnitude <= 1e-9 * max(1e-3, other.magnitude)
                #expect(isSame, "\(query): \(one) instead of \(other)")
            }
        }
    }

    /// Whole steps of either width, some of them behind the data and before it.
    private static let aligned: [(range: String, step: Int64, offset: String)] = [
        ("1h", hour, ""), ("3h", hour, ""), ("2h", 3 * hour, " offset 1h"), ("15m", hour / 4, ""), ("1h", hour / 12, ""), ("5m", hour / 12, " offset 5m"),
    ]

    @Test func windowsOfWholeStepsSayWhatTheSamplesSay() async throws {
        for function in Self.exact + Self.rounded { try await compareWindows(function) }
        await samples.close()
        await stepped.close()
    }

    private func compareWindows(_ function: String) async throws {
        for (range, step, offset) in Self.aligned {
            let query = "\(function)({__name__=~\"gauge|requests_total\"}[\(range)]\(offset))"
            let expected = try await Self.range(samples, query, Self.base - Self.hour, Self.base + 14 * Self.hour, step)
            let found = try await Self.range(stepped, query, Self.base - Self.hour, Self.base + 14 * Self.hour, step)
            #expect(!expected.series.isEmpty && Self.stepsRead(expected.result) == 0)
            expectSame(found.series, expected.series, isExact: Self.exact.contains(function), query)
            #expect(found.result.infos == expected.result.infos && found.result.warnings.isEmpty)
            // A gauge's resets aren't kept, so that its rate asks for the samples as well.
            if Self.stepsRead(found.result) == 0 { Issue.record("\(query) read no steps") }
            if Self.exact.contains(function) { #expect(found.result.explanation!.samplesDecoded == 0, "\(query)") }
            #expect(found.result.explanation!.text.contains("downsampled steps"))
        }
    }

    @Test func windowsWithOtherEndsReadTheSamples() async throws {
        for query in ["sum_over_time(gauge[1h])", "sum_over_time(gauge[7m])", "quantile_over_time(0.5, gauge[1h])", "gauge"] {
            let expected = try await Self.range(samples, query, Self.base + 60_000, Self.base + 12 * Self.hour, 1_380_000)
            let found = try await Self.range(stepped, query, Self.base + 60_000, Self.base + 12 * Self.hour, 1_380_000)
            expectSame(found.series, expected.series, isExact: false, query)
            #expect(Self.stepsRead(found.result) == 0 && found.result.infos.isEmpty)
        }
        await samples.close()
        await stepped.close()
    }

    /// A gauge's falls are no resets that would be kept, so that it has no rate of steps.
    private static func names(_ function: String) -> String { ["rate", "increase"].contains(function) ? "requests_total" : "gauge|requests_total" }

    @Test func stepsOutliveTheirSamples() async throws {
        clock.advance(milliseconds: 100 * Self.hour)
        try await stepped.maintain()
        for function in Self.exact + Self.rounded { try await compareWithoutSamples(function) }
        // The finer steps go before the wider ones.
        clock.advance(milliseconds: 1000 * Self.hour)
        try await stepped.maintain()
        for function in Self.exact + Self.rounded { try await compareHours(function) }
        await samples.close()
        await stepped.close()
    }

    private func compareWithoutSamples(_ function: String) async throws {
        for (range, step, offset) in Self.aligned {
            let query = "\(function)({__name__=~\"\(Self.names(function))\"}[\(range)]\(offset))"
            let expected = try await Self.range(samples, query, Self.base - Self.hour, Self.base + 14 * Self.hour, step)
            let found = try await Self.range(stepped, query, Self.base - Self.hour, Self.base + 14 * Self.hour, step)
            expectSame(found.series, expected.series, isExact: Self.exact.contains(function), query)
            #expect(found.result.explanation!.samplesDecoded == 0)
            #expect(found.result.infos.contains { $0.contains("steps of 5m are kept: they stand in for the samples") }, "\(found.result.infos)")
            // Windows that don't end with a step are those of the last end before them.
            let late = try await Self.range(stepped, query, Self.base - Self.hour + 123_456, Self.base + 14 * Self.hour + 123_456, step)
            expectSame(late.series, expected.series, isExact: Self.exact.contains(function), shift: 123_456, query)
            #expect(late.result.infos.contains { $0.contains("windows there were moved back to the end of a step") }, "\(late.result.infos)")
        }
    }

    private func compareHours(_ function: String) async throws {
        let selector = "{__name__=~\"\(Self.names(function))\"}"
        let query = "\(function)(\(selector)[2h])"
        let expected = try await Self.range(samples, query, Self.base - Self.hour, Self.base + 14 * Self.hour, Self.hour)
        let found = try await Self.range(stepped, query, Self.base - Self.hour, Self.base + 14 * Self.hour, Self.hour)
        expectSame(found.series, expected.series, isExact: Self.exact.contains(function), query)
        #expect(found.result.infos.contains { $0.contains("steps of 1h are kept") }, "\(found.result.infos)")
        let short = try await Self.range(stepped, "\(function)(\(selector)[15m])", Self.base, Self.base + 9 * Self.hour, Self.hour)
        #expect(short.series.isEmpty && short.result.warnings.contains { $0.contains("a multiple of that long") }, "\(short.result.warnings)")
    }

    @Test func withoutSamplesSelectorsSeeTheLastOneOfEachStep() async throws {
        clock.advance(milliseconds: 100 * Self.hour)
        try await stepped.maintain()
        let query = MetricQuery(
            matchers: [Matcher("i", equals: "2")], start: Timestamp(milliseconds: Self.base), end: Timestamp(milliseconds: Self.base + 14 * Self.hour))
        let all = try #require(try await samples.select(query).first)
        let left = try #require(try await stepped.select(query).first)
        var lasts: [Int64: Int] = [:]
        for (index, time) in all.timestamps.enumerated() { lasts[(time + 299_999) / 300_000] = index }
        let places = lasts.values.sorted()
        #expect(left.timestamps == places.map { all.timestamps[$0] } && left.values.map(\.bitPattern) == places.map { all.values[$0].bitPattern })
        #expect(try await stepped.labelValues("i", [], start: query.start, end: query.end, limit: nil) == ["0", "1", "2", "3"])
        #expect(try await stepped.labelValues("i", [[Matcher("__name__", equals: "gauge")]], start: query.start, end: query.end, limit: nil) == ["0", "1"])
        #expect(try await stepped.series([[Matcher("__name__", equals: "gauge")]], start: query.start, end: query.end, limit: nil).count == 2)
        // Asked twice, since what selectors find in blocks is kept.
        for _ in 0..<2 {
            let plain = try await Self.range(stepped, "requests_total{i=\"2\"}", Self.base + 300_000, Self.base + 4 * Self.hour, 300_000)
            #expect(plain.series.count == 1 && plain.series[0].values == Array(left.values.prefix(plain.series[0].values.count)))
            #expect(plain.result.infos.contains { $0.contains("its last sample stands in for all") }, "\(plain.result.infos)")
        }
        let quantile = try await Self.range(stepped, "quantile_over_time(0, requests_total{i=\"2\"}[1h])", Self.base + 2 * Self.hour, Self.base + 2 * Self.hour, 1)
        #expect(quantile.series.count == 1 && quantile.result.infos.contains { $0.contains("its last sample stands in for all") })
        await samples.close()
        await stepped.close()
    }

    @Test func aDeletionTakesTheStepsThatItTouches() async throws {
        clock.advance(milliseconds: 100 * Self.hour)
        try await stepped.maintain()
        let (start, end) = (Timestamp(milliseconds: Self.base + Self.hour + 100_000), Timestamp(milliseconds: Self.base + 2 * Self.hour - 100_000))
        try await stepped.delete([Matcher("i", equals: "2")], start: start, end: end)
        func counts() async throws -> [Double] {
            try await Self.range(stepped, "count_over_time(requests_total{i=\"2\"}[1h])", Self.base + Self.hour, Self.base + 3 * Self.hour, Self.hour).series.flatMap(\.values)
        }
        #expect(try await counts() == [900, 900])
        try await stepped.cleanTombstones()
        #expect(stepped.statistics().tombstones == 0)
        #expect(try await counts() == [900, 900])
        let other = try await Self.range(stepped, "count_over_time(requests_total{i=\"3\"}[1h])", Self.base + Self.hour, Self.base + 3 * Self.hour, Self.hour)
        #expect(other.series.flatMap(\.values) == [900, 900, 900])
        await samples.close()
        await stepped.close()
    }
}
