import Foundations
import Logging

/// Brings log lines from files into the spool, on one thread: tail, batch, append, synchronize.
///
/// Where the spool refuses (its bound, a full disk) the batch is kept and reading stops: the files are the buffer.
final class LogInput {
    private let spool: Spool
    private let tailer: Tailer
    private let clock: any WallClock
    private let logger: Logger
    private let problem: Locked<String?>
    private var batch = LogBatch()
    /// Encoded, refused by the spool so far.
    private var refused: (payload: [UInt8], batch: LogBatch)?
    private var lastScan: Int64
    private var lastSynchronize: Int64

    /// `problem` tells others why the input waits.
    init(spool: Spool, tailer: Tailer, clock: any WallClock, logger: Logger, problem: Locked<String?>) {
        self.spool = spool
        self.tailer = tailer
        self.clock = clock
        self.logger = logger
        self.problem = problem
        lastScan = clock.monotonicNanoseconds()
        lastSynchronize = lastScan
        tailer.start(spool.journal(.logs).positions, into: &batch)
    }

    /// Works until told to stop; what was read by then is durable afterwards, if the disk allows it.
    func run(_ signal: WorkLoop.StopSignal, fileCount: Locked<Int>) {
        while true {
            let hasMore = step()
            fileCount.withLock { $0 = tailer.tailed.count }
            if signal.wait(milliseconds: hasMore ? 0 : pause) { break }
        }
        finish()
    }

    /// One round; true where more can be done at once.
    func step() -> Bool {
        let now = clock.monotonicNanoseconds()
        if now - lastScan >= Limits.scanMilliseconds * 1_000_000 {
            tailer.scan()
            lastScan = now
        }
        if refused != nil && !appendRefused() { return false }
        let hasMore = tailer.read(into: &batch)
        if batch.isFull || batch.isDue(clock.monotonicNanoseconds()) { flush() }
        if spool.journal(.logs).unsynchronizedBytes >= Limits.unsynchronizedBytesMax
            || clock.monotonicNanoseconds() - lastSynchronize >= Limits.synchronizeIntervalMilliseconds * 1_000_000
        {
            synchronize()
        }
        return hasMore && refused == nil
    }

    /// Until the next thing to do.
    private var pause: Int64 {
        let hasUnsaved = !batch.isEmpty || spool.journal(.logs).unsynchronizedBytes > 0
        return hasUnsaved ? min(Limits.batchMilliseconds / 2, Limits.pollMilliseconds) : Limits.pollMilliseconds
    }

    func finish() {
        if !batch.isEmpty && refused == nil { flush() }
        synchronize()
    }

    private func flush() {
        refused = (batch.payload(), batch)
        batch = LogBatch()
        _ = appendRefused()
    }

    private func appendRefused() -> Bool {
        guard let (payload, batch) = refused else { return true }
        do throws(AgentError) {
            try spool.journal(.logs).append(payload: payload, itemCount: batch.records.count, itemBytes: batch.bytes, positions: Array(batch.positions.values))
        } catch .recordTooLarge(let bytes, let bytesMax) {
            // Only lines that can't be compressed at all get there; their places are kept, or they would come again for ever.
            logger.error("a batch of lines is too large and was dropped", metadata: ["bytes": "\(bytes)", "bytesMax": "\(bytesMax)"])
            tailer.counters.withLock {
                $0.logLinesDropped += batch.records.count
                $0.logBytesDropped += batch.bytes
            }
            refused = ([], batch.withoutRecords())
            return appendRefused()
        } catch {
            note("\(error)")
            return false
        }
        refused = nil
        note(nil)
        return true
    }

    private func synchronize() {
        lastSynchronize = clock.monotonicNanoseconds()
        do throws(FileError) {
            try spool.synchronize(.logs)
        } catch {
            note("\(error)")
        }
    }

    private func note(_ reason: String?) {
        let before = problem.withLock { current in
            defer { current = reason }
            return current
        }
        if let reason, before != reason { logger.error("log files wait, the spool can't take more", metadata: ["error": "\(reason)"]) }
        if reason == nil && before != nil { logger.info("the spool takes lines again") }
    }
}

extension LogBatch {
    /// The positions alone.
    func withoutRecords() -> LogBatch {
        var rest = LogBatch()
        for position in positions.values { rest.set(position, monotonicNanoseconds: startNanoseconds ?? 0) }
        return rest
    }
}
