import Foundations

/// What is left to merge, and what can't be: the maintenance thread's own.
struct MergeSchedule {
    private let store: Store
    /// Blocks that can't be read, or that would become too large a one. Tried again after a restart.
    private var excluded: Set<UInt64> = []
    /// No merge begins by itself before this moment.
    private var retryMonotonicNanoseconds = Int64.min

    init(store: Store) { self.store = store }

    /// Merges all that is due. `isAsked`: also soon after a failure.
    mutating func run(cutoff: Int64, isAsked: Bool, between: () throws(MetricStoreError) -> Void) throws(MetricStoreError) {
        guard isAsked || store.clock.monotonicNanoseconds() >= retryMonotonicNanoseconds else { return }
        while let plan = next(cutoff) {
            let hasRoom = try converting { () throws(FileError) in try store.hasRoom(for: plan) }
            store.counters.withLock { $0.isMergingShortOfRoom = !hasRoom }
            guard hasRoom else { return }
            do throws(MergeFailure) {
                try store.merge(plan, between: between)
            } catch {
                try take(error, plan)
            }
            try between()
        }
    }

    /// What is too old first: it needs no merging any more.
    private func next(_ cutoff: Int64) -> MergePlan? {
        let blocks = store.catalog.withLock { $0.blocks }
        return MergePlan.nextWithoutSamples(blocks, now: store.now, options: store.options, excluded: excluded)
            ?? MergePlan.next(blocks, cutoff: cutoff, options: store.options, excluded: excluded)
    }

    /// Goes on with other blocks where it is the blocks' fault.
    private mutating func take(_ failure: MergeFailure, _ plan: MergePlan) throws(MetricStoreError) {
        switch failure {
        case .damaged(let block, let damage):
            store.noteDamage("\(block.path) is damaged at byte \(damage.offset): \(damage.reason)")
            exclude([block])
        case .tooLarge: exclude(plan.inputs)
        case .file(let error):
            retryMonotonicNanoseconds = store.clock.monotonicNanoseconds() + Limits.mergeRetrySeconds * 1_000_000_000
            throw MetricStoreError(error)
        case .interrupted(let error): throw error
        }
    }

    private mutating func exclude(_ blocks: [BlockReader]) {
        excluded.formUnion(blocks.map(\.number))
        let count = excluded.count
        store.counters.withLock { $0.blocksNotMergeable = count }
    }
}
