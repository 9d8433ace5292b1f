import Foundations

/// A thread that works until it is told to stop, and whose end can be awaited.
final class WorkLoop: Sendable {
    /// What the work sees of being told to stop.
    final class StopSignal: Sendable {
        private let isStopped = Monitor(false)

        /// Waits, at most until the work is to stop; returns whether it is.
        func wait(milliseconds: Int64) -> Bool {
            isStopped.wait(timeoutMilliseconds: max(0, milliseconds), until: { $0 }) { $0 }
        }
        func stop() { isStopped.update { $0 = true } }
    }

    private let signal = StopSignal()
    private let end = Locked<(isOver: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))

    init(name: String, _ body: @escaping @Sendable (StopSignal) -> Void) {
        let (signal, end) = (signal, end)
        _ = WorkerThread(name: name) {
            body(signal)
            let waiting = end.withLock { state in
                state.isOver = true
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
        }
    }

    /// Tells the work to stop and waits until it has.
    func stop() async {
        signal.stop()
        await withCheckedContinuation { continuation in
            let isOver = end.withLock { state in
                if !state.isOver { state.waiting.append(continuation) }
                return state.isOver
            }
            if isOver { continuation.resume() }
        }
    }
}

/// A thread for short file work on behalf of tasks, so that it doesn't hold up the cooperative pool.
final class FileWorker: Sendable {
    private enum Job {
        case work(@Sendable () -> Void)
        case stop
    }

    private let jobs = Monitor<[Job]>([])

    init(name: String) {
        let jobs = jobs
        _ = WorkerThread(name: name) {
            while true {
                for job in jobs.wait(until: { !$0.isEmpty }, then: { list in
                    defer { list = [] }
                    return list
                }) {
                    switch job {
                    case .work(let body): body()
                    case .stop: return
                    }
                }
            }
        }
    }

    deinit { jobs.update { $0.append(.stop) } }

    func run<Value: Sendable, Failure: Error>(_ body: @escaping @Sendable () throws(Failure) -> Value) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
            jobs.update {
                $0.append(
                    .work {
                        do throws(Failure) {
                            continuation.resume(returning: .success(try body()))
                        } catch {
                            continuation.resume(returning: .failure(error))
                        }
                    })
            }
        }
        return try result.get()
    }
}
