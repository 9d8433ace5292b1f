import Foundations
import Model
import Testing

@testable import MetricStore

/// Deleted samples leave the disk, and nothing else does.
@Suite struct CleaningTests {
    static func open(_ fileSystem: any FileSystem) throws -> MetricStore {
        try MetricStore.open(
            directory: "/m", fileSystem: fileSystem, clock: ManualClock(milliseconds: baseMilliseconds + 100 * hour), options: testOptions())
    }

    static func bytes(_ fileSystem: SimulatedFileSystem) throws -> [UInt8] {
        var all: [UInt8] = []
        for folder in ["/m/blocks", "/m/log", "/m/checkpoints"] {
            for name in try fileSystem.list(folder) { all += try fileSystem.readAll(Paths.join(folder, name), bytesMax: 1 << 24) }
        }
        return all
    }

    @Test func whatWasDeletedIsNowhereOnTheDiskAfterCleaning() async throws {
        let fileSystem = SimulatedFileSystem(seed: 1)
        let store = try Self.open(fileSystem)
        for step in 0..<20 {
            let time = baseMilliseconds + Int64(step) * hour
            _ = try await store.append(
                MetricBatch(entries: [
                    .init(labels: ["__name__": "secret_of_a_customer"], samples: [Sample(timestamp: time, value: 1)]),
                    .init(labels: ["__name__": "kept"], samples: [Sample(timestamp: time, value: Double(step))]),
                ]))
            if step % 5 == 4 { try await store.maintain() }
        }
        let needle = Array("secret_of_a_customer".utf8)
        func isThere() throws -> Bool {
            let all = try Self.bytes(fileSystem)
            return all.indices.dropLast(needle.count).contains { all[$0] == needle[0] && all[$0..<$0 + needle.count].elementsEqual(needle) }
        }
        try await store.delete([Matcher("__name__", equals: "secret_of_a_customer")], start: .distantPast, end: .distantFuture)
        #expect(try isThere())
        try await store.cleanTombstones()
        #expect(try !isThere())
        #expect(store.statistics().tombstones == 0)
        #expect(try await store.all().map(\.values) == [(0..<20).map(Double.init)])
        await store.close()
        let again = try Self.open(fileSystem)
        #expect(try await again.all().map(\.values) == [(0..<20).map(Double.init)])
        await again.close()
    }

    /// Random histories of appends, imports, deletions, merging and cleaning against a plain model.
    @Test(arguments: [1, 2, 3, 4] as [UInt64]) func cleaningChangesNothingThatIsSeen(_ seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let fileSystem = SimulatedFileSystem(seed: seed)
        let store = try Self.open(fileSystem)
        var model = PlainStore()
        for step in 0..<60 {
            let batch = MetricBatch(
                entries: (0..<3).map { series in
                    .init(labels: .test("c", series), samples: [Sample(timestamp: baseMilliseconds + Int64(step) * hour / 2, value: Double(step))])
                })
            _ = try await store.append(batch)
            model.append(batch, windowMilliseconds: 1000 * hour)
            switch Int.random(in: 0..<8, using: &generator) {
            case 0:
                let start = baseMilliseconds + Int64.random(in: 0..<30, using: &generator) * hour
                let matchers = [Matcher("instance", equals: "host-\(Int.random(in: 0..<3, using: &generator))")]
                try await store.delete(matchers, start: Timestamp(milliseconds: start), end: Timestamp(milliseconds: start + 3 * hour))
                model.delete(matchers, start, start + 3 * hour)
            case 1: try await store.maintain()
            case 2:
                try await store.cleanTombstones()
                #expect(store.statistics().tombstones == 0)
            default: break
            }
            #expect(areSame(try await store.all(), model.select([], .min, .max)), "step \(step)")
        }
        await store.close()
        #expect(try MetricStore.check(directory: "/m", fileSystem: fileSystem) == [])
    }

    static func cleaningFailure(_ store: MetricStore) async -> String {
        do throws(MetricStoreError) {
            try await store.cleanTombstones()
            return ""
        } catch { return "\(error)" }
    }

    @Test func aDamagedBlockIsNamedAndTheOthersAreCleaned() async throws {
        let fileSystem = SimulatedFileSystem(seed: 2)
        var store = try Self.open(fileSystem)
        let target = try store.beginImport()
        let number = try #require(try target.series(["__name__": "a"]))
        for step in 0..<4 { try target.append(number, baseMilliseconds + Int64(step) * 2 * hour, 1) }
        // Enough for a second page: damage of the first is met when the block is opened.
        var generator = SeededGenerator(seed: 2)
        for step in 1..<4000 { try target.append(number, baseMilliseconds + Int64(step) * 1000, Double.random(in: 0..<1, using: &generator)) }
        _ = try await target.finish()
        await store.close()
        try DamageTests.flip("/m/blocks/0000000000000001.block", bit: 20_000 * 8, fileSystem)
        store = try Self.open(fileSystem)
        try await store.delete([Matcher("__name__", equals: "a")], start: .distantPast, end: .distantFuture)
        #expect(await Self.cleaningFailure(store).contains("0000000000000001.block"))
        #expect(store.statistics().blockCount == 1)
        #expect(try await store.all().isEmpty)
        await store.close()
    }
}
