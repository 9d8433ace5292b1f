import Foundations
import Model
import TestSupport
import Testing

@testable import MetricStore

/// Snapshots that become stores again, verified, as a whole or not at all.
@Suite struct RestoreTests {
    static let clock = ManualClock(milliseconds: baseMilliseconds + 10 * hour)

    static func snapshot(_ directory: TemporaryDirectory) async throws -> String {
        let store = try MetricStore.open(directory: directory.path("source"), clock: clock, options: testOptions())
        for step in 0..<10 {
            _ = try await store.append(
                MetricBatch(entries: (0..<4).map { .init(labels: .test("r", $0), samples: [Sample(timestamp: baseMilliseconds + Int64(step) * hour, value: Double(step))]) }))
        }
        try await store.maintain()
        _ = try await store.append(.one(["__name__": "late"], baseMilliseconds + 9 * hour, 7))
        try await store.snapshot(to: directory.path("snapshot"))
        await store.close()
        return directory.path("snapshot")
    }

    /// Why a restore was refused.
    static func failure(snapshot: String, to target: String, replaces: Bool = false) async -> MetricStoreError? {
        do throws(MetricStoreError) {
            _ = try await MetricStore.restore(snapshot: snapshot, to: target, replaces: replaces, clock: clock)
            return nil
        } catch { return error }
    }

    /// The places and the first of the damage that a restore was refused for.
    static func damage(_ snapshot: String, _ target: String) async -> (first: String, count: Int)? {
        if case .snapshotDamaged(_, let first, let count) = await failure(snapshot: snapshot, to: target) { return (first, count) }
        return nil
    }

    @Test func aRestoredStoreHoldsWhatTheSnapshotHeld() async throws {
        let directory = TemporaryDirectory("restore")
        let snapshot = try await Self.snapshot(directory)
        let report = try await MetricStore.restore(snapshot: snapshot, to: directory.path("data/metrics"), clock: Self.clock)
        #expect(report.samples == 41 && report.seriesCount == 5 && report.blockCount > 0 && !report.hasReplaced)
        #expect(report.oldest?.milliseconds == baseMilliseconds && report.newest?.milliseconds == baseMilliseconds + 9 * hour)
        let store = try MetricStore.open(directory: directory.path("data/metrics"), clock: Self.clock, options: testOptions())
        #expect(try await store.all().reduce(0) { $0 + $1.sampleCount } == 41)
        await store.close()
        #expect(try MetricStore.check(directory: snapshot) == [], "the snapshot stays as it is")
    }

    @Test func whatIsThereIsReplacedOnlyOnDemand() async throws {
        let directory = TemporaryDirectory("restore")
        let snapshot = try await Self.snapshot(directory)
        let target = directory.path("data/metrics")
        let old = try MetricStore.open(directory: target, clock: Self.clock, options: testOptions())
        _ = try await old.append(.one(["__name__": "old"], baseMilliseconds, 1))
        #expect(await Self.failure(snapshot: snapshot, to: target) == .targetNotEmpty(directory: target))
        #expect(await Self.failure(snapshot: snapshot, to: target, replaces: true) == .locked(directory: target))
        await old.close()
        let report = try await MetricStore.restore(snapshot: snapshot, to: target, replaces: true, clock: Self.clock)
        #expect(report.hasReplaced && report.samples == 41)
        let files = RealFileSystem()
        #expect(try files.list(directory.path("data")) == ["metrics"])
        let store = try MetricStore.open(directory: target, clock: Self.clock, options: testOptions())
        #expect(try await store.all([Matcher("__name__", equals: "old")]).isEmpty)
        await store.close()
    }

    @Test func aDamagedSnapshotLeavesEverythingAsItWas() async throws {
        let directory = TemporaryDirectory("restore")
        let snapshot = try await Self.snapshot(directory)
        let files = RealFileSystem()
        let block = Paths.join(snapshot, "blocks/" + (try #require(try files.list(Paths.join(snapshot, "blocks")).first)))
        var bytes = try files.readAll(block, bytesMax: 1 << 20)
        bytes[100] ^= 1
        try files.replace(block, with: bytes)
        let target = directory.path("data/metrics")
        let damaged = await Self.damage(snapshot, target)
        #expect(damaged?.first.contains(".block") == true && damaged?.count == 1)
        try files.remove(block)
        #expect(await Self.damage(snapshot, target)?.first.contains("missing") == true)
        #expect(try !files.exists(target))
        #expect(await Self.failure(snapshot: directory.path("data"), to: target) == .noSnapshot(directory: directory.path("data")))
    }
}
