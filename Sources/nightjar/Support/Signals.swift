import Dispatch
import Glibc

/// Runs `body` until it ends, or until the process is asked to stop: then `body`'s task is cancelled and waited for.
///
/// SIGINT and SIGTERM stop it, and so does SIGHUP where `hangup` is nil; else SIGHUP calls `hangup`. A process that was started with
/// SIGHUP ignored (`nohup`) goes on ignoring it. A second signal to stop ends the process at once.
func untilStopped(hangup: (@Sendable () async -> Void)? = nil, _ body: @escaping @Sendable () async throws -> Void) async throws {
    let (signals, continuation) = AsyncStream<Int32>.makeStream()
    let sources = [SIGINT, SIGTERM, SIGHUP].compactMap { number -> (any DispatchSourceSignal)? in
        let before = signal(number, SIG_IGN)
        if number == SIGHUP && isIgnored(before) { return nil }
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler { continuation.yield(number) }
        source.resume()
        return source
    }
    defer { sources.forEach { $0.cancel() } }

    let work = Task {
        defer { continuation.finish() }
        try await body()
    }
    let watch = Task {
        var isStopping = false
        for await number in signals {
            if number == SIGHUP, let hangup {
                await hangup()
                continue
            }
            if isStopping { exit(128 + number) }
            isStopping = true
            work.cancel()
        }
    }
    defer { watch.cancel() }
    do {
        try await work.value
    } catch where work.isCancelled && isCancellation(error) {
        return
    }
}

private func isIgnored(_ handler: __sighandler_t?) -> Bool {
    unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
}
