import Foundations
import Model
import TestSupport
import Testing

@testable import LogStore

/// Counts from roll-ups that were read before, against the lines that the same store gives.
@Suite struct KnownRollupTests {
    private static let second: Int64 = 1_000_000_000

    /// A range, cells and groups of any kind: on minutes, one nanosecond behind them, as windows are, or anywhere.
    private func compare(_ store: LogStore, _ generator: inout SeededGenerator, rounds: Int = 12) async throws {
        for _ in 0..<rounds {
            var query = try PropertyTests.query(400, &generator)
            if Bool.random(using: &generator) {
                query.start = noon.advanced(byNanoseconds: Int64.random(in: -8...2, using: &generator) * minute + Int64.random(in: 0...1, using: &generator))
                query.end = query.start.advanced(byNanoseconds: Int64.random(in: 1...9, using: &generator) * minute)
            }
            if Bool.random(using: &generator) { (query.streamMatchers, query.fieldMatchers) = ([], []) }
            let step = [minute, 2 * minute, 5 * minute, 90 * Self.second, 7 * Self.second, .max].randomElement(using: &generator)!
            let border = [0, 1, minute + 1, -4 * minute + 1, 13 * Self.second, -77].randomElement(using: &generator)!
            let cells = LogCells(stepNanoseconds: step, border: border)
            let grouping = Set<LogGrouping>([.stream, .level, .template].filter { _ in Bool.random(using: &generator) })
            var expected = LogTallies(cells, by: grouping)
            for record in try await store.search(query, limit: .max) { try expected.add(record) }
            let found = try await store.tally(query, cells, by: grouping)
            let isEqual = found == expected.tallies()
            try #require(isEqual, "\(grouping), \(cells), \(query.lineFilters.map { ($0.kind, $0.text) })")
            let counted = try await store.tally(query, LogCells(stepNanoseconds: step, border: border, countsBytes: false), by: grouping)
            try #require(counted.map(\.count) == found.map(\.count) && counted.map(\.start) == found.map(\.start))
        }
    }

    private func wait(_ store: LogStore, until isDone: (LogStoreStatistics) -> Bool) async throws {
        try await waitUntil { isDone(store.statistics()) }
        try #require(isDone(store.statistics()))
    }

    /// Days are thinned one after the other: both answers must be of the same lines.
    private func waitUntilNothingChanges(_ store: LogStore) async throws {
        var (before, quiet) = (store.statistics(), 0)
        while quiet < 3 {
            try await Task.sleep(nanoseconds: 100_000_000)
            let now = store.statistics()
            let isSame = now.recordsThinnedTotal == before.recordsThinnedTotal && now.partitionsDeletedTotal == before.partitionsDeletedTotal
                && now.partitionsClosedTotal == before.partitionsClosedTotal
            (before, quiet) = (now, isSame ? quiet + 1 : 0)
        }
    }

    @Test func whatIsKnownOfChunksGivesTheCountsOfTheLines() async throws {
        var generator = SeededGenerator(seed: 31)
        let directory = TemporaryDirectory()
        let clock = ManualClock(noon.advanced(byNanoseconds: 3600 * Self.second))
        let host = try #require(LogRetentionClass(name: "host", selectors: [[Matcher("host", equals: "a")]], retentionSeconds: 2 * 86_400))
        let options = LogStoreOptions(classes: [host], thinning: LogThinning(afterSeconds: 86_400, keepOneOf: 3))
        let store = try LogStore.open(directory: directory.path("logs"), clock: clock, options: options)
        for _ in 0..<3 {
            _ = try await store.append(PropertyTests.records(Int.random(in: 100...700, using: &generator), &generator))
            try await compare(store, &generator, rounds: 3)
            try await store.seal()
            try await compare(store, &generator)
            // Some of the lines, never most of them.
            var doomed = try PropertyTests.query(60, &generator)
            doomed.levels = [.debug]
            _ = try await store.delete(doomed)
            try await compare(store, &generator, rounds: 6)
        }
        // The days are merged, an hour after their end.
        clock.advance(nanoseconds: 13 * 3600 * Self.second)
        try await wait(store) { $0.partitionsClosedTotal >= 2 }
        try await waitUntilNothingChanges(store)
        try await compare(store, &generator)
        clock.advance(nanoseconds: 25 * 3600 * Self.second)
        try await wait(store) { $0.recordsThinnedTotal > 0 }
        try await waitUntilNothingChanges(store)
        try await compare(store, &generator)
        clock.advance(nanoseconds: 24 * 3600 * Self.second)
        try await wait(store) { $0.partitionsDeletedTotal > 0 }
        try await waitUntilNothingChanges(store)
        try await compare(store, &generator)
        await store.close()
    }

    @Test func memoryOfOtherDaysGivesWay() async throws {
        let directory = TemporaryDirectory()
        let store = try openStore(directory)
        _ = try await store.append((0..<50).map { record($0 % 2 * -1440 * minute + $0, "line \($0) of \($0 % 7)") })
        try await store.seal()
        let all = LogQuery()
        let counts = try await store.counts(all, stepNanoseconds: minute)
        #expect(counts.map(\.count) == [25, 25])
        let partitions = store.catalog.openPartitions
        #expect(partitions.count == 2 && partitions.allSatisfy { $0.rollups.heldBytes > 0 })
        for partition in partitions { partition.rollups.clear() }
        #expect(partitions.allSatisfy { $0.rollups.heldBytes == 0 })
        #expect(try await store.counts(all, stepNanoseconds: minute) == counts)
        await store.close()
    }
}
