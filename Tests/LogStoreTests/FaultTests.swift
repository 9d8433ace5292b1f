import Foundations
import Model
import TestSupport
import Testing

@testable import LogStore

/// What becomes of appends when the disk refuses.
@Suite struct FaultTests {
    private func failure(_ body: () async throws(LogStoreError) -> Void) async -> LogStoreError? {
        do {
            try await body()
            return nil
        } catch {
            return error
        }
    }

    @Test func anAppendOnAFullDiskStoresNothingAndSaysSoUntilThereIsRoom() async throws {
        let directory = TemporaryDirectory()
        let disk = FaultyDisk(directory.path)
        let store = try openStore(directory)
        _ = try await store.append([record(0, "before")], origin: BatchOrigin(agent: "a", sequence: 1))
        disk.fail(.full)
        for round in 0..<3 {
            let refused = await failure { () throws(LogStoreError) in
                _ = try await store.append([record(1, "refused \(round)"), record(2, "refused \(round)")], origin: BatchOrigin(agent: "a", sequence: 2))
            }
            guard case .diskFull(let file) = refused else {
                Issue.record("not told as a full disk: \(String(describing: refused))")
                return
            }
            #expect(file.hasSuffix("logs-2026-11-21.sqlite"))
            #expect(try await bodies(store) == ["before"], "reads go on, and nothing of the batch is there")
        }
        #expect(disk.failures > 0 && store.statistics().isAcknowledging)
        disk.heal()
        #expect(try await store.append([record(3, "after")], origin: BatchOrigin(agent: "a", sequence: 2)).stored == 1, "the refused batch left no mark")
        #expect(try await bodies(store) == ["after", "before"])
        await store.close()
        let again = try openStore(directory)
        #expect(try await bodies(again) == ["after", "before"])
        await again.close()
    }

    @Test func aNewDayThatHasNoRoomIsMadeOnceThereIsSome() async throws {
        let directory = TemporaryDirectory()
        let disk = FaultyDisk(directory.path)
        let store = try openStore(directory)
        disk.fail(.full)
        let refused = await failure { () throws(LogStoreError) in _ = try await store.append([record(0, "x")]) }
        guard case .diskFull = refused else {
            Issue.record("not told as a full disk: \(String(describing: refused))")
            return
        }
        #expect(try await bodies(store) == [])
        disk.heal()
        #expect(try await store.append([record(0, "x")]).stored == 1)
        #expect(store.statistics().quarantined.isEmpty)
        await store.close()
    }

    @Test func daysThatWereClosedAreReadOnAFullDisk() async throws {
        let directory = TemporaryDirectory()
        let disk = FaultyDisk(directory.path)
        var store = try openStore(directory)
        _ = try await store.append([record(-24 * 60 * minute, "yesterday"), record(0, "today")])
        await store.close()
        disk.fail(.full)
        store = try openStore(directory)
        #expect(try await bodies(store) == ["today", "yesterday"])
        #expect(try await bodies(store, LogQuery(lineFilters: [try LineFilter(.phrase, "today")])) == ["today"])
        disk.heal()
        #expect(try await store.append([record(1, "later")]).stored == 1)
        #expect(try await bodies(store) == ["later", "today", "yesterday"])
        await store.close()
    }

    @Test func afterAFailedFsyncNothingIsAcknowledgedUntilTheStoreIsOpenedAgain() async throws {
        let directory = TemporaryDirectory()
        let disk = FaultyDisk(directory.path)
        var store = try openStore(directory)
        _ = try await store.append([record(0, "before")], origin: BatchOrigin(agent: "a", sequence: 1))
        disk.fail(.synchronize, count: 1)
        for _ in 0..<3 {
            let refused = await failure { () throws(LogStoreError) in
                _ = try await store.append([record(1, "unsure")], origin: BatchOrigin(agent: "a", sequence: 2))
            }
            guard case .notAcknowledging(let reason) = refused else {
                Issue.record("acknowledged, or told as something else: \(String(describing: refused))")
                return
            }
            #expect(reason.contains("logs-2026-11-21.sqlite"))
        }
        #expect(disk.failures == 1)
        #expect(!store.statistics().isAcknowledging)
        let otherDay = await failure { () throws(LogStoreError) in _ = try await store.append([record(-24 * 60 * minute, "x")]) }
        guard case .notAcknowledging = otherDay else {
            Issue.record("another day is acknowledged: \(String(describing: otherDay))")
            return
        }
        #expect(try await bodies(store).last == "before", "reads go on")
        await store.close()
        store = try openStore(directory)
        _ = try await store.append([record(1, "unsure")], origin: BatchOrigin(agent: "a", sequence: 2))
        #expect(try await bodies(store) == ["unsure", "before"], "once, whether it was there or not")
        #expect(store.statistics().isAcknowledging)
        await store.close()
    }

    @Test func aFailedFsyncWhileSealingStopsAcknowledgingToo() async throws {
        let directory = TemporaryDirectory()
        let disk = FaultyDisk(directory.path)
        var store = try openStore(directory)
        _ = try await store.append([record(0, "before")])
        disk.fail(.synchronize, count: 1)
        await #expect(throws: LogStoreError.self) { try await store.seal() }
        #expect(store.statistics().refusingReason?.contains("logs-2026-11-21.sqlite") == true)
        await #expect(throws: LogStoreError.self) { _ = try await store.append([record(1, "x")]) }
        #expect(try await bodies(store) == ["before"])
        await store.close()
        store = try openStore(directory)
        try await store.seal()
        #expect(try await bodies(store) == ["before"])
        await store.close()
    }

    /// Sealing, indexing and merging fail at any operation: nothing is lost, and nothing is there twice.
    @Test(arguments: [FaultyDisk.Kinds.full, .write, .synchronize])
    func failuresWhileChunksAreMadeLoseNothing(_ kind: FaultyDisk.Kinds) async throws {
        let records = (0..<3000).map { record(Int64($0) * 1000 - 24 * 60 * minute, "request \($0) took \($0 % 17) ms", stream: ["job": $0 % 3 == 0 ? "a" : "b"]) }
        let expected = records.map(\.body)
        var operations = Int.max
        var operation = kind.rawValue
        while operation < operations {
            let directory = TemporaryDirectory()
            let disk = FaultyDisk(directory.path)
            var store = try openStore(directory)
            _ = try await store.append(Array(records[..<1500]))
            _ = try await store.append(Array(records[1500...]))
            let first = disk.operations
            if operations < .max { disk.failAt(first + operation, kind, count: operation % 2 == 0 ? 1 : .max) }
            do { try await store.seal() } catch { #expect(operations < .max, "\(error)") }
            if operations == .max {
                operations = disk.operations - first
                operation -= 37
            }
            try #require(try await bodies(store, LogQuery(direction: .oldestFirst)) == expected, "\(kind) at \(operation)")
            await store.close()
            disk.heal()
            store = try openStore(directory)
            try #require(store.statistics().quarantined.isEmpty)
            try #require(try await bodies(store, LogQuery(direction: .oldestFirst)) == expected, "\(kind) at \(operation), opened again")
            try await store.seal()
            try #require(try await bodies(store, LogQuery(direction: .oldestFirst)) == expected)
            #expect(try await bodies(store, LogQuery(lineFilters: [try LineFilter(.phrase, "request 1234")])).count == 1)
            await store.close()
            operation += 37
        }
    }

    /// Batches over two days, with marks; then every operation of the run fails once, or all from it on.
    @Test(arguments: [FaultyDisk.Kinds.full, .write, .synchronize], [1, Int.max])
    func anyFailingOperationLeavesNoHalfBatchAndLosesNoAcknowledgedOne(_ kind: FaultyDisk.Kinds, _ count: Int) async throws {
        let operations = try await Self.run(kind, failingAt: .max, count: count)
        #expect(operations > 50)
        // Each run costs some 10 ms: every seventh operation, others for each kind and count.
        for operation in stride(from: kind.rawValue + (count == 1 ? 0 : 1), through: operations, by: 7) {
            try await Self.run(kind, failingAt: operation, count: count)
        }
    }

    private static let batches: [[LogRecord]] = (0..<5).map { batch in
        [record(-24 * 60 * minute + Int64(batch), "batch \(batch) part 0"), record(Int64(batch), "batch \(batch) part 1"), record(Int64(batch), "batch \(batch) part 2")]
    }

    /// Appends all batches with a failure on the way, opens the folder again, sends what wasn't acknowledged again; returns the operations.
    @discardableResult
    private static func run(_ kind: FaultyDisk.Kinds, failingAt operation: Int, count: Int) async throws -> Int {
        let directory = TemporaryDirectory()
        let disk = FaultyDisk(directory.path)
        disk.failAt(operation, kind, count: count)
        var store = try openStore(directory)
        var acknowledged: Set<Int> = []
        for (index, batch) in batches.enumerated() {
            do {
                _ = try await store.append(batch, origin: BatchOrigin(agent: "a", sequence: UInt64(index + 1)))
                acknowledged.insert(index)
            } catch {
                // An agent sends a batch until it is taken: the ones after it wait.
                break
            }
        }
        let operations = disk.operations
        let place = "\(kind) at \(operation), \(count) times"
        try #require(operation < .max || acknowledged.count == batches.count)
        try check(try await bodies(store), acknowledged, place + ", while open")
        await store.close()
        disk.heal()
        store = try openStore(directory)
        try #require(store.statistics().quarantined.isEmpty, "\(place)")
        try check(try await bodies(store), acknowledged, place + ", opened again")
        for (index, batch) in batches.enumerated() where !acknowledged.contains(index) {
            _ = try await store.append(batch, origin: BatchOrigin(agent: "a", sequence: UInt64(index + 1)))
        }
        try #require(try await bodies(store).sorted() == batches.flatMap { $0.map(\.body) }.sorted(), "\(place): exactly once after sending again")
        await store.close()
        return operations
    }

    /// What is acknowledged is there as a whole; of the rest, a day has all of a batch's records or none.
    private static func check(_ found: [String], _ acknowledged: Set<Int>, _ place: String) throws {
        try #require(Set(found).count == found.count, "\(place): twice")
        for batch in batches.indices {
            let today = found.filter { $0.hasPrefix("batch \(batch) part") && !$0.hasSuffix("part 0") }.count
            try #require(today == 0 || today == 2, "\(place): half of batch \(batch)")
            if acknowledged.contains(batch) { try #require(today == 2 && found.contains("batch \(batch) part 0"), "\(place): batch \(batch) was acknowledged") }
        }
    }

    @Test func aFolderBelowAFileIsAnErrorThatNamesIt() throws {
        let directory = TemporaryDirectory()
        try RealFileSystem().replace(directory.path("logs"), with: [1])
        do {
            _ = try LogStore.open(directory: directory.path("logs/below"))
            Issue.record("opened below a file")
        } catch {
            guard case .file(let failure) = error else {
                Issue.record("another error: \(error)")
                return
            }
            #expect(failure.path.hasPrefix(directory.path("logs")) && error.description.contains(directory.path("logs")))
        }
    }

    @Test func aDaysFileThatCantBeOpenedIsAnErrorThatNamesItAndOthersAnswer() async throws {
        let directory = TemporaryDirectory()
        let disk = RealFileSystem()
        let store = try openStore(directory)
        // A folder in the file's place: refused for root too.
        try disk.createDirectory(directory.path("logs/logs-2026-11-20.sqlite"))
        let refused = await failure { () throws(LogStoreError) in _ = try await store.append([record(-24 * 60 * minute, "x")]) }
        guard case .noPermission(let file, _) = refused else {
            Issue.record("another error: \(String(describing: refused))")
            return
        }
        #expect(file.hasSuffix("logs-2026-11-20.sqlite"))
        #expect(try await store.append([record(0, "today")]).stored == 1)
        try disk.removeTree(directory.path("logs/logs-2026-11-20.sqlite"))
        #expect(try await store.append([record(-24 * 60 * minute, "x")]).stored == 1)
        await store.close()
    }

    @Test func aFolderThatAnotherProcessHoldsIsRefusedUntilItEnds() async throws {
        let directory = TemporaryDirectory()
        try await openStore(directory).close()
        let holder = try LockHolder(directory.path("logs/lock"))
        do {
            _ = try openStore(directory)
            Issue.record("opened beside another process")
        } catch {
            guard case LogStoreError.locked(directory.path("logs")) = error else {
                Issue.record("another error: \(error)")
                return
            }
        }
        holder.end()
        try await openStore(directory).close()
    }
}
