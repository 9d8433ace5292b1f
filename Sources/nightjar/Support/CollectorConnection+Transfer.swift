import Foundation
import Foundations
import Outbound

/// Long bodies in both directions.
extension CollectorConnection {
    /// POSTs a body whose length isn't known, and decodes the `data` of the answer. Without bound in time: the collector answers once
    /// everything is stored.
    func upload<Value: Decodable>(
        _ path: String, _ query: [(String, String)], type: String = "application/openmetrics-text", source: @escaping @Sendable (UnsafeMutableRawBufferPointer) -> Int
    ) async throws -> Value {
        var request = HTTPRequest(
            method: "POST", url: address(path, query), headers: headers + [("Content-Type", type)], timeoutSeconds: 0)
        request.bodySource = source
        return try await answer(to: request, path)
    }

    /// POSTs without a body, and decodes the `data` of the answer.
    func post<Value: Decodable>(_ path: String, _ query: [(String, String)] = [], timeoutSeconds: Double = 0) async throws -> Value {
        try await answer(to: HTTPRequest(method: "POST", url: address(path, query), headers: headers, timeoutSeconds: timeoutSeconds), path)
    }

    private func answer<Value: Decodable>(to request: HTTPRequest, _ path: String) async throws -> Value {
        let request = request
        let reply = try await reach { () async throws(OutboundError) in try await client.send(request) }
        guard reply.isSuccess else { throw refusal(reply) }
        guard let value: Value = try Self.decode(reply.body) else { throw strange(path) }
        return value
    }

    /// Hands over a text of any length piece by piece until `receive` returns false.
    func download(
        _ path: String, _ query: [(String, String)], type: String, _ receive: @escaping @Sendable (UnsafeRawBufferPointer) -> Bool
    ) async throws {
        let request = HTTPRequest(method: "GET", url: address(path, query), headers: headers, timeoutSeconds: 0)
        let isStrange = Locked(false)
        let reply = try await reach { () async throws(OutboundError) in
            try await client.stream(
                request,
                onReply: { status, headers in
                    let found = headers.first { $0.name.lowercased() == "content-type" }?.value ?? ""
                    isStrange.withLock { $0 = status == 200 && !found.lowercased().hasPrefix(type) }
                },
                { piece in !isStrange.withLock { $0 } && receive(piece) })
        }
        if isStrange.withLock({ $0 }) { throw strange(path) }
        guard reply.status == 200 else { throw refusal(reply) }
    }
}
