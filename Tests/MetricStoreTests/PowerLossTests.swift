import Foundations
import Glibc
import Model
import Testing

@testable import MetricStore

/// The fixed run, interrupted everywhere.
@Suite struct PowerLossTests {
    /// Operations of the run when nothing goes wrong.
    static func operationCount() async -> Int {
        let fileSystem = SimulatedFileSystem(seed: 1)
        var run = CrashRun(goesOn: false)
        await run.run(on: fileSystem)
        return fileSystem.operationCount
    }

    @Test func theRunSealsMergesAndCheckpointsWithoutErrors() async throws {
        let fileSystem = SimulatedFileSystem(seed: 1)
        var run = CrashRun(goesOn: false)
        await run.run(on: fileSystem)
        #expect(run.errors == [])
        #expect(run.acknowledged.count == CrashRun.batchCount)
        let store = try CrashRun.open(fileSystem)
        #expect(try await run.violations(in: store) == [])
        #expect(store.statistics().blockCount >= 3)
        let widths = store.store.catalog.withLock { $0.blocks.map { $0.footer.merged?.widthMilliseconds } }
        #expect(widths.contains(4 * hour) && widths.contains(nil))
        #expect(store.statistics().checkpointBytes > 0)
        await store.close()
    }

    @Test(arguments: 0..<3)
    func whatWasAcknowledgedSurvivesPowerLossAtEveryOperation(seed: Int) async throws {
        let count = await Self.operationCount()
        #expect(count > 200)
        // The first pass takes every operation; those with a second power loss share them.
        for operation in stride(from: max(1, seed), through: count, by: seed == 0 ? 1 : 2) {
            let fileSystem = SimulatedFileSystem(seed: UInt64(seed * 10_000 + operation))
            fileSystem.crash(atOperation: operation)
            var run = CrashRun(goesOn: false)
            await run.run(on: fileSystem)
            fileSystem.restart()
            // The power fails again while the store recovers, then comes back.
            if seed > 0 {
                fileSystem.crash(atOperation: fileSystem.operationCount + 1 + operation % (seed * 5))
                do { await (try CrashRun.open(fileSystem)).close() } catch { #expect(fileSystem.isCrashed) }
                fileSystem.restart()
            }
            let store = try CrashRun.open(fileSystem)
            try #require(try await run.violations(in: store) == [], "power loss at operation \(operation)")
            try #require(store.statistics().damageNotes == [], "power loss at operation \(operation)")
            try await expectResendingIsHarmless(run, store, operation)
            await store.close()
        }
    }

    /// The sender sends again what wasn't acknowledged, with the same sequence.
    private func expectResendingIsHarmless(_ run: CrashRun, _ store: MetricStore, _ operation: Int) async throws {
        guard let pending = run.sent.subtracting(run.acknowledged).min() else { return }
        let wasThere = store.highWaterMark(of: CrashRun.agent) >= UInt64(pending)
        let outcome = try await store.append(CrashRun.batch(pending), origin: BatchOrigin(agent: CrashRun.agent, sequence: UInt64(pending)))
        try #require(outcome.isDuplicateBatch == wasThere, "operation \(operation)")
        try #require(try await run.violations(in: store) == [], "sent again after power loss at operation \(operation)")
    }

    @Test func acknowledgingBeforeSynchronizingIsCaught() async throws {
        let count = await Self.operationCount()
        var caught = 0
        for operation in stride(from: 10, to: count, by: 10) {
            let fileSystem = SimulatedFileSystem(seed: UInt64(operation))
            fileSystem.crash(atOperation: operation)
            var run = CrashRun(goesOn: false)
            await run.run(on: ForgetfulFileSystem(fileSystem))
            fileSystem.restart()
            do {
                let store = try CrashRun.open(fileSystem)
                if try await !run.violations(in: store).isEmpty { caught += 1 }
                await store.close()
            } catch { caught += 1 }
        }
        #expect(caught > 0, "a disk that never synchronizes must be found out")
    }

    static let faults: [(code: Int32, writtenBytes: Int)] = [(ENOSPC, 0), (ENOSPC, 100), (EIO, 0), (EIO, 70)]

    @Test(arguments: faults.indices)
    func whatWasAcknowledgedSurvivesAFaultAtEveryOperation(fault: Int) async throws {
        let count = await Self.operationCount()
        // ENOSPC and EIO each meet every operation, alternately with and without a part of the write.
        for operation in stride(from: 1 + fault % 2, through: count, by: 2) {
            let fileSystem = SimulatedFileSystem(seed: UInt64(operation))
            fileSystem.failOperation(operation, code: Self.faults[fault].code, writtenBytes: Self.faults[fault].writtenBytes)
            var run = CrashRun(goesOn: true)
            await run.run(on: fileSystem)
            if run.acknowledged.isEmpty { await run.run(on: fileSystem) }
            try #require(run.errors.count < CrashRun.batchCount + 12, "operation \(operation)")
            fileSystem.restart()
            let store = try CrashRun.open(fileSystem)
            let wrong = try await run.violations(in: store)
            try #require(wrong == [], "fault at operation \(operation): \(run.errors)")
            await store.close()
        }
    }

    @Test func aFullDiskRefusesWritesAndGoesOnWhenThereIsRoom() async throws {
        let fileSystem = SimulatedFileSystem(seed: 3, capacityBytes: 6000)
        let store = try MetricStore.open(directory: "/d", fileSystem: fileSystem, clock: CrashRun.clock, options: testOptions())
        var stored = 0
        var isFull = false
        for number in 1...200 where !isFull {
            do {
                _ = try await store.append(CrashRun.batch(number % 5 == 4 ? number + 1 : number))
                stored = number
            } catch MetricStoreError.diskFull { isFull = true }
        }
        #expect(isFull)
        #expect(stored > 3)
        #expect(store.statistics().isDiskFull)
        #expect(store.statistics().isAcknowledging)
        #expect(try await store.all().count == CrashRun.seriesCount)
        fileSystem.setCapacity(bytes: 1 << 20)
        _ = try await store.append(CrashRun.batch(stored + 10))
        #expect(!store.statistics().isDiskFull)
        await store.close()
    }

    @Test func afterAFailedSynchronizeNothingIsAcknowledgedUntilARestart() async throws {
        let fileSystem = SimulatedFileSystem(seed: 3)
        let store = try CrashRun.open(fileSystem)
        _ = try await store.append(CrashRun.batch(1))
        // The next two operations are the write and its synchronize.
        fileSystem.failOperation(fileSystem.operationCount + 2, code: EIO)
        for number in 2...3 {
            await #expect(performing: { try await store.append(CrashRun.batch(number)) }, throws: { error in
                if case .some(.notAcknowledging) = error as? MetricStoreError { true } else { false }
            })
        }
        #expect(!store.statistics().isAcknowledging)
        #expect(store.statistics().notAcknowledgingReason != nil)
        #expect(try await store.all().map(\.timestamps) == Array(repeating: [CrashRun.time(1)], count: 3))
        await store.close()
        fileSystem.restart()
        let again = try CrashRun.open(fileSystem)
        _ = try await again.append(CrashRun.batch(5))
        #expect(again.statistics().isAcknowledging)
        await again.close()
    }
}
