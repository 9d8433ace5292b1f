import Foundations
import GRDB
import Model

/// The thread that makes chunks of recent rows, fills the index, closes days and applies retention. What it prepares is written by the
/// writing thread, in one short transaction each, so appends never wait for it.
final class Background: Sendable {
    private struct State {
        /// Partitions with something to seal or to index, with the number of the last commit in each.
        var dirty: [PartitionName: Int] = [:]
        var commits = 0
        var lastStoredMonotonic: Int64
        /// When something was last stored in a partition in this run.
        var storedMonotonic: [PartitionName: Int64] = [:]
        var jobs: [@Sendable (BackgroundWork) -> Void] = []
        var isClosed = false
    }

    private let state: Monitor<State>
    private let clock: any WallClock
    private let thread = Locked<WorkerThread?>(nil)

    init(clock: any WallClock) {
        self.clock = clock
        state = Monitor(State(lastStoredMonotonic: clock.monotonicNanoseconds()))
    }

    func start(_ environment: BackgroundEnvironment) {
        for name in environment.catalog.all where !environment.catalog.isAtRest(name) { state.update { $0.dirty[name] = 0 } }
        let worker = WorkerThread(name: "log-sealer") { [self] in run(BackgroundWork(environment)) }
        thread.withLock { $0 = worker }
    }

    /// Told by the writing thread after a commit.
    func stored(in name: PartitionName) {
        let now = clock.monotonicNanoseconds()
        state.update { state in
            state.commits += 1
            state.dirty[name] = state.commits
            state.lastStoredMonotonic = now
            state.storedMonotonic[name] = now
        }
    }

    /// Runs `body` on the thread, between two steps; waits for it. Throws `.closed` after `close`.
    func perform<Value: Sendable>(_ body: @escaping @Sendable (BackgroundWork) throws -> Value) throws -> Value {
        let outcome = Monitor<Result<Value, any Error>?>(nil)
        let isTaken = state.update { state in
            if state.isClosed { return false }
            state.jobs.append { work in
                let result = Result { try body(work) }
                outcome.update { $0 = result }
            }
            return true
        }
        guard isTaken else { throw LogStoreError.closed }
        return try outcome.wait(until: { $0 != nil }, then: { $0! }).get()
    }

    /// Ends the thread after its step; jobs that wait are still run. Blocks.
    func close() {
        state.update { $0.isClosed = true }
        thread.withLock { $0 }?.join()
    }

    private func run(_ work: BackgroundWork) {
        while true {
            let (jobs, dirty, stored, quiet, isClosed) = state.wait(
                timeoutMilliseconds: work.pauseMilliseconds, until: { !$0.jobs.isEmpty || $0.isClosed },
                then: { state in
                    defer { state.jobs = [] }
                    return (state.jobs, state.dirty, state.storedMonotonic, clock.monotonicNanoseconds() - state.lastStoredMonotonic, state.isClosed)
                })
            for job in jobs { job(work) }
            if isClosed { return }
            let isQuiet = quiet >= Limits.quietMilliseconds * 1_000_000
            let now = clock.monotonicNanoseconds()
            for (name, commit) in dirty.sorted(by: { $0.key < $1.key }) {
                let isSettled = stored[name].map { now - $0 >= Limits.quietMilliseconds * 1_000_000 } ?? true
                if !work.tend(name, isQuiet: isQuiet, isSettled: isSettled) { forget(name, commit) }
            }
            work.round(stored: stored)
        }
    }

    /// Nothing is left to do in a partition, unless something was stored meanwhile.
    private func forget(_ name: PartitionName, _ commit: Int) { state.update { if $0.dirty[name] == commit { $0.dirty[name] = nil } } }
}

/// What the background's steps work with.
struct BackgroundEnvironment: Sendable {
    let catalog: PartitionCatalog
    let writer: Writer
    let clock: any WallClock
    let options: LogStoreOptions
    let counters: Locked<LogStoreStatistics>

    func control() -> ReadControl { ReadControl(clock: clock, deadlineMonotonicNanoseconds: nil) }
}

/// The background's steps and what they remember. Used by its thread alone.
final class BackgroundWork {
    let environment: BackgroundEnvironment
    let indexing: Indexing
    let sealing: Sealing
    let merging: DayMerging
    let retention: Retention
    private var lastRoundMonotonic: Int64 = .min

    init(_ environment: BackgroundEnvironment) {
        self.environment = environment
        indexing = Indexing(environment)
        sealing = Sealing(environment, indexing: indexing)
        merging = DayMerging(environment, sealing: sealing, indexing: indexing)
        retention = Retention(environment, sealing: sealing, indexing: indexing)
    }

    var pauseMilliseconds: Int64 { merging.isUnderWay ? Limits.closingPauseMilliseconds : Limits.backgroundMilliseconds }

    /// Seals and indexes what is due in a partition; false where nothing is left. `isSettled`: nothing came for it for a while; `isQuiet`: nor for any.
    func tend(_ name: PartitionName, isQuiet: Bool, isSettled: Bool) -> Bool {
        guard environment.counters.withLock({ $0.refusingReason }) == nil else { return true }
        let hasRecent = guarded(name) { try sealing.step(name, isQuiet: isQuiet) } ?? true
        let hasUnindexed = guarded(name) { try indexing.step(name, isQuiet: isQuiet) } ?? true
        if hasRecent || hasUnindexed || !isSettled { return true }
        _ = guarded(name) { try tidy(name) }
        return false
    }

    /// Gives back what writing took beside the data: free pages, and the write-ahead logs. A reader in the way leaves them for the next time.
    private func tidy(_ name: PartitionName) throws {
        guard let partition = try environment.catalog.existing(name) else { return }
        while try merging.giveBackPages(partition) {}
        do {
            try partition.checkpoint()
            try partition.index.compact()
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY || error.resultCode == .SQLITE_LOCKED {
            return
        }
    }

    /// What is done on and off: retention, and days that are over. `stored`: when something last came into a partition.
    func round(stored: [PartitionName: Int64]) {
        guard environment.counters.withLock({ $0.refusingReason }) == nil else { return }
        let now = environment.clock.monotonicNanoseconds()
        if lastRoundMonotonic == .min || now - lastRoundMonotonic >= Limits.roundMilliseconds * 1_000_000 {
            lastRoundMonotonic = now
            retention.apply()
        }
        merging.step(now: now, stored: stored)
    }

    /// Runs a step; a failure is told in the statistics, and the step is tried again later. A damaged file is put aside.
    private func guarded<Value>(_ name: PartitionName, _ body: () throws -> Value) -> Value? {
        do {
            let value = try body()
            environment.counters.withLock { $0.indexingFailure = nil }
            return value
        } catch LogStoreError.closed {
            return nil
        } catch {
            let failure = LogStoreError(error, file: name.file)
            environment.counters.withLock { $0.indexingFailure = failure.description }
            if case .damaged(_, let reason) = failure { putAside(name, reason) }
            return nil
        }
    }

    private func putAside(_ name: PartitionName, _ reason: String) {
        do {
            guard let partition = try environment.catalog.existing(name) else { return }
            try environment.catalog.quarantine(partition, reason: reason)
        } catch {
            environment.counters.withLock { $0.indexingFailure = "\(error)" }
        }
    }
}
