import Foundations
import Model

@testable import MetricStore

/// A fixed run with appends, late samples, a deletion, sealing, checkpoints and merging twice over, and what must hold after it was interrupted.
///
/// Batch `n` writes the value `n` at its own time into each of `seriesCount` series, so that what is stored says which batches are
/// there, and whether as a whole.
struct CrashRun {
    static let batchCount = 26
    static let seriesCount = 3
    static let agent = "agent"

    /// Batches whose append returned.
    private(set) var acknowledged: Set<Int> = []
    /// Batches that were sent; some of them may be there though their append threw.
    private(set) var sent: Set<Int> = []
    private(set) var errors: [String] = []
    private(set) var isDeleted = false
    private(set) var isDeleteSent = false
    /// Goes on after an error, as a server does, or stops at the first.
    let goesOn: Bool

    init(goesOn: Bool) { self.goesOn = goesOn }

    static let clock = ManualClock(milliseconds: baseMilliseconds + 100 * hour)
    static let options = testOptions {
        $0.segmentBytesMax = 1500
        $0.checkpointLogBytes = 3000
        $0.blockMilliseconds = hour
        $0.outOfOrderWindowMilliseconds = hour + 900_000
        $0.mergedBlockMilliseconds = [2 * hour, 4 * hour]
    }

    static func open(_ fileSystem: any FileSystem) throws(MetricStoreError) -> MetricStore {
        try MetricStore.open(directory: "/var/metrics", fileSystem: fileSystem, clock: clock, options: options)
    }

    /// Batches come 20 minutes apart; each fifth one is late by an hour.
    static func time(_ number: Int) -> Int64 {
        baseMilliseconds + Int64(number) * 1_200_000 - (number % 5 == 4 ? hour + 600_000 : 0)
    }

    static func batch(_ number: Int) -> MetricBatch {
        MetricBatch(
            entries: (0..<seriesCount).map { .init(labels: .test("run", $0), samples: [Sample(timestamp: time(number), value: Double(number))]) },
            metadata: ["run": Metadata(kind: .gauge, help: "batch \(number)")])
    }

    /// Samples of batches 3 through 6 are deleted in the middle of the run.
    static let deletedNumbers = 3...6
    static let deletionStep = 14

    mutating func run(on fileSystem: any FileSystem) async {
        let store: MetricStore
        do { store = try Self.open(fileSystem) } catch {
            errors.append("open: \(error)")
            return
        }
        for number in 1...Self.batchCount {
            do {
                sent.insert(number)
                _ = try await store.append(Self.batch(number), origin: BatchOrigin(agent: Self.agent, sequence: UInt64(number)))
                acknowledged.insert(number)
                if number == Self.deletionStep {
                    isDeleteSent = true
                    for deleted in Self.deletedNumbers {
                        let moment = Timestamp(milliseconds: Self.time(deleted))
                        try await store.delete([Matcher("__name__", equals: "run")], start: moment, end: moment)
                    }
                    isDeleted = true
                }
                if number % 6 == 0 { try await store.maintain() }
                if number == 20 { try await store.checkpoint() }
            } catch {
                errors.append("\(number): \(error)")
                if !goesOn { break }
            }
        }
        await store.close()
    }

    /// What is wrong with what the store holds now; empty where nothing is.
    func violations(in store: MetricStore) async throws -> [String] {
        var wrong: [String] = []
        let found = try await store.all()
        var present: [Int: Int] = [:]
        for series in found {
            if zip(series.timestamps, series.timestamps.dropFirst()).contains(where: { $0 >= $1 }) { wrong.append("\(series.labels): times don't ascend") }
            for (timestamp, value) in zip(series.timestamps, series.values) {
                let number = Int(value)
                present[number, default: 0] += 1
                if !sent.contains(number) || timestamp != Self.time(number) { wrong.append("\(series.labels) holds \(value) at \(timestamp), which was never sent") }
            }
        }
        for (number, count) in present where count != Self.seriesCount { wrong.append("batch \(number) is there with \(count) of \(Self.seriesCount) series") }
        for number in acknowledged where present[number] == nil {
            if isDeleteSent && Self.deletedNumbers.contains(number) { continue }
            wrong.append("batch \(number) was acknowledged and is gone")
        }
        if isDeleted { for number in Self.deletedNumbers where present[number] != nil { wrong.append("batch \(number) was deleted and is back") } }
        let mark = store.highWaterMark(of: Self.agent)
        let highest = present.keys.max() ?? 0
        if mark < UInt64(acknowledged.max() ?? 0) { wrong.append("the mark is \(mark), below an acknowledged batch") }
        if mark != UInt64(highest) { wrong.append("the mark is \(mark), the highest batch \(highest)") }
        return wrong
    }
}

/// A disk whose `synchronize` does nothing: acknowledge-before-fsync, planted.
final class ForgetfulFileSystem: FileSystem {
    private let real: any FileSystem
    init(_ real: any FileSystem) { self.real = real }

    func open(_ path: String, _ mode: OpenMode) throws(FileError) -> any File { ForgetfulFile(try real.open(path, mode)) }
    func createDirectory(_ path: String) throws(FileError) { try real.createDirectory(path) }
    func list(_ directory: String) throws(FileError) -> [String] { try real.list(directory) }
    func information(_ path: String) throws(FileError) -> FileInformation? { try real.information(path) }
    func rename(_ path: String, to destination: String) throws(FileError) { try real.rename(path, to: destination) }
    func remove(_ path: String) throws(FileError) { try real.remove(path) }
    func link(_ path: String, to destination: String) throws(FileError) { try real.link(path, to: destination) }
    func synchronizeDirectory(_ path: String) throws(FileError) { try real.synchronizeDirectory(path) }
    func map(_ path: String) throws(FileError) -> MappedFile { try real.map(path) }
    func lock(_ path: String) throws(FileError) -> any FileLock { try real.lock(path) }
    func space(_ path: String) throws(FileError) -> (freeBytes: Int64, totalBytes: Int64) { try real.space(path) }
}

private final class ForgetfulFile: File {
    private let real: any File
    init(_ real: any File) { self.real = real }

    var path: String { real.path }
    func information() throws(FileError) -> FileInformation { try real.information() }
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) -> Int { try real.read(into: buffer, at: offset) }
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) { try real.write(bytes, at: offset) }
    func truncate(to sizeBytes: Int) throws(FileError) { try real.truncate(to: sizeBytes) }
    func synchronize() throws(FileError) {}
    func close() { real.close() }
}
