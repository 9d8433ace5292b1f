import Foundations
import Model
import TestSupport
import Testing

@testable import MetricStore

@Suite struct ReadingTests {
    let fileSystem = SimulatedFileSystem(seed: 7)
    let clock = ManualClock(milliseconds: baseMilliseconds + 100 * hour)

    func open(_ change: (inout MetricStoreOptions) -> Void = { _ in }) throws -> MetricStore {
        try MetricStore.open(directory: "/data", fileSystem: fileSystem, clock: clock, options: testOptions(change))
    }

    static func series(_ number: Int) -> Labels {
        var pairs = [(name: "__name__", value: "http_\(number % 3)"), (name: "instance", value: "host-\(number % 7)")]
        if number % 2 == 0 { pairs.append((name: "path", value: "/v1/item/\(number)")) }
        if number % 5 == 0 { pairs.append((name: "zone", value: number % 10 == 0 ? "north" : "süd")) }
        pairs.append((name: "id", value: "\(number)"))
        return Labels(pairs)
    }

    static let matchers: [[(String, Matcher.Operator, String)]] = [
        [("__name__", .equal, "http_1")], [("__name__", .equal, "none")], [("zone", .equal, "")], [("zone", .notEqual, "")],
        [("zone", .notEqual, "north")], [("zone", .regex, "north|")], [("zone", .regex, "nor.*")], [("zone", .notRegex, "s.+")],
        [("path", .regex, "/v1/item/1.*"), ("instance", .notEqual, "host-1")], [("path", .regex, ".+")], [("path", .regex, ".*")],
        [("instance", .regex, "host-1|host-2|host-99")], [("instance", .notRegex, "host-1|host-2")], [("instance", .notRegex, ".*[13579]")],
        [("id", .regex, "1?[0-9]"), ("zone", .regex, "süd")], [("missing", .equal, "")], [("missing", .notEqual, "")],
        [("missing", .regex, ".*"), ("__name__", .equal, "http_2"), ("zone", .notEqual, "")], [("id", .equal, "3"), ("path", .notRegex, ".+")], [],
    ]

    /// Half of the series in a block, half in the head, some in both.
    func filled() async throws -> MetricStore {
        let store = try open()
        for number in 0..<60 where number % 3 != 0 { _ = try await store.append(.one(Self.series(number), baseMilliseconds + Int64(number), 1)) }
        _ = try await store.append(.one(["__name__": "tick"], baseMilliseconds + 4 * hour, 1))
        try await store.maintain()
        #expect(store.statistics().blockCount == 1)
        for number in 0..<60 where number % 4 != 1 { _ = try await store.append(.one(Self.series(number), baseMilliseconds + 4 * hour, 2)) }
        return store
    }

    @Test func matchersSelectWhatTheirDefinitionSelects() async throws {
        let store = try await filled()
        let all = (0..<60).filter { $0 % 3 != 0 || $0 % 4 != 1 }.map(Self.series) + [["__name__": "tick"]]
        for conditions in Self.matchers {
            let matchers = try conditions.map { try Matcher($0.0, $0.1, $0.2) }
            let expected = all.filter { labels in matchers.allSatisfy { $0.matches(labels[$0.name] ?? "") } }.sorted()
            #expect(try await store.all(matchers).map(\.labels) == expected, "\(matchers)")
            #expect(try await store.series([matchers], start: .distantPast, end: .distantFuture, limit: nil) == expected, "\(matchers)")
        }
        let selectors = [[Matcher("__name__", equals: "http_1")], [Matcher("zone", equals: "north")]]
        let either = all.filter { $0.metricName == "http_1" || $0["zone"] == "north" }.sorted()
        #expect(try await store.series(selectors, start: .distantPast, end: .distantFuture, limit: nil) == either)
        #expect(try await store.series(selectors, start: .distantPast, end: .distantFuture, limit: 2) == Array(either.prefix(2)))
        await store.close()
    }

    @Test func labelNamesAndValuesComeFromTheRangeAndTheSelectors() async throws {
        let store = try await filled()
        func names(_ selectors: [[Matcher]] = [], _ start: Int64 = .min, _ end: Int64 = .max, _ limit: Int? = nil) async throws -> [String] {
            try await store.labelNames(selectors, start: Timestamp(milliseconds: start), end: Timestamp(milliseconds: end), limit: limit)
        }
        #expect(try await names() == ["__name__", "id", "instance", "path", "zone"])
        #expect(try await names([[Matcher("id", equals: "1")]]) == ["__name__", "id", "instance"])
        #expect(try await names([], .min, .max, 2) == ["__name__", "id"])
        #expect(try await names([], baseMilliseconds - hour, baseMilliseconds - 1) == [])
        func values(_ name: String, _ selectors: [[Matcher]] = [], _ start: Int64 = .min, _ end: Int64 = .max) async throws -> [String] {
            try await store.labelValues(name, selectors, start: Timestamp(milliseconds: start), end: Timestamp(milliseconds: end), limit: nil)
        }
        #expect(try await values("zone") == ["north", "süd"])
        #expect(try await values("__name__") == ["http_0", "http_1", "http_2", "tick"])
        #expect(try await values("__name__", [], baseMilliseconds, baseMilliseconds + hour) == ["http_1", "http_2"])
        #expect(try await values("zone", [[try Matcher("id", .regex, "5|15|25")]]) == ["süd"])
        #expect(try await values("none") == [])
        try await store.delete([Matcher("zone", equals: "north")], start: .distantPast, end: .distantFuture)
        #expect(try await values("zone") == ["süd"])
        await store.close()
    }

    @Test func aQueryBeyondItsSamplesIsRefused() async throws {
        let store = try await filled()
        let stored = try await store.all().reduce(0) { $0 + $1.sampleCount }
        func query(_ samplesMax: Int) -> MetricQuery { MetricQuery(matchers: [], start: .distantPast, end: .distantFuture, samplesMax: samplesMax) }
        #expect(try await store.select(query(stored)).reduce(0) { $0 + $1.sampleCount } == stored)
        for limit in [0, 1, stored - 1] {
            await #expect(throws: ReadLimitError(what: "samples", limit: limit)) { try await store.select(query(limit)) }
        }
        await store.close()
    }

    @Test func whatIsWrittenAfterADeletionIsSeen() async throws {
        var store = try await filled()
        let matchers = [Matcher("id", equals: "2")]
        let labels = Self.series(2)
        try await store.delete(matchers, start: .distantPast, end: .distantFuture)
        #expect(try await store.all(matchers).isEmpty)
        _ = try await store.append(.one(labels, baseMilliseconds + 4 * hour - 5, 9))
        try await store.checkpoint()
        await store.close()
        store = try open()
        #expect(try await store.all(matchers).first?.values == [9])
        _ = try await store.append(.one(["__name__": "tick"], baseMilliseconds + 9 * hour, 1))
        try await store.maintain()
        #expect(try await store.all(matchers).first?.values == [9])
        await #expect(throws: MetricStoreError.badDeletion(reason: "it needs a matcher")) { try await store.delete([], start: .distantPast, end: .distantFuture) }
        await store.close()
    }

    @Test func aSnapshotOpensAsAStoreWithTheSameData() async throws {
        let store = try await filled()
        try await store.delete([Matcher("id", equals: "2")], start: .distantPast, end: .distantFuture)
        try await store.snapshot(to: "/copies/one")
        let before = try await store.all()
        _ = try await store.append(.one(["__name__": "later"], baseMilliseconds + 4 * hour, 1))
        let copy = try MetricStore.open(directory: "/copies/one", fileSystem: fileSystem, clock: clock, options: testOptions())
        #expect(areSame(try await copy.all(), before))
        #expect(copy.statistics().damagedTotal == 0)
        _ = try await copy.append(.one(["__name__": "own"], baseMilliseconds + 4 * hour, 1))
        await copy.close()
        #expect(try await store.all([Matcher("__name__", equals: "own")]).isEmpty)
        await #expect(throws: MetricStoreError.snapshotExists(directory: "/copies/one")) { try await store.snapshot(to: "/copies/one") }
        await store.close()
    }

    @Test func aSnapshotUnderLoadHoldsWholeBatches() async throws {
        let store = try open { $0.segmentBytesMax = 5000 }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for step in 0..<200 {
                    let entries = (0..<20).map {
                        MetricBatch.Entry(labels: .test("cpu", $0), samples: [Sample(timestamp: baseMilliseconds + Int64(step) * 1000, value: Double(step))])
                    }
                    _ = try await store.append(MetricBatch(entries: entries))
                }
            }
            for copy in 0..<4 { group.addTask { try await store.snapshot(to: "/copies/\(copy)") } }
            try await group.waitForAll()
        }
        for copy in 0..<4 {
            let opened = try MetricStore.open(directory: "/copies/\(copy)", fileSystem: fileSystem, clock: clock, options: testOptions())
            let series = try await opened.all()
            #expect(Set(series.map(\.timestamps)).count <= 1)
            #expect(series.isEmpty || series.count == 20)
            await opened.close()
        }
        await store.close()
    }

    @Test func retentionDropsWholeBlocksByAgeAndBySize() async throws {
        var store = try await filled()
        for window in 1...4 {
            _ = try await store.append(.one(["__name__": "tick"], baseMilliseconds + Int64(4 + 2 * window) * hour, 1))
            try await store.maintain()
        }
        let all = store.statistics()
        #expect(all.blockCount == 5 - 1)
        await store.close()
        store = try open { $0.retentionBytes = Int64(all.blockBytes - 1) }
        try await store.maintain()
        #expect(store.statistics().blockCount == all.blockCount - 1)
        #expect(store.statistics().oldest == Timestamp(milliseconds: baseMilliseconds + 4 * hour))
        await store.close()
        store = try open { $0.retentionMilliseconds = 93 * hour }
        try await store.maintain()
        // 100 hours after the base, the horizon is 7 hours after it.
        #expect(store.statistics().oldest == Timestamp(milliseconds: baseMilliseconds + 8 * hour))
        #expect(try fileSystem.list("/data/blocks").count == store.statistics().blockCount)
        await store.close()
        store = try open()
        #expect(store.statistics().oldest == Timestamp(milliseconds: baseMilliseconds + 8 * hour))
        await store.close()
    }

    @Test func memoryOfSeriesThatEndedIsGivenBack() async throws {
        let store = try open()
        for number in 0..<500 { _ = try await store.append(.one(.test("short", number), baseMilliseconds, 1)) }
        _ = try await store.append(.one(["__name__": "tick"], baseMilliseconds + 4 * hour, 1))
        #expect(store.statistics().headSeries == 501)
        try await store.maintain()
        #expect(store.statistics().headSeries == 1)
        #expect(store.store.head.withLock { $0.seriesCount } == 1)
        _ = try await store.append(.one(.test("short", 3), baseMilliseconds + 4 * hour, 2))
        #expect(try await store.all([Matcher("instance", equals: "host-3")]).first?.values == [1, 2])
        await store.close()
    }
}
