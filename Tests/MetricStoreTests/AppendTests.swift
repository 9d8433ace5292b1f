import Foundations
import Model
import TestSupport
import Testing

@testable import MetricStore

@Suite struct AppendTests {
    let fileSystem = SimulatedFileSystem(seed: 7)
    let clock = ManualClock(milliseconds: baseMilliseconds + 100 * hour)

    func open(_ change: (inout MetricStoreOptions) -> Void = { _ in }) throws -> MetricStore {
        try MetricStore.open(directory: "/data", fileSystem: fileSystem, clock: clock, options: testOptions(change))
    }

    @Test func specialFloatsSurviveHeadLogCheckpointAndBlock() async throws {
        let samples = Adversarial.floats.enumerated().map { Sample(timestamp: baseMilliseconds + Int64($0.offset) * 1000, value: $0.element) }
        let bits = Adversarial.floats.map(\.bitPattern)
        var store = try open()
        _ = try await store.append(MetricBatch(entries: [.init(labels: .test("special", 0), samples: samples)]))
        #expect(try await store.all().first?.values.map(\.bitPattern) == bits)
        await store.close()
        store = try open()
        #expect(try await store.all().first?.values.map(\.bitPattern) == bits)
        try await store.checkpoint()
        await store.close()
        store = try open()
        #expect(store.statistics().recovery.logRecords == 0)
        #expect(try await store.all().first?.values.map(\.bitPattern) == bits)
        _ = try await store.append(.one(.test("special", 1), baseMilliseconds + 5 * hour, 1))
        try await store.maintain()
        #expect(store.statistics().blockCount == 1)
        #expect(store.statistics().headSamples == 1)
        #expect(try await store.all([Matcher("instance", equals: "host-0")]).first?.values.map(\.bitPattern) == bits)
        await store.close()
    }

    @Test func aBatchSentAgainIsNotStoredAlsoInOneCommitGroupAndAfterARestart() async throws {
        var store = try open()
        let first = BatchOrigin(agent: "a", sequence: 7)
        let outcomes = try await withThrowingTaskGroup(of: AppendOutcome.self) { group in
            for _ in 0..<8 { group.addTask { [store] in try await store.append(.one(.test("cpu", 1), baseMilliseconds, 1), origin: first) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.filter { !$0.isDuplicateBatch }.count == 1)
        #expect(store.highWaterMark(of: "a") == 7)
        #expect(store.highWaterMark(of: "b") == 0)
        #expect(store.statistics().batchesDuplicateTotal == 7)
        await store.close()
        store = try open()
        #expect(try await store.append(.one(.test("cpu", 1), baseMilliseconds, 2), origin: BatchOrigin(agent: "a", sequence: 6)).isDuplicateBatch)
        #expect(try await !store.append(.one(.test("cpu", 1), baseMilliseconds + 1, 2), origin: BatchOrigin(agent: "a", sequence: 8)).isDuplicateBatch)
        try await store.checkpoint()
        await store.close()
        store = try open()
        #expect(store.highWaterMark(of: "a") == 8)
        #expect(try await store.all().first?.values == [1, 2])
        await store.close()
    }

    @Test func whatBreaksALimitIsNamedAndTheRestIsStored() async throws {
        let store = try open { $0.seriesMax = 3 }
        _ = try await store.append(.one(.test("cpu", 0), baseMilliseconds + 10 * hour, 1))
        func sample(_ offset: Int64) -> [Sample] { [Sample(timestamp: baseMilliseconds + 10 * hour + offset, value: 1)] }
        let many = Labels((0..<65).map { (name: "l\($0)", value: "v") })
        let broken = HistogramSample(timestamp: baseMilliseconds + 10 * hour, histogram: FloatHistogram(positiveSpans: [.init(offset: 0, length: 2)]))
        let outcome = try await store.append(
            MetricBatch(
                entries: [
                    .init(labels: [:], samples: sample(0)), .init(labels: many, samples: sample(0)),
                    .init(labels: Labels([(name: String(repeating: "n", count: 129), value: "v")]), samples: sample(0)),
                    .init(labels: Labels([(name: "n", value: String(repeating: "v", count: 2049))]), samples: sample(0) + sample(1)),
                    .init(labels: .test("cpu", 0), samples: sample(-2 * hour - 1) + sample(-2 * hour) + sample(200 * hour)),
                    .init(labels: .test("cpu", 1), samples: sample(0), histograms: [broken]), .init(labels: .test("cpu", 2), samples: sample(0)),
                    .init(labels: .test("cpu", 3), samples: sample(0)),
                ], metadata: ["cpu": Metadata(help: String(repeating: "h", count: 5000)), "up": Metadata(kind: .gauge, help: "is up")]))
        let reasons = Dictionary(uniqueKeysWithValues: outcome.rejected.map { ($0.reason, $0.count) })
        #expect(
            reasons == [
                .noLabels: 1, .tooManyLabels: 1, .labelNameTooLong: 1, .labelValueTooLong: 2, .tooOld: 1, .tooFarInFuture: 1, .badHistogram: 1,
                .tooManySeries: 1, .badMetadata: 1,
            ])
        #expect(outcome.rejected.first { $0.reason == .tooManySeries }?.example.contains("host-3") == true)
        #expect(outcome.samplesStored == 3)
        #expect(try await store.all().count == 3)
        #expect(try await store.metadata().keys.sorted() == ["up"])
        #expect(store.statistics().samplesRejectedTotal[.labelValueTooLong] == 2)
        await store.close()
    }

    @Test func theValueAcknowledgedLastHolds() async throws {
        let store = try open()
        let labels = Labels.test("cpu", 1)
        for value in [1.0, 2, 1, 3] { _ = try await store.append(.one(labels, baseMilliseconds, value)) }
        #expect(try await store.all().first?.values == [3])
        _ = try await store.append(.one(labels, baseMilliseconds + 1000, 5))
        _ = try await store.append(.one(labels, baseMilliseconds, 4))
        #expect(try await store.all().first?.values == [4, 5])
        // Also where the earlier one is in a block already.
        _ = try await store.append(.one(labels, baseMilliseconds + 3 * hour, 6))
        try await store.maintain()
        #expect(store.statistics().blockCount == 1)
        _ = try await store.append(.one(labels, baseMilliseconds + 2 * hour - 1, 7))
        _ = try await store.append(.one(labels, baseMilliseconds + 1000 + hour, 8))
        #expect(try await store.all().first?.values == [4, 5, 8, 7, 6])
        await store.close()
    }

    @Test func exemplarsAndMetadataSurviveARestart() async throws {
        var store = try open()
        let exemplars = (0..<20).map {
            Exemplar(labels: ["trace_id": "t\($0)"], sample: Sample(timestamp: baseMilliseconds + Int64($0), value: Double($0)))
        }
        _ = try await store.append(
            MetricBatch(
                entries: [.init(labels: .test("cpu", 1), samples: [Sample(timestamp: baseMilliseconds, value: 1)], exemplars: exemplars)],
                metadata: ["cpu": Metadata(kind: .counter, help: "time", unit: "seconds")]))
        for round in 0..<3 {
            let found = try await store.exemplars([[Matcher("__name__", equals: "cpu")]], start: .distantPast, end: .distantFuture)
            #expect(found.count == 1)
            #expect(found.first?.exemplars == Array(exemplars.suffix(Limits.exemplarsPerSeriesMax)))
            #expect(try await store.metadata() == ["cpu": Metadata(kind: .counter, help: "time", unit: "seconds")])
            if round == 1 { try await store.checkpoint() }
            await store.close()
            store = try open()
        }
        await store.close()
    }

    @Test func aLockedFolderAndOneWithoutPermissionAreNamed() async throws {
        let folder = TemporaryDirectory("metrics")
        let store = try MetricStore.open(directory: folder.path("data"), options: testOptions())
        #expect(throws: MetricStoreError.locked(directory: folder.path("data"))) {
            _ = try MetricStore.open(directory: folder.path("data"), options: testOptions())
        }
        await store.close()
        await (try MetricStore.open(directory: folder.path("data"), options: testOptions())).close()
        fileSystem.failOperation(1, code: 13)
        #expect {
            _ = try open()
        } throws: { error in
            if case .some(.noPermission) = error as? MetricStoreError { true } else { false }
        }
    }

    @Test func aClosedStoreRefusesAndStillReads() async throws {
        let store = try open()
        _ = try await store.append(.one(.test("cpu", 1), baseMilliseconds, 1))
        await store.close()
        await #expect(throws: MetricStoreError.closed) { try await store.append(.one(.test("cpu", 1), baseMilliseconds + 1, 1)) }
        #expect(try await store.all().count == 1)
    }

    @Test func appendsReadsSealingAndMergingRunAtTheSameTime() async throws {
        let store = try open {
            $0.segmentBytesMax = 20_000
            $0.outOfOrderWindowMilliseconds = 0
            $0.blockMilliseconds = hour / 2
            $0.sealDelayMilliseconds = hour / 2
            $0.mergedBlockMilliseconds = [hour, 2 * hour]
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    for step in 0..<150 {
                        let timestamp = baseMilliseconds + Int64(step) * 120_000
                        let outcome = try await store.append(.one(.test("cpu", writer), timestamp, Double(step)))
                        // Writers may drift apart by more than the window.
                        guard outcome.samplesStored == 1 else { continue }
                        let found = try await store.all([Matcher("instance", equals: "host-\(writer)")], from: timestamp, through: timestamp)
                        #expect(found.first?.values == [Double(step)])
                    }
                }
            }
            group.addTask { for _ in 0..<30 { try await store.maintain() } }
            group.addTask { for _ in 0..<5 { try await store.checkpoint() } }
            try await group.waitForAll()
        }
        let before = try await store.all()
        try await store.maintain()
        #expect(areSame(try await store.all(), before))
        #expect(store.statistics().blockCount > 0)
        #expect(store.statistics().mergesTotal > 0)
        #expect(store.statistics().damagedTotal == 0)
        await store.close()
    }
}
