import Foundations

/// Threads that run queries, so that SQLite never blocks the cooperative pool.
final class ReaderThreads: Sendable {
    private struct Job: Sendable {
        let control: ReadControl
        let body: @Sendable () -> Void
    }

    private struct State {
        var waiting: [Job] = []
        var running: [ObjectIdentifier: ReadControl] = [:]
        var isClosed = false
    }

    private let state = Monitor(State())
    private let threads = Locked<[WorkerThread]>([])

    init(count: Int) {
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
            return Array(state.running.values) + state.waiting.map(\.control)
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
                    state.running[ObjectIdentifier(job.control)] = job.control
                    return job
                })
            guard let job else { return }
            job.body()
            state.update { $0.running[ObjectIdentifier(job.control)] = nil }
        }
    }
}
