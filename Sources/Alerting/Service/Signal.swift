import Foundations

/// Wakes one waiting loop. A signal that is raised while nobody waits is kept for the next wait.
final class Signal: Sendable {
    private struct State {
        var isRaised = false
        var waiter: (id: UInt64, continuation: CheckedContinuation<Void, Never>)?
        var lastID: UInt64 = 0
    }

    private let state = Locked(State())

    func raise() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.isRaised = state.waiter == nil
            defer { state.waiter = nil }
            return state.waiter?.continuation
        }
        waiter?.resume()
    }

    /// Returns at a signal, after `milliseconds`, or at once where the task is cancelled. One task waits at a time.
    func wait(atMostMilliseconds milliseconds: Int64) async {
        if milliseconds <= 0 { return await Task.yield() }
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let timer = Task {
            do {
                try await Task.sleep(nanoseconds: UInt64(min(milliseconds, 86_400_000)) * 1_000_000)
            } catch {
                return  // Cancelled: the wait is over.
            }
            end(id)
        }
        defer { timer.cancel() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state -> Bool in
                    if state.isRaised || Task.isCancelled {
                        state.isRaised = false
                        return true
                    }
                    state.waiter = (id, continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            end(id)
        }
    }

    private func end(_ id: UInt64) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.waiter?.id == id else { return nil }
            defer { state.waiter = nil }
            return state.waiter?.continuation
        }
        waiter?.resume()
    }
}
