@testable import Agent
import Foundations
import Glibc
import Logging
import TestSupport
import Testing

/// A collector in memory: a mark per agent and kind, and what it stored.
private struct Collector {
    var mark: [SpoolKind: UInt64] = [:]
    var stored: [SpoolKind: [UInt8]] = [:]
    var payloads: [SpoolKind: [UInt64: [UInt8]]] = [:]
    var violations: [String] = []

    mutating func receive(_ record: SpoolRecord, _ kind: SpoolKind) {
        if let before = payloads[kind]?[record.sequence], before != record.payload {
            violations.append("\(kind) \(record.sequence) was sent with another content")
        }
        payloads[kind, default: [:]][record.sequence] = record.payload
        guard record.sequence > mark[kind] ?? 0 else { return }
        mark[kind] = record.sequence
        stored[kind, default: []] += record.payload
    }
}

/// An agent that reads an endless file (byte i is i modulo 251) into its spool and sends to two collectors, through crashes.
private final class Scenario {
    static let key = FileKey(device: 1, inode: 7)
    let disk: SimulatedFileSystem
    let files: any FileSystem
    var generator: SeededGenerator
    var collectors = ["a": Collector(), "b": Collector()]
    var spool: Spool?

    init(seed: UInt64, wrapping: (SimulatedFileSystem) -> any FileSystem = { $0 }) {
        disk = SimulatedFileSystem(seed: seed)
        files = wrapping(disk)
        generator = SeededGenerator(seed: seed &+ 77)
    }

    /// The file's bytes, more than any run reads.
    static let content = (0..<200_000).map { UInt8($0 % 251) }

    func open() throws(AgentError) {
        spool = nil
        spool = try Spool(
            directory: "/var/spool", destinations: ["a", "b"], bytesMax: 1 << 30, files: files, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            metricSegmentBytes: 700, logSegmentBytes: 1500)
    }

    var position: Int { spool!.journal(.logs).positions.byKey[Self.key]?.offset ?? 0 }

    /// What is read but not durable is held in memory alone, as the tailer does.
    private var readTo = 0

    func run(steps: Int) throws(AgentError) {
        try open()
        readTo = position
        for _ in 0..<steps { try step() }
    }

    private func step() throws(AgentError) {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0..<4:
            let end = readTo + Int.random(in: 1..<600, using: &generator)
            let payload = Array(Self.content[readTo..<end])
            try spool!.journal(.logs).append(
                payload: payload, itemCount: 1, itemBytes: payload.count, positions: [SourcePosition(key: Self.key, path: "/x", offset: end)])
            readTo = end
        case 4:
            try spool!.journal(.metrics).append(payload: [UInt8](repeating: 1, count: 300), itemCount: 1, itemBytes: 300)
        case 5, 6:
            for kind in SpoolKind.allCases { try filesystem { () throws(FileError) in try spool!.synchronize(kind) } }
        default:
            let name = Bool.random(using: &generator) ? "a" : "b"
            for kind in SpoolKind.allCases { try send(kind, name, losesAnswer: Int.random(in: 0..<4, using: &generator) == 0) }
        }
    }

    private func send(_ kind: SpoolKind, _ name: String, losesAnswer: Bool) throws(AgentError) {
        try filesystem { () throws(FileError) in
            guard let record = try spool!.next(kind, for: name) else { return }
            collectors[name]!.receive(record, kind)
            if !losesAnswer { try spool!.acknowledge(kind, through: record.sequence, for: name) }
        }
    }

    /// Everything that is durable reaches both collectors; then they hold the file, once and in order.
    func finish() throws(AgentError) -> [String] {
        for kind in SpoolKind.allCases { try filesystem { () throws(FileError) in try spool!.synchronize(kind) } }
        for name in ["a", "b"] {
            for kind in SpoolKind.allCases { while spool!.pendingCount(kind, for: name) > 0 { try send(kind, name, losesAnswer: false) } }
        }
        var problems = collectors.values.flatMap(\.violations)
        for (name, collector) in collectors {
            let stored = collector.stored[.logs] ?? []
            if stored.count != position { problems.append("\(name) holds \(stored.count) of \(position) bytes") }
            if !Self.content.starts(with: stored) { problems.append("\(name) holds something else than the file") }
        }
        return problems
    }
}

/// A disk that answers to `synchronize` without doing it: what acknowledging too early amounts to.
private struct LyingFileSystem: FileSystem {
    let disk: SimulatedFileSystem

    private final class LyingFile: File {
        let file: any File
        init(_ file: any File) { self.file = file }
        var path: String { file.path }
        func information() throws(FileError) -> FileInformation { try file.information() }
        func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) -> Int { try file.read(into: buffer, at: offset) }
        func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) { try file.write(bytes, at: offset) }
        func truncate(to sizeBytes: Int) throws(FileError) { try file.truncate(to: sizeBytes) }
        func synchronize() throws(FileError) {}
        func close() { file.close() }
    }

    func open(_ path: String, _ mode: OpenMode) throws(FileError) -> any File { LyingFile(try disk.open(path, mode)) }
    func createDirectory(_ path: String) throws(FileError) { try disk.createDirectory(path) }
    func list(_ directory: String) throws(FileError) -> [String] { try disk.list(directory) }
    func information(_ path: String) throws(FileError) -> FileInformation? { try disk.information(path) }
    func rename(_ path: String, to destination: String) throws(FileError) { try disk.rename(path, to: destination) }
    func remove(_ path: String) throws(FileError) { try disk.remove(path) }
    func link(_ path: String, to destination: String) throws(FileError) { try disk.link(path, to: destination) }
    func synchronizeDirectory(_ path: String) throws(FileError) { try disk.synchronizeDirectory(path) }
    func map(_ path: String) throws(FileError) -> MappedFile { try disk.map(path) }
    func lock(_ path: String) throws(FileError) -> any FileLock { try disk.lock(path) }
    func space(_ path: String) throws(FileError) -> (freeBytes: Int64, totalBytes: Int64) { try disk.space(path) }
}

/// Runs until the planned crash, restarts, and goes on; returns what is wrong in the end.
private func crashing(_ scenario: Scenario, at operations: [Int], ending: SimulatedFileSystem.Ending = .powerLoss) throws -> [String] {
    for operation in operations {
        scenario.disk.crash(atOperation: scenario.disk.operationCount + operation)
        do throws(AgentError) { try scenario.run(steps: 60) } catch { #expect(scenario.disk.isCrashed, "only the planned crash may end a run: \(error)") }
        scenario.disk.crash()
        scenario.disk.restart(after: ending)
    }
    try scenario.run(steps: 30)
    return try scenario.finish()
}

@Suite struct SpoolPowerLossTests {
    private func operationsOfARun() throws -> Int {
        let scenario = Scenario(seed: 1)
        try scenario.run(steps: 60)
        return scenario.disk.operationCount
    }

    @Test func nothingIsLostOrChangedAtAnyPointOfPowerLoss() throws {
        let operations = try operationsOfARun()
        #expect(operations > 60)
        for operation in 1...operations {
            for seed in 0..<2 as Range<UInt64> {
                let problems = try crashing(Scenario(seed: seed), at: [operation])
                #expect(problems.isEmpty, "power loss at operation \(operation), seed \(seed): \(problems)")
            }
        }
    }

    @Test func powerLossDuringRecoveryIsSurvivedToo() throws {
        for seed in 0..<40 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let points = (0..<6).map { _ in Int.random(in: 1...60, using: &generator) } + (0..<4).map { _ in Int.random(in: 1...12, using: &generator) }
            let problems = try crashing(Scenario(seed: seed), at: points.shuffled(using: &generator))
            #expect(problems.isEmpty, "seed \(seed): \(problems)")
        }
    }

    @Test func theDeathOfTheProcessBetweenPowerLossesIsSurvived() throws {
        for seed in 0..<40 as Range<UInt64> {
            let scenario = Scenario(seed: seed)
            var generator = SeededGenerator(seed: seed)
            for _ in 0..<4 {
                _ = try crashing(scenario, at: [Int.random(in: 1...80, using: &generator)], ending: .processDeath)
            }
            let problems = try crashing(scenario, at: [Int.random(in: 1...80, using: &generator)])
            #expect(problems.isEmpty, "seed \(seed): \(problems)")
        }
    }

    @Test func failedWritesAndSynchronizesAreTriedAgainWithTheSameRecords() throws {
        for operation in stride(from: 1, through: 120, by: 2) {
            for code in [EIO, ENOSPC] {
                let scenario = Scenario(seed: UInt64(operation))
                scenario.disk.failOperation(operation, code: code, writtenBytes: operation * 7 % 600)
                for _ in 0..<2 { do throws(AgentError) { try scenario.run(steps: 60) } catch {} }
                scenario.disk.crash()
                scenario.disk.restart()
                try scenario.run(steps: 20)
                let problems = try scenario.finish()
                #expect(problems.isEmpty, "\(code) at operation \(operation): \(problems)")
            }
        }
    }

    @Test func acknowledgingBeforeTheBytesAreDurableIsCaught() throws {
        let caught = (0..<20 as Range<UInt64>).filter { seed in
            (try? crashing(Scenario(seed: seed, wrapping: LyingFileSystem.init), at: [70]).isEmpty) != true
        }
        #expect(caught.count > 10)
    }
}
