import Foundations

/// `GET /api/v1/nightjar/status`.
struct StatusReply: Decodable {
    struct Agent: Decodable {
        let instance: String
        let version: String?
        let secondsSinceSeen: Double?
        let state: String?
    }
    struct Problem: Decodable {
        let file: String?
        let line: Int?
        let reason: String
    }
    struct Outbox: Decodable {
        let pending: Int?
        let failed: Int?
        let oldestPendingSeconds: Double?
    }
    struct Alerting: Decodable {
        let groups: Int?
        let rules: Int?
        let problems: [Problem]?
        let outbox: Outbox?
        let lastEvaluation: String?
    }
    struct Ingest: Decodable {
        let isAccepting: Bool?
        let refusingReason: String?
    }
    struct MetricStore: Decodable {
        let headSeries: Int64?
        let headSamples: Int64?
        let blockCount: Int64?
        let blockBytes: Int64?
        let logBytes: Int64?
        let samplesAppendedTotal: Int64?
        let batchesDuplicateTotal: Int64?
        let damagedTotal: Int64?
        let isAcknowledging: Bool?
    }
    struct LogStore: Decodable {
        let sizeBytes: Int64?
        let recordsAppendedTotal: Int64?
        let batchesDuplicateTotal: Int64?
        let tails: Int64?
        let isAcknowledging: Bool?
    }

    /// The one field that must be there: without it the answer isn't a collector's.
    let version: String
    let startedAt: String?
    let instance: String?
    let dataDirectory: String?
    let agents: [Agent]?
    let metricStore: MetricStore?
    let logStore: LogStore?
    let alerting: Alerting?
    let ingest: Ingest?

    var collectorStatus: CollectorStatus {
        var status = CollectorStatus()
        status.version = version
        status.instance = instance ?? ""
        status.dataDirectory = dataDirectory ?? ""
        status.startedAt = startedAt.flatMap { TimestampText.parseRFC3339($0) }?.milliseconds
        status.agents = (agents ?? []).map {
            CollectorStatus.Agent(instance: $0.instance, version: $0.version ?? "", secondsSinceSeen: $0.secondsSinceSeen ?? 0, state: $0.state ?? "ok")
        }.sorted { ($1.secondsSinceSeen, $0.instance) < ($0.secondsSinceSeen, $1.instance) }
        status.problems = (alerting?.problems ?? []).map { problem in
            CollectorStatus.RuleTrouble(place: (problem.file ?? "") + (problem.line.map { ":\($0)" } ?? ""), reason: problem.reason)
        }
        status.ruleGroups = alerting?.groups ?? 0
        status.rules = alerting?.rules ?? 0
        status.outboxPending = alerting?.outbox?.pending ?? 0
        status.outboxFailed = alerting?.outbox?.failed ?? 0
        status.outboxOldestPendingSeconds = alerting?.outbox?.oldestPendingSeconds
        status.lastEvaluation = alerting?.lastEvaluation.flatMap { TimestampText.parseRFC3339($0) }?.milliseconds
        status.isAccepting = ingest?.isAccepting ?? true
        status.refusingReason = ingest?.refusingReason
        status.metricStore = metricStore.map(Self.lines) ?? []
        status.logStore = logStore.map(Self.lines) ?? []
        return status
    }

    private static func lines(_ store: MetricStore) -> [AlertItem.LabelPair] {
        [
            line("writes", store.isAcknowledging.map { $0 ? "acknowledged" : "NOT ACKNOWLEDGED" }), line("series in the head", store.headSeries.map(Text.count)),
            line("samples in the head", store.headSamples.map(Text.count)), line("samples appended", store.samplesAppendedTotal.map(Text.count)),
            line("blocks", store.blockCount.map(Text.count)), line("blocks' size", store.blockBytes.map { ByteSizeText.format(bytes: $0) }),
            line("write-ahead log", store.logBytes.map { ByteSizeText.format(bytes: $0) }), line("duplicate batches", store.batchesDuplicateTotal.map(Text.count)),
            line("damaged records", store.damagedTotal.map(Text.count)),
        ].compactMap(\.self)
    }

    private static func lines(_ store: LogStore) -> [AlertItem.LabelPair] {
        [
            line("writes", store.isAcknowledging.map { $0 ? "acknowledged" : "NOT ACKNOWLEDGED" }), line("records appended", store.recordsAppendedTotal.map(Text.count)),
            line("size", store.sizeBytes.map { ByteSizeText.format(bytes: $0) }), line("duplicate batches", store.batchesDuplicateTotal.map(Text.count)),
            line("live tails", store.tails.map(Text.count)),
        ].compactMap(\.self)
    }

    private static func line(_ name: String, _ value: String?) -> AlertItem.LabelPair? { value.map { AlertItem.LabelPair(name: name, value: $0) } }
}
