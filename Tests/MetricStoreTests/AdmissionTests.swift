import Foundations
import Model
import Testing

@testable import MetricStore

/// Limits on new series, and who breaks them.
@Suite struct AdmissionTests {
    static func batch(_ numbers: Range<Int>, name: String = "a", at time: Int64 = baseMilliseconds) -> MetricBatch {
        MetricBatch(entries: numbers.map { .init(labels: ["__name__": name, "id": "\($0)"], samples: [Sample(timestamp: time, value: 1)]) })
    }

    @Test func newSeriesTakeTokensAndKnownOnesDoNot() async throws {
        let clock = ManualClock(milliseconds: baseMilliseconds)
        let options = testOptions {
            $0.newSeriesPerMinuteMax = 60
            $0.newSeriesBurst = 100
        }
        let store = try MetricStore.open(directory: "/m", fileSystem: SimulatedFileSystem(seed: 1), clock: clock, options: options)
        var outcome = try await store.append(Self.batch(0..<150), origin: BatchOrigin(agent: "noisy", sequence: 1))
        #expect(outcome.samplesStored == 100 && outcome.rejected.map(\.reason) == [.tooManyNewSeries] && outcome.rejected[0].count == 50)
        #expect(outcome.rejected[0].example == #"a{id="100"}"#)
        outcome = try await store.append(Self.batch(0..<100, at: baseMilliseconds + 1))
        #expect(outcome.samplesStored == 100, "series that are known need no token")
        clock.advance(milliseconds: 10_000)
        outcome = try await store.append(Self.batch(200..<300))
        #expect(outcome.samplesStored == 10, "a minute's 60 make 10 in 10 seconds")
        clock.advance(milliseconds: 3_600_000)
        outcome = try await store.append(Self.batch(300..<500))
        #expect(outcome.samplesStored == 100, "the bucket holds no more than the burst")
        let statistics = store.statistics()
        #expect(statistics.samplesRejectedTotal == [.tooManyNewSeries: 240])
        #expect(statistics.refusals.worstMetrics(10) == [.init(reason: .tooManyNewSeries, metric: "a", count: 240)])
        #expect(statistics.refusals.worstAgents(10) == [.init(agent: "", count: 190), .init(agent: "noisy", count: 50)])
        #expect(statistics.refusals.newestExamples[.tooManyNewSeries] == #"a{id="400"}"#)
        await store.close()
    }

    @Test func theWorstAreListedThoughFarMoreNamesAreRefused() {
        var book = RefusalBook()
        for round in 0..<5000 {
            var outcome = AppendOutcome()
            outcome.agent = "agent-\(round)"
            outcome.reject(.tooManyLabels, count: 3, labels: ["__name__": "worst"])
            outcome.reject(.labelValueTooLong, count: 1, labels: ["__name__": "once_\(round)"])
            book.note(outcome)
        }
        #expect(book.worstMetrics(1) == [.init(reason: .tooManyLabels, metric: "worst", count: 15_000)])
        #expect(book.worstMetrics(5000).count == Limits.refusalEntriesMax && book.worstAgents(5000).count == Limits.refusalEntriesMax)
        #expect(book.worstMetrics(0).isEmpty)
    }

    @Test func theHighestCountsAreThoseOfAllSorted() {
        var generator = SeededGenerator(seed: 1)
        var highest = HighestCounts(7)
        var all: [(name: String, value: Int)] = []
        for index in 0..<500 {
            let value = Int.random(in: 0..<60, using: &generator)
            all.append(("n\(index)", value))
            highest.add(value) { "n\(index)" }
        }
        let best = all.sorted { ($1.value, $0.name) < ($0.value, $1.name) }.prefix(7).map(\.value)
        #expect(highest.counts.map(\.value) == best)
    }

    @Test func cardinalityCountsSeriesInMemory() async throws {
        let store = try MetricStore.open(
            directory: "/m", fileSystem: SimulatedFileSystem(seed: 1), clock: ManualClock(milliseconds: baseMilliseconds), options: testOptions())
        _ = try await store.append(Self.batch(0..<30))
        _ = try await store.append(Self.batch(0..<5, name: "bb"))
        let figures = store.cardinality(limit: 2)
        #expect(figures.labelPairs == 32)
        #expect(figures.seriesByMetric == [.init(name: "a", value: 30), .init(name: "bb", value: 5)])
        #expect(figures.valuesByLabel == [.init(name: "id", value: 30), .init(name: "__name__", value: 2)])
        #expect(figures.seriesByPair == [.init(name: "__name__=a", value: 30), .init(name: "__name__=bb", value: 5)])
        #expect(figures.bytesByLabel.map(\.name) == ["id", "__name__"])
        await store.close()
    }
}
