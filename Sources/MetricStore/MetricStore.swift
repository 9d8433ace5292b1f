import Foundations
import Model

/// Time series on one machine's disk: bit-exact, durable when acknowledged, compact.
///
/// A batch goes to the write-ahead log, is made durable together with those that came at the same time, becomes visible, and is
/// acknowledged. The newest hours are in memory (the head); older ones in immutable blocks that are mapped. Of two samples of one
/// series and time, the one acknowledged last holds; where a time has a float and a histogram, the histogram holds.
public final class MetricStore: Sendable {
    let store: Store
    let committer: Committer
    let maintenance: Maintenance
    private let lock: Locked<(any FileLock)?>

    private init(store: Store, committer: Committer, maintenance: Maintenance, lock: any FileLock) {
        self.store = store
        self.committer = committer
        self.maintenance = maintenance
        self.lock = Locked(lock)
    }

    /// Opens the store in a folder, made where it is missing, and recovers what was acknowledged. One process at a time.
    public static func open(
        directory: String, fileSystem: any FileSystem = RealFileSystem(), clock: any WallClock = SystemClock(),
        options: MetricStoreOptions = .init()
    ) throws(MetricStoreError) -> MetricStore {
        precondition(options.blockMilliseconds > 0, "blocks need a width")
        let lock = try takeLock(directory, fileSystem)
        let opened = try converting { () throws(FileError) in
            try Recovery(directory: directory, fileSystem: fileSystem, options: options).run(clock: clock)
        }
        let writer = LogWriter(
            fileSystem: fileSystem, directory: opened.store.layout.log, lastSegment: opened.lastSegment, nextSequence: opened.nextSequence)
        let committer = Committer(store: opened.store, writer: writer)
        let maintenance = Maintenance(store: opened.store, committer: committer)
        try converting { () throws(FileError) in try opened.store.removeUnfinishedImports() }
        committer.start()
        maintenance.start()
        return MetricStore(store: opened.store, committer: committer, maintenance: maintenance, lock: lock)
    }

    static func takeLock(_ directory: String, _ fileSystem: any FileSystem) throws(MetricStoreError) -> any FileLock {
        do throws(FileError) {
            let lock = Store.Layout(directory: directory).lock
            // The lock's file is made last: where it stands, the folder is durable.
            if try !fileSystem.exists(lock) { try makeDirectory(directory, fileSystem) }
            return try fileSystem.lock(lock)
        } catch {
            throw error.isLocked ? .locked(directory: directory) : MetricStoreError(error)
        }
    }

    /// Makes a folder and its missing parents, durably: also those that an earlier attempt made and couldn't synchronize.
    private static func makeDirectory(_ directory: String, _ fileSystem: any FileSystem) throws(FileError) {
        try fileSystem.createDirectory(directory)
        var path = directory
        while Paths.directory(of: path) != path, path != "." {
            path = Paths.directory(of: path)
            do throws(FileError) { try fileSystem.synchronizeDirectory(path) } catch {
                // A parent that this user may not even read wasn't made by this user.
                if error.isPermission { return }
                throw error
            }
        }
    }

    /// Stores a batch as a whole; on return it is durable and visible. Series and samples that break a limit are left out and named
    /// in the outcome. With an origin whose sequence the store has seen, nothing is stored and the outcome says so.
    public func append(_ columns: MetricColumns, origin: BatchOrigin? = nil) async throws(MetricStoreError) -> AppendOutcome {
        let prepared = PreparedBatch(columns, origin: origin)
        guard prepared.estimatedBytes <= Limits.batchBytesMax else {
            throw .batchTooLarge(bytes: prepared.estimatedBytes, limit: Limits.batchBytesMax)
        }
        return try await committer.append(prepared)
    }

    /// The same for a batch that is told series by series.
    public func append(_ batch: MetricBatch, origin: BatchOrigin? = nil) async throws(MetricStoreError) -> AppendOutcome {
        try await append(MetricColumns(batch), origin: origin)
    }

    /// Deletes the samples of the series that match all matchers, from `start` through `end`. Durable on return.
    public func delete(_ matchers: [Matcher], start: Timestamp, end: Timestamp) async throws(MetricStoreError) {
        guard !matchers.isEmpty else { throw .badDeletion(reason: "it needs a matcher") }
        guard matchers.count <= Limits.matchersMax else { throw .badDeletion(reason: "it has over \(Limits.matchersMax) matchers") }
        guard start <= end else { throw .badDeletion(reason: "its end is before its start") }
        try await committer.delete(matchers, start: start.milliseconds, end: end.milliseconds)
    }

    /// Takes what deletions hide out of the blocks and the log, so that the bytes leave the disk. Needs room for each block it writes anew.
    public func cleanTombstones() async throws(MetricStoreError) { try await maintenance.clean() }

    /// Makes a consistent copy in a new folder, which can be opened as a store. Files are shared by hard link on the same file system.
    public func snapshot(to directory: String) async throws(MetricStoreError) { try await maintenance.snapshot(to: directory) }

    /// The highest sequence of an agent whose batch is stored; 0 where there is none.
    public func highWaterMark(of agent: String) -> UInt64 { store.head.withLock { $0.marks[agent] ?? 0 } }

    /// Does now what is due: sealing, a checkpoint, retention, merging. The store does it by itself every few seconds.
    public func maintain() async throws(MetricStoreError) { try await maintenance.run() }

    /// Writes a checkpoint now, so that the next open reads no log.
    public func checkpoint() async throws(MetricStoreError) { try await maintenance.checkpoint() }

    /// Stores what waits, writes a checkpoint (unless the options say otherwise) and gives the folder free. Reads go on working.
    public func close() async {
        let isAcknowledging = statistics().isAcknowledging
        if store.options.checkpointsOnClose, isAcknowledging, store.counters.withLock({ $0.commitGroups > 0 || $0.recovery.logRecords > 0 }) {
            do { try await maintenance.checkpoint() } catch {
                // Everything is in the log: the next open reads that instead.
                if error != .closed { store.noteDamage("no checkpoint was written on closing: \(error)") }
            }
        }
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            _ = WorkerThread(name: "metric-close") { [self] in
                maintenance.close()
                committer.close()
                lock.withLock { $0 = nil }
                done.resume()
            }
        }
    }

    deinit {
        // Without `close` the threads would wait for ever.
        maintenance.stop()
        committer.stop()
    }
}
