import Foundations
import Model

/// What waits for the committer, in order of arrival.
final class CommitQueue: Sendable {
    typealias Reply<Value: Sendable> = CheckedContinuation<Result<Value, MetricStoreError>, Never>

    enum Job: Sendable {
        case append(PreparedBatch, Reply<AppendOutcome>)
        case delete(matchers: [Matcher], start: Int64, end: Int64, Reply<Void>)
        /// Runs on the committer's thread between two groups.
        case between(@Sendable () -> Void)

        var bytes: Int {
            if case .append(let batch, _) = self { return batch.estimatedBytes }
            return 0
        }
    }

    private struct State {
        var jobs: [Job] = []
        var bytes = 0
        var isClosed = false
    }

    private let monitor = Monitor(State())

    /// Takes a job, or says why not.
    func add(_ job: Job) -> MetricStoreError? {
        monitor.update { state in
            if state.isClosed { return .closed }
            if state.bytes > 0, state.bytes + job.bytes > Limits.queueBytesMax { return .overloaded(queuedBytes: state.bytes) }
            state.jobs.append(job)
            state.bytes += job.bytes
            return nil
        }
    }

    /// All that waits; empty once the queue is closed and drained.
    func takeAll() -> [Job] {
        monitor.wait(until: { !$0.jobs.isEmpty || $0.isClosed }) { state in
            defer {
                state.jobs = []
                state.bytes = 0
            }
            return state.jobs
        }
    }

    /// Takes no more jobs; those that wait are still done.
    func close() { monitor.update { $0.isClosed = true } }
}
