import Foundations

/// Lets a number of pieces of work run at a time and a number wait; the rest is refused at once.
final class AdmissionGate: Sendable {
    private struct State {
        var running = 0
        var nextIdentifier = 0
        /// In order of arrival; the identifiers find one that is cancelled.
        var waiting: [(identifier: Int, continuation: CheckedContinuation<Bool, Never>)] = []
    }
    private let state = Locked(State())
    private let runningMax: Int
    private let waitingMax: Int

    init(runningMax: Int, waitingMax: Int) {
        self.runningMax = runningMax
        self.waitingMax = waitingMax
    }

    var runningCount: Int { state.withLock { $0.running } }
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Runs `work` in its turn. Returns nil where too many wait; throws `CancellationError` where the task is cancelled while it waits.
    func run<Result: Sendable>(_ work: @Sendable () async throws -> Result) async throws -> Result? {
        guard try await enter() else { return nil }
        defer { leave() }
        return try await work()
    }

    private enum Entry {
        case entered, refused, waits
    }

    private func enter() async throws -> Bool {
        let identifier = state.withLock { state in
            state.nextIdentifier += 1
            return state.nextIdentifier
        }
        let isCancelled = Locked(false)
        let admitted = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
                let entry = state.withLock { state -> Entry in
                    if state.running < runningMax {
                        state.running += 1
                        return .entered
                    }
                    if state.waiting.count >= waitingMax || isCancelled.withLock({ $0 }) { return .refused }
                    state.waiting.append((identifier, continuation))
                    return .waits
                }
                switch entry {
                case .entered: continuation.resume(returning: true)
                case .refused: continuation.resume(returning: false)
                case .waits: break
                }
            }
        } onCancel: {
            isCancelled.withLock { $0 = true }
            let found = state.withLock { state in
                state.waiting.firstIndex { $0.identifier == identifier }.map { state.waiting.remove(at: $0) }
            }
            found?.continuation.resume(returning: false)
        }
        if !admitted && Task.isCancelled { throw CancellationError() }
        return admitted
    }

    private func leave() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            if state.waiting.isEmpty {
                state.running -= 1
                return nil
            }
            // The place goes straight to the next one.
            return state.waiting.removeFirst().continuation
        }
        next?.resume(returning: true)
    }
}

/// Bytes that are held at a time, over all requests.
final class ByteBudget: Sendable {
    private let held = Locked(0)
    private let bytesMax: Int

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    var heldBytes: Int { held.withLock { $0 } }

    /// Whether there was room for them.
    func take(_ bytes: Int) -> Bool {
        held.withLock { held in
            guard held + bytes <= bytesMax else { return false }
            held += bytes
            return true
        }
    }

    func giveBack(_ bytes: Int) { held.withLock { $0 -= bytes } }
}
