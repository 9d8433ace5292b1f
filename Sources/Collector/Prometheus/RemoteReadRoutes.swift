import Compression
import Foundations
import HTTPTypes
import Hummingbird
import Model
import NIOCore
import Wire

/// `POST /api/v1/read`: Prometheus remote read, as samples or as streamed chunks.
struct RemoteReadRoutes: Sendable {
    let edge: Edge

    func register(_ routes: Routes) {
        routes.on(.post, "/api/v1/read", scope: .read, of: .each) { try await read($0, $1) }
    }

    private func read(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let encoding = ContentEncoding(header: request.headers[.contentEncoding] ?? ContentEncoding.snappy.rawValue)
        guard encoding == .snappy else {
            throw Refusal(
                status: .unsupportedMediaType, errorType: "bad_data", reason: .unsupportedEncoding, message: "a remote read is packed with snappy")
        }
        let wanted = try await edge.bodies.withBody(of: request, context: context, bytesMax: edge.limits.formBytesMax) { body in
            try Self.decoded(edge.bodies.inflate(body, .snappy))
        }
        guard let type = wanted.responseType else {
            throw Refusal.badParameter(
                "server does not support any of the requested response types: \(wanted.unknownAccepted); supported: SAMPLES (0), STREAMED_XOR_CHUNKS (1)")
        }
        let results = try await edge.query(context) { try await select(wanted.queries, context.tenant) }
        return type == .samples ? samples(results) : stream(results)
    }

    private static func decoded(_ bytes: [UInt8]) throws(Refusal) -> RemoteRead.Request {
        do throws(WireError) {
            return try withBytes(bytes) { body throws(WireError) in try RemoteRead.decode(body) }
        } catch {
            throw .malformed(error.description)
        }
    }

    /// The series of each query, sorted. Together they may have no more samples than the bound.
    private func select(_ queries: [RemoteRead.Query], _ tenant: Tenant) async throws -> [[Series]] {
        var results: [[Series]] = []
        var samplesLeft = edge.limits.remoteReadSamplesMax
        for query in queries {
            let (start, end) = Self.range(of: query)
            if query.hints?.function == "series" {
                let labels = try await tenant.metrics.series([query.matchers], start: start, end: end, limit: edge.limits.listedItemsMax)
                results.append(labels.map { Series(labels: $0) })
                continue
            }
            do {
                results.append(try await tenant.metrics.select(MetricQuery(matchers: query.matchers, start: start, end: end, samplesMax: samplesLeft)))
            } catch is ReadLimitError {
                throw ReadLimitError(what: "samples", limit: edge.limits.remoteReadSamplesMax)
            }
            samplesLeft -= results.last!.reduce(0) { $0 + $1.sampleCount }
        }
        return results
    }

    /// What is asked for, or the part of it that the engine says it will look at.
    private static func range(of query: RemoteRead.Query) -> (start: Timestamp, end: Timestamp) {
        guard let hints = query.hints, hints.start <= hints.end, hints.end.milliseconds != 0 else { return (query.start, query.end) }
        return (max(query.start, hints.start), min(query.end, hints.end))
    }

    private func samples(_ results: [[Series]]) -> Response {
        var response = Reply.bytes(Snappy.compress(RemoteRead.encodeSamples(results)), contentType: RemoteRead.ResponseType.samples.contentType)
        response.headers[.contentEncoding] = ContentEncoding.snappy.rawValue
        return response
    }

    private func stream(_ results: [[Series]]) -> Response {
        let frameBytesMax = edge.limits.remoteReadFrameBytesMax
        let body = ResponseBody { writer in
            for frame in RemoteReadFrames(results, frameBytesMax: frameBytesMax) {
                try Task.checkCancellation()
                try await writer.write(ByteBuffer(bytes: frame))
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: RemoteRead.ResponseType.streamedChunks.contentType], body: body)
    }
}
