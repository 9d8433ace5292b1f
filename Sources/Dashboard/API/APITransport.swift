import Foundations
import Outbound

/// Carries requests to a collector: over HTTP, or answers of a test.
protocol APITransport: Sendable {
    /// The status and the body of `GET path?query`.
    func get(_ path: String, _ query: [(String, String)]) async throws(DashboardError) -> (status: Int, body: [UInt8])
    /// The status and the body of the answer to a request with a JSON body.
    func send(_ method: String, _ path: String, json: [UInt8]) async throws(DashboardError) -> (status: Int, body: [UInt8])
    /// Hands over the body of a successful answer piece by piece until `receive` returns false; the status and body of another one.
    func stream(
        _ path: String, _ query: [(String, String)], _ receive: @escaping @Sendable (UnsafeRawBufferPointer) -> Bool
    ) async throws(DashboardError) -> (status: Int, body: [UInt8])
}

/// A collector behind a URL.
struct CollectorTransport: APITransport {
    private let base: String
    private let client: HTTPClient
    private let headers: [(String, String)]

    init(_ options: DashboardOptions) throws(DashboardError) {
        guard options.url.hasPrefix("http://") || options.url.hasPrefix("https://") else { throw .badURL(options.url) }
        base = options.url.hasSuffix("/") ? String(options.url.dropLast()) : options.url
        // The address is the user's own: it may be this machine or a private network.
        client = HTTPClient(policy: .unrestricted, tls: OutboundTLS(caFile: options.certificateFile), userAgent: "nightjar-dashboard")
        headers = options.token.map { [("Authorization", "Bearer " + $0.reveal())] } ?? []
    }

    func get(_ path: String, _ query: [(String, String)]) async throws(DashboardError) -> (status: Int, body: [UInt8]) {
        try await exchange(HTTPRequest(
            method: "GET", url: address(path, query), headers: headers, timeoutSeconds: Limits.replySeconds, replyBytesMax: Limits.replyBytes))
    }

    func send(_ method: String, _ path: String, json: [UInt8]) async throws(DashboardError) -> (status: Int, body: [UInt8]) {
        try await exchange(HTTPRequest(
            method: method, url: base + path, headers: headers + (json.isEmpty ? [] : [("Content-Type", "application/json")]), body: json,
            timeoutSeconds: Limits.replySeconds, replyBytesMax: Limits.replyBytes))
    }

    private func exchange(_ request: HTTPRequest) async throws(DashboardError) -> (status: Int, body: [UInt8]) {
        do throws(OutboundError) {
            let reply = try await client.send(request)
            return (reply.status, reply.body)
        } catch {
            throw .unreachable(reason: "\(error)")
        }
    }

    func stream(
        _ path: String, _ query: [(String, String)], _ receive: @escaping @Sendable (UnsafeRawBufferPointer) -> Bool
    ) async throws(DashboardError) -> (status: Int, body: [UInt8]) {
        let request = HTTPRequest(
            method: "GET", url: address(path, query), headers: headers, timeoutSeconds: 0, silenceSecondsMax: Limits.tailSilenceSeconds,
            replyBytesMax: Limits.replyBytes)
        do throws(OutboundError) {
            let reply = try await client.stream(request, receive)
            return (reply.status, reply.body)
        } catch {
            throw .unreachable(reason: "\(error)")
        }
    }

    private func address(_ path: String, _ query: [(String, String)]) -> String {
        if query.isEmpty { return base + path }
        return base + path + "?" + query.map { "\(PercentEncoding.escaped($0))=\(PercentEncoding.escaped($1))" }.joined(separator: "&")
    }
}

/// Text as a part of a URL.
enum PercentEncoding {
    /// Percent-encodes all but unreserved characters (RFC 3986, 2.3).
    static func escaped(_ text: String) -> String {
        var escaped: [UInt8] = []
        for byte in text.utf8 {
            let isLetter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A
            if isLetter || (0x30...0x39).contains(byte) || [0x2D, 0x2E, 0x5F, 0x7E].contains(byte) {
                escaped.append(byte)
            } else {
                escaped.append(UInt8(ascii: "%"))
                escaped.append(contentsOf: (byte < 16 ? "0" : "").utf8)
                escaped.append(contentsOf: String(byte, radix: 16, uppercase: true).utf8)
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }
}
