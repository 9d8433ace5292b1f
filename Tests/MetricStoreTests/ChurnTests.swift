import Foundations
import Model
import TestSupport
import Testing

@testable import MetricStore

/// Series that are replaced every hour: neither memory nor a query for the last hour knows the old ones.
@Test func seriesThatAreReplacedEveryHourCostNothingLater() async throws {
    let alive = 20
    let hours = 60
    let store = try MetricStore.open(
        directory: "/data", fileSystem: SimulatedFileSystem(seed: 1), clock: ManualClock(milliseconds: baseMilliseconds + 100 * hour), options: testOptions())
    for number in 0..<hours {
        let start = baseMilliseconds + Int64(number) * hour
        let entries = (0..<alive).map { place in
            MetricBatch.Entry(
                labels: ["__name__": "requests", "pod": "checkout-\(number)-\(place)", "node": "n\(place % 4)"],
                samples: (0..<120).map { Sample(timestamp: start + Int64($0) * 30_000, value: Double($0 * place)) })
        }
        _ = try await store.append(MetricBatch(entries: entries))
        try await store.maintain()
    }
    let figures = store.statistics()
    #expect(figures.blockSeries + figures.headSeries == alive * hours, "each in one place")
    #expect(figures.headSeries <= alive * 5, "what is sealed leaves memory")
    #expect(figures.blockIndexBytes > 0 && figures.blockIndexBytes < figures.blockBytes)
    let end = baseMilliseconds + Int64(hours) * hour
    let query = MetricQuery(
        matchers: [Matcher("__name__", equals: "requests")], start: Timestamp(milliseconds: end - hour), end: Timestamp(milliseconds: end))
    let scan = try #require(try await store.scan(query) as? StoreScan)
    #expect(scan.blocks.isEmpty && scan.labels.count == alive)
    let day = MetricQuery(matchers: query.matchers, start: Timestamp(milliseconds: end - 8 * hour), end: query.end)
    let older = try #require(try await store.scan(day) as? StoreScan)
    // Sealed ones of two hours each, and what was merged of twelve that the range reaches into.
    #expect(older.blocks.count <= 4 && older.blocks.allSatisfy { $0.end >= day.start.milliseconds })
    #expect(try await store.labelValues("pod", [query.matchers], start: query.start, end: query.end, limit: nil).count == alive)
    #expect(try await store.all().count == alive * hours)
    await store.close()
}
