import Dispatch
import Foundation

/// Runs `body` until it ends, or until the process is asked to stop (SIGINT, SIGTERM): then `body`'s task is cancelled and waited for.
///
/// A second signal ends the process at once.
func untilStopped(_ body: @escaping @Sendable () async throws -> Void) async throws {
    let (signals, continuation) = AsyncStream<Int32>.makeStream()
    let sources = [SIGINT, SIGTERM].map { number in
        signal(number, SIG_IGN)
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
        var seen = 0
        for await number in signals {
            seen += 1
            if seen > 1 { exit(128 + number) }
            work.cancel()
        }
    }
    defer { watch.cancel() }
    do {
        try await work.value
    } catch is CancellationError where work.isCancelled {
        return
    }
}
