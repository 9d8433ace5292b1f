import Foundations
import Model

/// Makes days that are over as fast to search and as small as they get: their index becomes one tree, their write-ahead log is
/// folded in. Each day once, in short steps while nobody waits. Used by the writing thread alone.
final class DayClosing {
    private enum Phase {
        /// All days up to this one were looked at.
        case waiting(through: Day?)
        /// Working on a day; the others wait, ascending. `wasOpen`: somebody else used it already.
        case closing(Day, wasOpen: Bool, rest: [Day])
    }

    private let writers: DayWriters
    private let clock: any WallClock
    private let counters: Locked<LogStoreStatistics>
    private var phase = Phase.waiting(through: nil)
    private var lastStepMonotonic: Int64

    init(writers: DayWriters, clock: any WallClock, counters: Locked<LogStoreStatistics>) {
        self.writers = writers
        self.clock = clock
        self.counters = counters
        lastStepMonotonic = clock.monotonicNanoseconds()
    }

    /// The day that is being closed.
    var day: Day? { if case .closing(let day, _, _) = phase { day } else { nil } }
    var isUnderWay: Bool { day != nil }

    /// Does one step, if one is due: under load too, with a pause between two of them.
    func step(isIdle: Bool) {
        let now = clock.monotonicNanoseconds()
        guard isIdle || now - lastStepMonotonic >= Limits.closingPauseMilliseconds * 1_000_000, writers.refusingReason == nil else { return }
        lastStepMonotonic = now
        switch phase {
        case .waiting(let last):
            let newest = newestOver
            guard last.map({ $0 < newest }) ?? true else { return }
            begin(writers.catalog.allDays.filter { day in day <= newest && last.map { day > $0 } ?? true })
        case .closing(let day, let wasOpen, let rest):
            guard isDone(day) else { return }
            if !wasOpen {
                writers.forget(day)
                writers.catalog.release(day)
            }
            begin(rest)
        }
    }

    /// The newest day first: it is the one that is searched most.
    private func begin(_ days: [Day]) {
        guard let day = days.last else {
            phase = .waiting(through: newestOver)
            return
        }
        phase = .closing(day, wasOpen: writers.catalog.isOpen(day), rest: days.dropLast())
    }

    /// The last day that ended long enough ago for its late records to be in.
    private var newestOver: Day {
        Day(number: Day(containing: clock.now().advanced(byNanoseconds: -Limits.closingDelaySeconds * 1_000_000_000)).number - 1)
    }

    /// One step of a day; true where nothing is left to do, or it can't be done now.
    private func isDone(_ day: Day) -> Bool {
        // Removed meanwhile, or put aside: a new file isn't made for it.
        guard writers.catalog.allDays.contains(day), !writers.catalog.isMerged(day) else { return true }
        do throws(LogStoreError) {
            let step = try writers.write(day) { try $0.closingStep() }
            switch step {
            case .more(let rowsIndexed):
                counters.withLock { $0.recordsIndexedTotal += UInt64(rowsIndexed) }
                return false
            case .wasMerged: return true
            case .merged:
                if let partition = writers[day]?.partition { fold(partition) }
                counters.withLock { $0.partitionsClosedTotal += 1 }
            }
        } catch {
            // A full disk, say: the day answers as it is, and the next opening of the store tries again.
            counters.withLock { $0.indexingFailure = error.description }
        }
        return true
    }

    private func fold(_ partition: Partition) {
        do {
            try partition.checkpoint()
        } catch {
            // A reader is in the way; the log is folded in when the partition is closed.
            return
        }
    }
}
