import Foundations
import Model
import TestSupport
import Testing

@testable import MetricStore

/// Backfill of whole blocks, against a plain model and through failures.
@Suite struct ImportTests {
    static let clock = ManualClock(milliseconds: baseMilliseconds + 1000 * hour)

    static func open(_ fileSystem: any FileSystem, _ change: (inout MetricStoreOptions) -> Void = { _ in }) throws -> MetricStore {
        try MetricStore.open(directory: "/m", fileSystem: fileSystem, clock: clock, options: testOptions(change))
    }

    static func write(_ samples: [(Labels, Sample)], to store: MetricStore) async throws -> ImportReport {
        let target = try store.beginImport()
        for (labels, sample) in samples { try target.append(try #require(try target.series(labels)), sample.timestamp, sample.value) }
        return try await target.finish()
    }

    /// Random samples of random times in any order, with repeated times, in several imports and with merging and restarts between.
    @Test(arguments: [1, 2, 3] as [UInt64]) func whatWasImportedLastHoldsInEveryOrder(_ seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let fileSystem = SimulatedFileSystem(seed: seed)
        var store = try Self.open(fileSystem)
        var model = PlainStore()
        for round in 0..<5 {
            let target = try store.beginImport()
            var batch = MetricBatch()
            for _ in 0..<400 {
                let labels = Labels.test("import", Int.random(in: 0..<6, using: &generator))
                let time = baseMilliseconds + Int64.random(in: 0..<(40 * 60), using: &generator) * 60_000
                let number = try #require(try target.series(labels))
                if Int.random(in: 0..<10, using: &generator) == 0 {
                    let sample = Adversarial.histogram(time, &generator)
                    guard HistogramCoder.isSound(sample.histogram) else { continue }
                    try target.append(number, sample)
                    batch.entries.append(.init(labels: labels, histograms: [sample]))
                } else {
                    let sample = Sample(timestamp: time, value: Adversarial.float(&generator))
                    try target.append(number, sample.timestamp, sample.value)
                    batch.entries.append(.init(labels: labels, samples: [sample]))
                }
            }
            let report = try await target.finish()
            model.append(batch, windowMilliseconds: 10_000 * hour)
            #expect(report.samplesRead + report.histogramsRead == batch.entries.count)
            if round == 2 { try await store.maintain() }
            if round == 3 {
                await store.close()
                store = try Self.open(fileSystem)
            }
            let all = try await store.all()
            #expect(areSame(all, model.select([], .min, .max)), "round \(round)")
        }
        let before = store.statistics().blockCount
        try await store.maintain()
        #expect(store.statistics().blockCount < before && store.statistics().damagedTotal == 0, "overlapping blocks are merged")
        #expect(areSame(try await store.all(), model.select([], .min, .max)))
        await store.close()
        #expect(try MetricStore.check(directory: "/m", fileSystem: fileSystem) == [])
    }

    @Test func runsOnTheDiskGiveTheSameAsMemory() throws {
        var generator = SeededGenerator(seed: 4)
        let labels = (0..<9).map { Labels.test("run", 8 - $0) }
        var whole = ImportBuffer()
        var runs: [MappedFile] = []
        var part = ImportBuffer()
        func map(_ buffer: ImportBuffer) -> MappedFile {
            var bytes: [UInt8] = []
            buffer.write(labels: labels, blockMilliseconds: hour) { bytes += $0 }
            return MappedFile(path: "run", copying: bytes)
        }
        for index in 0..<3000 {
            let (number, time) = (UInt32.random(in: 0..<9, using: &generator), baseMilliseconds + Int64.random(in: 0..<500, using: &generator) * 30_000)
            whole.append(number, time, Double(index))
            part.append(number, time, Double(index))
            if index % 700 == 699 {
                runs.append(map(part))
                part = ImportBuffer()
            }
        }
        runs.append(map(part))
        func all(_ runs: [MappedFile]) -> [String] {
            var merge = ImportMerge(runs, labels: labels)
            var found: [String] = []
            while let next = merge.next() { found.append("\(next.window) \(labels[Int(next.series)]) \(next.samples.timestamps) \(next.samples.values)") }
            return found
        }
        let found = all(runs)
        #expect(found == all([map(whole)]))
        #expect(found.count > 9)
    }

    @Test func theHeadHoldsOverWhatIsImportedAndBlocksGiveWay() async throws {
        let fileSystem = SimulatedFileSystem(seed: 5)
        let clock = ManualClock(milliseconds: baseMilliseconds + 6 * hour)
        let store = try MetricStore.open(directory: "/m", fileSystem: fileSystem, clock: clock, options: testOptions { $0.outOfOrderWindowMilliseconds = 10 * hour })
        _ = try await store.append(.one(["__name__": "a"], baseMilliseconds, 1))
        _ = try await store.append(.one(["__name__": "a"], baseMilliseconds + 5 * hour, 2))
        try await store.maintain()
        #expect(store.statistics().blockCount == 1)
        let report = try await Self.write(
            [(["__name__": "a"] as Labels, Sample(timestamp: baseMilliseconds, value: 10)), (["__name__": "a"] as Labels, Sample(timestamp: baseMilliseconds + 5 * hour, value: 20))], to: store)
        #expect(report.blockCount == 2 && report.samplesStored == 2)
        #expect(try await store.all()[0].values == [10, 2])
        await store.close()
    }

    @Test func aDeletionBeforeAnImportDoesNotHideIt() async throws {
        let store = try Self.open(SimulatedFileSystem(seed: 6))
        let sample = (["__name__": "a"] as Labels, Sample(timestamp: baseMilliseconds, value: 1))
        _ = try await Self.write([sample], to: store)
        try await store.delete([Matcher("__name__", equals: "a")], start: .distantPast, end: .distantFuture)
        #expect(try await store.all().isEmpty)
        _ = try await Self.write([sample], to: store)
        #expect(try await store.all().map(\.values) == [[1]])
        await store.close()
    }

    @Test func whatBreaksALimitIsNamedAndTheRestImported() async throws {
        let store = try Self.open(SimulatedFileSystem(seed: 7)) { $0.labelValueBytesMax = 10 }
        let target = try store.beginImport()
        let long: Labels = ["__name__": "a", "path": "/a/very/long/path"]
        #expect(try target.series(long) == nil)
        target.refuse(long, count: 3)
        let number = try #require(try target.series(["__name__": "b"]))
        try target.append(number, Self.clock.nowMilliseconds().milliseconds + 48 * hour, 1)
        try target.append(number, .min, 1)
        try target.append(number, baseMilliseconds, 1)
        let report = try await target.finish()
        #expect(report.samplesStored == 1 && report.blockCount == 1)
        #expect(report.rejected.map { "\($0.reason) \($0.count)" } == ["labelValueTooLong 3", "tooFarInFuture 1", "tooOld 1"])
        #expect(store.statistics().samplesRejectedTotal[.labelValueTooLong] == 3)
        await #expect(throws: MetricStoreError.closed) { try await target.finish() }
        await store.close()
    }

    @Test func exemplarsAndMetadataComeToo() async throws {
        let store = try Self.open(SimulatedFileSystem(seed: 8))
        let target = try store.beginImport()
        let number = try #require(try target.series(["__name__": "a"]))
        try target.append(number, baseMilliseconds, 1)
        for index in 0..<20 { target.append(number, Exemplar(labels: ["trace_id": "\(index)"], sample: Sample(timestamp: baseMilliseconds + Int64(index), value: 1))) }
        target.setMetadata("a", Metadata(kind: .gauge, help: "h"))
        let report = try await target.finish()
        #expect(report.exemplarsStored == 16)
        #expect(try await store.exemplars([], start: .distantPast, end: .distantFuture).first?.exemplars.first?.labels == ["trace_id": "4"])
        #expect(try await store.metadata()["a"]?.help == "h")
        await store.close()
    }

    /// The power fails at every operation of an import: afterwards all of it is there, or nothing.
    @Test func aPowerLossLeavesAllOfAnImportOrNothing() async throws {
        var operation = 0
        var (whole, none) = (0, 0)
        while true {
            operation += 3
            let fileSystem = SimulatedFileSystem(seed: 9)
            let store = try Self.open(fileSystem)
            fileSystem.crash(atOperation: fileSystem.operationCount + operation)
            var isFinished = false
            do {
                _ = try await Self.write((0..<20).map { (.test("p", $0 % 3), Sample(timestamp: baseMilliseconds + Int64($0) * hour, value: 1)) }, to: store)
                isFinished = true
            } catch {}
            await store.close()
            fileSystem.restart()
            let again = try Self.open(fileSystem)
            let count = try await again.all().reduce(0) { $0 + $1.sampleCount }
            #expect(count == 20 || (count == 0 && !isFinished), "operation \(operation)")
            #expect(again.statistics().damagedTotal == 0, "operation \(operation): \(again.statistics().damageNotes)")
            if count == 20 { whole += 1 } else { none += 1 }
            await again.close()
            if isFinished { break }
        }
        #expect(none > 5 && whole > 0)
    }
}
