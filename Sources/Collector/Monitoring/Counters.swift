import Foundations
import Model
import Wire

/// Counts what the edge does, for its own metrics.
final class Counters: Sendable {
    /// Upper bounds of the buckets of request durations, in seconds.
    static let durationBounds: [Double] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30]

    private struct RequestKey: Hashable {
        let route: String
        let method: String
        let status: Int
    }

    private struct RejectedKey: Hashable {
        let reason: String
        let tenant: TenantName
    }

    private struct Durations {
        var counts = [UInt64](repeating: 0, count: Counters.durationBounds.count + 1)
        var sumSeconds = 0.0
    }

    private struct State {
        var requests: [RequestKey: UInt64] = [:]
        var durations: [String: Durations] = [:]
        var refused: [RefusalReason: UInt64] = [:]
        var receivedBytes: [String: UInt64] = [:]
        var rejected: [RejectedKey: UInt64] = [:]
        var ingested = Ingested()
        var redacted = RedactionCounts()
    }

    /// What was stored since the start.
    struct Ingested: Sendable {
        var samples: UInt64 = 0
        var histograms: UInt64 = 0
        var exemplars: UInt64 = 0
        var logRecords: UInt64 = 0
        var duplicateMetricBatches: UInt64 = 0
        var duplicateLogBatches: UInt64 = 0
        var selfMonitoringFailures: UInt64 = 0
    }

    private let state = Locked(State())

    func request(route: String, method: String, status: Int, seconds: Double) {
        state.withLock { state in
            state.requests[RequestKey(route: route, method: method, status: status), default: 0] += 1
            let bucket = Self.durationBounds.firstIndex { seconds <= $0 } ?? Self.durationBounds.count
            state.durations[route, default: Durations()].counts[bucket] += 1
            state.durations[route]!.sumSeconds += seconds
        }
    }

    func refused(_ reason: RefusalReason) { state.withLock { $0.refused[reason, default: 0] += 1 } }

    func received(bytes: Int, route: String) { state.withLock { $0.receivedBytes[route, default: 0] += UInt64(bytes) } }

    /// Samples and records that were refused while the rest of their batch was stored.
    func rejected(_ count: Int, reason: String, of tenant: Tenant) {
        state.withLock { $0.rejected[RejectedKey(reason: reason, tenant: tenant.name), default: 0] += UInt64(count) }
    }

    /// Secrets that were taken out of log records.
    func redacted(_ counts: RedactionCounts) { state.withLock { $0.redacted.add(counts) } }

    func ingested(_ change: (inout Ingested) -> Void) { state.withLock { change(&$0.ingested) } }

    var ingested: Ingested { state.withLock { $0.ingested } }

    func refusedCount(_ reason: RefusalReason) -> UInt64 { state.withLock { $0.refused[reason] ?? 0 } }

    var families: [MetricFamily] {
        let state = state.withLock { $0 }
        return requestFamilies(state) + ingestFamilies(state)
    }

    private func requestFamilies(_ state: State) -> [MetricFamily] {
        var requests = MetricFamily("nightjar_collector_requests_total", .counter, "Requests answered, by route, method and status.")
        for (key, count) in state.requests.sorted(by: { ($0.key.route, $0.key.method, $0.key.status) < ($1.key.route, $1.key.method, $1.key.status) }) {
            requests.add(["route": key.route, "method": key.method, "code": String(key.status)], Double(count))
        }
        var durations = MetricFamily(
            "nightjar_collector_request_duration_seconds", .histogram, "Time from a request's head to its answer, by route.")
        for (route, values) in state.durations.sorted(by: { $0.key < $1.key }) {
            var total: UInt64 = 0
            for (index, count) in values.counts.enumerated() {
                total += count
                let bound = index < Self.durationBounds.count ? Self.text(Self.durationBounds[index]) : "+Inf"
                durations.add(["route": route, "le": bound], Double(total), suffix: "_bucket")
            }
            durations.add(["route": route], values.sumSeconds, suffix: "_sum")
            durations.add(["route": route], Double(total), suffix: "_count")
        }
        var refused = MetricFamily("nightjar_collector_refused_requests_total", .counter, "Requests refused, by reason.")
        for reason in RefusalReason.allCases { refused.add(["reason": reason.rawValue], Double(state.refused[reason] ?? 0)) }
        return [requests, durations, refused]
    }

    private func ingestFamilies(_ state: State) -> [MetricFamily] {
        var bytes = MetricFamily("nightjar_collector_received_bytes_total", .counter, "Bytes of ingested bodies as they came over the wire, by route.")
        for (route, count) in state.receivedBytes.sorted(by: { $0.key < $1.key }) { bytes.add(["route": route], Double(count)) }
        var rejected = MetricFamily(
            "nightjar_collector_rejected_items_total", .counter, "Samples and log records refused while the rest of their batch was stored, by reason.")
        for (key, count) in state.rejected.sorted(by: { ($0.key.tenant, $0.key.reason) < ($1.key.tenant, $1.key.reason) }) {
            rejected.add(key.tenant.labels.setting("reason", to: key.reason), Double(count))
        }
        var duplicates = MetricFamily("nightjar_collector_duplicate_batches_total", .counter, "Batches sent again that were stored already.")
        duplicates.add(["kind": "metrics"], Double(state.ingested.duplicateMetricBatches))
        duplicates.add(["kind": "logs"], Double(state.ingested.duplicateLogBatches))
        var redacted = MetricFamily("nightjar_collector_redactions_total", .counter, "Secrets taken out of log records before they were stored, by kind.")
        for kind in RedactionKind.allCases { redacted.add(["kind": kind.rawValue], Double(state.redacted[kind])) }
        return [
            bytes, rejected, duplicates, redacted,
            MetricFamily("nightjar_collector_samples_stored_total", .counter, "Float samples stored.", Double(state.ingested.samples)),
            MetricFamily("nightjar_collector_histograms_stored_total", .counter, "Histogram samples stored.", Double(state.ingested.histograms)),
            MetricFamily("nightjar_collector_exemplars_stored_total", .counter, "Exemplars stored.", Double(state.ingested.exemplars)),
            MetricFamily("nightjar_collector_log_records_stored_total", .counter, "Log records stored.", Double(state.ingested.logRecords)),
            MetricFamily(
                "nightjar_collector_self_monitoring_failures_total", .counter, "Writes of the collector's own metrics that failed.",
                Double(state.ingested.selfMonitoringFailures)),
        ]
    }

    private static func text(_ value: Double) -> String {
        var bytes: [UInt8] = []
        bytes.append(sampleValue: value)
        return String(decoding: bytes, as: UTF8.self)
    }
}
