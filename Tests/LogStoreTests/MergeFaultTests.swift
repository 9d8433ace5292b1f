import Foundations
import Glibc
import Model
import TestSupport
import Testing

@testable import LogStore

/// A merge of a day that ends at any of its operations, as a kill or a full disk ends it: nothing is lost, nothing is there twice, and the
/// next start makes it whole.
@Suite struct MergeFaultTests {
    private static let yesterday = -24 * 60 * minute
    private static let rows: Int64 = 1500
    /// All operations with NIGHTJAR_SOAK_KILLS, else some of each kind.
    private static let runsOfKind = getenv("NIGHTJAR_SOAK_KILLS") != nil ? Int.max : 3
    private static let stepsMax = 2000

    /// Yesterday in chunks and index segments of several sealings, with some rows that aren't sealed yet.
    private static func fill(_ directory: TemporaryDirectory) async throws {
        let store = try LogStore.open(directory: directory.path("logs"), clock: ManualClock(noon.advanced(byNanoseconds: yesterday)))
        let records = (0..<rows).map { record(yesterday + $0, "request \($0 * 7919 % 10_007) took \($0) ms", stream: ["job": $0 % 4 == 0 ? "a" : "b"]) }
        for part in 0..<5 {
            _ = try await store.append(Array(records[part * records.count / 5..<(part + 1) * records.count / 5]))
            if part < 4 { try await store.seal() }
        }
        await store.close()
    }

    /// A copy of a closed store's folder.
    private static func copy(_ directory: TemporaryDirectory) throws -> TemporaryDirectory {
        let (files, copy) = (RealFileSystem(), TemporaryDirectory())
        try files.createDirectory(copy.path("logs"))
        for name in try files.list(directory.path("logs")) where name != "lock" {
            try files.replace(copy.path("logs/" + name), with: try files.readAll(directory.path("logs/" + name), bytesMax: 1 << 26))
        }
        return copy
    }

    /// Works on the merge until it is done, or until a step failed; without waiting for the background's own pace.
    private static func merge(_ store: LogStore) async throws {
        for _ in 0..<stepsMax where store.statistics().partitionsClosedTotal == 0 && store.statistics().indexingFailure == nil {
            try await store.inBackground { $0.merging.step(now: 0, stored: [:]) }
        }
    }

    @Test(arguments: [FaultyDisk.Kinds.full, .write, .synchronize])
    func aMergeThatEndsAnywhereIsMadeWholeByTheNextStart(_ kind: FaultyDisk.Kinds) async throws {
        let source = TemporaryDirectory()
        try await Self.fill(source)
        let expected = (0..<Self.rows).map { "request \($0 * 7919 % 10_007) took \($0) ms" }
        let oldestFirst = LogQuery(direction: .oldestFirst)
        // Of a merge that nothing disturbs.
        let whole = try Self.copy(source)
        let counting = FaultyDisk(whole.path)
        let store = try openStore(whole)
        let first = counting.operations
        try await Self.merge(store)
        let operations = counting.operations - first
        try #require(store.statistics().partitionsClosedTotal == 1 && operations > 20)
        #expect(try await bodies(store, oldestFirst) == expected)
        await store.close()
        for operation in stride(from: 1 + kind.rawValue, through: operations, by: max(1, operations / Self.runsOfKind)) {
            try await Self.interrupt(try Self.copy(source), kind, at: operation, expected)
        }
    }

    private static func interrupt(_ directory: TemporaryDirectory, _ kind: FaultyDisk.Kinds, at operation: Int, _ expected: [String]) async throws {
        let place = "\(kind) at \(operation)"
        let oldestFirst = LogQuery(direction: .oldestFirst)
        let disk = FaultyDisk(directory.path)
        var store = try openStore(directory)
        // From here on nothing reaches the disk any more, as for a process that was killed.
        disk.failAt(disk.operations + operation, kind)
        try await merge(store)
        do {
            try #require(try await bodies(store, oldestFirst) == expected, "\(place), while open")
        } catch let error as LogStoreError {
            // A disk that takes no writes at all may not let a day be opened; a full one must.
            try #require(kind != .full, "\(place): \(error)")
        }
        await store.close()
        disk.heal()
        store = try openStore(directory)
        try #require(store.statistics().quarantined.isEmpty, "\(place)")
        try #require(try await bodies(store, oldestFirst) == expected, "\(place), opened again")
        try await merge(store)
        try #require(store.statistics().indexingFailure == nil, "\(place)")
        try #require(try await bodies(store, oldestFirst) == expected, "\(place), merged")
        let found = try await bodies(store, LogQuery(lineFilters: [try LineFilter(.phrase, "took 777 ms")]))
        try #require(found == [expected[777]], "\(place): by the index")
        await store.close()
        try #require(try LogStore.check(directory: directory.path("logs")) == [], "\(place)")
    }
}
