@testable import Agent
import Foundations
import Glibc
import Logging
import TestSupport
import Testing

let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

@Suite struct SpoolTests {
    let disk = SimulatedFileSystem(seed: 5)

    private func open(_ destinations: [String] = ["a"], bytesMax: Int = 1 << 30, segmentBytes: Int = 4096) throws -> Spool {
        try Spool(
            directory: "/spool", destinations: destinations, bytesMax: bytesMax, files: disk, logger: silent, metricSegmentBytes: segmentBytes,
            logSegmentBytes: segmentBytes)
    }

    private func append(_ spool: Spool, _ kind: SpoolKind, _ count: Int, bytes: Int = 100, synchronizes: Bool = true) throws {
        for _ in 0..<count { try spool.journal(kind).append(payload: [UInt8](repeating: 9, count: bytes), itemCount: 3, itemBytes: bytes) }
        if synchronizes { try spool.synchronize(kind) }
    }

    @Test func theIdIsMadeOnceAndKept() throws {
        let id = try open().agentId
        #expect(id.utf8.count == 32)
        let again = try open()
        #expect(again.agentId == id)
        #expect(!again.isNew)
    }

    @Test func aDamagedIdIsRefusedWithAReason() throws {
        _ = try open()
        try disk.replace("/spool/agent-id", with: Array("nonsense\n".utf8))
        #expect(throws: AgentError.agentIdDamaged(path: "/spool/agent-id")) { try open() }
    }

    @Test func aSecondProcessIsRefused() throws {
        let first = try open()
        #expect(throws: AgentError.spoolLocked(directory: "/spool")) { try open() }
        withExtendedLifetime(first) {}
    }

    @Test func aRecordIsHandedOutOnlyOnceItIsDurable() throws {
        let spool = try open()
        try append(spool, .logs, 1, synchronizes: false)
        #expect(try spool.next(.logs, for: "a") == nil)
        try spool.synchronize(.logs)
        #expect(try spool.next(.logs, for: "a")?.sequence == 1)
        #expect(try spool.next(.metrics, for: "a") == nil)
    }

    @Test func eachDestinationHasItsOwnCursorAndTheSlowestHoldsTheFiles() throws {
        let spool = try open(["a", "b"])
        try append(spool, .logs, 100, bytes: 400)
        let full = spool.bytes
        for sequence in 1...100 as ClosedRange<UInt64> {
            #expect(try spool.next(.logs, for: "a")?.sequence == sequence)
            try spool.acknowledge(.logs, through: sequence, for: "a")
            try spool.acknowledge(.logs, through: sequence, for: "a")
        }
        #expect(spool.bytes == full)
        #expect(spool.pendingCount(.logs, for: "a") == 0 && spool.pendingCount(.logs, for: "b") == 100)
        try spool.acknowledge(.logs, through: 99, for: "b")
        #expect(spool.bytes < full / 5)
        #expect(try spool.next(.logs, for: "b")?.sequence == 100)
    }

    @Test func cursorsSurviveARestartAndThoseOfFormerDestinationsGo() throws {
        var spool: Spool? = try open(["a", "b"])
        try append(spool!, .logs, 10)
        try spool!.acknowledge(.logs, through: 7, for: "a")
        try spool!.close()
        spool = nil
        spool = try open(["a", "c"])
        #expect(try spool!.next(.logs, for: "a")?.sequence == 8)
        #expect(try spool!.next(.logs, for: "c")?.sequence == 1)
        #expect(try disk.list("/spool").filter { $0.hasPrefix("cursor-") }.count == 2)
    }

    @Test func fullLogsWaitAndFullMetricsLoseTheirOldest() throws {
        let spool = try open(bytesMax: 100_000)
        #expect(throws: AgentError.spoolFull(bytesMax: 75_000)) { try append(spool, .logs, 1000, bytes: 1000) }
        try spool.synchronize(.logs)
        #expect(try spool.next(.logs, for: "a")?.sequence == 1)
        try append(spool, .metrics, 200, bytes: 1000)
        let statistics = spool.journal(.metrics).statistics
        #expect(statistics.droppedRecords > 150 && statistics.droppedItems == statistics.droppedRecords * 3)
        #expect(spool.pendingCount(.metrics, for: "a") + statistics.droppedRecords == 200)
        #expect(try spool.next(.metrics, for: "a")?.sequence == UInt64(statistics.droppedRecords) + 1)
        #expect(spool.bytes <= 100_000)
        try spool.acknowledge(.logs, through: 60, for: "a")
        try append(spool, .logs, 1, bytes: 1000)
    }

    @Test func numbersAreNotUsedAgainAfterADrop() throws {
        var spool: Spool? = try open(bytesMax: 40_000)
        try append(spool!, .metrics, 100, bytes: 1000)
        let last = spool!.journal(.metrics).durableSequence
        spool = nil
        disk.crash()
        disk.restart()
        spool = try open(bytesMax: 40_000)
        try append(spool!, .metrics, 1)
        #expect(spool!.journal(.metrics).durableSequence == last + 1)
    }

    @Test func aDamagedRecordIsSkippedAndCounted() throws {
        var spool: Spool? = try open()
        try append(spool!, .logs, 5, bytes: 300)
        try append(spool!, .logs, 1)
        spool = nil
        let path = "/spool/logs/" + (try disk.list("/spool/logs"))[0]
        try disk.open(path, .readWrite).write([0xFF, 0xFF], at: 900)
        spool = try open()
        #expect(spool!.journal(.logs).statistics.damagedRecords == 1)
        var sequences: [UInt64] = []
        while let record = try spool!.next(.logs, for: "a") {
            sequences.append(record.sequence)
            try spool!.acknowledge(.logs, through: record.sequence, for: "a")
        }
        #expect(sequences == [1, 2, 4, 5, 6])
    }

    @Test func damageWhileRunningIsSkippedToo() throws {
        let spool = try open()
        try append(spool, .logs, 3, bytes: 300)
        let path = "/spool/logs/" + (try disk.list("/spool/logs"))[0]
        try disk.open(path, .readWrite).write([0xFF, 0xFF], at: 200)
        #expect(try spool.next(.logs, for: "a")?.sequence == 2)
        #expect(spool.journal(.logs).statistics.damagedRecords == 1)
    }

    @Test func positionsOutliveTheSegmentsTheyWereWrittenIn() throws {
        var spool: Spool? = try open()
        let old = SourcePosition(key: FileKey(device: 1, inode: 1), path: "/old", offset: 10, headChecksum: 1, tailChecksum: 2, isInsideCutLine: true)
        try spool!.journal(.logs).append(payload: [1], itemCount: 1, itemBytes: 1, positions: [old])
        let gone = SourcePosition(key: FileKey(device: 1, inode: 2), path: "/gone", offset: 10)
        try spool!.journal(.logs).append(payload: [1], itemCount: 1, itemBytes: 1, positions: [gone])
        try append(spool!, .logs, 100, bytes: 400)
        try spool!.journal(.logs).append(payload: [1], itemCount: 1, itemBytes: 1, positions: [SourcePosition(key: gone.key, path: "/gone", offset: 10, isGone: true)])
        try spool!.synchronize(.logs)
        try spool!.acknowledge(.logs, through: 103, for: "a")
        spool = nil
        #expect(try open().journal(.logs).positions.byKey == [old.key: old])
    }

    @Test func aBatchOverTheCollectorsBoundIsRefused() throws {
        let spool = try open()
        #expect(throws: AgentError.self) { try append(spool, .logs, 1, bytes: 5 << 20) }
        try append(spool, .logs, 1)
    }

    @Test func recordsAreReadAsTheyWereWritten() throws {
        for seed in 0..<100 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let record = SpoolRecord(
                sequence: generator.next(), itemCount: Int.random(in: 0..<9999, using: &generator), itemBytes: 5,
                payload: (0..<Int.random(in: 0..<200, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) },
                positions: (0..<3).map { SourcePosition(key: FileKey(device: generator.next(), inode: UInt64($0)), path: "/var/log/ä\($0)", offset: $0) })
            let bytes = RecordCodec.encode(record, committed: 3)
            bytes.withUnsafeBytes { buffer in
                #expect(RecordCodec.find(at: 0, in: buffer).flatMap { RecordCodec.decode($0, in: buffer) } == record)
            }
            var damaged = bytes
            damaged[Int.random(in: 0..<bytes.count, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            damaged.withUnsafeBytes { #expect(RecordCodec.find(at: 0, in: $0) == nil) }
            for cut in 0..<bytes.count { bytes.withUnsafeBytes { #expect(RecordCodec.find(at: 0, in: UnsafeRawBufferPointer(rebasing: $0[..<cut])) == nil) } }
        }
    }

    @Test func refusedBodiesAreKeptForAPerson() throws {
        let spool = try open()
        let record = SpoolRecord(sequence: 5, itemCount: 1, itemBytes: 1, payload: [1, 2, 3])
        #expect(try spool.quarantine.keep(record, kind: .logs, status: 400))
        #expect(try disk.readAll("/spool/quarantine/logs-5-400.otlp.zst", bytesMax: 10) == [1, 2, 3])
    }
}
