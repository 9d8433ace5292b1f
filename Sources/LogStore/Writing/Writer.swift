import Foundations
import GRDB
import Model

/// The one thread that writes: batches that wait at the same time share a transaction and its `fsync`.
///
/// Appends come first; indexing, and the removal of old days, happen between them.
final class Writer: Sendable {
    struct Append: Sendable {
        let batch: PreparedBatch
        let done: @Sendable (Result<LogAppendOutcome, LogStoreError>) -> Void
    }

    private enum Job: Sendable {
        case append(Append)
        case delete(before: NanoTimestamp, done: @Sendable (Result<Int, LogStoreError>) -> Void)
    }

    private enum Phase {
        case running, closing, closed
    }

    private struct Queue {
        var jobs: [Job] = []
        var phase = Phase.running
    }

    /// What the thread alone touches.
    private final class Worker {
        var writers: [Day: PartitionWriter] = [:]
        var refusingReason: String?
        var lastIdleMonotonic: Int64 = 0
        var lastRetentionDay: Day?
    }

    private let catalog: PartitionCatalog
    private let clock: any WallClock
    private let options: LogStoreOptions
    private let counters: Locked<LogStoreStatistics>
    private let tails: TailHub
    private let queue = Monitor(Queue())
    private let thread = Locked<WorkerThread?>(nil)

    init(catalog: PartitionCatalog, clock: any WallClock, options: LogStoreOptions, counters: Locked<LogStoreStatistics>, tails: TailHub) {
        self.catalog = catalog
        self.clock = clock
        self.options = options
        self.counters = counters
        self.tails = tails
    }

    func start() {
        let worker = WorkerThread(name: "log-writer") { [self] in run() }
        thread.withLock { $0 = worker }
    }

    func append(_ append: Append) {
        let accepted = submit(.append(append))
        if !accepted { append.done(.failure(.closed)) }
    }

    func delete(before moment: NanoTimestamp, done: @escaping @Sendable (Result<Int, LogStoreError>) -> Void) {
        if !submit(.delete(before: moment, done: done)) { done(.failure(.closed)) }
    }

    private func submit(_ job: Job) -> Bool {
        queue.update { queue in
            guard queue.phase == .running else { return false }
            queue.jobs.append(job)
            return true
        }
    }

    /// Finishes what was submitted and ends the thread. Blocks.
    func close() {
        queue.update { if $0.phase == .running { $0.phase = .closing } }
        thread.withLock { $0 }?.join()
    }

    // MARK: On the thread

    private func run() {
        let worker = Worker()
        while true {
            let (jobs, isClosing) = queue.wait(
                timeoutMilliseconds: Limits.idleMilliseconds, until: { !$0.jobs.isEmpty || $0.phase != .running },
                then: { queue in
                    let count = Self.groupSize(queue.jobs)
                    let group = Array(queue.jobs.prefix(count))
                    queue.jobs.removeFirst(count)
                    let isDone = queue.phase == .closing && queue.jobs.isEmpty
                    if isDone && group.isEmpty { queue.phase = .closed }
                    return (group, isDone && group.isEmpty)
                })
            if isClosing { return }
            perform(jobs, worker)
            maintain(worker, wasIdle: jobs.isEmpty)
        }
    }

    /// How many of the waiting jobs go into one transaction: appends up to a number of rows, or one deletion.
    private static func groupSize(_ jobs: [Job]) -> Int {
        var rows = 0
        for (index, job) in jobs.enumerated() {
            guard case .append(let append) = job else { return max(index, 1) }
            rows += append.batch.rowCount
            if rows > Limits.groupRecordsMax { return index + 1 }
        }
        return jobs.count
    }

    private func perform(_ jobs: [Job], _ worker: Worker) {
        if case .delete(let moment, let done)? = jobs.first {
            done(delete(before: moment, worker))
            return
        }
        let appends = jobs.compactMap { if case .append(let append) = $0 { append } else { nil } }
        if !appends.isEmpty { commit(appends, worker) }
    }

    private func delete(before moment: NanoTimestamp, _ worker: Worker) -> Result<Int, LogStoreError> {
        do {
            worker.writers = worker.writers.filter { $0.key.end > moment }
            let count = try catalog.delete(before: moment)
            counters.withLock { $0.partitionsDeletedTotal += UInt64(count) }
            return .success(count)
        } catch {
            return .failure(LogStoreError(error, file: catalog.directory))
        }
    }

    /// Stores a group of batches, a transaction per day, and answers each.
    private func commit(_ appends: [Append], _ worker: Worker) {
        var outcomes = appends.map { append in
            BatchProgress(refused: append.batch.refused)
        }
        for day in Set(appends.flatMap { $0.batch.days.map(\.day) }).sorted() {
            // A batch that failed for one day is sent again as a whole; storing more of it now would only make more duplicates.
            let members = appends.indices.filter { index in outcomes[index].failure == nil && appends[index].batch.days.contains { $0.day == day } }
            let parts = members.map { index in
                (origin: appends[index].batch.origin, rows: appends[index].batch.days.first { $0.day == day }!.rows)
            }
            do throws(LogStoreError) {
                for (index, part) in zip(members, try store(parts, day, worker)) { outcomes[index].add(part) }
            } catch {
                for index in members { outcomes[index].failure = error }
            }
        }
        for (append, progress) in zip(appends, outcomes) { answer(append, progress) }
    }

    private func store(
        _ parts: [(origin: BatchOrigin?, rows: [PreparedBatch.Row])], _ day: Day, _ worker: Worker
    ) throws(LogStoreError) -> [PartitionWriter.PartOutcome] {
        if let reason = worker.refusingReason { throw .notAcknowledging(reason: reason) }
        let path = Paths.join(catalog.directory, Partition.fileName(of: day))
        do {
            let outcomes = try withWriter(day, worker) { try $0.append(parts) }
            counters.withLock { $0.commitsTotal += 1 }
            return outcomes
        } catch {
            // The day's state on disk is what counts now.
            worker.writers[day] = nil
            if let failure = error as? DatabaseError, failure.isFailedSynchronization {
                let reason = "synchronizing \(path) failed (\(failure.message ?? "no reason given"))"
                worker.refusingReason = reason
                counters.withLock { $0.refusingReason = reason }
                throw .notAcknowledging(reason: reason)
            }
            throw LogStoreError(error, file: path)
        }
    }

    /// Runs `body` with the day's writer; a damaged file is put aside and a new one takes its place, once.
    private func withWriter<Result>(_ day: Day, _ worker: Worker, _ body: (inout PartitionWriter) throws -> Result) throws -> Result {
        do {
            return try withWriterOnce(day, worker, body)
        } catch {
            guard case .damaged(_, let reason) = LogStoreError(error, file: ""), let partition = worker.writers[day]?.partition else { throw error }
            worker.writers[day] = nil
            try catalog.quarantine(partition, reason: reason)
            return try withWriterOnce(day, worker, body)
        }
    }

    private func withWriterOnce<Result>(_ day: Day, _ worker: Worker, _ body: (inout PartitionWriter) throws -> Result) throws -> Result {
        let partition = try catalog.writable(day)
        var writer: PartitionWriter
        if let known = worker.writers[day], known.partition === partition {
            writer = known
        } else {
            do {
                writer = try PartitionWriter(partition, control: ReadControl(clock: clock, deadlineMonotonicNanoseconds: nil))
            } catch {
                guard case .damaged(_, let reason) = LogStoreError(error, file: partition.path) else { throw error }
                try catalog.quarantine(partition, reason: reason)
                writer = try PartitionWriter(try catalog.writable(day), control: ReadControl(clock: clock, deadlineMonotonicNanoseconds: nil))
            }
        }
        // Taken out while it changes, so that its tables aren't copied.
        worker.writers[day] = nil
        defer { worker.writers[day] = writer }
        return try body(&writer)
    }

    private func answer(_ append: Append, _ progress: BatchProgress) {
        counters.withLock { counters in
            counters.recordsAppendedTotal += UInt64(progress.rows.count)
            counters.bytesAppendedTotal += progress.rows.reduce(0) { $0 + UInt64($1.record.body.utf8.count) }
            if let failure = progress.failure, case .closed = failure { return }
            if progress.failure != nil { return }
            for (reason, count) in progress.refused { counters.recordsRefusedTotal[reason, default: 0] += UInt64(count) }
            if progress.isDuplicate {
                counters.batchesDuplicateTotal += 1
            } else {
                counters.linesCutTotal += UInt64(append.batch.linesCut)
                counters.fieldsDroppedTotal += UInt64(append.batch.fieldsDropped)
            }
        }
        tails.publish(progress.rows)
        append.done(progress.result)
    }

    // MARK: Between appends

    private func maintain(_ worker: Worker, wasIdle: Bool) {
        indexFullBatches(worker)
        let now = clock.monotonicNanoseconds()
        let isWaiting = queue.wait(timeoutMilliseconds: 0, until: { _ in true }, then: { !$0.jobs.isEmpty })
        guard !isWaiting else { return }
        guard wasIdle || now - worker.lastIdleMonotonic >= Limits.indexDelayMilliseconds * 1_000_000 else { return }
        worker.lastIdleMonotonic = now
        for day in worker.writers.keys.sorted() { index(day, worker, rowsMin: 1) }
        applyRetention(worker)
        if wasIdle { releaseOldDays(worker) }
    }

    /// Days that nobody writes into any more give their memory and their write-ahead log back.
    private func releaseOldDays(_ worker: Worker) {
        let oldestKept = Day(containing: clock.now()).number - 1
        for (day, writer) in worker.writers where day.number < oldestKept && writer.unindexedRows == 0 {
            worker.writers[day] = nil
            do {
                try writer.partition.checkpoint()
            } catch {
                // A reader is in the way; the log is folded in when the day is written or closed again.
                continue
            }
        }
    }

    private func indexFullBatches(_ worker: Worker) {
        for day in worker.writers.keys.sorted() { index(day, worker, rowsMin: Limits.indexBatchRows) }
    }

    /// Indexes one batch of a day's rows where at least `rowsMin` wait. A failure leaves them to be scanned.
    private func index(_ day: Day, _ worker: Worker, rowsMin: Int64) {
        guard worker.refusingReason == nil, let writer = worker.writers[day], writer.unindexedRows >= rowsMin else { return }
        do {
            let count = try withWriter(day, worker) { try $0.index(rowsMax: Limits.indexBatchRows) }
            counters.withLock {
                $0.recordsIndexedTotal += UInt64(count)
                $0.indexingFailure = nil
            }
        } catch {
            worker.writers[day] = nil
            let failure = LogStoreError(error, file: Paths.join(catalog.directory, Partition.fileName(of: day)))
            counters.withLock { $0.indexingFailure = failure.description }
        }
    }

    private func applyRetention(_ worker: Worker) {
        guard let seconds = options.retentionSeconds else { return }
        let today = Day(containing: clock.now())
        if worker.lastRetentionDay == today { return }
        let oldestKept = clock.now().advanced(byNanoseconds: -min(seconds, Int64.max / 1_000_000_000) * 1_000_000_000)
        switch delete(before: oldestKept, worker) {
        case .success: worker.lastRetentionDay = today
        case .failure(let error): counters.withLock { $0.retentionFailure = error.description }
        }
    }
}

/// How far a batch has come over its days.
private struct BatchProgress {
    var refused: [LogRefusal: Int]
    var rows: [PreparedBatch.Row] = []
    var failure: LogStoreError?
    private var parts = 0
    private var duplicateParts = 0

    init(refused: [LogRefusal: Int]) { self.refused = refused }

    mutating func add(_ part: PartitionWriter.PartOutcome) {
        parts += 1
        switch part {
        case .duplicate: duplicateParts += 1
        case .stored(let stored, let tooMany):
            rows += stored
            if tooMany > 0 { refused[.tooManyStreams, default: 0] += tooMany }
        }
    }

    var isDuplicate: Bool { parts > 0 && duplicateParts == parts }

    var result: Result<LogAppendOutcome, LogStoreError> {
        if let failure { return .failure(failure) }
        let refused = refused.map { (reason: $0.key, count: $0.value) }.sorted { $0.reason.rawValue < $1.reason.rawValue }
        return .success(LogAppendOutcome(stored: rows.count, isDuplicateBatch: isDuplicate, refused: refused))
    }
}
