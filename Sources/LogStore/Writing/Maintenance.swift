import Foundations
import Model

/// What is done between appends: indexing, retention, and closing days that are over. Used by the writing thread alone.
///
/// Every step is one short transaction, or one removal, so that an append waits for one step at the most.
final class Maintenance {
    private let writers: DayWriters
    private let clock: any WallClock
    private let options: LogStoreOptions
    private let counters: Locked<LogStoreStatistics>
    private let dayClosing: DayClosing
    private var lastRoundMonotonic: Int64
    private var lastRetentionDay: Day?

    init(writers: DayWriters, clock: any WallClock, options: LogStoreOptions, counters: Locked<LogStoreStatistics>) {
        self.writers = writers
        self.clock = clock
        self.options = options
        self.counters = counters
        dayClosing = DayClosing(writers: writers, clock: clock, counters: counters)
        lastRoundMonotonic = clock.monotonicNanoseconds()
    }

    /// How long the thread may wait for appends before there is something to do here.
    var pauseMilliseconds: Int64 { dayClosing.isUnderWay ? Limits.closingPauseMilliseconds : Limits.idleMilliseconds }

    /// Rows that fill a batch of the index: done between any two groups, or the index would fall behind for ever.
    func indexFullBatches() {
        for day in writers.days { index(day, rowsMin: Limits.indexBatchRows) }
    }

    /// The rest, while nobody waits; `isIdle` where no append came for `pauseMilliseconds`.
    func round(isIdle: Bool) {
        let sinceRound = clock.monotonicNanoseconds() - lastRoundMonotonic
        let isDue = sinceRound >= (isIdle ? Limits.idleMilliseconds : Limits.indexDelayMilliseconds) * 1_000_000
        if isDue || (isIdle && !dayClosing.isUnderWay) {
            lastRoundMonotonic = clock.monotonicNanoseconds()
            for day in writers.days { index(day, rowsMin: 1) }
            applyRetention()
            if isIdle { releaseOldDays() }
        }
        dayClosing.step(isIdle: isIdle)
    }

    /// Removes days that end at or before a moment.
    func delete(before moment: NanoTimestamp) -> Result<Int, LogStoreError> {
        do {
            writers.forget(before: moment)
            let count = try writers.catalog.delete(before: moment)
            counters.withLock { $0.partitionsDeletedTotal += UInt64(count) }
            return .success(count)
        } catch {
            return .failure(LogStoreError(error, file: writers.catalog.directory))
        }
    }

    /// Indexes one batch of a day's rows where at least `rowsMin` wait. A failure leaves them to be scanned.
    private func index(_ day: Day, rowsMin: Int64) {
        guard writers.refusingReason == nil, let writer = writers[day], writer.unindexedRows >= rowsMin else { return }
        do throws(LogStoreError) {
            let count = try writers.write(day) { try $0.index(rowsMax: Limits.indexBatchRows) }
            counters.withLock {
                $0.recordsIndexedTotal += UInt64(count)
                $0.indexingFailure = nil
            }
        } catch {
            counters.withLock { $0.indexingFailure = error.description }
        }
    }

    private func applyRetention() {
        guard let seconds = options.retentionSeconds else { return }
        let today = Day(containing: clock.now())
        if lastRetentionDay == today { return }
        let oldestKept = clock.now().advanced(byNanoseconds: -min(seconds, Int64.max / 1_000_000_000) * 1_000_000_000)
        switch delete(before: oldestKept) {
        case .success: lastRetentionDay = today
        case .failure(let error): counters.withLock { $0.retentionFailure = error.description }
        }
    }

    /// Days that nobody writes into any more give their memory and their write-ahead log back.
    private func releaseOldDays() {
        let oldestKept = Day(containing: clock.now()).number - 1
        for day in writers.days where day.number < oldestKept && day != dayClosing.day {
            guard let writer = writers[day], writer.unindexedRows == 0 else { continue }
            writers.forget(day)
            do {
                try writer.partition.checkpoint()
            } catch {
                // A reader is in the way; the log is folded in when the day is written or closed again.
                continue
            }
        }
    }
}
