import Foundations
import Hummingbird
import LogQL
import LogStore
import Model

/// What the routes ask of LogQL, with its errors as refusals.
struct LogQueries: Sendable {
    let store: LogStore
    let clock: any WallClock

    var engine: LogEngine { LogEngine(reader: store, clock: clock) }

    func run(
        _ query: String, start: NanoTimestamp, end: NanoTimestamp, stepNanoseconds: Int64?, limit: Int, direction: LogQuery.Direction
    ) async throws -> LogQLResult {
        try await engine.run(query, start: start, end: end, stepNanoseconds: stepNanoseconds, limit: limit, direction: direction)
    }

    func tailPlan(_ query: String) throws(Refusal) -> TailPlan {
        do {
            return try engine.compileTail(query)
        } catch {
            throw .badParameter("invalid parameter \"query\": \(error)")
        }
    }

    /// The newest records that a query takes, which is LogQL or people's form; without a start, those of the last day.
    func search(_ query: String, start: NanoTimestamp?, end: NanoTimestamp?, limit: Int) async throws -> [LogRecord] {
        let now = clock.now()
        return try await engine.search(
            query, start: start ?? now.advanced(byNanoseconds: -86_400_000_000_000),
            // Clocks differ: what a host stamped a moment ahead of us is found too.
            end: end ?? now.advanced(byNanoseconds: 60_000_000_000), limit: limit)
    }

    /// The newest lines of a tail's query within a time, the newest first.
    func newest(_ plan: TailPlan, start: NanoTimestamp, end: NanoTimestamp, limit: Int) async throws -> [TailedLine] {
        guard limit > 0 else { return [] }
        var query = plan.query
        query.start = start
        query.end = end
        query.direction = .newestFirst
        let found = Locked<[TailedLine]>([])
        try await store.scan(query) { record in
            guard let line = plan.line(of: record) else { return true }
            return found.withLock {
                $0.append(line)
                return $0.count < limit
            }
        }
        return found.withLock { $0 }
    }
}

extension Edge {
    func logQueries(of tenant: Tenant) -> LogQueries { LogQueries(store: tenant.logs, clock: clock) }

    /// Runs a log query in its turn, and stops it when the client leaves. Its errors become refusals.
    func logQuery<Result: Sendable>(
        _ context: CollectorContext, _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        do {
            return try await query(context, work)
        } catch {
            throw logRefusal(for: error)
        }
    }

    private func logRefusal(for error: any Error) -> any Error {
        switch error {
        case let error as LogQLError: refusal(for: error)
        case let error as LogQueryError:
            Refusal(status: .serviceUnavailable, errorType: "timeout", reason: .queryTimeout, message: error.description)
        default: error
        }
    }

    private func refusal(for error: LogQLError) -> Refusal {
        switch error {
        case .syntax: .badParameter("invalid parameter \"query\": \(error)")
        case .tooMuch, .failed:
            Refusal(status: .unprocessableContent, errorType: "execution", reason: .queryFailed, message: error.description)
        }
    }
}
