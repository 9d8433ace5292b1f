import Foundations
import Model
import TestSupport
import Testing

@testable import MetricStore

/// Blocks that become wider ones.
@Suite struct MergeTests {
    let fileSystem = SimulatedFileSystem(seed: 7)
    let clock = ManualClock(milliseconds: baseMilliseconds + 1000 * hour)

    func open(_ change: (inout MetricStoreOptions) -> Void = { _ in }) throws -> MetricStore {
        try MetricStore.open(directory: "/data", fileSystem: fileSystem, clock: clock, options: testOptions(change))
    }

    static func sample(_ series: Int, _ time: Int64) -> MetricBatch.Entry {
        .init(labels: .test("cpu", series), samples: [Sample(timestamp: baseMilliseconds + time, value: Double(time) + 0.1 * Double(series))])
    }

    /// Series with a sample every ten minutes; the store looks after itself every hour. Widths of blocks are in hours, 0 for sealed ones.
    func fill(_ store: MetricStore, hours: Range<Int64>, series: Int = 5) async throws {
        for hours in hours {
            for minutes in stride(from: Int64(0), to: 60, by: 10) {
                _ = try await store.append(MetricBatch(entries: (0..<series).map { Self.sample($0, hours * hour + minutes * 60_000) }))
            }
            try await store.maintain()
        }
    }

    func widths(_ store: MetricStore) -> [Int64] {
        store.store.catalog.withLock { $0.blocks.sorted { $0.start < $1.start }.map { ($0.footer.merged?.widthMilliseconds ?? 0) / hour } }
    }

    @Test func twoHoursBecomeTwelveAndTwelveBecomeSevenDays() async throws {
        var store = try open()
        // The base is a Thursday, 0:00 UTC, as 1970 began with one.
        try await fill(store, hours: 0..<16)
        #expect(widths(store) == [12, 0])
        try await fill(store, hours: 16..<174)
        #expect(widths(store) == [168, 0, 0])
        let all = try await store.all()
        #expect(all.count == 5)
        for (number, series) in all.enumerated() {
            #expect(series.timestamps == (0..<174 * 6).map { baseMilliseconds + $0 * 600_000 })
            #expect(series.values == series.timestamps.map { Double($0 - baseMilliseconds) + 0.1 * Double(number) })
        }
        let statistics = store.statistics()
        #expect(statistics.mergesTotal == 15)
        #expect(statistics.blocksMergedTotal == 14 * 6 + 14)
        #expect(statistics.mergedBytesTotal > 0)
        #expect(statistics.blockSeries == 15)
        #expect(try fileSystem.list("/data/blocks").count == 3)
        for block in store.store.catalog.withLock({ $0.blocks }) { try block.verify() }
        #expect(try MetricStore.check(directory: "/data", fileSystem: fileSystem) == [])
        await store.close()
        store = try open()
        #expect(areSame(try await store.all(), all))
        #expect(try await store.all(from: baseMilliseconds + 50 * hour, through: baseMilliseconds + 51 * hour).first?.values.count == 7)
        await store.close()
    }

    @Test func shortPartsBecomeOneAndLongOnesAreCopied() async throws {
        let store = try open { $0.mergedBlockMilliseconds = [4 * hour] }
        // A sample a second in two blocks, and one a minute.
        for block in 0..<2 as Range<Int64> {
            let fast = (0..<7200).map { Sample(timestamp: baseMilliseconds + block * 2 * hour + $0 * 1000, value: Double($0 % 7)) }
            let slow = (0..<120).map { Sample(timestamp: baseMilliseconds + block * 2 * hour + $0 * 60_000, value: Double($0)) }
            _ = try await store.append(MetricBatch(entries: [.init(labels: .test("fast", 0), samples: fast), .init(labels: .test("slow", 0), samples: slow)]))
        }
        let before = try await store.all()
        _ = try await store.append(.one(["__name__": "tick"], baseMilliseconds + 8 * hour, 1))
        try await store.maintain()
        let block = try #require(store.store.catalog.withLock { $0.blocks.first })
        #expect(try block.entry(of: 0).parts.map(\.sampleCount) == [7200, 7200])
        #expect(try block.entry(of: 1).parts.map(\.sampleCount) == [240])
        #expect(try block.entry(of: 0).parts[0].timestamps.count > 0)
        #expect(areSame(try await store.all([try Matcher("__name__", .regex, "fast|slow")]), before))
        await store.close()
    }

    @Test func aReaderThatHoldsOldBlocksGoesOnAndDeletionsAreForgottenOnceTheyAreApplied() async throws {
        let store = try open { $0.mergedBlockMilliseconds = [4 * hour] }
        try await fill(store, hours: 0..<6)
        let old = store.store.catalog.withLock { $0.blocks }
        #expect(old.count == 2)
        try await store.delete([Matcher("instance", equals: "host-3")], start: .distantPast, end: Timestamp(milliseconds: baseMilliseconds + hour))
        #expect(store.statistics().tombstones == 1)
        let before = try await store.all()
        try await fill(store, hours: 6..<8)
        #expect(widths(store) == [4, 0])
        #expect(store.statistics().tombstones == 0)
        #expect(areSame(try await store.all(through: baseMilliseconds + 6 * hour - 1), before))
        #expect(before[3].timestamps.first == baseMilliseconds + hour + 600_000)
        for block in old {
            #expect(try !fileSystem.exists(block.path))
            try block.verify()
            #expect(try block.samples(block.entry(of: 3).parts[0]).count == 12)
        }
        await store.close()
    }

    @Test func aBlockWithNothingLeftIsNotWritten() async throws {
        let store = try open { $0.mergedBlockMilliseconds = [4 * hour] }
        try await fill(store, hours: 0..<6)
        try await store.delete([Matcher("__name__", equals: "cpu")], start: .distantPast, end: Timestamp(milliseconds: baseMilliseconds + 5 * hour))
        try await fill(store, hours: 6..<8)
        #expect(widths(store) == [0])
        #expect(store.statistics().oldest == Timestamp(milliseconds: baseMilliseconds + 5 * hour + 600_000))
        #expect(try fileSystem.list("/data/blocks").count == 1)
        await store.close()
    }

    @Test func whereTheManifestIsLostAMergedBlockReplacesWhatWentIntoIt() async throws {
        let store = try open { $0.mergedBlockMilliseconds = [4 * hour] }
        try await fill(store, hours: 0..<6)
        let old = try fileSystem.list("/data/blocks").map { (name: $0, bytes: try fileSystem.readAll("/data/blocks/\($0)", bytesMax: 1 << 20)) }
        try await store.delete([Matcher("instance", equals: "host-3")], start: .distantPast, end: Timestamp(milliseconds: baseMilliseconds + hour))
        try await fill(store, hours: 6..<8)
        try await store.checkpoint()
        let all = try await store.all()
        await store.close()
        // The power went before the old ones were removed, and a bit of the manifest flipped.
        for (name, bytes) in old {
            let file = try fileSystem.open("/data/blocks/\(name)", .create)
            try file.write(bytes, at: 0)
            try file.synchronize()
        }
        try fileSystem.remove("/data/manifest")
        let again = try open()
        #expect(areSame(try await again.all(), all))
        await again.close()
    }

    @Test func aDamagedBlockStaysAsItIsAndTheOthersAreMerged() async throws {
        let store = try open { $0.mergedBlockMilliseconds = [] }
        try await fill(store, hours: 0..<12, series: 600)
        let count = store.statistics().blockCount
        await store.close()
        let name = try #require(try fileSystem.list("/data/blocks").first)
        let file = try fileSystem.open("/data/blocks/\(name)", .readWrite)
        // Not in the first page, without which it wouldn't be opened.
        #expect(try file.sizeBytes() > 30_000)
        try file.write([0xFF, 0xFF, 0xFF, 0xFF], at: 20_000)
        try file.synchronize()
        let again = try open { $0.mergedBlockMilliseconds = [4 * hour] }
        try await again.maintain()
        #expect(again.statistics().mergesTotal == 1)
        #expect(again.statistics().blockCount == count - 1)
        #expect(again.statistics().damagedTotal == 1)
        #expect(again.statistics().blocksNotMergeable == 1)
        #expect(try fileSystem.exists("/data/blocks/\(name)"))
        await again.close()
    }

    @Test func retentionDropsAMergedBlockWhenAllOfItIsTooOld() async throws {
        var store = try open()
        try await fill(store, hours: 0..<174)
        #expect(widths(store) == [168, 0, 0])
        await store.close()
        // The clock stands at 1000 hours, the merged block ends before 168.
        store = try open { $0.retentionMilliseconds = 833 * hour }
        try await store.maintain()
        #expect(widths(store) == [168, 0, 0])
        await store.close()
        store = try open { $0.retentionMilliseconds = 832 * hour }
        try await store.maintain()
        #expect(widths(store) == [0, 0])
        #expect(try fileSystem.list("/data/blocks").count == 2)
        await store.close()
    }

    @Test func blocksAreNotMadeSoWideThatRetentionWouldKeepOrDropTooMuch() async throws {
        let store = try open { $0.retentionMilliseconds = 2000 * hour; $0.retentionBytes = 4000 }
        #expect(store.store.options.mergeWidths == [12 * hour, 168 * hour])
        try await fill(store, hours: 0..<16)
        #expect(store.statistics().mergesTotal == 0)
        await store.close()
        var options = MetricStoreOptions()
        options.retentionMilliseconds = 30 * hour
        options.mergedBlockMilliseconds = [5 * hour, 2 * hour, 6 * hour, 8 * hour, 12 * hour, 24 * hour]
        #expect(options.mergeWidths == [6 * hour, 12 * hour])
    }

    @Test func noMergeBeginsWhereTheDiskHasLittleRoom() async throws {
        let store = try open { $0.mergedBlockMilliseconds = [4 * hour] }
        fileSystem.setCapacity(bytes: Int(Limits.mergeFreeBytes))
        try await fill(store, hours: 0..<8)
        #expect(store.statistics().mergesTotal == 0)
        #expect(store.statistics().maintenanceFailure == nil)
        #expect(store.statistics().isMergingShortOfRoom)
        fileSystem.setCapacity(bytes: Int(Limits.mergeFreeBytes) + 10 << 20)
        try await store.maintain()
        #expect(store.statistics().mergesTotal == 1)
        #expect(!store.statistics().isMergingShortOfRoom)
        await store.close()
    }

    @Test func aFailedMergeLeavesEverythingAndIsTriedAgain() async throws {
        let store = try open { $0.mergedBlockMilliseconds = [] }
        try await fill(store, hours: 0..<8)
        let all = try await store.all()
        await store.close()
        for offset in 1..<12 {
            let copy = "/copies/\(offset)"
            let source = try open { $0.mergedBlockMilliseconds = [] }
            try await source.snapshot(to: copy)
            await source.close()
            let again = try MetricStore.open(directory: copy, fileSystem: fileSystem, clock: clock, options: testOptions { $0.mergedBlockMilliseconds = [4 * hour] })
            fileSystem.failOperation(fileSystem.operationCount + offset, code: 5)
            do { try await again.maintain() } catch { #expect(again.statistics().maintenanceFailure != nil) }
            #expect(areSame(try await again.all(), all))
            try await again.maintain()
            #expect(again.statistics().maintenanceFailure == nil)
            #expect(widths(again) == [4, 0])
            #expect(areSame(try await again.all(), all))
            // Also where only the removal of the old ones failed.
            try await again.checkpoint()
            #expect(try fileSystem.list(copy + "/blocks").count == 2)
            await again.close()
        }
    }

    @Test func deletionsCheckpointsAndSnapshotsDuringAMergeHold() async throws {
        let store = try open { $0.mergedBlockMilliseconds = [] }
        try await fill(store, hours: 0..<6, series: 600)
        let shared = store.store
        let options = testOptions { $0.mergedBlockMilliseconds = [4 * hour] }
        let blocks = shared.catalog.withLock { $0.blocks }
        let plan = try #require(MergePlan.next(blocks, cutoff: baseMilliseconds + 6 * hour, options: options, excluded: []))
        enum Step { case running, paused, goingOn, done }
        let step = Monitor(Step.running)
        let worker = WorkerThread(name: "merge") {
            do {
                try shared.merge(plan) { () throws(MetricStoreError) in
                    if step.wait(until: { _ in true }, then: { $0 }) == .running { step.update { $0 = .paused } }
                    step.wait(until: { $0 != .paused }) { _ in }
                }
            } catch { Issue.record(error) }
            step.update { $0 = .done }
        }
        step.wait(until: { $0 != .running }) { _ in }
        try await store.delete([Matcher("job", equals: "db")], start: .distantPast, end: Timestamp(milliseconds: baseMilliseconds + 2 * hour))
        try await store.checkpoint()
        try await store.snapshot(to: "/copy")
        let before = try await store.all()
        step.update { $0 = .goingOn }
        step.wait(until: { $0 == .done }) { _ in }
        worker.join()
        #expect(widths(store) == [4])
        #expect(store.statistics().tombstones == 1)
        #expect(areSame(try await store.all(), before))
        await store.close()
        for directory in ["/data", "/copy"] {
            let again = try MetricStore.open(directory: directory, fileSystem: fileSystem, clock: clock, options: testOptions())
            #expect(areSame(try await again.all(), before))
            #expect(again.statistics().damagedTotal == 0)
            await again.close()
        }
    }

    @Test func aMergeThatIsBrokenOffLeavesNothing() async throws {
        let store = try open { $0.mergedBlockMilliseconds = [] }
        try await fill(store, hours: 0..<6, series: 300)
        let all = try await store.all()
        let blocks = store.store.catalog.withLock { $0.blocks }
        let plan = MergePlan(range: .init(start: baseMilliseconds, widthMilliseconds: 4 * hour), inputs: blocks)
        #expect {
            try store.store.merge(plan) { () throws(MetricStoreError) in throw .closed }
        } throws: { error in
            if case .some(.interrupted(.closed)) = error as? MergeFailure { true } else { false }
        }
        #expect(try fileSystem.list("/data/blocks").count == blocks.count)
        #expect(areSame(try await store.all(), all))
        await store.close()
    }

    @Test func anyRangeOverMergedAndSealedBlocksAndMemoryIsAPartOfTheWhole() async throws {
        let store = try open { $0.mergedBlockMilliseconds = [4 * hour, 12 * hour] }
        try await fill(store, hours: 0..<19)
        // One that begins late, one with a late sample, one that was deleted in part.
        _ = try await store.append(MetricBatch(entries: [Self.sample(9, 18 * hour), Self.sample(1, 17 * hour + 1)]))
        let (first, last) = (Timestamp(milliseconds: baseMilliseconds + 9 * hour), Timestamp(milliseconds: baseMilliseconds + 13 * hour))
        try await store.delete([Matcher("instance", equals: "host-2")], start: first, end: last)
        #expect(widths(store).contains(12) && widths(store).contains(0))
        let all = try await store.all()
        #expect(all.count == 6)
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<60 {
            let start = baseMilliseconds + Int64.random(in: -1...20 * 3600, using: &generator) * 1000
            let end = start + Int64.random(in: 0...20 * 3600, using: &generator) * 1000
            let found = try await store.all(from: start, through: end)
            let expected = all.compactMap { series -> Series? in
                let kept = series.timestamps.indices.filter { series.timestamps[$0] >= start && series.timestamps[$0] <= end }
                return kept.isEmpty ? nil : Series(labels: series.labels, timestamps: kept.map { series.timestamps[$0] }, values: kept.map { series.values[$0] })
            }
            try #require(areSame(found, expected), "from \(start - baseMilliseconds) through \(end - baseMilliseconds)")
        }
        let selectors = [[try Matcher("instance", .regex, "host-[2-9]")]]
        let early = Timestamp(milliseconds: baseMilliseconds + 12 * hour)
        #expect(try await store.labelValues("instance", selectors, start: .distantPast, end: early, limit: nil) == ["host-2", "host-3", "host-4"])
        #expect(try await store.labelValues("instance", selectors, start: early, end: .distantFuture, limit: nil) == ["host-2", "host-3", "host-4", "host-9"])
        #expect(try await store.labelValues("zone", selectors, start: .distantPast, end: early, limit: nil) == [])
        #expect(try await store.labelNames(selectors, start: .distantPast, end: early, limit: nil) == ["__name__", "instance", "job"])
        await store.close()
    }
}
