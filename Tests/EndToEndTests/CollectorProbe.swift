import Foundation
import Foundations
import Outbound
import TestSupport

/// Asks a running collector over HTTP, as any client would.
struct CollectorProbe: Sendable {
    let base: String
    private let client = HTTPClient(policy: OutboundPolicy(allowsPlainHTTP: true, allowsPrivateAddresses: true))

    init(port: Int) { base = "http://127.0.0.1:\(port)" }

    func get(_ path: String, _ query: [String: String] = [:]) async throws -> HTTPReply {
        try await send("GET", path, query)
    }

    func send(_ method: String, _ path: String, _ query: [String: String] = [:], headers: [(String, String)] = [], body: [UInt8] = []) async throws -> HTTPReply {
        var components = URLComponents(string: base + path)!
        if !query.isEmpty { components.queryItems = query.map { URLQueryItem(name: $0.key, value: $0.value) } }
        let url = components.url!.absoluteString.replacingOccurrences(of: "+", with: "%2B")
        return try await client.send(HTTPRequest(method: method, url: url, headers: headers, body: body, timeoutSeconds: 20))
    }

    /// The `data` member of a successful answer.
    func data(_ path: String, _ query: [String: String] = [:]) async throws -> Any {
        let reply = try await get(path, query)
        guard reply.status == 200, let object = try JSONSerialization.jsonObject(with: Data(reply.body)) as? [String: Any], let data = object["data"]
        else { throw ProbeError(path: path, status: reply.status, body: String(decoding: reply.body, as: UTF8.self)) }
        return data
    }

    /// Waits until the collector answers that it is ready.
    func waitUntilReady(seconds: Double = 60) async throws -> Bool {
        try await eventually(seconds: seconds) { (try? await get("/-/ready"))?.status == 200 ? true : nil } ?? false
    }

    /// The values of an instant vector, by the text of one label.
    func instant(_ expression: String, by label: String = "instance") async throws -> [String: Double] {
        let data = try await data("/api/v1/query", ["query": expression]) as? [String: Any]
        var values: [String: Double] = [:]
        for element in data?["result"] as? [[String: Any]] ?? [] {
            let labels = element["metric"] as? [String: String] ?? [:]
            let value = (element["value"] as? [Any])?.last as? String
            values[labels[label] ?? ""] = value.flatMap(Double.init)
        }
        return values
    }

    /// Lines that a LogQL query finds, oldest first.
    func lines(_ query: String, startNanoseconds: Int64, limit: Int = 5000) async throws -> [(nanoseconds: Int64, line: String)] {
        let data = try await data("/loki/api/v1/query_range", [
            "query": query, "start": String(startNanoseconds), "end": String(SystemClock().now().nanoseconds + 60_000_000_000),
            "limit": String(limit), "direction": "forward",
        ]) as? [String: Any]
        var lines: [(nanoseconds: Int64, line: String)] = []
        for stream in data?["result"] as? [[String: Any]] ?? [] {
            for value in stream["values"] as? [[String]] ?? [] where value.count >= 2 {
                lines.append((Int64(value[0]) ?? 0, value[1]))
            }
        }
        return lines.sorted { $0.nanoseconds < $1.nanoseconds }
    }
}

struct ProbeError: Error, CustomStringConvertible {
    let path: String
    let status: Int
    let body: String
    var description: String { "\(path) answered \(status): \(body.prefix(500))" }
}
