import Foundations
import Model

/// The one thread that writes: batches that wait at the same time share a transaction and its `fsync`.
///
/// Appends come first; indexing, and the removal and closing of old days, happen between them.
final class Writer: Sendable {
    private let catalog: PartitionCatalog
    private let clock: any WallClock
    private let options: LogStoreOptions
    private let counters: Locked<LogStoreStatistics>
    private let tails: TailHub
    private let queue = AppendQueue()
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

    func append(_ append: AppendQueue.Append) {
        if let refusal = queue.add(append) { append.done(.failure(refusal)) }
    }

    func delete(_ deletion: AppendQueue.Deletion) {
        if let refusal = queue.add(deletion) { deletion.done(.failure(refusal)) }
    }

    /// Bytes of the batches that wait or are being stored.
    var heldBytes: Int { queue.heldBytes }

    /// Finishes what was submitted and ends the thread. Blocks.
    func close() {
        queue.close()
        thread.withLock { $0 }?.join()
    }

    private func run() {
        let writers = DayWriters(catalog: catalog, clock: clock, counters: counters)
        let group = GroupCommit(writers: writers, counters: counters, tails: tails)
        let maintenance = Maintenance(writers: writers, clock: clock, options: options, counters: counters)
        while true {
            var isIdle = false
            switch queue.take(waitingMilliseconds: maintenance.pauseMilliseconds) {
            case .appends(let appends):
                group.commit(appends)
                queue.finished(appends)
            case .deletion(let deletion): deletion.done(maintenance.delete(before: deletion.moment))
            case .idle: isIdle = true
            case .end: return
            }
            maintenance.indexFullBatches()
            if queue.isEmpty { maintenance.round(isIdle: isIdle) }
        }
    }
}
