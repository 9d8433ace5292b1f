import Foundations
import LogStore
import Model
import Wire

/// The last step of every log record's way in, whichever protocol brought it: secrets are taken out, then it is stored and counted.
struct LogIntake: Sendable {
    let edge: Edge

    /// Durable on return.
    func store(_ records: [LogRecord], origin: BatchOrigin? = nil, of tenant: Tenant) async throws(LogStoreError) -> LogAppendOutcome {
        try await store(LogColumns(records), origin: origin, of: tenant)
    }

    /// The same of records that came as columns.
    func store(_ columns: LogColumns, origin: BatchOrigin? = nil, of tenant: Tenant) async throws(LogStoreError) -> LogAppendOutcome {
        let outcome = try await tenant.logs.append(redacted(columns), origin: origin)
        edge.counters.ingested {
            $0.logRecords += UInt64(outcome.stored)
            $0.duplicateLogBatches += outcome.isDuplicateBatch ? 1 : 0
        }
        for (reason, count) in outcome.refused { edge.counters.rejected(count, reason: "\(reason)", of: tenant) }
        return outcome
    }

    private func redacted(_ columns: LogColumns) -> LogColumns {
        var columns = columns
        var counts = RedactionCounts()
        edge.redactor.redact(&columns, counting: &counts)
        if counts.total > 0 { edge.counters.redacted(counts) }
        return columns
    }

    /// What of an outcome was refused, for an answer.
    static func rejection(_ outcome: LogAppendOutcome) -> PartialRejection {
        PartialRejection(counts: outcome.refused.map { ("\($0.reason)", $0.count, "") })
    }
}
