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
        let queue = AppendQueue()
        let refusals = Locked(0)
        func add() -> LogStoreError? { queue.add(AppendQueue.Append(batch: batch(1_000_000)) { _ in refusals.withLock { $0 += 1 } }) }
        var count = 0
        while count < 1000, add() == nil { count += 1 }
        #expect(count == Limits.queueBytesMax / (1_000_000 + Limits.rowOverheadBytes))
        guard case .overloaded(let bytes)? = add() else {
            Issue.record("taken although it is full")
            return
        }
        #expect(bytes <= Limits.queueBytesMax && bytes == queue.heldBytes)
        guard case .appends(let group) = queue.take(waitingMilliseconds: 0) else {
            Issue.record("no group")
            return
        }
        #expect(group.count * 1_000_000 <= Limits.groupBytesMax + 1_000_000, "a group has a bound of its own")
        #expect(add() != nil, "what is in hand counts")
        queue.finished(group)
        for _ in group { #expect(add() == nil) }
        queue.close()
        guard case .closed? = add() else {
            Issue.record("taken after closing")
            return
        }
        #expect(refusals.withLock { $0 } == 0)
    }

    @Test func oneBatchIsTakenHoweverLargeItIs() {
        let queue = AppendQueue()
        let large = PreparedBatch((0..<140).map { record($0, String(repeating: "x", count: 1 << 20)) }, origin: nil, accepted: .distantPast ..< .distantFuture)
        #expect(large.heldBytes > Limits.queueBytesMax)
        #expect(queue.add(.init(batch: large) { _ in }) == nil)
        #expect(queue.add(.init(batch: batch(1)) { _ in }) != nil)
    }

    private static let yesterday = -24 * 60 * minute
    private static let path = "logs/logs-2026-11-20.sqlite"

    private func trees(_ directory: TemporaryDirectory) throws -> (trees: Int, merged: Int64?) {
        try DatabaseQueue(path: directory.path(Self.path)).read { database in
            (
                try Int.fetchOne(database, sql: "SELECT count(DISTINCT segid) FROM terms_idx")!,
                try Int64.fetchOne(database, sql: "SELECT value FROM progress WHERE name = 'merged'")
            )
        }
    }

    /// Fills yesterday with rows that are indexed in several trees.
    private func fill(_ directory: TemporaryDirectory, rows: Int64) throws {
        var generator = SeededGenerator(seed: 9)
        let records = (0..<rows).map { record(Self.yesterday + $0, "request \(UInt32.random(in: 0 ... .max, using: &generator)) took \($0) ms") }
        let batch = PreparedBatch(records, origin: nil, accepted: .distantPast ..< .distantFuture).days[0]
        try RealFileSystem().createDirectory(directory.path("logs"))
        let partition = try Partition(day: batch.day, directory: directory.path("logs"), fileSystem: RealFileSystem())
        var writer = try PartitionWriter(partition, control: ReadControl(clock: SystemClock(), deadlineMonotonicNanoseconds: nil))
        _ = try writer.append([(nil, batch.rows)])
        while writer.unindexedRows > rows / 5 { _ = try writer.index(rowsMax: rows / 7) }
        try partition.close()
    }

    private func waitForClosing(_ store: LogStore, _ count: UInt64 = 1) async throws {
        for _ in 0..<1600 where store.statistics().partitionsClosedTotal < count { try await Task.sleep(nanoseconds: 5_000_000) }
        #expect(store.statistics().partitionsClosedTotal == count)
    }

    @Test func aDayThatIsOverIsIndexedMergedAndFoldedInOnce() async throws {
        let directory = TemporaryDirectory()
        try fill(directory, rows: 12_000)
        #expect(try trees(directory).trees > 3)
        var store = try openStore(directory)
        try await waitForClosing(store)
        #expect(store.statistics().recordsIndexedTotal > 0, "what was left is indexed")
        let log = try RealFileSystem().information(directory.path(Self.path + "-wal"))
        #expect(log?.sizeBytes ?? 0 == 0)
        #expect(try trees(directory) == (1, 12_000))
        #expect(try await bodies(store, LogQuery(lineFilters: [try LineFilter(.phrase, "took 77 ms")])).count == 1)
        // A late record is stored and indexed as ever, and the day isn't merged a second time.
        #expect(try await store.append([record(Self.yesterday + 1, "late one")]).stored == 1)
        #expect(try await bodies(store, LogQuery(lineFilters: [try LineFilter(.phrase, "late")])).count == 1)
        await store.close()
        #expect(try RealFileSystem().information(directory.path(Self.path + "-wal"))?.sizeBytes ?? 0 == 0)
        store = try openStore(directory)
        try await Task.sleep(nanoseconds: 1_300_000_000)
        #expect(store.statistics().partitionsClosedTotal == 0)
        await store.close()
    }

    @Test func aDayIsClosedAnHourAfterItsEndAndNotBefore() async throws {
        let directory = TemporaryDirectory()
        let clock = ManualClock(noon.advanced(byNanoseconds: -12 * 60 * minute + 59 * minute))
        let store = try LogStore.open(directory: directory.path("logs"), clock: clock)
        _ = try await store.append([record(Self.yesterday, "yesterday"), record(-11 * 60 * minute - minute, "today")])
        try await Task.sleep(nanoseconds: 1_300_000_000)
        #expect(store.statistics().partitionsClosedTotal == 0)
        clock.advance(nanoseconds: minute)
        try await waitForClosing(store)
        #expect(try await bodies(store) == ["today", "yesterday"])
        await store.close()
    }

    @Test func aDayIsMergedInStepsOfBoundedSize() throws {
        let directory = TemporaryDirectory()
        try fill(directory, rows: 12_000)
        let day = Day(containing: noon.advanced(byNanoseconds: Self.yesterday))
        let partition = try Partition(day: day, directory: directory.path("logs"), fileSystem: RealFileSystem())
        var writer = try PartitionWriter(partition, control: ReadControl(clock: SystemClock(), deadlineMonotonicNanoseconds: nil))
        var steps = 0
        while true {
            let before = try partition.write { $0.totalChangesCount }
            let step = try writer.closingStep(pagesMax: 16)
            // Rows of the index's tables: its pages, the keys of their first terms, and what says where it is.
            let changes = try partition.write { $0.totalChangesCount } - before
            if case .merged = step { break }
            if case .more(rowsIndexed: 0) = step {
                steps += 1
                #expect(changes <= 8 * 16, "one step changed \(changes) rows")
            }
        }
        #expect(steps > 2)
        try partition.close()
        #expect(try trees(directory).trees == 1)
    }

    @Test func aDayIsClosedUnderLoadToo() async throws {
        let directory = TemporaryDirectory()
        try fill(directory, rows: 6000)
        // With a clock that goes: steps are taken under load too.
        let clock = RunningClock(noon)
        let store = try LogStore.open(directory: directory.path("logs"), clock: clock)
        var count: Int64 = 0
        while store.statistics().partitionsClosedTotal == 0, count < 5000 {
            #expect(try await store.append([record(count, "line \(count)")]).stored == 1)
            count += 1
            try await Task.sleep(nanoseconds: 1_000_000)
        }
        #expect(store.statistics().partitionsClosedTotal == 1, "closed under load")
        #expect(try trees(directory).trees == 1)
        #expect(try await bodies(store, LogQuery(start: noon)).count == Int(count))
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
