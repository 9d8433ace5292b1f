import Foundations
import GRDB
import Model

/// The partitions that are being written, each with what its writer knows between transactions. Used by the writing thread alone.
final class PartitionWriters {
    let catalog: PartitionCatalog
    private let clock: any WallClock
    private let counters: Locked<LogStoreStatistics>
    private var writers: [PartitionName: PartitionWriter] = [:]
    /// Set once an `fsync` failed.
    private(set) var refusingReason: String?

    init(catalog: PartitionCatalog, clock: any WallClock, counters: Locked<LogStoreStatistics>) {
        self.catalog = catalog
        self.clock = clock
        self.counters = counters
    }

    subscript(name: PartitionName) -> PartitionWriter? { writers[name] }

    /// What is known of a day is read again from its file when it is next written.
    func forget(_ name: PartitionName) { writers[name] = nil }
    func forget(_ isGone: (PartitionName) -> Bool) { writers = writers.filter { !isGone($0.key) } }

    func path(of name: PartitionName) -> String { Paths.join(catalog.directory, name.file) }

    /// Runs one transaction with the day's writer. After a failure the day is read anew; after a failed `fsync` nothing is written any more.
    func write<Result>(_ name: PartitionName, _ body: (inout PartitionWriter) throws -> Result) throws(LogStoreError) -> Result {
        if let refusingReason { throw .notAcknowledging(reason: refusingReason) }
        do {
            return try withWriter(name, body)
        } catch {
            forget(name)
            throw failure(error, name)
        }
    }

    private func failure(_ error: any Error, _ name: PartitionName) -> LogStoreError {
        guard let words = LogStoreError.failedSynchronization(error) else { return LogStoreError(error, file: path(of: name)) }
        let reason = "synchronizing \(path(of: name)) failed (\(words))"
        refusingReason = reason
        counters.withLock { $0.refusingReason = reason }
        return .notAcknowledging(reason: reason)
    }

    /// A damaged file is put aside and a new one takes its place, once.
    private func withWriter<Result>(_ name: PartitionName, _ body: (inout PartitionWriter) throws -> Result) throws -> Result {
        do {
            return try withWriterOnce(name, body)
        } catch {
            guard case .damaged(_, let reason) = LogStoreError(error, file: ""), let partition = writers[name]?.partition else { throw error }
            forget(name)
            try catalog.quarantine(partition, reason: reason)
            return try withWriterOnce(name, body)
        }
    }

    private func withWriterOnce<Result>(_ name: PartitionName, _ body: (inout PartitionWriter) throws -> Result) throws -> Result {
        let partition = try catalog.writable(name)
        var writer: PartitionWriter
        if let known = writers[name], known.partition === partition {
            writer = known
        } else {
            writer = try opened(name, partition)
        }
        // Taken out while it changes, so that its tables aren't copied.
        writers[name] = nil
        defer { writers[name] = writer }
        return try body(&writer)
    }

    private func opened(_ name: PartitionName, _ partition: Partition) throws -> PartitionWriter {
        let control = ReadControl(clock: clock, deadlineMonotonicNanoseconds: nil)
        do {
            return try PartitionWriter(partition, control: control)
        } catch {
            guard case .damaged(_, let reason) = LogStoreError(error, file: partition.path) else { throw error }
            try catalog.quarantine(partition, reason: reason)
            return try PartitionWriter(try catalog.writable(name), control: control)
        }
    }
}
