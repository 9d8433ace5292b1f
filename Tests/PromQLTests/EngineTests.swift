import Foundations
import Model
import PromQL
import Testing

@Suite struct EngineTests {
    /// Ten series of a minute's samples over an hour.
    private static func reader() -> MemoryMetricReader {
        MemoryMetricReader(
            (0..<10).map { index in
                let times = stride(from: Int64(0), through: 3_600_000, by: 60_000).map { $0 }
                return Series(labels: ["__name__": "m", "i": "\(index)"], timestamps: times, values: times.map { Double($0) / 1000 })
            })
    }

    /// Counts what is asked of the reader behind it.
    private final class CountingReader: MetricReader {
        let inner = EngineTests.reader()
        let queries = Locked<[MetricQuery]>([])
        /// Called at each read.
        let onSelect: @Sendable () -> Void

        init(onSelect: @escaping @Sendable () -> Void = {}) { self.onSelect = onSelect }

        func select(_ query: MetricQuery) async throws -> [Series] {
            queries.withLock { $0.append(query) }
            onSelect()
            return try await inner.select(query)
        }
        func series(_ selectors: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int?) async throws -> [Labels] { [] }
        func labelNames(_ selectors: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int?) async throws -> [String] { [] }
        func labelValues(_ name: String, _ selectors: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int?) async throws -> [String] { [] }
        func metadata() async throws -> [String: Metadata] { [:] }
    }

    private let hour = Timestamp(milliseconds: 3_600_000)

    @Test func equalSelectorsAreSearchedOnceOverTheTimeThatAllNeed() async throws {
        let reader = CountingReader()
        let result = try await Engine(reader: reader).range(
            "sum(rate(m[10m])) / count(m offset 5m) + sum(max_over_time(m[20m:5m]))", start: Timestamp(milliseconds: 1_800_000), end: hour,
            stepMilliseconds: 60_000)
        let queries = reader.queries.withLock { $0 }
        #expect(queries.count == 1)
        // Twenty minutes of the subquery and five of its selector's lookback before the first step.
        #expect(queries.first?.start == Timestamp(milliseconds: 1_800_000 - 25 * 60_000 + 1))
        #expect(queries.first?.end == hour)
        // Each selector decodes what it looks at and no more: 40 minutes, 30 with the lookback, and 50.
        #expect(result.samplesRead == 10 * (40 + 35 + 55))
    }

    @Test func selectorsFarApartAreReadApart() async throws {
        let reader = CountingReader()
        _ = try await Engine(reader: reader).instant("m - m offset 40m", at: hour)
        #expect(reader.queries.withLock { $0.count } == 2)
    }

    @Test func tooManySamplesAreAnError() async throws {
        let engine = Engine(reader: Self.reader(), options: EngineOptions(samplesMax: 100))
        await #expect(throws: QueryError.tooManySamples(limit: 100)) { try await engine.instant("sum_over_time(m[1h])", at: hour) }
        await #expect(throws: QueryError.tooManySamples(limit: 100)) {
            try await engine.range("m @ 60", start: Timestamp(milliseconds: 0), end: hour, stepMilliseconds: 60_000)
        }
    }

    @Test func aQueryEndsAtItsDeadline() async throws {
        let clock = ManualClock(milliseconds: 0)
        let reader = CountingReader { clock.advance(milliseconds: 5000) }
        let engine = Engine(reader: reader, options: EngineOptions(timeoutSeconds: 4, clock: clock))
        await #expect(throws: QueryError.timeout(seconds: 4)) { try await engine.instant("sum(m)", at: hour) }
    }

    @Test func aCancelledQueryEnds() async throws {
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await Engine(reader: Self.reader()).instant("sum(m)", at: hour)
        }
        task.cancel()
        await #expect(throws: QueryError.cancelled) { try await task.value }
    }

    @Test func aLongQueryEndsWhenItIsCancelledOnTheWay() async throws {
        let times = (0..<20_000).map { Int64($0) * 1000 }
        let series = (0..<40).map { Series(labels: ["__name__": "m", "i": "\($0)"], timestamps: times, values: times.map(Double.init)) }
        let engine = Engine(reader: MemoryMetricReader(series))
        let task = Task {
            try await engine.range(
                "quantile_over_time(0.5, m[3h])", start: .init(milliseconds: 0), end: .init(milliseconds: 19_000_000), stepMilliseconds: 2000)
        }
        try await Task.sleep(for: .milliseconds(100))
        task.cancel()
        await #expect(throws: QueryError.cancelled) { try await task.value }
    }

    @Test func aRangeQueryNeedsAVectorOrAScalarAndSoundTimes() async throws {
        let engine = Engine(reader: Self.reader())
        let zero = Timestamp(milliseconds: 0)
        await #expect(throws: QueryError.self) { try await engine.range("m[5m]", start: zero, end: hour, stepMilliseconds: 1000) }
        await #expect(throws: QueryError.self) { try await engine.range("m", start: hour, end: zero, stepMilliseconds: 1000) }
        await #expect(throws: QueryError.self) { try await engine.range("m", start: zero, end: hour, stepMilliseconds: 0) }
        await #expect(throws: QueryError.self) { try await engine.range("m", start: zero, end: hour, stepMilliseconds: 1) }
        await #expect(throws: QueryError.self) { try await engine.instant("m", at: .distantFuture) }
        await #expect(throws: QueryError.self) { try await engine.instant("m offset 290y offset 1y", at: zero) }
        await #expect(throws: QueryError.self) { try await engine.instant("sum_over_time(m[100y:1ms])", at: hour) }
    }

    @Test(arguments: ["1", "m", "sum(m)"])
    func theTallestTreeIsEvaluated(operand: String) async throws {
        let query = Array(repeating: operand, count: PromQLLimits.heightMax - 2).joined(separator: " + ")
        let result = try await Engine(reader: Self.reader()).instant(query, at: hour)
        #expect(result.warnings.isEmpty)
    }

    @Test func momentsAtTheEndsOfTimeNeverTrap() async throws {
        let engine = Engine(reader: Self.reader())
        for query in [
            "m @ 4503599627370", "m @ -4503599627370 offset 140000y", "rate(m[140000y])", "m offset -140000y", "sum_over_time(m[140000y:100000y])",
            "sum_over_time((m offset 140000y)[1000y:1000y] offset 140000y)[140000y:90000y]", "m[140000y] @ -4503599627370",
        ] {
            for moment in [-PromQLLimits.millisecondsMax, 0, PromQLLimits.millisecondsMax] {
                _ = try? await engine.instant(query, at: Timestamp(milliseconds: moment))
            }
        }
    }

    @Test func namesGoAtOnceUnlessTheyAreToStayUntilTheEnd() async throws {
        let query = "sum by (__name__) (rate(m[5m]))"
        let immediate = try await Engine(reader: Self.reader()).instant(query, at: hour)
        let delayed = try await Engine(reader: Self.reader(), options: EngineOptions(nameRemoval: .delayed)).instant("count(label_replace(rate(m[5m]), \"n\", \"$1\", \"__name__\", \"(.+)\")) by (n)", at: hour)
        guard case .vector(let first) = immediate.value, case .vector(let second) = delayed.value else {
            Issue.record("no vectors")
            return
        }
        #expect(first.map(\.labels) == [Labels()])
        #expect(second.map(\.labels) == [["n": "m"]])
    }

    @Test func aTypeTellsACounterUnlessItsNameIsToTell() async throws {
        let times: [Int64] = [3_480_000, 3_540_000, 3_600_000]
        let reader = MemoryMetricReader([
            Series(labels: ["__name__": "temperature_total", "__type__": "gauge", "i": "1"], timestamps: times, values: [1, 2, 3]),
            Series(labels: ["__name__": "served", "__type__": "counter", "i": "2"], timestamps: times, values: [1, 2, 3]),
        ])
        let query = #"rate({__type__!=""}[5m])"#
        let byType = try await Engine(reader: reader).instant("count(\(query))", at: hour)
        #expect(
            byType.infos == [
                #"PromQL info: metric might not be a counter, __type__ label is not set to "counter" or "histogram", got "gauge": "temperature_total" (1:12)"#
            ])
        var options = EngineOptions(nameRemoval: .delayed)
        options.judgesCountersByType = false
        let byName = try await Engine(reader: reader, options: options).instant("count(\(query))", at: hour)
        #expect(byName.infos == [#"PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "served" (1:12)"#])
    }

    @Test func slidingWindowsGiveWhatEachWindowGivesAlone() async throws {
        var random = SeededGenerator(seed: 7)
        let times = stride(from: Int64(0), to: 7_200_000, by: 10_000).map { $0 }
        let values = times.map { _ in
            switch Int.random(in: 0..<50, using: &random) {
            case 0: Double.nan
            case 1: 1e17
            case 2: -1e17
            default: Double.random(in: -1...1, using: &random)
            }
        }
        let noisy = Series(labels: ["__name__": "noisy"], timestamps: times, values: values)
        let plain = Series(labels: ["__name__": "plain"], timestamps: times, values: values.map { $0.isNaN ? 0.25 : $0 })
        let engine = Engine(reader: MemoryMetricReader([noisy, plain]))
        for function in ["sum_over_time", "avg_over_time", "min_over_time", "max_over_time"] {
            for name in ["noisy", "plain"] {
                let query = "\(function)(\(name)[30m])"
                let result = try await engine.range(query, start: .init(milliseconds: 0), end: .init(milliseconds: 7_200_000), stepMilliseconds: 120_000)
                guard case .matrix(let all) = result.value, let series = all.first else {
                    Issue.record("\(query) gave nothing")
                    continue
                }
                for (timestamp, value) in zip(series.timestamps, series.values) {
                    guard case .vector(let elements) = try await engine.instant(query, at: .init(milliseconds: timestamp)).value, case .float(let alone)? = elements.first?.value else {
                        Issue.record("\(query) gave nothing at \(timestamp)")
                        continue
                    }
                    #expect(alone == value || (alone - value).magnitude < 1e-12 * alone.magnitude || (alone.isNaN && value.isNaN), "\(query) at \(timestamp)")
                }
            }
        }
    }
}
