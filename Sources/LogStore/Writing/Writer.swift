import Foundations

/// The one thread that writes into partitions: batches that wait at the same time share a transaction and its `fsync`. What else
/// changes a partition is prepared elsewhere and written here, between two groups.
final class Writer: Sendable {
    private let catalog: PartitionCatalog
    private let clock: any WallClock
    private let counters: Locked<LogStoreStatistics>
    private let tails: TailHub
    private let queue = AppendQueue()
    private let thread = Locked<WorkerThread?>(nil)

    init(catalog: PartitionCatalog, clock: any WallClock, counters: Locked<LogStoreStatistics>, tails: TailHub) {
        self.catalog = catalog
        self.clock = clock
        self.counters = counters
        self.tails = tails
    }

    func start(_ background: Background) {
        let worker = WorkerThread(name: "log-writer") { [self] in run(background) }
        thread.withLock { $0 = worker }
    }

    func append(_ append: AppendQueue.Append) {
        if let refusal = queue.add(append) { append.done(.failure(refusal)) }
    }

    /// Runs `body` on the writing thread and waits for it. Throws `.closed` after `close`.
    func perform<Value: Sendable>(_ body: @escaping @Sendable (PartitionWriters) throws -> Value) throws -> Value {
        let outcome = Monitor<Result<Value, any Error>?>(nil)
        let isTaken = queue.add(.init { writers in
            let result = Result { try body(writers) }
            outcome.update { $0 = result }
        })
        guard isTaken else { throw LogStoreError.closed }
        return try outcome.wait(until: { $0 != nil }, then: { $0! }).get()
    }

    /// Bytes of the batches that wait or are being stored.
    var heldBytes: Int { queue.heldBytes }

    /// Finishes what was submitted and ends the thread. Blocks.
    func close() {
        queue.close()
        thread.withLock { $0 }?.join()
    }

    private func run(_ background: Background) {
        let writers = PartitionWriters(catalog: catalog, clock: clock, counters: counters)
        let group = GroupCommit(writers: writers, counters: counters, tails: tails, background: background, clock: clock)
        while true {
            switch queue.take() {
            case .appends(let appends):
                group.commit(appends)
                queue.finished(appends)
            case .task(let task): task.body(writers)
            case .end: return
            }
        }
    }
}
