import Foundation
import Foundations
import Outbound

/// A peer's process over a data folder of its own.
final class RunningServer: Sendable {
    let peer: any Peer
    let directory: String
    let port: Int
    let process: ServerProcess
    private let client = HTTPClient(policy: .unrestricted)

    private static let startSecondsMax = 300.0
    private static let quietSecondsMax = 300
    private static let queryTimeoutSeconds = 300.0
    /// The answer of 10,000 series over 12 hours takes some 50 MiB.
    private static let replyBytesMax = 1 << 30

    private init(_ peer: any Peer, _ directory: String, _ port: Int, _ process: ServerProcess) {
        (self.peer, self.directory, self.port, self.process) = (peer, directory, port, process)
    }

    /// Starts it and waits until `query` is answered; `seconds` is how long that took.
    static func start(_ peer: any Peer, directory: String, port: Int, query: String = "1", at moment: Timestamp = DataSteps.beginning) async throws
        -> (server: RunningServer, seconds: Double)
    {
        try RealFileSystem().createDirectory(directory)
        let log = directory + ".log"
        let start = ContinuousClock.now
        let server = RunningServer(peer, directory, port, try ServerProcess.start(peer.command(data: directory, port: port), log: log))
        while true {
            let waited = (ContinuousClock.now - start).seconds
            do {
                _ = try await server.query(query, at: moment)
                return (server, waited)
            } catch {
                if server.process.hasExited { throw BenchError("\(peer.name) ended by itself; see \(log)") }
                if waited > startSecondsMax {
                    server.process.kill()
                    throw BenchError("\(peer.name) answers no query after \(Int(waited)) s (\(error)); see \(log)")
                }
                try await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    /// Ends it at once and removes what it stored.
    func discard() throws {
        process.kill()
        client.close()
        try RealFileSystem().removeTree(directory)
    }

    /// Waits until it works no more: under 3 % of a processor for two seconds.
    func settle() async throws {
        var quiet = 0
        for _ in 0..<Self.quietSecondsMax {
            let before = process.cpuSeconds
            try await Task.sleep(for: .seconds(1))
            quiet = process.cpuSeconds - before < 0.03 ? quiet + 1 : 0
            if quiet == 2 { return }
        }
    }

    /// The answer to an instant query.
    func query(_ expression: String, at moment: Timestamp) async throws -> [UInt8] {
        try await get("/api/v1/query", ["query": expression, "time": decimal(Double(moment.milliseconds) / 1000, 3), "nocache": "1"])
    }

    /// The answer to a range query, seconds to its first byte and to its last.
    func range(_ range: RangeQuery) async throws -> (body: [UInt8], firstByteSeconds: Double, wallSeconds: Double) {
        let collected = Locked((bytes: [UInt8](), first: 0.0))
        let start = ContinuousClock.now
        let reply = try await client.stream(request("/api/v1/query_range", range.parameters)) { piece in
            collected.withLock { state in
                if state.bytes.isEmpty { state.first = (ContinuousClock.now - start).seconds }
                state.bytes.append(contentsOf: piece)
            }
            return true
        }
        guard reply.isSuccess else { throw BenchError("\(peer.name) answered \(reply.status) to \(range.expression): \(reply.excerpt())") }
        let wall = (ContinuousClock.now - start).seconds
        return collected.withLock { ($0.bytes, $0.first, wall) }
    }

    /// The body of a GET that is answered with 2xx.
    @discardableResult
    func get(_ path: String, _ parameters: [String: String] = [:]) async throws -> [UInt8] { try await send(request(path, parameters)) }

    @discardableResult
    func post(_ path: String, _ body: [UInt8] = [], headers: [(String, String)] = []) async throws -> [UInt8] {
        var request = request(path, [:])
        request.method = "POST"
        request.body = body
        request.headers = headers
        return try await send(request)
    }

    private func send(_ request: HTTPRequest) async throws -> [UInt8] {
        let reply = try await client.send(request)
        guard reply.isSuccess else { throw RequestRefused(server: peer.name, status: reply.status, text: reply.excerpt()) }
        return reply.body
    }

    private func request(_ path: String, _ parameters: [String: String]) -> HTTPRequest {
        var components = URLComponents()
        components.queryItems = parameters.sorted { $0.key < $1.key }.map { URLQueryItem(name: $0.key, value: $0.value) }
        // A plus is a blank to servers.
        let query = (components.percentEncodedQuery ?? "").replacing("+", with: "%2B")
        return HTTPRequest(
            method: "GET", url: "http://127.0.0.1:\(port)\(path)\(parameters.isEmpty ? "" : "?" + query)", timeoutSeconds: Self.queryTimeoutSeconds,
            replyBytesMax: Self.replyBytesMax)
    }
}

/// A server's answer that isn't 2xx.
struct RequestRefused: Error, CustomStringConvertible {
    let server: String
    let status: Int
    let text: String
    var description: String { "\(server) answered \(status): \(text)" }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
