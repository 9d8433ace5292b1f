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
        var blocks: [StoredBlock] = []
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
    func publish(_ block: StoredBlock) {
        if tails.withLock({ $0.isEmpty }) { return }
        backlog.update { backlog in
            // One block alone is always taken: it is decoded a row at a time.
            if backlog.rowCount > 0, backlog.rowCount + block.rows > Limits.tailBacklogRecordsMax {
                backlog.skipped += block.rows
            } else {
                backlog.blocks.append(block)
                backlog.rowCount += block.rows
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
            let (blocks, skipped, isClosed) = backlog.wait(
                until: { !$0.blocks.isEmpty || $0.skipped > 0 || $0.isClosed },
                then: { backlog in
                    defer { backlog = Backlog(isClosed: backlog.isClosed) }
                    return (backlog.blocks, backlog.skipped, backlog.isClosed)
                })
            let buffers = tails.withLock { Array($0.values) }
            var missed = 0
            if !buffers.isEmpty { for block in blocks { missed += offer(block, to: buffers) } }
            for buffer in buffers where skipped > 0 {
                buffer.skip(skipped)
                missed += skipped
            }
            if missed > 0 { counters.withLock { $0.tailRecordsSkippedTotal += UInt64(missed) } }
            if isClosed { return }
        }
    }

    /// Records are made of the block's rows here, so that they cost nothing while nobody watches. Returns how many were skipped.
    private func offer(_ block: StoredBlock, to buffers: [TailBuffer]) -> Int {
        var missed = 0
        do throws(DamagedBytes) {
            try block.forEachRecord { record in for buffer in buffers { missed += buffer.offer(record) } }
        } catch {
            preconditionFailure("a block that was just encoded doesn't decode: \(error)")
        }
        return missed
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
