import Foundations

/// The thread that seals blocks, writes checkpoints, drops what is too old, merges blocks and makes snapshots.
///
/// One thing at a time, but for merging, which may take minutes: it stops every few series for whatever else is due.
final class Maintenance: @unchecked Sendable {
    typealias Reply = CheckedContinuation<Result<Void, MetricStoreError>, Never>

    private enum Request {
        /// Whatever is due.
        case pass(Reply)
        /// A checkpoint, due or not.
        case checkpoint(Reply)
        case snapshot(directory: String, Reply)
        /// Lists blocks that an import made.
        case install([ImportedBlock], Reply)
        /// Takes what deletions hide out of the blocks.
        case clean(Reply)
    }

    private struct State {
        var requests: [Request] = []
        var isClosed = false

        /// What can be answered while blocks are merged.
        mutating func takeUrgent() -> [Request] {
            func isUrgent(_ request: Request) -> Bool {
                switch request {
                case .checkpoint, .snapshot: true
                case .pass, .install, .clean: false
                }
            }
            defer { requests.removeAll(where: isUrgent) }
            return requests.filter(isUrgent)
        }
    }

    private let store: Store
    private let committer: Committer
    private let monitor = Monitor(State())
    private var thread: WorkerThread?
    /// The thread's own: where the head was cut last.
    private var lastCutoff = Int64.min
    /// Blocks were sealed that no manifest names yet.
    private var owesCheckpoint = false
    private var merges: MergeSchedule

    init(store: Store, committer: Committer) {
        self.store = store
        merges = MergeSchedule(store: store)
        self.committer = committer
    }

    func start() {
        let interval = store.options.maintenanceIntervalSeconds
        thread = WorkerThread(name: "metric-maintain") { [self] in
            while true {
                let timeout = interval > 0 ? Int64(interval) * 1000 : nil
                let (requests, isClosed) = monitor.wait(
                    timeoutMilliseconds: timeout, until: { !$0.requests.isEmpty || $0.isClosed },
                    then: { state in
                        defer { state.requests = [] }
                        return (state.requests, state.isClosed)
                    })
                for request in requests { answer(request) }
                if isClosed { break }
                if requests.isEmpty { _ = pass(isAsked: false) }
            }
        }
    }

    /// Ends the thread when it has answered what waits. Blocks.
    func close() {
        monitor.update { $0.isClosed = true }
        thread?.join()
    }

    /// Lets the thread end by itself.
    func stop() { monitor.update { $0.isClosed = true } }

    func run() async throws(MetricStoreError) { try await request { .pass($0) } }
    func checkpoint() async throws(MetricStoreError) { try await request { .checkpoint($0) } }
    func snapshot(to directory: String) async throws(MetricStoreError) { try await request { .snapshot(directory: directory, $0) } }

    func install(_ blocks: [ImportedBlock]) async throws(MetricStoreError) { try await request { .install(blocks, $0) } }
    func clean() async throws(MetricStoreError) { try await request { .clean($0) } }

    private func request(_ make: (Reply) -> Request) async throws(MetricStoreError) {
        let result: Result<Void, MetricStoreError> = await withCheckedContinuation { reply in
            let isClosed = monitor.update { state in
                if !state.isClosed { state.requests.append(make(reply)) }
                return state.isClosed
            }
            if isClosed { reply.resume(returning: .failure(.closed)) }
        }
        try result.get()
    }

    private func answer(_ request: Request) {
        switch request {
        case .pass(let reply): reply.resume(returning: pass(isAsked: true))
        case .checkpoint(let reply): reply.resume(returning: Result { () throws(MetricStoreError) in try writeCheckpoint() })
        case .install(let blocks, let reply):
            reply.resume(returning: Result { () throws(MetricStoreError) in try converting { () throws(FileError) in try store.install(blocks) } })
        case .clean(let reply): reply.resume(returning: Result { () throws(MetricStoreError) in try clean() })
        case .snapshot(let directory, let reply):
            reply.resume(
                returning: Result { () throws(MetricStoreError) in
                    try store.writeSnapshot(to: directory) { () throws(MetricStoreError) in try committer.rotate() }
                })
        }
    }

    private func pass(isAsked: Bool) -> Result<Void, MetricStoreError> {
        let result = Result { () throws(MetricStoreError) in
            try sealAndCheckpoint()
            try converting { () throws(FileError) in try store.applyRetention() }
            try merges.run(cutoff: lastCutoff, isAsked: isAsked) { () throws(MetricStoreError) in try betweenMergeSteps() }
        }
        var failure: String?
        if case .failure(let error) = result, error != .closed { failure = error.description }
        store.counters.withLock { $0.maintenanceFailure = failure }
        return result
    }

    private func clean() throws(MetricStoreError) {
        try store.cleanBlocks { () throws(MetricStoreError) in try betweenMergeSteps() }
        // What was deleted stands in the log too, and the deletion itself: until a checkpoint makes them unneeded.
        try writeCheckpoint()
    }

    private func sealAndCheckpoint() throws(MetricStoreError) {
        try sealIfDue()
        if owesCheckpoint || isCheckpointDue { try writeCheckpoint() }
    }

    /// Whatever can't wait for the end of a merge. Retention can, and may not take a block that is being merged.
    private func betweenMergeSteps() throws(MetricStoreError) {
        let (requests, isClosed) = monitor.update { ($0.takeUrgent(), $0.isClosed) }
        for request in requests { answer(request) }
        if isClosed { throw .closed }
        try sealAndCheckpoint()
    }

    private func sealIfDue() throws(MetricStoreError) {
        guard let cutoff = store.sealCutoff, cutoff > lastCutoff else { return }
        let sealed = try converting { () throws(FileError) in try store.seal(before: cutoff) }
        lastCutoff = cutoff
        guard sealed > 0 else { return }
        owesCheckpoint = true
        // Between two groups: the committer holds numbers of series from one lock to the next.
        try committer.between { [store] in
            store.head.withLock { $0.collectEmpty() }
            return .success(())
        }
        // Numbering anew took memory for all series twice.
        Allocator.trim()
    }

    private var isCheckpointDue: Bool {
        let open = store.counters.withLock { $0.openLogBytes }
        let (closed, last) = store.catalog.withLock { ($0.closedLogBytes, $0.checkpointBytes) }
        return open + closed > max(store.options.checkpointLogBytes, last)
    }

    private func writeCheckpoint() throws(MetricStoreError) {
        let segment = try committer.rotate()
        try converting { () throws(FileError) in try store.writeCheckpoint(from: segment) }
        owesCheckpoint = false
        store.counters.withLock { $0.checkpoints += 1 }
    }
}
