import Foundations
import Model

/// Carries records in batches from the thread that reads to the task that asked. The thread waits where the task is slow.
final class ScanChannel: Sendable {
    private enum End {
        case finished
        case failed(any Error)
    }

    private struct State {
        var batches: [[LogRecord]] = []
        var end: End?
        /// Nobody reads any more.
        var isAbandoned = false
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let state = Monitor(State())

    /// Hands a batch over; false where nobody wants it.
    func send(_ batch: [LogRecord]) -> Bool {
        let (isWanted, waiting) = state.wait(
            until: { $0.batches.count < Limits.resultBatchesWaitingMax || $0.isAbandoned },
            then: { state in
                defer { state.waiting = nil }
                if !state.isAbandoned { state.batches.append(batch) }
                return (!state.isAbandoned, state.waiting)
            })
        waiting?.resume()
        return isWanted
    }

    func finish(_ error: (any Error)?) {
        let waiting = state.update { state in
            defer { state.waiting = nil }
            state.end = error.map(End.failed) ?? .finished
            return state.waiting
        }
        waiting?.resume()
    }

    func abandon() {
        let waiting = state.update { state in
            defer { state.waiting = nil }
            state.isAbandoned = true
            return state.waiting
        }
        waiting?.resume()
    }

    /// The next batch; nil at the end. Throws what the reader threw, or `CancellationError` once abandoned.
    func next() async throws -> [LogRecord]? {
        while true {
            let step = state.update { state -> Result<[LogRecord]?, any Error>? in
                if state.isAbandoned { return .failure(CancellationError()) }
                if !state.batches.isEmpty { return .success(state.batches.removeFirst()) }
                switch state.end {
                case .finished: return .success(nil)
                case .failed(let error): return .failure(error)
                case nil: return nil
                }
            }
            if let step { return try step.get() }
            await withCheckedContinuation { continuation in
                let isReady = state.update { state in
                    let isReady = state.isAbandoned || !state.batches.isEmpty || state.end != nil
                    if !isReady { state.waiting = continuation }
                    return isReady
                }
                if isReady { continuation.resume() }
            }
        }
    }
}
