import Compression
import Foundations
import HTTPTypes
import Hummingbird
import MetricStore
import Model
import Wire

/// `POST /api/v1/write`: Prometheus remote write 1 and 2.
struct MetricIngest: Sendable {
    static let path = "/api/v1/write"
    let edge: Edge

    func register(_ routes: Routes) {
        routes.on(.post, Self.path, scope: .ingest, of: .each) { try await write($0, $1) }
    }

    private func write(_ request: Request, _ context: CollectorContext) async throws -> Response {
        guard let version = RemoteWrite.Version(contentType: request.headers[.contentType] ?? "") else {
            throw IngestRequest.unsupportedType(
                request.headers, accepted: "application/x-protobuf with proto=io.prometheus.write.v2.Request or prometheus.WriteRequest")
        }
        var headers = request.headers
        // The specification knows no other packing, and Prometheus takes a missing header for it.
        if headers[.contentEncoding] == nil { headers[.contentEncoding] = ContentEncoding.snappy.rawValue }
        let ingest = try IngestRequest(headers)
        let outcome = try await Ingestion(edge: edge).receive(
            request, context, ingest, route: Self.path,
            decode: { bytes throws(WireError) in try RemoteWrite.decodeColumns(bytes, version: version) },
            store: { batch in try await store(batch, ingest, context.tenant) })
        return try answer(outcome, ingest, context.tenant)
    }

    private func store(_ batch: MetricColumns, _ ingest: IngestRequest, _ tenant: Tenant) async throws -> AppendOutcome {
        do throws(MetricStoreError) {
            let outcome = try await tenant.metrics.append(batch, origin: ingest.origin)
            if let origin = ingest.origin {
                edge.agents.seen(
                    origin, instance: ingest.instance, version: ingest.version, signal: .metrics, at: edge.clock.nowMilliseconds())
            }
            return outcome
        } catch {
            throw refusal(for: error, limits: edge.limits)
        }
    }

    /// 2xx with what was stored. Samples that can never be stored make it a 400 for senders that follow the specification, whose
    /// retries would be useless; our own agent keeps refused batches aside, so it is told by a header that the rest is stored.
    private func answer(_ outcome: AppendOutcome, _ ingest: IngestRequest, _ tenant: Tenant) throws -> Response {
        count(outcome, tenant)
        var headers: HTTPFields = [:]
        headers[.remoteWriteSamples] = String(outcome.samplesStored)
        headers[.remoteWriteHistograms] = String(outcome.histogramsStored)
        headers[.remoteWriteExemplars] = String(outcome.exemplarsStored)
        if outcome.isDuplicateBatch { headers[.nightjarDuplicate] = "1" }
        let rejection = PartialRejection(counts: outcome.rejected.map { ($0.reason.rawValue, $0.count, $0.example) })
        if !rejection.isEmpty {
            headers[.nightjarRejected] = rejection.header
            if ingest.origin == nil {
                throw Refusal(
                    status: .badRequest, errorType: "bad_data", reason: .rejectedData, message: rejection.message, headers: headers)
            }
        }
        return Response(status: .noContent, headers: headers)
    }

    private func count(_ outcome: AppendOutcome, _ tenant: Tenant) {
        edge.counters.ingested {
            $0.samples += UInt64(outcome.samplesStored)
            $0.histograms += UInt64(outcome.histogramsStored)
            $0.exemplars += UInt64(outcome.exemplarsStored)
            $0.duplicateMetricBatches += outcome.isDuplicateBatch ? 1 : 0
        }
        for rejected in outcome.rejected { edge.counters.rejected(rejected.count, reason: rejected.reason.rawValue, of: tenant) }
    }
}

/// What a sender is told when the metric store refuses: try again where that can help, don't where it can't.
func refusal(for error: MetricStoreError, limits: CollectorLimits) -> Refusal {
    switch error {
    case .diskFull: .unavailable(.diskFull, error.description, retryAfterSeconds: limits.diskRetrySeconds)
    case .overloaded: .unavailable(.overload, error.description, retryAfterSeconds: limits.overloadRetrySeconds)
    case .batchTooLarge:
        Refusal(status: .contentTooLarge, errorType: "bad_data", reason: .inflatedTooLarge, message: error.description)
    case .notAcknowledging, .closed, .locked, .noPermission, .file, .corrupt, .tooManyAgents, .tooManyDeletions, .badDeletion,
        .snapshotExists, .noSnapshot, .snapshotDamaged, .targetNotEmpty, .notRestored, .importTooLarge, .notCleaned:
        .unavailable(.storeUnavailable, error.description, retryAfterSeconds: limits.diskRetrySeconds)
    }
}

extension HTTPField.Name {
    static let remoteWriteSamples = HTTPField.Name("X-Prometheus-Remote-Write-Samples-Written")!
    static let remoteWriteHistograms = HTTPField.Name("X-Prometheus-Remote-Write-Histograms-Written")!
    static let remoteWriteExemplars = HTTPField.Name("X-Prometheus-Remote-Write-Exemplars-Written")!
}
