import Foundations
import Model
import TestSupport
import Testing

@testable import LogStore

@Suite struct StoreTests {
    @Test func recordsComeBackExactlyAsTheyWereStored() async throws {
        let directory = TemporaryDirectory()
        let store = try openStore(directory)
        let fields = [
            LogField("status", .integer(503)), LogField("took", .double(0.25)), LogField("ok", .bool(false)), LogField("user", "Zoë"),
            LogField("empty", ""), LogField("trace.id", "4bf92f3577b34da6"), LogField("status", "again"),
        ]
        let records = [
            record(0, "plain"), record(1, ""), record(2, "with \0 NUL and Zoë status=503", level: .error, fields: fields),
            record(2, "same moment", level: .fatal, stream: ["job": "db", "host": "a"]), record(-5, "line one\nline two\t日本語", level: .unknown),
        ]
        #expect(try await store.append(records).stored == 5)
        #expect(try await store.search(LogQuery(direction: .oldestFirst), limit: 9) == [records[4], records[0], records[1], records[2], records[3]])
        #expect(try await store.search(LogQuery(), limit: 2) == [records[3], records[2]])
        await store.close()
        let again = try openStore(directory)
        #expect(try await again.search(LogQuery(direction: .oldestFirst), limit: 9) == [records[4], records[0], records[1], records[2], records[3]])
        await again.close()
    }

    @Test func aBatchSentAgainIsStoredOnce() async throws {
        let directory = TemporaryDirectory()
        var store = try openStore(directory)
        let first = try #require(BatchOrigin(agent: "a1", sequence: 7))
        #expect(try await store.append([record(0, "one")], origin: first).stored == 1)
        let repeated = try await store.append([record(0, "one")], origin: first)
        #expect(repeated.isDuplicateBatch && repeated.stored == 0)
        #expect(try await store.append([record(0, "other")], origin: BatchOrigin(agent: "a2", sequence: 1)).stored == 1)
        await store.close()
        store = try openStore(directory)
        #expect(try await store.append([record(0, "one")], origin: first).isDuplicateBatch)
        #expect(try await store.append([record(1, "two")], origin: BatchOrigin(agent: "a1", sequence: 8)).stored == 1)
        #expect(try await bodies(store) == ["two", "other", "one"])
        #expect(store.statistics().batchesDuplicateTotal == 1)
        await store.close()
    }

    @Test func repeatsThatWaitTogetherAreStoredOnce() async throws {
        let directory = TemporaryDirectory()
        let store = try openStore(directory)
        let origin = BatchOrigin(agent: "a", sequence: 1)
        let stored = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<20 { group.addTask { try await store.append([record(0, "x")], origin: origin).stored } }
            return try await group.reduce(0, +)
        }
        #expect(stored == 1)
        #expect(try await bodies(store).count == 1)
        await store.close()
    }

    @Test func aBatchAcrossMidnightIsStoredInBothDaysOnce() async throws {
        let directory = TemporaryDirectory()
        let store = try openStore(directory)
        let batch = [record(-13 * 60 * minute, "yesterday"), record(0, "today")]
        // As after a crash between the two commits: only yesterday's part is there.
        let origin = try #require(BatchOrigin(agent: "a", sequence: 3))
        #expect(try await store.append([batch[0]], origin: origin).stored == 1)
        let rest = try await store.append(batch, origin: origin)
        #expect(rest.stored == 1 && !rest.isDuplicateBatch)
        #expect(try await store.append(batch, origin: origin).isDuplicateBatch)
        #expect(try await bodies(store) == ["today", "yesterday"])
        #expect(store.statistics().partitions.map(\.day) == ["2026-11-20", "2026-11-21"])
        await store.close()
    }

    @Test func aCopyOfTheOpenFolderHoldsAllThatWasAcknowledged() async throws {
        let directory = TemporaryDirectory()
        let store = try openStore(directory)
        for index in 0..<50 {
            _ = try await store.append([record(Int64(index), "line \(index)")], origin: BatchOrigin(agent: "a", sequence: UInt64(index + 1)))
        }
        let disk = RealFileSystem()
        try disk.createDirectory(directory.path("copy"))
        // What a killed process leaves: the file and its write-ahead log, not the log's index.
        for name in try disk.list(directory.path("logs")) where name.hasSuffix(".sqlite") || name.hasSuffix("-wal") {
            try disk.replace(directory.path("copy/\(name)"), with: try disk.readAll(directory.path("logs/\(name)"), bytesMax: 64 << 20))
        }
        let copy = try LogStore.open(directory: directory.path("copy"), clock: ManualClock(noon))
        #expect(try await bodies(copy, LogQuery(direction: .oldestFirst)) == (0..<50).map { "line \($0)" })
        #expect(try await copy.append([record(0, "x")], origin: BatchOrigin(agent: "a", sequence: 50)).isDuplicateBatch)
        await copy.close()
        await store.close()
    }

    @Test func aSecondOpeningIsRefusedUntilTheFirstIsClosed() async throws {
        let directory = TemporaryDirectory()
        let store = try openStore(directory)
        do {
            _ = try openStore(directory)
            Issue.record("the folder was opened twice")
        } catch {
            guard case LogStoreError.locked = error else {
                Issue.record("another error: \(error)")
                return
            }
        }
        await store.close()
        await #expect(throws: LogStoreError.self) { try await store.append([record(0, "late")]) }
        await #expect(throws: LogStoreError.self) { _ = try await bodies(store) }
        try await openStore(directory).close()
    }

    @Test func aDamagedDayIsPutAsideAndTheRestAnswers() async throws {
        let directory = TemporaryDirectory()
        var store = try openStore(directory)
        _ = try await store.append([record(-24 * 60 * minute, "yesterday"), record(0, "today")])
        await store.close()
        let path = directory.path("logs/logs-2026-11-20.sqlite")
        try RealFileSystem().replace(path, with: [UInt8](repeating: 0x5A, count: 50_000))
        store = try openStore(directory)
        #expect(try await bodies(store) == ["today"])
        #expect(store.statistics().quarantined.map { $0.file.hasPrefix("logs-2026-11-20.sqlite.damaged") } == [true])
        #expect(try await store.append([record(-24 * 60 * minute, "new")]).stored == 1)
        #expect(try await bodies(store) == ["today", "new"])
        await store.close()
    }

    @Test func pagesDamagedInTheMiddleDontTrap() async throws {
        let directory = TemporaryDirectory()
        var store = try openStore(directory)
        _ = try await store.append((0..<3000).map { record(Int64($0), "line \($0) of the day with some words in it") } + [record(-24 * 60 * minute, "kept")])
        await store.close()
        let disk = RealFileSystem()
        let path = directory.path("logs/logs-2026-11-21.sqlite")
        let healthy = try disk.readAll(path, bytesMax: 64 << 20)
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<12 {
            var bytes = healthy
            for _ in 0..<200 { bytes[Int.random(in: 4096..<bytes.count, using: &generator)] ^= UInt8.random(in: 1...255, using: &generator) }
            try disk.replace(path, with: bytes)
            store = try openStore(directory)
            let found = try await bodies(store)
            #expect(found.last == "kept")
            _ = try await bodies(store, LogQuery(lineFilters: [try LineFilter(.phrase, "line 17")]))
            _ = try await store.append([record(5, "after")])
            await store.close()
        }
    }

    @Test func recordsOutsideTheAcceptedTimeAreRefusedAndCounted() async throws {
        let directory = TemporaryDirectory()
        let store = try openStore(directory, options: LogStoreOptions(acceptedPastSeconds: 3600, acceptedFutureSeconds: 60))
        let outcome = try await store.append([record(-61 * minute, "old"), record(-60 * minute, "a"), record(minute, "b"), record(minute + 1, "far"), record(2 * minute, "far")])
        #expect(outcome.stored == 2)
        #expect(outcome.refused.map(\.reason) == [.tooFarInFuture, .tooOld])
        #expect(outcome.refused.map(\.count) == [2, 1])
        #expect(try await bodies(store) == ["b", "a"])
        let extremes = [LogRecord(timestamp: .distantPast, stream: [:], body: "x"), LogRecord(timestamp: .distantFuture, stream: [:], body: "y")]
        #expect(try await store.append(extremes).stored == 0)
        await store.close()
    }

    @Test func linesAndFieldsBeyondTheLimitsAreCutAndMarked() async throws {
        let directory = TemporaryDirectory()
        let store = try openStore(directory)
        let long = String(repeating: "é", count: 600_000) + "end"
        _ = try await store.append([record(0, "x" + long, fields: (0..<200).map { LogField("f\($0)", .integer(Int64($0))) })])
        let found = try #require(try await store.search(LogQuery(), limit: 1).first)
        #expect(found.body == "x" + String(repeating: "é", count: 524_287))
        #expect(found.fields.count == 129)
        #expect(found.field("truncated_bytes") == .integer(Int64(1 + 1_200_000 + 3 - found.body.utf8.count)))
        #expect(store.statistics().linesCutTotal == 1 && store.statistics().fieldsDroppedTotal == 72)
        await store.close()
    }

    @Test func oldDaysAreRemovedAsFiles() async throws {
        let directory = TemporaryDirectory()
        let store = try openStore(directory)
        _ = try await store.append((0..<4).map { record(-Int64($0) * 24 * 60 * minute, "day \($0)") })
        #expect(try await store.deletePartitions(before: noon.advanced(byNanoseconds: -24 * 60 * minute)) == 2)
        #expect(try await bodies(store) == ["day 0", "day 1"])
        #expect(try RealFileSystem().list(directory.path("logs")).filter { $0.contains("11-18") || $0.contains("11-19") } == [])
        await store.close()
    }

    @Test func whatIsPastItsRetentionGoesByItself() async throws {
        let directory = TemporaryDirectory()
        var store = try openStore(directory)
        _ = try await store.append([record(-3 * 24 * 60 * minute, "old"), record(0, "new")])
        await store.close()
        store = try openStore(directory, options: LogStoreOptions(retentionSeconds: 86_400))
        try await waitUntil { store.statistics().partitionsDeletedTotal != 0 }
        #expect(try await bodies(store) == ["new"])
        await store.close()
    }
}
