import Compression
import Foundations
import HTTPTypes
import Hummingbird
import LogStore
import Model
import Wire

/// `POST /v1/logs` (OTLP, protobuf and JSON) and `POST /loki/api/v1/push` (Loki, JSON and snappy protobuf).
struct LogIngest: Sendable {
    static let otlpPath = "/v1/logs"
    static let lokiPath = "/loki/api/v1/push"
    let edge: Edge

    func register(_ routes: Routes) {
        routes.on(.post, Self.otlpPath, scope: .ingest, of: .each, refusalBody: { OTLPReply.refusal($0, $1) }) { try await otlp($0, $1) }
        routes.on(.post, Self.lokiPath, scope: .ingest, of: .each) { try await loki($0, $1) }
    }

    private func otlp(_ request: Request, _ context: CollectorContext) async throws -> Response {
        guard let format = BodyFormat(request.headers) else {
            throw IngestRequest.unsupportedType(request.headers, accepted: "application/x-protobuf or application/json")
        }
        let ingest = try IngestRequest(request.headers)
        let receivedAt = edge.clock.now()
        let outcome = try await Ingestion(edge: edge).receive(
            request, context, ingest, route: Self.otlpPath,
            decode: { bytes throws(WireError) in
                switch format {
                case .protobuf: try OTLPLogs.decodeColumns(protobuf: bytes, receivedAt: receivedAt)
                case .json: try OTLPLogs.decodeColumns(json: bytes, receivedAt: receivedAt)
                }
            },
            store: { columns in try await store(columns, ingest, context.tenant) })
        var response = OTLPReply.success(LogIntake.rejection(outcome), format)
        if outcome.isDuplicateBatch { response.headers[.nightjarDuplicate] = "1" }
        return response
    }

    private func loki(_ request: Request, _ context: CollectorContext) async throws -> Response {
        guard let format = BodyFormat(request.headers) else {
            throw IngestRequest.unsupportedType(request.headers, accepted: "application/json or application/x-protobuf")
        }
        var headers = request.headers
        // Loki's protobuf is snappy-compressed by definition; its senders don't say so.
        if format == .protobuf && headers[.contentEncoding] == nil { headers[.contentEncoding] = ContentEncoding.snappy.rawValue }
        let ingest = try IngestRequest(headers)
        let receivedAt = edge.clock.now()
        let outcome = try await Ingestion(edge: edge).receive(
            request, context, ingest, route: Self.lokiPath,
            decode: { bytes throws(WireError) in
                switch format {
                case .protobuf: try LokiPush.decodeColumns(protobuf: bytes, receivedAt: receivedAt)
                case .json: try LokiPush.decodeColumns(json: bytes, receivedAt: receivedAt)
                }
            },
            store: { columns in try await store(columns, ingest, context.tenant) })
        let rejection = LogIntake.rejection(outcome)
        guard rejection.isEmpty else {
            throw Refusal(status: .badRequest, errorType: "bad_data", reason: .rejectedData, message: rejection.message)
        }
        var response = Response(status: .noContent)
        if outcome.isDuplicateBatch { response.headers[.nightjarDuplicate] = "1" }
        return response
    }

    private func store(_ columns: LogColumns, _ ingest: IngestRequest, _ tenant: Tenant) async throws -> LogAppendOutcome {
        do throws(LogStoreError) {
            let outcome = try await LogIntake(edge: edge).store(columns, origin: ingest.origin, of: tenant)
            if let origin = ingest.origin {
                edge.agents.seen(
                    origin, instance: ingest.instance, version: ingest.version, signal: .logs, at: edge.clock.nowMilliseconds())
            }
            return outcome
        } catch {
            throw refusal(for: error, limits: edge.limits)
        }
    }
}

/// The two forms of an OTLP or Loki body.
enum BodyFormat: Sendable {
    case protobuf, json

    init?(_ headers: HTTPFields) {
        switch IngestRequest.mediaType(headers) {
        case "application/x-protobuf": self = .protobuf
        case "application/json": self = .json
        default: return nil
        }
    }

    var contentType: String { self == .protobuf ? "application/x-protobuf" : "application/json" }
}
