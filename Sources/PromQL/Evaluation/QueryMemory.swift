import Foundations

/// Counts what a query holds at a time: decoded samples, columns, groups, results. Threads that work on one query share it.
final class QueryMemory: Sendable {
    private struct State {
        var used = 0
        /// Kept whatever expressions end.
        var pinned = 0
        var peak = 0
    }

    let bytesMax: Int
    private let state = Locked(State())

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    var used: Int { state.withLock { $0.used } }
    /// The most that was held at once.
    var peak: Int { state.withLock { $0.peak } }

    /// Counts bytes that are about to be taken.
    func reserve(_ bytes: Int) throws(QueryError) {
        let isWithin = state.withLock { state in
            state.used += bytes
            state.peak = max(state.peak, state.used + state.pinned)
            return state.used + state.pinned <= bytesMax
        }
        if !isWithin { throw .memoryExceeded(bytesMax: bytesMax) }
    }

    func release(_ bytes: Int) { state.withLock { $0.used -= bytes } }

    /// Counts bytes that outlive the expression that is being computed, until `unpin`.
    func pin(_ bytes: Int) throws(QueryError) {
        state.withLock { $0.pinned += bytes }
        try reserve(0)
    }

    func unpin(_ bytes: Int) { state.withLock { $0.pinned -= bytes } }

    /// Leaves of what was taken since `mark` only so many bytes: an expression's result outlives what it was made of.
    func settle(since mark: Int, keeping bytes: Int) throws(QueryError) {
        state.withLock { $0.used = mark }
        try reserve(bytes)
    }
}

extension Column {
    /// Bytes that a column takes.
    var memoryBytes: Int {
        128 + values.count * 8 + labels.encoded.count + histograms.reduce(histograms.count * 8) { $0 + ($1.map { 160 + $0.memoryBytes } ?? 0) }
    }
}
