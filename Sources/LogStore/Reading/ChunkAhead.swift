import Foundations

/// A chunk whose rows were searched.
struct SearchedChunk {
    let chunk: Chunk
    let rows: [Int]
}

/// A chunk that a scan is about to come to: searched by a thread that has nothing else to do, or by the scan itself where none took it up.
final class ChunkAhead: Sendable {
    private enum State {
        case waiting
        case running
        case done(Result<SearchedChunk, any Error>)
        /// Its result was handed over, or nobody wants it.
        case over
    }

    private let state = Monitor(State.waiting)
    private let search: @Sendable () throws -> SearchedChunk

    /// `search` may be called by any thread, and by two at a time: each gets a chunk of its own.
    init(_ search: @escaping @Sendable () throws -> SearchedChunk) { self.search = search }

    /// Whether some thread is about it.
    var isRunning: Bool { state.wait(until: { _ in true }, then: { if case .running = $0 { true } else { false } }) }

    /// Searches the chunk, where that wasn't begun yet.
    func run() {
        let isOurs = state.update { state in
            guard case .waiting = state else { return false }
            state = .running
            return true
        }
        guard isOurs else { return }
        let result = Result { try search() }
        state.update { if case .running = $0 { $0 = .done(result) } }
    }

    /// The result, to be asked for once. Searches the chunk where nobody did, or where who began doesn't come to an end.
    func take() throws -> SearchedChunk {
        run()
        let result = state.wait(
            timeoutMilliseconds: Limits.chunkAheadWaitMilliseconds, until: { if case .running = $0 { false } else { true } },
            then: { state -> Result<SearchedChunk, any Error>? in
                defer { state = .over }
                if case .done(let result) = state { return result }
                return nil
            })
        return try result?.get() ?? search()
    }

    /// Nobody wants it any more.
    func abandon() { state.update { $0 = .over } }
}

/// Finds the rows of chunks that satisfy a query.
struct RowSearch: Sendable {
    let plan: ScanPlan
    /// Nil where lines aren't filtered.
    let lineFilters: ChunkLineFilter.Prepared?

    func rows(_ chunk: Chunk) throws -> [Int] {
        let heads = chunk.heads
        var rows: [Int] = []
        rows.reserveCapacity(heads.count)
        for row in 0..<heads.count where plan.hasTime(heads.timestamps[row]) && plan.hasLevel(heads.levels[row]) { rows.append(row) }
        if rows.isEmpty { return rows }
        if let lineFilters {
            var filter = try ChunkLineFilter(lineFilters, chunk)
            rows = try filter.rows(among: rows, plan)
        }
        if plan.matcher.fieldMatchers.isEmpty { return rows }
        return try rows.filter { row in try chunk.withLine(row) { try plan.matchesFields(chunk, row, $0) } }
    }
}
