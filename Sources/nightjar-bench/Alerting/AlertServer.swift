import Foundation
import Foundations
import Outbound

/// The program under test: Nightjar's collector, or Alertmanager, with the same file of routes.
final class AlertServer {
    enum Kind: String { case nightjar, alertmanager }

    let kind: Kind
    private let program: String
    private let folder: String
    private let port: Int
    private let client = HTTPClient(policy: .unrestricted, connectionsMax: 4)
    private(set) var process: ServerProcess

    /// `joinsStorms` false lets every group have its own page, however many there are.
    init(_ kind: Kind, program: String, folder: String, port: Int, routes: String, joinsStorms: Bool = false) async throws {
        self.kind = kind
        self.program = program
        self.folder = folder
        self.port = port
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try routes.write(toFile: folder + "/routes.yml", atomically: true, encoding: .utf8)
        try (joinsStorms ? "" : "storm_groups_per_minute: 1000000\n").write(toFile: folder + "/nightjar.yml", atomically: true, encoding: .utf8)
        process = try Self.start(kind, program, folder, port)
        try await waitUntilReady()
    }

    deinit { process.kill() }

    private static func start(_ kind: Kind, _ program: String, _ folder: String, _ port: Int) throws -> ServerProcess {
        let arguments =
            switch kind {
            case .nightjar:
                [
                    program, "collector", "--config", folder + "/nightjar.yml", "--data", folder + "/data", "--listen", "127.0.0.1:\(port)",
                    "--routes", folder + "/routes.yml", "--rules", folder + "/*.rules",
                ]
            case .alertmanager:
                [
                    program, "--config.file=\(folder)/routes.yml", "--storage.path=\(folder)/data", "--web.listen-address=127.0.0.1:\(port)",
                    "--cluster.listen-address=", "--log.level=error",
                ]
            }
        return try ServerProcess.start(arguments, log: folder + "/log")
    }

    func restart() async throws {
        process.kill()
        process = try Self.start(kind, program, folder, port)
        try await waitUntilReady()
    }

    private func waitUntilReady() async throws {
        let request = HTTPRequest(method: "GET", url: "http://127.0.0.1:\(port)/-/ready", timeoutSeconds: 2)
        for _ in 0..<1500 {
            if let reply = try? await client.send(request), reply.status == 200 { return }
            if process.hasExited { throw BenchError("\(kind.rawValue) ended at its start; see \(folder)/log") }
            try await Task.sleep(nanoseconds: 10_000_000)
        }
        throw BenchError("\(kind.rawValue) isn't ready after 15 s; see \(folder)/log")
    }

    /// Posts alerts by name; `end` ends them. Whether it was acknowledged.
    func post(_ names: [String], labels: String = "", isEnded: Bool = false) async -> Bool {
        let now = SystemClock().nowMilliseconds()
        let end = TimestampText.rfc3339(now.advanced(byMilliseconds: isEnded ? -1 : 86_400_000))
        let start = TimestampText.rfc3339(now.advanced(byMilliseconds: -60_000))
        let alerts = names.map { #"{"labels":{"alertname":"\#($0)","severity":"critical"\#(labels)},"startsAt":"\#(start)","endsAt":"\#(end)"}"# }
        let request = HTTPRequest(
            method: "POST", url: "http://127.0.0.1:\(port)/api/v2/alerts", headers: [("Content-Type", "application/json")],
            body: Array("[\(alerts.joined(separator: ","))]".utf8), timeoutSeconds: 10)
        return (try? await client.send(request))?.status == 200
    }

    /// What is routed to `sink`, each alert a group of its own.
    static func routes(_ sink: String, _ kind: Kind, isKeyed: Bool, others: [String] = []) -> String {
        let keyed = isKeyed ? "\n    pagerduty_configs: [{routing_key: key, url: '\(sink)/pagerduty'}]" : ""
        let children = others.indices.map { "\n    - {matchers: [to=\"\($0)\"], receiver: r\($0)}" }.joined()
        let receivers = others.enumerated().map { "\n  - name: r\($0.offset)\n    webhook_configs: [{url: '\($0.element)'}]" }.joined()
        return """
            route:
              receiver: sink
              group_by: [alertname]
              group_wait: 0s
              group_interval: 1s
              repeat_interval: 24h\(others.isEmpty ? "" : "\n  routes:" + children)
            receivers:
              - name: sink
                webhook_configs: [{url: '\(sink)/hook'}]\(keyed)\(receivers)
            """
    }
}
