import Foundations
import Model
import TestSupport
import Testing

@testable import MetricStore

@Suite struct ChangeLogTests {
    @Test(arguments: 0..<8 as Range<UInt64>)
    func theEarliestChangeIsTheEarliestOfThoseSince(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var log = ChangeLog()
        var noted: [Int64] = []
        for step in 0..<400 {
            let from = Int64(step) * 10 - Int64.random(in: 0..<8, using: &random) * Int64.random(in: 0..<60, using: &random)
            log.note(from: from)
            noted.append(from)
            let mark = Int.random(in: 0...noted.count, using: &random)
            #expect(log.earliest(since: UInt64(mark) + 1) == noted[mark...].min())
        }
    }

    @Test func manyChangesAreJoinedTowardsTheEarlier() {
        var log = ChangeLog()
        for step in 0..<20_000 { log.note(from: Int64(step)) }
        for mark in [0, 100, 19_000, 19_990] { #expect(log.earliest(since: UInt64(mark) + 1)! <= Int64(mark)) }
        #expect(log.earliest(since: 19_991) == 19_990)
        #expect(log.earliest(since: 20_001) == nil)
    }

    @Test func writesDeletionsAndLostBlocksAreChanges() async throws {
        let clock = ManualClock(milliseconds: baseMilliseconds + 100 * hour)
        let store = try MetricStore.open(
            directory: "/data", fileSystem: SimulatedFileSystem(seed: 7), clock: clock, options: testOptions { $0.retentionMilliseconds = 200 * hour })
        let before = try #require(store.changeMark())
        _ = try await store.append(.one(["__name__": "m"], baseMilliseconds + 5, 1))
        #expect(store.earliestChange(since: before) == Timestamp(milliseconds: baseMilliseconds + 5))
        let written = try #require(store.changeMark())
        #expect(store.earliestChange(since: written) == nil)
        try await store.delete([Matcher("__name__", equals: "m")], start: Timestamp(milliseconds: baseMilliseconds), end: .distantFuture)
        #expect(store.earliestChange(since: written) == Timestamp(milliseconds: baseMilliseconds))
        _ = try await store.append(.one(["__name__": "m"], baseMilliseconds + 7, 1))
        _ = try await store.append(.one(["__name__": "tick"], baseMilliseconds + 90 * hour, 1))
        try await store.maintain()
        let sealed = try #require(store.changeMark())
        clock.advance(milliseconds: 300 * hour)
        try await store.maintain()
        #expect(store.store.counters.withLock { $0.blocksRetired } > 0)
        #expect(try #require(store.earliestChange(since: sealed)).milliseconds <= baseMilliseconds + 7)
        await store.close()
    }
}
