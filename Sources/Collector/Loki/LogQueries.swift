import Foundations
import LogQL
import LogStore
import Model

/// What the routes ask of LogQL.
struct LogQueries: Sendable {
    let store: LogStore
    let clock: any WallClock
    let limits: CollectorLimits
    /// What the request adds to every query.
    let conditions: LabelConditions

    var engine: LogEngine {
        LogEngine(
            reader: store, clock: clock, options: .init(timeoutSeconds: limits.querySeconds, readBytesMax: limits.logQueryBytesMax, extraConditions: conditions))
    }

    /// Throws where a live tail of the query can't be.
    func checkTail(_ query: String) throws(Refusal) {
        do {
            _ = try engine.compileTail(query)
        } catch {
            throw .badParameter("\(error)")
        }
    }

    /// The newest lines of a tail's query within a time, the newest first.
    func newest(_ plan: TailPlan, start: NanoTimestamp, end: NanoTimestamp, limit: Int) async throws -> [TailedLine] {
        guard limit > 0 else { return [] }
        var query = plan.query
        query.start = start
        query.end = end
        query.direction = .newestFirst
        query.deadlineMonotonicNanoseconds = clock.monotonicNanoseconds() + Int64(limits.querySeconds * 1e9)
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
    /// What a request may ask a tenant's logs, with the conditions that it adds.
    func logQueries(of tenant: Tenant, _ parameters: RequestParameters) throws(Refusal) -> LogQueries {
        LogQueries(store: tenant.logs, clock: clock, limits: limits, conditions: try parameters.extraLogConditions(limits))
    }
}
