import Foundations
import Model
import TestSupport
import Testing

@testable import MetricStore

/// Figures of windows that the store has without decoding all, beside those of the samples; selectors that come again.
@Suite struct WindowFiguresTests {
    private let store: MetricStore
    private static let (start, end) = (Timestamp(milliseconds: baseMilliseconds - hour), Timestamp(milliseconds: baseMilliseconds + 20 * hour))

    init() async throws {
        store = try DownsamplingTests().open { $0.fiveMinuteRetentionMilliseconds = 0 }
        try await DownsamplingTests.fill(store)
    }

    private func plain(_ series: Series?, _ window: TimeWindow) -> SampleSummary? {
        guard let series else { return nil }
        var samples = SampleColumns()
        samples.timestamps = series.timestamps
        samples.values = series.values
        samples.clip(from: window.after + 1, through: window.through)
        return samples.isEmpty ? nil : DownsamplingTests.plain(samples, 0..<samples.count)
    }

    @Test(arguments: 0..<6 as Range<UInt64>)
    func figuresOfLongWindowsAreThoseOfTheSamples(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let query = MetricQuery(matchers: [Matcher("__name__", equals: "cpu")], start: Self.start, end: Self.end)
        let scan = try await store.scan(query)
        let series = Dictionary(uniqueKeysWithValues: try await store.select(query).map { ($0.labels, $0) })
        let cursor = scan.makeCursor(from: Self.start.milliseconds, through: Self.end.milliseconds)
        #expect(scan.labels.count == 4)
        for _ in 0..<20 {
            for index in scan.labels.indices {
                let after = baseMilliseconds + Int64.random(in: -1000...4320, using: &generator) * 10_000
                let window = TimeWindow(after: after, through: min(after + Int64.random(in: 0...5000, using: &generator) * 10_000, Self.end.milliseconds))
                var figures: [WindowFigures?] = []
                #expect(try cursor.summarize(index, [window], to: &figures))
                try #require(figures.count == 1)
                let expected = plain(series[scan.labels[index]], window)
                #expect(figures[0]?.count == expected?.count && figures[0]?.firstTimestamp == expected?.firstTimestamp)
                guard let found = figures[0], let expected else { continue }
                #expect(found.lastTimestamp == expected.lastTimestamp && found.first == expected.first && found.last == expected.last)
                #expect(found.minimum == expected.minimum && found.maximum == expected.maximum)
                // Of what was added up: values of both signs leave less.
                let added = Double(expected.count) * max(expected.maximum.magnitude, expected.minimum.magnitude)
                #expect((found.sum - expected.sum).magnitude <= 1e-12 * max(1, added))
                #expect(found.resetCorrection.isNaN || (found.resetCorrection - expected.resetCorrection).magnitude <= 1e-9 * max(1, expected.resetCorrection))
            }
        }
        #expect(cursor.figures.samplesDecoded < cursor.figures.samples)
    }

    @Test func manyShortWindowsAreLeftToReading() async throws {
        let scan = try await store.scan(MetricQuery(matchers: [Matcher("__name__", equals: "cpu")], start: Self.start, end: Self.end))
        let cursor = scan.makeCursor(from: Self.start.milliseconds, through: Self.end.milliseconds)
        var figures: [WindowFigures?] = []
        let windows = (0..<200).map { TimeWindow(after: baseMilliseconds + Int64($0) * 60_000, through: baseMilliseconds + Int64($0 + 1) * 60_000) }
        #expect(try !cursor.summarize(0, windows, to: &figures) && figures.isEmpty)
    }

    @Test func aSelectorThatComesAgainSeesWhatHasChanged() async throws {
        let query = MetricQuery(matchers: [Matcher("__name__", equals: "cpu")], start: Self.start, end: Self.end)
        let first = try await store.select(query)
        let again = try await store.select(query)
        #expect(again.map(\.labels) == first.map(\.labels) && again.map(\.timestamps) == first.map(\.timestamps))
        #expect(store.store.selections.withLock { $0.bytes } > 0)
        _ = try await store.append(.one(.test("cpu", 9), baseMilliseconds + 15 * hour, 3))
        #expect(try await store.select(query).map(\.labels) == first.map(\.labels) + [.test("cpu", 9)])
        try await store.delete([Matcher("__name__", equals: "cpu")], start: Self.start, end: Timestamp(milliseconds: baseMilliseconds + 13 * hour))
        #expect(try await store.select(query).map(\.labels) == [.test("cpu", 9)])
    }

    @Test func selectionsAreForgottenWhereTheyTakeTooMuch() {
        var cache = SelectionCache(bytesMax: 8000)
        func key(_ number: Int) -> SelectionCache.Key { .init(matchers: [Matcher("id", equals: "\(number)")], blocks: [1]) }
        for number in 0..<100 {
            var selected = SelectedSeries()
            selected.add(.test("a", number), BlockSeries(parts: [BlockColumns()]), block: 0, [])
            cache.keep(selected, for: key(number))
            #expect(cache.bytes <= 8000)
            #expect(cache.selected(key(0)) != nil, "what is used stays")
        }
        #expect(cache.selected(key(1)) == nil && cache.selected(key(99)) != nil)
    }
}
