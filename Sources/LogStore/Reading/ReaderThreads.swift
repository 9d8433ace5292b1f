import Foundations

/// Threads that run queries, so that SQLite never blocks the cooperative pool.
final class ReaderThreads: Sendable {
    private struct Job: Sendable {
        /// Nil for a part of another query's work.
        let control: ReadControl?
        let body: @Sendable () -> Void
    }

    private struct State {
        var waiting: [Job] = []
        var running: [ObjectIdentifier: ReadControl] = [:]
        /// Threads that have work.
        var busy = 0
        var isClosed = false
    }

    private let state = Monitor(State())
    private let threads = Locked<[WorkerThread]>([])
    private let count: Int

    init(count: Int) {
        self.count = count
        let threads = (0..<count).map { index in
            WorkerThread(name: "log-reader-\(index)") { [state] in Self.run(state) }
        }
        self.threads.withLock { $0 = threads }
    }

    /// Runs `body` on a thread when one is free. After `close` its control says so at once.
    func run(_ control: ReadControl, _ body: @escaping @Sendable () -> Void) {
        let isClosed = state.update { state in
            if !state.isClosed { state.waiting.append(Job(control: control, body: body)) }
            return state.isClosed
        }
        if isClosed {
            control.close()
            body()
        }
    }

    /// Runs `body` soon where a thread has nothing to do; false where none has.
    func offer(_ body: @escaping @Sendable () -> Void) -> Bool {
        let hasRoom = state.wait(until: { _ in true }, then: { !$0.isClosed && $0.busy + $0.waiting.count < count })
        if hasRoom { state.update { $0.waiting.append(Job(control: nil, body: body)) } }
        return hasRoom
    }

    /// Runs `body` on a thread and brings its result.
    func perform<Value: Sendable>(_ control: ReadControl, _ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                run(control) { continuation.resume(with: Result(catching: body)) }
            }
        } onCancel: {
            control.abandon()
        }
    }

    /// Ends the queries that run or wait, and the threads. Blocks.
    func close() {
        let controls = state.update { state in
            state.isClosed = true
            return Array(state.running.values) + state.waiting.compactMap(\.control)
        }
        for control in controls { control.close() }
        for thread in threads.withLock({ $0 }) { thread.join() }
    }

    private static func run(_ state: Monitor<State>) {
        while true {
            let job = state.wait(
                until: { !$0.waiting.isEmpty || $0.isClosed },
                then: { state -> Job? in
                    guard !state.waiting.isEmpty else { return nil }
                    let job = state.waiting.removeFirst()
                    state.busy += 1
                    if let control = job.control { state.running[ObjectIdentifier(control)] = control }
                    return job
                })
            guard let job else { return }
            job.body()
            state.update { state in
                state.busy -= 1
                if let control = job.control { state.running[ObjectIdentifier(control)] = nil }
            }
        }
    }
}
