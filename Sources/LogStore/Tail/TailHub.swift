import Foundations
import Model

/// What a live tail brings.
public enum TailEvent: Sendable {
    case record(LogRecord)
    /// So many records were left out here, because the reader or the machine was too slow.
    case skipped(Int)
}

/// Hands what was stored to those who watch. Filtering happens on a thread of its own; the writer only leaves its rows here, and
/// never waits.
final class TailHub: Sendable {
    private struct Backlog {
        var groups: [[LogRecord]] = []
        var rowCount = 0
        /// Rows that found no room, before those that come next.
        var skipped = 0
        var isClosed = false
    }

    private let backlog = Monitor(Backlog())
    private let tails = Locked<[UInt64: TailBuffer]>([:])
    private let nextID = Locked<UInt64>(0)
    private let counters: Locked<LogStoreStatistics>
    private let thread = Locked<WorkerThread?>(nil)

    init(counters: Locked<LogStoreStatistics>) { self.counters = counters }

    func start() {
        let worker = WorkerThread(name: "log-tail") { [self] in run() }
        thread.withLock { $0 = worker }
    }

    var count: Int { tails.withLock { $0.count } }

    /// Called by the writer after a commit.
    func publish(_ rows: [LogRecord]) {
        if rows.isEmpty || tails.withLock({ $0.isEmpty }) { return }
        backlog.update { backlog in
            if backlog.rowCount + rows.count > Limits.tailBacklogRecordsMax {
                backlog.skipped += rows.count
            } else {
                backlog.groups.append(rows)
                backlog.rowCount += rows.count
            }
        }
    }

    func subscribe(_ query: LogQuery, bufferRecordsMax: Int) -> AsyncStream<TailEvent> {
        let buffer = TailBuffer(LogQueryMatcher(query), recordsMax: max(1, bufferRecordsMax))
        let id = nextID.withLock { id in
            id += 1
            return id
        }
        let isOpen = backlog.wait(timeoutMilliseconds: 0, until: { _ in true }, then: { !$0.isClosed })
        let hasRoom = tails.withLock { tails in
            guard isOpen, tails.count < Limits.tailsMax else { return false }
            tails[id] = buffer
            return true
        }
        if !hasRoom { buffer.close() }
        let lease = TailLease { [weak self] in
            buffer.close()
            self?.tails.withLock { $0[id] = nil }
        }
        return AsyncStream(unfolding: {
            let event = await buffer.next()
            if event == nil { lease.end() }
            return event
        }, onCancel: { lease.end() })
    }

    func close() {
        backlog.update { $0.isClosed = true }
        thread.withLock { $0 }?.join()
        for buffer in tails.withLock({ tails in
            defer { tails = [:] }
            return Array(tails.values)
        }) { buffer.close() }
    }

    private func run() {
        while true {
            let (groups, skipped, isClosed) = backlog.wait(
                until: { !$0.groups.isEmpty || $0.skipped > 0 || $0.isClosed },
                then: { backlog in
                    defer { backlog = Backlog(isClosed: backlog.isClosed) }
                    return (backlog.groups, backlog.skipped, backlog.isClosed)
                })
            let buffers = tails.withLock { Array($0.values) }
            for buffer in buffers {
                var missed = 0
                for group in groups { for row in group { missed += buffer.offer(row) } }
                if skipped > 0 { buffer.skip(skipped) }
                if missed + skipped > 0 { counters.withLock { $0.tailRecordsSkippedTotal += UInt64(missed + skipped) } }
            }
            if isClosed { return }
        }
    }
}

/// Ends a tail once, also when nobody holds its stream any more.
private final class TailLease: Sendable {
    private let action: Locked<(@Sendable () -> Void)?>
    init(_ action: @escaping @Sendable () -> Void) { self.action = Locked(action) }

    func end() {
        let action = action.withLock { action in
            defer { action = nil }
            return action
        }
        action?()
    }

    deinit { end() }
}
