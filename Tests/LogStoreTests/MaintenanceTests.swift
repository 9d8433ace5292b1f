import Foundations
import GRDB
import Model
import TestSupport
import Testing

@testable import LogStore

/// The queue's bound, and what happens to days that are over.
@Suite struct MaintenanceTests {
    private func batch(_ bytes: Int) -> PreparedBatch {
        PreparedBatch([record(0, String(repeating: "x", count: bytes))], origin: nil, accepted: .distantPast ..< .distantFuture)
    }

    @Test func moreThanItsBytesTheQueueRefusesUntilSomeAreStored() throws {
        let queue = AppendQueue(bytesMax: 100_000, groupBytesMax: 20_000)
        let one = batch(1000)
        func add() -> LogStoreError? { queue.add(AppendQueue.Append(batch: one) { _ in }) }
        var count = 0
        while count < 1000, add() == nil { count += 1 }
        #expect(count == 100_000 / one.heldBytes && count > 50)
        guard case .overloaded(let bytes)? = add() else {
            Issue.record("taken although it is full")
            return
        }
        #expect(bytes <= 100_000 && bytes == queue.heldBytes)
        guard case .appends(let group) = queue.take() else {
            Issue.record("no group")
            return
        }
        #expect(group.count * one.heldBytes <= 20_000 + one.heldBytes, "a group has a bound of its own")
        #expect(add() != nil, "what is in hand counts")
        queue.finished(group)
        for _ in group { #expect(add() == nil) }
        queue.close()
        guard case .closed? = add() else {
            Issue.record("taken after closing")
            return
        }
    }

    @Test func oneBatchIsTakenHoweverLargeItIs() {
        let queue = AppendQueue(bytesMax: 10_000)
        #expect(queue.add(.init(batch: batch(20_000)) { _ in }) == nil)
        #expect(queue.add(.init(batch: batch(1)) { _ in }) != nil)
    }

    private static let yesterday = -24 * 60 * minute
    private static let path = "logs/logs-2026-11-20.sqlite"

    /// How many trees the index of yesterday has, how many chunks there are, and whether the day was merged.
    private func state(_ directory: TemporaryDirectory) throws -> (trees: Int, chunks: Int, isMerged: Bool) {
        let trees = try DatabaseQueue(path: directory.path("logs/logs-2026-11-20.terms")).read { try Int.fetchOne($0, sql: "SELECT count(DISTINCT segid) FROM terms_idx")! }
        return try DatabaseQueue(path: directory.path(Self.path)).read { database in
            (
                trees, try Int.fetchOne(database, sql: "SELECT count(*) FROM chunks")!,
                try Int64.fetchOne(database, sql: "SELECT value FROM progress WHERE name = 'merged'") != nil
            )
        }
    }

    /// Fills yesterday with rows that are sealed and indexed in several parts, on a day when it isn't over.
    private func fill(_ directory: TemporaryDirectory, rows: Int64) async throws {
        var generator = SeededGenerator(seed: 9)
        let store = try LogStore.open(directory: directory.path("logs"), clock: ManualClock(noon.advanced(byNanoseconds: Self.yesterday)))
        let records = (0..<rows).map {
            record(Self.yesterday + $0, "request \(UInt32.random(in: 0 ... .max, using: &generator)) took \($0) ms", stream: ["job": $0 % 4 == 0 ? "a" : "b"])
        }
        for part in 0..<5 {
            _ = try await store.append(Array(records[part * records.count / 5..<(part + 1) * records.count / 5]))
            try await store.seal()
        }
        await store.close()
    }

    private func waitForClosing(_ store: LogStore, _ count: UInt64 = 1) async throws {
        try await waitUntil { store.statistics().partitionsClosedTotal >= count }
        #expect(store.statistics().partitionsClosedTotal == count)
    }

    @Test func aDayThatIsOverIsMergedOnceAndAnswersAsBefore() async throws {
        let directory = TemporaryDirectory()
        try await fill(directory, rows: 6000)
        let before = try state(directory)
        #expect(before.trees == 5 && before.chunks == 10 && !before.isMerged)
        var store = try openStore(directory)
        let (all, tallies) = (try await store.search(LogQuery(), limit: .max), try await store.tally(LogQuery(), stepNanoseconds: minute, by: [.stream, .template]))
        try await waitForClosing(store)
        #expect(try await store.search(LogQuery(), limit: .max) == all)
        #expect(try await store.tally(LogQuery(), stepNanoseconds: minute, by: [.stream, .template]) == tallies)
        #expect(try await bodies(store, LogQuery(lineFilters: [try LineFilter(.phrase, "took 77 ms")])).count == 1)
        // A late record is stored and found as ever, and the day isn't merged a second time.
        #expect(try await store.append([record(Self.yesterday + 1, "late one")]).stored == 1)
        #expect(try await bodies(store, LogQuery(lineFilters: [try LineFilter(.phrase, "late")])).count == 1)
        await store.close()
        let after = try state(directory)
        // 4500 rows of one stream, 1500 of the other.
        #expect(after.trees == 1 && after.chunks == 3 && after.isMerged)
        #expect(try RealFileSystem().information(directory.path(Self.path + "-wal"))?.sizeBytes ?? 0 == 0)
        store = try openStore(directory)
        try await Task.sleep(nanoseconds: 1_300_000_000)
        #expect(store.statistics().partitionsClosedTotal == 0)
        #expect(try await bodies(store).count == 6001)
        await store.close()
    }

    @Test func aDayIntoWhichMuchComesLateIsMergedAgainOnceNothingComesAnyMore() async throws {
        let directory = TemporaryDirectory()
        try await fill(directory, rows: 3000)
        let clock = ManualClock(noon)
        let store = try LogStore.open(directory: directory.path("logs"), clock: clock)
        try await waitForClosing(store)
        #expect(try await store.append((0..<1500).map { record(Self.yesterday + $0, "late \($0)", stream: ["job": "b"]) }).stored == 1500)
        try await store.seal()
        try await Task.sleep(nanoseconds: 700_000_000)
        #expect(store.statistics().partitionsClosedTotal == 1, "more may come")
        clock.advance(nanoseconds: (Limits.mergeQuietSeconds + 1) * 1_000_000_000)
        try await waitForClosing(store, 2)
        #expect(try await bodies(store).count == 4500)
        #expect(try await bodies(store, LogQuery(lineFilters: [try LineFilter(.phrase, "late 77")])).count == 1)
        await store.close()
        let after = try state(directory)
        // 2250 and 1500 rows of one stream, 750 of the other.
        #expect(after.trees == 1 && after.chunks == 2 && after.isMerged)
    }

    @Test func whatIsErasedFromAMergedDayDoesNotMergeItAgain() async throws {
        let directory = TemporaryDirectory()
        try await fill(directory, rows: 3000)
        let clock = ManualClock(noon)
        var store = try LogStore.open(directory: directory.path("logs"), clock: clock)
        try await waitForClosing(store)
        let range = Self.yesterday..<Self.yesterday + 10
        #expect(try await store.delete(LogQuery(start: noon.advanced(byNanoseconds: range.lowerBound), end: noon.advanced(byNanoseconds: range.upperBound))) == 10)
        await store.close()
        store = try LogStore.open(directory: directory.path("logs"), clock: clock)
        try await Task.sleep(nanoseconds: 700_000_000)
        #expect(store.statistics().partitionsClosedTotal == 0)
        #expect(try await bodies(store).count == 2990)
        await store.close()
    }

    @Test func aDayIsClosedAnHourAfterItsEndAndNotBefore() async throws {
        let directory = TemporaryDirectory()
        let clock = ManualClock(noon.advanced(byNanoseconds: -12 * 60 * minute + 59 * minute))
        let store = try LogStore.open(directory: directory.path("logs"), clock: clock)
        _ = try await store.append([record(Self.yesterday, "yesterday"), record(-11 * 60 * minute - minute, "today")])
        try await Task.sleep(nanoseconds: 700_000_000)
        #expect(store.statistics().partitionsClosedTotal == 0)
        clock.advance(nanoseconds: minute)
        try await waitForClosing(store)
        #expect(try await bodies(store) == ["today", "yesterday"])
        await store.close()
    }

    @Test func aDayIsClosedUnderLoadToo() async throws {
        let directory = TemporaryDirectory()
        try await fill(directory, rows: 3000)
        let store = try LogStore.open(directory: directory.path("logs"), clock: RunningClock(noon))
        var count: Int64 = 0
        while store.statistics().partitionsClosedTotal == 0, count < 5000 {
            #expect(try await store.append([record(count, "line \(count)")]).stored == 1)
            count += 1
            try await Task.sleep(nanoseconds: 1_000_000)
        }
        #expect(store.statistics().partitionsClosedTotal == 1, "closed under load")
        #expect(try await bodies(store, LogQuery(start: noon)).count == Int(count))
        await store.close()
    }

    @Test func recentRowsAreSealedOnceTheyAreManyOrOld() async throws {
        let directory = TemporaryDirectory()
        let clock = ManualClock(noon)
        let store = try LogStore.open(directory: directory.path("logs"), clock: clock)
        _ = try await store.append((0..<10).map { record($0, "few \($0)") })
        try await Task.sleep(nanoseconds: 600_000_000)
        #expect(store.statistics().recordsSealedTotal == 0)
        clock.advance(nanoseconds: 11 * minute)
        try await waitUntil { store.statistics().recordsSealedTotal != 0 }
        #expect(store.statistics().recordsSealedTotal == 10, "old ones are sealed however few they are")
        _ = try await store.append((0..<Int64(Limits.sealRows + 100)).map { record($0, "many \($0)") })
        try await waitUntil { store.statistics().recordsSealedTotal >= Limits.sealRows }
        #expect(store.statistics().recordsSealedTotal == UInt64(10 + Limits.sealRows), "full chunks, and the rest waits")
        #expect(try await store.counts(LogQuery(), stepNanoseconds: minute).map(\.count) == [Limits.sealRows + 110])
        await store.close()
    }
}

/// The machine's clock, set to another day.
private struct RunningClock: WallClock {
    private let offset: Int64
    init(_ start: NanoTimestamp) { offset = start.nanoseconds - SystemClock().now().nanoseconds }
    func now() -> NanoTimestamp { SystemClock().now().advanced(byNanoseconds: offset) }
    func monotonicNanoseconds() -> Int64 { SystemClock().monotonicNanoseconds() }
}
