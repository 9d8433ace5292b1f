import Foundations
import GRDB
import Model

/// The days that are being written, each with what its writer knows between transactions. Used by the writing thread alone.
final class DayWriters {
    let catalog: PartitionCatalog
    private let clock: any WallClock
    private let counters: Locked<LogStoreStatistics>
    private var writers: [Day: PartitionWriter] = [:]
    /// Set once an `fsync` failed.
    private(set) var refusingReason: String?

    init(catalog: PartitionCatalog, clock: any WallClock, counters: Locked<LogStoreStatistics>) {
        self.catalog = catalog
        self.clock = clock
        self.counters = counters
    }

    var days: [Day] { writers.keys.sorted() }

    subscript(day: Day) -> PartitionWriter? { writers[day] }

    /// What is known of a day is read again from its file when it is next written.
    func forget(_ day: Day) { writers[day] = nil }
    func forget(before moment: NanoTimestamp) { writers = writers.filter { $0.key.end > moment } }

    func path(of day: Day) -> String { Paths.join(catalog.directory, Partition.fileName(of: day)) }

    /// Runs one transaction with the day's writer. After a failure the day is read anew; after a failed `fsync` nothing is written any more.
    func write<Result>(_ day: Day, _ body: (inout PartitionWriter) throws -> Result) throws(LogStoreError) -> Result {
        if let refusingReason { throw .notAcknowledging(reason: refusingReason) }
        do {
            return try withWriter(day, body)
        } catch {
            forget(day)
            throw failure(error, day)
        }
    }

    private func failure(_ error: any Error, _ day: Day) -> LogStoreError {
        guard let words = LogStoreError.failedSynchronization(error) else { return LogStoreError(error, file: path(of: day)) }
        let reason = "synchronizing \(path(of: day)) failed (\(words))"
        refusingReason = reason
        counters.withLock { $0.refusingReason = reason }
        return .notAcknowledging(reason: reason)
    }

    /// A damaged file is put aside and a new one takes its place, once.
    private func withWriter<Result>(_ day: Day, _ body: (inout PartitionWriter) throws -> Result) throws -> Result {
        do {
            return try withWriterOnce(day, body)
        } catch {
            guard case .damaged(_, let reason) = LogStoreError(error, file: ""), let partition = writers[day]?.partition else { throw error }
            forget(day)
            try catalog.quarantine(partition, reason: reason)
            return try withWriterOnce(day, body)
        }
    }

    private func withWriterOnce<Result>(_ day: Day, _ body: (inout PartitionWriter) throws -> Result) throws -> Result {
        let partition = try catalog.writable(day)
        var writer: PartitionWriter
        if let known = writers[day], known.partition === partition {
            writer = known
        } else {
            writer = try opened(day, partition)
        }
        // Taken out while it changes, so that its tables aren't copied.
        writers[day] = nil
        defer { writers[day] = writer }
        return try body(&writer)
    }

    private func opened(_ day: Day, _ partition: Partition) throws -> PartitionWriter {
        let control = ReadControl(clock: clock, deadlineMonotonicNanoseconds: nil)
        do {
            return try PartitionWriter(partition, control: control)
        } catch {
            guard case .damaged(_, let reason) = LogStoreError(error, file: partition.path) else { throw error }
            try catalog.quarantine(partition, reason: reason)
            return try PartitionWriter(try catalog.writable(day), control: control)
        }
    }
}
