import Compression
import Foundations
import Hummingbird
import LogStore
import MetricStore
import Model
import NIOCore
import Wire

/// The way of a body into a store: admitted, read, inflated, decoded, stored.
struct Ingestion: Sendable {
    let edge: Edge

    /// Reads and decodes a body under all bounds, then calls `store` with what it holds.
    ///
    /// `takesLargePlain`: a body without compression may be as large as a compressed one once it is inflated, as shippers of logs send them.
    func receive<Content: Sendable, Outcome: Sendable>(
        _ request: Request, _ context: CollectorContext, _ ingest: IngestRequest, route: String, takesLargePlain: Bool = false,
        decode: @escaping @Sendable (UnsafeRawBufferPointer) throws(WireError) -> Content,
        store: @escaping @Sendable (Content) async throws -> Outcome
    ) async throws -> Outcome {
        try checkDisk(context)
        let bytesMax = takesLargePlain && ingest.encoding == .identity ? edge.limits.inflatedBytesMax : edge.limits.bodyBytesMax
        return try await edge.bodies.withBody(of: request, context: context, bytesMax: bytesMax) { body in
            edge.counters.received(bytes: body.readableBytes, route: route)
            let outcome = try await edge.ingestGate.run {
                let inflated = try edge.bodies.inflate(body, ingest.encoding)
                return try await store(try Self.decoded(inflated, decode))
            }
            guard let outcome else {
                throw Refusal.unavailable(
                    .overload, "\(edge.limits.ingestWaitingMax) requests wait to be stored already; send it again",
                    retryAfterSeconds: edge.limits.overloadRetrySeconds)
            }
            return outcome
        }
    }

    /// Refuses before the body is read where there is no room for it.
    private func checkDisk(_ context: CollectorContext) throws(Refusal) {
        if case .refusing(let reason) = edge.disk.state {
            throw context.closing(.unavailable(.diskFull, reason, retryAfterSeconds: edge.limits.diskRetrySeconds))
        }
    }

    private static func decoded<Content>(
        _ bytes: [UInt8], _ decode: (UnsafeRawBufferPointer) throws(WireError) -> Content
    ) throws -> Content {
        do throws(WireError) {
            return try withBytes(bytes, decode)
        } catch {
            throw Refusal.malformed(error.description)
        }
    }
}

/// What of a batch was refused while the rest was stored.
struct PartialRejection: Sendable {
    var counts: [(reason: String, count: Int, example: String)]

    var isEmpty: Bool { counts.isEmpty }
    var total: Int { counts.reduce(0) { $0 + $1.count } }
    /// `too_old=3, too_many_series=1`
    var header: String { counts.map { "\($0.reason)=\($0.count)" }.joined(separator: ", ") }
    /// For people: with one example of each.
    var message: String {
        let parts = counts.map { "\($0.count) for \($0.reason)" + ($0.example.isEmpty ? "" : " (such as \(SafeText($0.example).string))") }
        return "stored in part; refused were " + parts.joined(separator: ", ")
    }
}
