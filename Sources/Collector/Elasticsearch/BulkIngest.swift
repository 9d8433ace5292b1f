import Foundations
import HTTPTypes
import Hummingbird
import LogStore
import Model
import Wire

/// Elasticsearch's `POST /_bulk`, at the root, under `/elasticsearch` and under `/insert/elasticsearch`, with an index in the path or without.
///
/// 200 with an answer for each item, once all that were taken are durable. An item outside the accepted time, or that is no document,
/// fails by itself. Sent again after a lost answer, a batch is stored again: ids aren't looked up.
struct BulkIngest: Sendable {
    static let prefixes = ["", "/elasticsearch", "/insert/elasticsearch"]
    let edge: Edge

    func register(_ routes: Routes) {
        for prefix in Self.prefixes {
            for method in [HTTPRequest.Method.post, .put] {
                routes.on(method, "\(prefix)/_bulk", scope: .ingest, of: .each, refusalBody: ElasticsearchReply.refusal) {
                    try await bulk($0, $1, index: nil)
                }
                routes.on(method, "\(prefix)/:index/_bulk", scope: .ingest, of: .each, refusalBody: ElasticsearchReply.refusal) {
                    try await bulk($0, $1, index: try $1.parameters.require("index"))
                }
            }
        }
    }

    private func bulk(_ request: Request, _ context: CollectorContext, index: String?) async throws -> Response {
        try LineIngest.refuseForms(request, accepted: "application/x-ndjson")
        let ingest = try IngestRequest(request.headers)
        let (shape, receivedAt, start) = (DocumentShape(request), edge.clock.now(), edge.clock.monotonicNanoseconds())
        let items = try await Ingestion(edge: edge).receive(
            request, context, ingest, route: "/_bulk", takesLargePlain: true,
            decode: { bytes throws(WireError) in try BulkRequest(bytes, defaultIndex: index, shape: shape, receivedAt: receivedAt) },
            store: { bulk in try await store(bulk, ingest, context.tenant) })
        let milliseconds = (edge.clock.monotonicNanoseconds() - start) / 1_000_000
        // Beats ask for the errors and statuses alone.
        let isBrief = RequestParameters(request.uri.query ?? "")["filter_path"] != nil
        return ElasticsearchReply.bulk(items, tookMilliseconds: milliseconds, isBrief: isBrief)
    }

    /// The items, with those refused that the store won't take.
    private func store(_ bulk: BulkRequest, _ ingest: IngestRequest, _ tenant: Tenant) async throws -> [BulkItem] {
        let accepted = tenant.acceptedLogTimes(edge.clock.now())
        var items = bulk.items
        let window = accepted.lowerBound.nanoseconds...accepted.upperBound.nanoseconds
        var columns = bulk.columns
        for index in items.indices {
            guard case .record(let place) = items[index].outcome else {
                edge.counters.rejected(1, reason: "not stored by bulk", of: tenant)
                continue
            }
            let timestamp = columns.rows[place].timestamp
            if !window.contains(timestamp) {
                let reason: LogRefusal = timestamp < window.lowerBound ? .tooOld : .tooFarInFuture
                edge.counters.rejected(1, reason: "\(reason)", of: tenant)
                items[index].outcome = .refused(status: 400, type: "timestamp_error", reason: "the document's time is \(reason)")
            }
        }
        columns.removeRows { !window.contains($0.timestamp) }
        if columns.isEmpty { return items }
        do throws(LogStoreError) {
            let outcome = try await LogIntake(edge: edge).store(columns, origin: ingest.origin, of: tenant)
            if outcome.stored == 0, !outcome.isDuplicateBatch { Self.refuseAll(&items, outcome) }
            return items
        } catch {
            throw refusal(for: error, limits: edge.limits)
        }
    }

    /// Where the store took none of them, each says so.
    private static func refuseAll(_ items: inout [BulkItem], _ outcome: LogAppendOutcome) {
        let reason = outcome.refused.first.map { "\($0.reason)" } ?? "not stored"
        for index in items.indices {
            if case .record = items[index].outcome {
                items[index].outcome = .refused(status: 429, type: "illegal_argument_exception", reason: reason)
            }
        }
    }
}
