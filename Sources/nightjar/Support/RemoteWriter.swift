import Alerting
import Compression
import Foundations
import Model
import Outbound
import Wire

/// Writes batches to a server by remote write 1.0, which all of them take.
struct RemoteWriter: Sendable {
    /// The waits before a write that failed is tried again; after them it is given up, and the rule says so.
    private static let pausesMilliseconds: [UInt64] = [500, 1000, 2000]
    private static let timeoutSeconds = 10.0

    let address: String
    let source: RemoteSource
    private let client: HTTPClient

    /// `source` says with which token and tenant.
    init(address: String, source: RemoteSource) {
        self.address = address
        self.source = source
        client = source.client()
    }

    func write(_ batch: MetricBatch) async throws {
        let body = Snappy.compress(RemoteWrite.encodeV1(batch))
        for pause in Self.pausesMilliseconds {
            do {
                let reply = try await send(body)
                if (200..<300).contains(reply.status) { return }
                if (400..<500).contains(reply.status), reply.status != 429 { throw refusal(reply) }
            } catch is OutboundError {
                // Tried again below; the last attempt's reason is what is said.
            }
            try await Task.sleep(nanoseconds: pause * 1_000_000)
        }
        let reply = try await send(body)
        if !(200..<300).contains(reply.status) { throw refusal(reply) }
    }

    private func refusal(_ reply: HTTPReply) -> Failure {
        let words = reply.excerpt()
        return Failure("\(address) answered \(reply.status) to what rules recorded\(words.isEmpty ? "" : ": \(words)")")
    }

    private func send(_ body: [UInt8]) async throws -> HTTPReply {
        let headers = try source.headers() + [
            ("Content-Type", "application/x-protobuf"), ("Content-Encoding", "snappy"), ("X-Prometheus-Remote-Write-Version", "0.1.0"),
        ]
        return try await client.send(HTTPRequest(method: "POST", url: address, headers: headers, body: body, timeoutSeconds: Self.timeoutSeconds))
    }
}
