import Foundations
import Model
import Testing

@testable import PromQL

/// What is computed while series are decoded, in batches and by several threads, against everything at once on one thread.
@Suite struct StreamingTests {
    private static let zero = Timestamp(milliseconds: 0)

    private func options(_ change: (inout EngineOptions) -> Void) -> EngineOptions {
        var options = EngineOptions()
        change(&options)
        return options
    }

    /// A result by series and moment, or the error's text.
    private func outcome(_ engine: Engine, _ query: String, _ end: Int64, _ step: Int64) async -> Result<QueryResult, QueryError> {
        do {
            return .success(
                try await engine.range(query, start: .init(milliseconds: 100_000), end: .init(milliseconds: end), stepMilliseconds: step))
        } catch let error as QueryError { return .failure(error) } catch { return .failure(.execution("\(error)")) }
    }

    private func areSame(_ left: Double, _ right: Double, within share: Double) -> Bool {
        left.bitPattern == right.bitPattern || (left.isNaN && right.isNaN)
            || (share > 0 && (left - right).magnitude <= share * max(left.magnitude, right.magnitude))
    }

    private func expectSame(_ left: Result<QueryResult, QueryError>, _ right: Result<QueryResult, QueryError>, _ query: String, within share: Double) {
        switch (left, right) {
        case (.failure(let one), .failure(let other)): #expect(one == other, "\(query)")
        case (.success(let one), .success(let other)):
            guard case .matrix(let first) = one.value, case .matrix(let second) = other.value else { return }
            #expect(first.map(\.labels) == second.map(\.labels), "\(query)")
            #expect(one.warnings == other.warnings && one.infos == other.infos, "\(query): \(one.infos) \(other.infos)")
            for (one, other) in zip(first, second) {
                #expect(one.timestamps == other.timestamps, "\(query) \(one.labels)")
                #expect(zip(one.values, other.values).allSatisfy { areSame($0, $1, within: share) }, "\(query) \(one.labels): \(one.values) \(other.values)")
                #expect(one.histograms.map { "\($0)" } == other.histograms.map { "\($0)" }, "\(query) \(one.labels)")
            }
        default: Issue.record("\(query): \(left) and \(right)")
        }
    }

    @Test(arguments: 0..<12 as Range<UInt64>, [EngineOptions.NameRemoval.immediate, .delayed])
    func streamedResultsAreThoseOfAllSeriesAtOnce(seed: UInt64, removal: EngineOptions.NameRemoval) async throws {
        let reader = EnginePropertyTests.randomData(seed: seed)
        let streaming = Engine(reader: reader, options: options { $0.nameRemoval = removal })
        let general = Engine(
            reader: reader,
            options: options {
                $0.nameRemoval = removal
                $0.isGeneral = true
            })
        var generator = ExpressionGenerator(seed: 9000 + seed)
        for _ in 0..<40 {
            let query = generator.vector(3)
            let step: Int64 = [75_000, 60_000, 30_000][Int(seed % 3)]
            expectSame(await outcome(streaming, query, 1_300_000, step), await outcome(general, query, 1_300_000, step), query, within: 1e-12)
        }
    }

    /// Many series of integers, of which every seventh has gaps and every fifth resets.
    private static func counters(_ count: Int) -> MemoryMetricReader {
        var random = SeededGenerator(seed: 5)
        return MemoryMetricReader(
            (0..<count).map { index in
                var series = Series(labels: ["__name__": "m_total", "i": "\(index)", "g": "\(index % 7)"])
                var value = 0.0
                for step in 0..<120 where index % 7 != 3 || step % 11 < 8 {
                    value = index % 5 == 0 && step % 40 == 39 ? 0 : value + Double(Int.random(in: 0...9, using: &random))
                    series.append(Int64(step) * 15_000, value)
                }
                return series
            })
    }

    @Test(arguments: [
        "sum by (g) (rate(m_total[5m]))", "avg by (g) (m_total)", "m_total * 2", "topk(3, increase(m_total[2m]))", "max(-m_total)", "min by (g) (avg_over_time(m_total[5m]))",
        "count by (g) (changes(m_total[1m]))", "quantile_over_time(0.3, m_total[3m])",
    ])
    func severalThreadsGiveTheSameBits(query: String) async throws {
        let reader = Self.counters(600)
        let alone = Engine(reader: reader, options: options { $0.helpersMax = 0 })
        let helped = Engine(reader: reader, options: options { $0.helpedSamplesMin = 0 })
        for _ in 0..<3 { expectSame(await outcome(helped, query, 1_800_000, 15_000), await outcome(alone, query, 1_800_000, 15_000), query, within: 0) }
    }

    @Test func anErrorInOneBatchEndsAllThreads() async throws {
        let engine = Engine(
            reader: Self.counters(600),
            options: options {
                $0.helpedSamplesMin = 0
                $0.samplesMax = 40_000
            })
        guard case .failure(.tooManySamples(limit: 40_000)) = await outcome(engine, "sum(rate(m_total[5m]))", 1_800_000, 15_000) else {
            return #expect(Bool(false), "the limit wasn't kept")
        }
    }

    /// Sums, counts and extremes of parts are those of the whole; integers add up exactly in any order.
    @Test(arguments: ["sum", "count", "min", "max"])
    func aggregatesOfShardsMakeTheAggregateOfTheWhole(op: String) async throws {
        let reader = Self.counters(200)
        let engine = Engine(reader: reader, options: options { $0.helpedSamplesMin = 0 })
        let outer = op == "count" ? "sum" : op
        for inner in ["m_total", "increase(m_total[1m]) > 0", "max_over_time(m_total[5m])"] {
            let shards = (0..<7).map { "\(op)(\(inner.replacing("m_total", with: "m_total{g=\"\($0)\"}")))" }
            let joined = shards.enumerated().map { "label_replace(\($1), \"shard\", \"\($0)\", \"\", \"\")" }.joined(separator: " or ")
            expectSame(
                await outcome(engine, "\(op)(\(inner))", 1_800_000, 15_000), await outcome(engine, "\(outer)(\(joined))", 1_800_000, 15_000), inner,
                within: inner.hasPrefix("inc") ? 1e-12 : 0)
        }
    }

    @Test func aQueryThatHoldsTooMuchIsAnErrorAndOneThatAddsUpIsNot() async throws {
        let engine = Engine(reader: Self.counters(600), options: options { $0.memoryBytesMax = 400_000 })
        guard case .failure(.memoryExceeded(bytesMax: 400_000)) = await outcome(engine, "rate(m_total[5m])", 1_800_000, 15_000) else {
            return #expect(Bool(false), "600 columns of 114 points were held within 400 kB")
        }
        guard case .success(let result) = await outcome(engine, "sum(rate(m_total[5m]))", 1_800_000, 15_000) else {
            return #expect(Bool(false), "a sum held its series")
        }
        #expect(result.memoryBytes > 0 && result.memoryBytes < 400_000)
    }

    @Test func anExpressionThatStandsTwiceIsComputedOnce() async throws {
        let engine = Engine(reader: Self.counters(20))
        let once = try await engine.range("rate(m_total[5m])", start: Self.zero, end: .init(milliseconds: 1_800_000), stepMilliseconds: 60_000)
        let twice = try await engine.range(
            "rate(m_total[5m]) / (rate(m_total[5m]) + 1)", start: Self.zero, end: .init(milliseconds: 1_800_000), stepMilliseconds: 60_000, explain: true)
        #expect(twice.samplesRead == once.samplesRead)
        let explanation = try #require(twice.explanation)
        #expect(explanation.nodes.contains { $0.strategy == "same as #1" })
        #expect(explanation.reads.count == 1)
    }

    @Test func remarksAreMadeWhereverAnEqualExpressionStands() async throws {
        let engine = Engine(reader: MemoryMetricReader([Series(labels: ["__name__": "gauge"], timestamps: [0, 15_000, 30_000], values: [1, 2, 3])]))
        let result = try await engine.instant("rate(gauge[1m]) + rate(gauge[1m])", at: .init(milliseconds: 30_000))
        #expect(result.infos.count == 2)
        #expect(result.infos[0].hasSuffix("(1:6)") && result.infos[1].hasSuffix("(1:24)"), "\(result.infos)")
    }

    @Test func theExplanationSaysHowAndHowMuch() async throws {
        let engine = Engine(reader: Self.counters(50))
        let result = try await engine.range(
            "sum by (g) (rate(m_total[5m])) > 1", start: .init(milliseconds: 600_000), end: .init(milliseconds: 1_200_000), stepMilliseconds: 60_000, explain: true)
        let explanation = try #require(result.explanation)
        #expect(explanation.nodes.map(\.operation) == [">", "sum by (g)", "rate", "m_total[5m]", "1"])
        #expect(explanation.nodes.map(\.strategy) == ["over all series", "adds up while decoding", "in batches", "in batches", "constant"])
        #expect(explanation.nodes[1].series == 7 && explanation.nodes[2].series == 50)
        #expect(explanation.reads.map(\.labels) == [["g"]])
        #expect(explanation.nodes[3].samplesRead == explanation.samplesRead && explanation.samplesRead == result.samplesRead)
        #expect(explanation.text.contains("read 0") && !explanation.text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
    }
}
