import Foundations
import Model
import Testing

@testable import PromQL

/// Results that are put together of kept and fresh steps, against those that are computed as a whole.
@Suite struct ResultCacheTests {
    /// Metrics in memory that tell how far back they have changed.
    private final class ChangingReader: MetricReader {
        let inner = MemoryMetricReader()
        private let changes = Locked<[Int64]>([])

        func append(_ series: Series) {
            inner.append(series)
            if let first = series.timestamps.min() { changes.withLock { $0.append(first) } }
        }

        func changeMark() -> ChangeMark? { ChangeMark(number: UInt64(changes.withLock { $0.count })) }
        func earliestChange(since mark: ChangeMark) -> Timestamp? {
            changes.withLock { $0[Int(mark.number)...].min() }.map { Timestamp(milliseconds: $0) }
        }
        func select(_ query: MetricQuery) async throws -> [Series] { try await inner.select(query) }
        func series(_ selectors: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int?) async throws -> [Labels] { [] }
        func labelNames(_ selectors: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int?) async throws -> [String] { [] }
        func labelValues(_ name: String, _ selectors: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int?) async throws -> [String] { [] }
        func metadata() async throws -> [String: Metadata] { [:] }
    }

    private func text(_ engine: Engine, _ query: String, _ start: Int64, _ end: Int64) async -> [String] {
        do {
            let result = try await engine.range(query, start: .init(milliseconds: start), end: .init(milliseconds: end), stepMilliseconds: 30_000)
            guard case .matrix(let series) = result.value else { return [] }
            return series.map { one in
                let points = zip(one.timestamps, one.values).map { "\($0) \(String(Float($1)))" }
                return "\(one.labels) \(points) \(one.histograms.count)"
            }
        } catch { return ["an error"] }
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func keptAndFreshStepsMakeTheWhole(seed: UInt64) async throws {
        var random = SeededGenerator(seed: 300 + seed)
        let reader = ChangingReader()
        let cache = ResultCache()
        var options = EngineOptions()
        options.resultCache = cache
        let (cached, plain) = (Engine(reader: reader, options: options), Engine(reader: reader))
        var generator = ExpressionGenerator(seed: 700 + seed)
        let queries = (0..<12).map { _ in generator.vector(2) } + ["sum by (x) (rate(a_total[5m]))", "topk(1, c)", "a_total offset -1m", "b_total @ 300", "b_total[1m:10s] @ end()"]
        var now: Int64 = 900_000
        var value = 0.0
        for round in 0..<8 {
            for name in ["a_total", "b_total", "c"] {
                for x in 1...3 {
                    // Mostly new samples, at times late ones.
                    let from = round > 0 && Int.random(in: 0..<6, using: &random) == 0 ? now - 600_000 : now - 120_000
                    var series = Series(labels: ["__name__": name, "x": "\(x)", "y": "p"])
                    for moment in stride(from: from, to: now, by: 20_000) {
                        value += Double(Int.random(in: 0...9, using: &random))
                        series.append(moment, value)
                    }
                    reader.append(series)
                }
            }
            let start = (now - 900_000) / 30_000 * 30_000
            for query in queries { #expect(await text(cached, query, start, now) == (await text(plain, query, start, now)), "\(query) in round \(round)") }
            now += Int64.random(in: 0...120_000, using: &random)
        }
        #expect(cache.figures.stepsReused > 0 && cache.figures.hits > 0)
    }

    @Test func resultsGoWhenTheyAreTooManyAndOthersAreNotKept() async throws {
        let reader = ChangingReader()
        reader.append(Series(labels: ["__name__": "m_total"], timestamps: (0..<100).map { Int64($0) * 15_000 }, values: (0..<100).map(Double.init)))
        let cache = ResultCache(bytesMax: 8192)
        var options = EngineOptions()
        options.resultCache = cache
        let engine = Engine(reader: reader, options: options)
        for number in 0..<20 { _ = await text(engine, "m_total + \(number)", 0, 1_200_000) }
        #expect(cache.figures.results > 1 && cache.figures.bytes <= 8192)
        #expect(cache.figures.misses == 20)
        cache.removeAll()
        for query in ["m_total @ 30", "m_total offset -30s", "m_total + start()", "m_total and vector(range())", "rate(m_total[1m] smoothed)"] {
            _ = await text(engine, query, 0, 1_200_000)
        }
        #expect(cache.figures.results == 0 && cache.figures.misses == 20)
    }
}
