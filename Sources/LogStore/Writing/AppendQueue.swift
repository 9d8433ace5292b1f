import Foundations

/// What waits for the writing thread, in order of arrival, and bounded in bytes.
final class AppendQueue: Sendable {
    struct Append: Sendable {
        let batch: PreparedBatch
        let done: @Sendable (Result<LogAppendOutcome, LogStoreError>) -> Void
    }

    /// Anything else that writes, between two groups of appends.
    struct Task: Sendable {
        let body: @Sendable (PartitionWriters) -> Void
    }

    /// What the writing thread does next.
    enum Work {
        /// Batches that share their transactions.
        case appends([Append])
        case task(Task)
        /// Closed, and all is done.
        case end
    }

    private enum Job: Sendable {
        case append(Append)
        case task(Task)
    }

    private enum Phase {
        case open, closing
    }

    private struct State {
        var jobs: [Job] = []
        /// Of the batches that wait and of those in hand.
        var heldBytes = 0
        var phase = Phase.open
    }

    private let state = Monitor(State())
    private let bytesMax: Int
    private let groupBytesMax: Int

    init(bytesMax: Int = Limits.queueBytesMax, groupBytesMax: Int = Limits.groupBytesMax) {
        self.bytesMax = bytesMax
        self.groupBytesMax = groupBytesMax
    }

    /// Takes a batch, or says why not.
    func add(_ append: Append) -> LogStoreError? {
        state.update { state in
            if state.phase == .closing { return .closed }
            // One batch alone is always taken: how large it may be is for the edge to say.
            if state.heldBytes > 0, state.heldBytes + append.batch.heldBytes > bytesMax {
                return .overloaded(queuedBytes: state.heldBytes)
            }
            state.jobs.append(.append(append))
            state.heldBytes += append.batch.heldBytes
            return nil
        }
    }

    /// Takes a task; false where the queue is closed.
    func add(_ task: Task) -> Bool {
        state.update { state in
            if state.phase == .closing { return false }
            state.jobs.append(.task(task))
            return true
        }
    }

    /// Takes no more; what waits is still done.
    func close() { state.update { $0.phase = .closing } }

    /// Bytes of the batches that wait or are being stored.
    var heldBytes: Int { state.wait(timeoutMilliseconds: 0, until: { _ in true }, then: { $0.heldBytes }) }

    /// The next work; waits for it.
    func take() -> Work {
        state.wait(until: { !$0.jobs.isEmpty || $0.phase == .closing }) { state in
            guard let first = state.jobs.first else { return .end }
            if case .task(let task) = first {
                state.jobs.removeFirst()
                return .task(task)
            }
            let group = group(state.jobs)
            state.jobs.removeFirst(group.count)
            return .appends(group)
        }
    }

    /// The batches were answered: their bytes are free.
    func finished(_ appends: [Append]) {
        let bytes = appends.reduce(0) { $0 + $1.batch.heldBytes }
        state.update { $0.heldBytes -= bytes }
    }

    /// The appends at the front that go into one transaction, up to a number of rows and bytes.
    private func group(_ jobs: [Job]) -> [Append] {
        var group: [Append] = []
        var rows = 0
        var bytes = 0
        for case .append(let append) in jobs.prefix(while: { if case .append = $0 { true } else { false } }) {
            group.append(append)
            rows += append.batch.rowCount
            bytes += append.batch.heldBytes
            if rows > Limits.groupRecordsMax || bytes > groupBytesMax { break }
        }
        return group
    }
}
