import Foundations

/// The port that the server got, for those who wait for it.
final class BoundPort: Sendable {
    private enum State {
        case waiting([CheckedContinuation<Int, any Error>])
        case listening(Int)
        case failed(any Error)
    }
    private let state = Locked(State.waiting([]))

    var isListening: Bool { state.withLock { if case .listening = $0 { true } else { false } } }

    func port() async throws -> Int {
        try await withCheckedThrowingContinuation { continuation in
            let known = state.withLock { state -> Result<Int, any Error>? in
                switch state {
                case .waiting(let waiting):
                    state = .waiting(waiting + [continuation])
                    return nil
                case .listening(let port): return .success(port)
                case .failed(let error): return .failure(error)
                }
            }
            if let known { continuation.resume(with: known) }
        }
    }

    func listening(on port: Int?) { settle(.listening(port ?? 0), .success(port ?? 0)) }
    func failed(_ error: any Error) { settle(.failed(error), .failure(error)) }

    /// The first outcome stays.
    private func settle(_ outcome: State, _ result: Result<Int, any Error>) {
        let waiting = state.withLock { state -> [CheckedContinuation<Int, any Error>] in
            guard case .waiting(let waiting) = state else { return [] }
            state = outcome
            return waiting
        }
        for continuation in waiting { continuation.resume(with: result) }
    }
}
