import Foundations
import Model

/// Records of datagrams on their way to the log store: bounded, since a sender of datagrams can't be told to wait.
final class DatagramQueue: Sendable {
    private struct State {
        var records: [LogRecord] = []
        var bytes = 0
        var isTold = false
    }

    private let state = Locked(State())
    private let recordsMax: Int
    private let bytesMax: Int
    private let signal: AsyncStream<Void>
    private let tell: AsyncStream<Void>.Continuation

    init(recordsMax: Int, bytesMax: Int) {
        self.recordsMax = recordsMax
        self.bytesMax = bytesMax
        (signal, tell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// False where there is no room.
    func add(_ record: LogRecord, bytes: Int) -> Bool {
        let (isAdded, isFirst) = state.withLock { state -> (Bool, Bool) in
            guard state.records.count < recordsMax, state.bytes + bytes <= bytesMax else { return (false, false) }
            state.records.append(record)
            state.bytes += bytes
            defer { state.isTold = true }
            return (true, !state.isTold)
        }
        if isFirst { tell.yield() }
        return isAdded
    }

    func takeAll() -> [LogRecord] {
        state.withLock { state in
            defer { state = State() }
            return state.records
        }
    }

    /// Calls `use` with what has gathered, again and again, until the task is cancelled.
    func drain(gatherMilliseconds: Int, _ use: ([LogRecord]) async -> Void) async {
        for await _ in signal {
            // What follows closely goes along.
            do { try await Task.sleep(for: .milliseconds(gatherMilliseconds)) } catch { break }
            await use(takeAll())
        }
    }
}
