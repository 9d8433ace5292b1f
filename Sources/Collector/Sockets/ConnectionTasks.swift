import Foundations

/// The tasks that serve an input's connections, so that all of them can be ended and waited for.
final class ConnectionTasks: Sendable {
    private struct State {
        var isStopping = false
        var nextIdentifier = 0
        var tasks: [Int: Task<Void, Never>] = [:]
    }
    private let state = Locked(State())

    /// Serves a connection; one that comes while all are ended is cancelled at once.
    func start(_ work: @escaping @Sendable () async -> Void) {
        state.withLock { state in
            let identifier = state.nextIdentifier
            state.nextIdentifier += 1
            let task = Task {
                await work()
                self.forget(identifier)
            }
            // It can't have ended before: `forget` waits for the lock.
            state.tasks[identifier] = task
            if state.isStopping { task.cancel() }
        }
    }

    /// Cancels all and returns when they have ended.
    func stop() async {
        while true {
            let tasks = state.withLock { state in
                state.isStopping = true
                return Array(state.tasks.values)
            }
            if tasks.isEmpty { return }
            for task in tasks { task.cancel() }
            for task in tasks { await task.value }
        }
    }

    private func forget(_ identifier: Int) { state.withLock { _ = $0.tasks.removeValue(forKey: identifier) } }
}
