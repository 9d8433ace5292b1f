import Foundations
import Model

/// Logs in a folder of SQLite files, one a day in UTC and retention class, each with a full-text index (Docs/Formats/log-partition.md).
///
/// What `append` returned for is durable: its transaction was committed with `synchronous=FULL`, and the names of new files were
/// synchronized. Records are found at once; a thread in the background makes compressed chunks of them and indexes these. A day's file that is damaged is
/// renamed and reported in the statistics; the others answer. One process opens a folder at a time.
public final class LogStore: LogReader, Sendable {
    let catalog: PartitionCatalog
    let clock: any WallClock
    let options: LogStoreOptions
    let counters = Locked(LogStoreStatistics())
    let readers: ReaderThreads
    let background: Background
    let writer: Writer
    private let tails: TailHub

    /// Opens the folder, and makes it where it is missing. Throws `.locked` where another process has it open.
    public static func open(
        directory: String, clock: any WallClock = SystemClock(), options: LogStoreOptions = .init()
    ) throws(LogStoreError) -> LogStore {
        try open(directory: directory, clock: clock, options: options, RealFileSystem())
    }

    /// `fileSystem`: for what isn't SQLite's own.
    static func open(directory: String, clock: any WallClock, options: LogStoreOptions, _ fileSystem: any FileSystem) throws(LogStoreError) -> LogStore {
        let catalog = try PartitionCatalog(directory: directory, fileSystem: fileSystem, clock: clock)
        return LogStore(catalog: catalog, clock: clock, options: options)
    }

    private init(catalog: PartitionCatalog, clock: any WallClock, options: LogStoreOptions) {
        self.catalog = catalog
        self.clock = clock
        self.options = options
        readers = ReaderThreads(count: Limits.readerThreads)
        tails = TailHub(counters: counters)
        writer = Writer(catalog: catalog, clock: clock, counters: counters, tails: tails)
        background = Background(clock: clock)
        tails.start()
        writer.start(background)
        background.start(BackgroundEnvironment(catalog: catalog, writer: writer, clock: clock, options: options, counters: counters))
    }

    /// Stores a batch. It is durable on return.
    ///
    /// With an origin, a batch that was stored before is stored no second time, after a crash in the middle of it too. Without
    /// one, a batch that is sent again after an error may be there twice. Records outside the accepted time are refused and
    /// counted; lines over 1 MiB are cut and get a field `truncated_bytes`; fields beyond the 128th are left out.
    /// Throws `.overloaded` where 128 MiB of other batches wait for the disk already.
    public func append(_ records: [LogRecord], origin: BatchOrigin? = nil) async throws(LogStoreError) -> LogAppendOutcome {
        try await append(LogColumns(records), origin: origin)
    }

    /// The same of records that came as columns.
    public func append(_ columns: LogColumns, origin: BatchOrigin? = nil) async throws(LogStoreError) -> LogAppendOutcome {
        let now = clock.now()
        let oldest = now.advanced(byNanoseconds: -Self.nanoseconds(options.acceptedPastSeconds))
        let end = now.advanced(byNanoseconds: Self.nanoseconds(options.acceptedFutureSeconds)).advanced(byNanoseconds: 1)
        let batch = PreparedBatch(columns, origin: origin, accepted: min(oldest, end)..<end, options: options)
        let result = await withCheckedContinuation { continuation in
            writer.append(.init(batch: batch) { continuation.resume(returning: $0) })
        }
        return try result.get()
    }

    private static func nanoseconds(_ seconds: Int64) -> Int64 { max(0, min(seconds, Int64.max / 1_000_000_000)) * 1_000_000_000 }

    /// What is stored from now on and matches. Time range and direction of the query are ignored.
    ///
    /// Buffers up to `bufferRecordsMax` records; what comes while the buffer is full is counted and told at its place. Ends when
    /// the store is closed, when the task that reads is cancelled, or at once where 64 tails are open already.
    public func tail(_ query: LogQuery, bufferRecordsMax: Int = 10_000) -> AsyncStream<TailEvent> {
        var query = query
        query.start = .distantPast
        query.end = .distantFuture
        return tails.subscribe(query, bufferRecordsMax: bufferRecordsMax)
    }

    /// What the store holds and did.
    public func statistics() -> LogStoreStatistics {
        var statistics = counters.withLock { $0 }
        statistics.partitions = catalog.partitionSizes()
        statistics.quarantined = catalog.quarantined
        statistics.tails = tails.count
        statistics.queuedBytes = writer.heldBytes
        return statistics
    }

    /// Removes all days that ended at or before a moment; returns how many files. Readers of such a day finish undisturbed.
    @discardableResult
    public func deletePartitions(before moment: NanoTimestamp) async throws(LogStoreError) -> Int {
        try await inBackground { try $0.retention.delete { $0.day.end <= moment } }
    }

    /// Removes the records that satisfy a query, with their words in the index; returns how many. Direction and deadline are ignored.
    ///
    /// Durable on return; searches of the days concerned are slow until these are indexed again. What can't be read any more goes too,
    /// where it belongs to a stream and a time that the query names.
    public func delete(_ query: LogQuery) async throws(LogStoreError) -> Int {
        try await inBackground { try $0.retention.erase(query) }
    }

    /// Makes chunks of all recent rows and indexes them now, rather than when more have come.
    public func seal() async throws(LogStoreError) {
        try await inBackground { work in
            for name in work.environment.catalog.all {
                try work.sealing.sealAll(name)
                try work.indexing.indexAll(name)
            }
        }
    }

    func inBackground<Value: Sendable>(_ body: @escaping @Sendable (BackgroundWork) throws -> Value) async throws(LogStoreError) -> Value {
        try await onThread { [background] in try background.perform(body) }
    }

    /// Runs what blocks on a thread of its own, so that it doesn't block the cooperative pool.
    func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws(LogStoreError) -> Value {
        let result = await withCheckedContinuation { (continuation: CheckedContinuation<Result<Value, LogStoreError>, Never>) in
            _ = WorkerThread(name: "log-request") { [catalog] in
                continuation.resume(returning: Result { try body() }.mapError { LogStoreError($0, file: catalog.directory) })
            }
        }
        return try result.get()
    }

    /// Stores what was handed over, ends queries and tails, folds the write-ahead logs into their files and gives the folder free.
    /// Later calls throw `.closed`.
    public func close() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            // A thread of its own: waiting for the others must not block the cooperative pool.
            _ = WorkerThread(name: "log-close") { [self] in
                background.close()
                writer.close()
                tails.close()
                readers.close()
                do {
                    try catalog.close()
                } catch {
                    // Everything is committed; the next opening folds the log in.
                    counters.withLock { $0.refusingReason = "closing failed: \(error)" }
                }
                continuation.resume()
            }
        }
    }
}
