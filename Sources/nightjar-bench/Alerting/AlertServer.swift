import Compression
import Foundation
import Foundations
import Model
import Outbound
import Wire

/// The program under test: Nightjar's collector, or Alertmanager with a Prometheus where rules are evaluated, with the same file of routes.
final class AlertServer {
    enum Kind { case nightjar, alertmanager }

    /// Where programs are and what they may use.
    struct Place {
        var program: String
        var folder: String
        /// The first of two ports.
        var port: Int
        var prometheus: String
    }

    /// What is started beside the routes.
    struct Setting {
        /// Whether groups share a page in a storm; otherwise each has its own, however many there are.
        var joinsStorms = false
        /// Whether `conditionMetric` fires alerts.
        var hasRules = false
    }

    /// The metric whose series fire while they are over 0.
    static let conditionMetric = "bench_condition"

    let kind: Kind
    private let place: Place
    private let client = HTTPClient(policy: .unrestricted, connectionsMax: 8)
    private(set) var process: ServerProcess
    private var evaluator: ServerProcess?

    init(_ kind: Kind, _ place: Place, routes: String, _ setting: Setting = Setting()) async throws {
        self.kind = kind
        self.place = place
        try? FileManager.default.removeItem(atPath: place.folder)
        try FileManager.default.createDirectory(atPath: place.folder, withIntermediateDirectories: true)
        try routes.write(toFile: place.folder + "/routes.yml", atomically: true, encoding: .utf8)
        try (setting.joinsStorms ? "" : "storm_groups_per_minute: 1000000\n").write(toFile: place.folder + "/nightjar.yml", atomically: true, encoding: .utf8)
        if setting.hasRules { try Self.rules.write(toFile: place.folder + "/bench.rules", atomically: true, encoding: .utf8) }
        process = try Self.start(kind, place)
        try await waitUntilReady(place.port)
        if kind == .alertmanager, setting.hasRules {
            try Self.prometheusConfiguration(place).write(toFile: place.folder + "/prometheus.yml", atomically: true, encoding: .utf8)
            evaluator = try ServerProcess.start(
                [
                    place.prometheus, "--config.file=\(place.folder)/prometheus.yml", "--storage.tsdb.path=\(place.folder)/prometheus", "--log.level=error",
                    "--web.listen-address=127.0.0.1:\(place.port + 1)", "--web.enable-remote-write-receiver",
                ], log: place.folder + "/log")
            try await waitUntilReady(place.port + 1)
        }
    }

    deinit {
        evaluator?.kill()
        process.kill()
    }

    private static let rules = """
        groups:
          - name: bench
            interval: 1s
            rules: [{alert: Condition, expr: \(conditionMetric) > 0, labels: {severity: critical}}]
        """

    private static func prometheusConfiguration(_ place: Place) -> String {
        """
        global: {evaluation_interval: 1s}
        rule_files: [\(place.folder)/*.rules]
        alerting: {alertmanagers: [{static_configs: [{targets: ["127.0.0.1:\(place.port)"]}]}]}
        """
    }

    private static func start(_ kind: Kind, _ place: Place) throws -> ServerProcess {
        let (folder, port) = (place.folder, place.port)
        let arguments =
            switch kind {
            case .nightjar:
                [
                    place.program, "collector", "--config", folder + "/nightjar.yml", "--data", folder + "/data", "--listen", "127.0.0.1:\(port)",
                    "--routes", folder + "/routes.yml", "--rules", folder + "/*.rules",
                ]
            case .alertmanager:
                [
                    place.program, "--config.file=\(folder)/routes.yml", "--storage.path=\(folder)/data", "--web.listen-address=127.0.0.1:\(port)",
                    "--cluster.listen-address=", "--log.level=error",
                ]
            }
        return try ServerProcess.start(arguments, log: folder + "/log")
    }

    func restart() async throws {
        process.kill()
        process = try Self.start(kind, place)
        try await waitUntilReady(place.port)
    }

    private func waitUntilReady(_ port: Int) async throws {
        let request = HTTPRequest(method: "GET", url: "http://127.0.0.1:\(port)/-/ready", timeoutSeconds: 2)
        for _ in 0..<6000 {
            if let reply = try? await client.send(request), reply.status == 200 { return }
            if process.hasExited { throw BenchError("\(place.program) ended at its start; see \(place.folder)/log") }
            try await Task.sleep(nanoseconds: 5_000_000)
        }
        throw BenchError("port \(port) isn't ready after 30 s; see \(place.folder)/log")
    }

    private func send(_ method: String, _ path: String, _ body: String = "") async -> HTTPReply? {
        let request = HTTPRequest(
            method: method, url: "http://127.0.0.1:\(place.port)\(path)", headers: [("Content-Type", "application/json")], body: Array(body.utf8), timeoutSeconds: 10)
        return try? await client.send(request)
    }

    /// Posts alerts by name; `isEnded` ends them. Whether it was acknowledged.
    func post(_ names: [String], labels: String = "", isEnded: Bool = false) async -> Bool {
        let now = SystemClock().nowMilliseconds()
        let end = TimestampText.rfc3339(now.advanced(byMilliseconds: isEnded ? -1 : 86_400_000))
        let start = TimestampText.rfc3339(now.advanced(byMilliseconds: -60_000))
        let alerts = names.map { #"{"labels":{"alertname":"\#($0)","severity":"critical"\#(labels)},"startsAt":"\#(start)","endsAt":"\#(end)"}"# }
        return await send("POST", "/api/v2/alerts", "[\(alerts.joined(separator: ","))]")?.status == 200
    }

    /// Silences an alert for a day; the silence's id.
    func silence(_ name: String) async -> String? {
        struct Answer: Decodable { let silenceID: String }
        let now = SystemClock().nowMilliseconds()
        let body = #"""
            {"matchers":[{"name":"alertname","value":"\#(name)","isRegex":false,"isEqual":true}],"startsAt":"\#(TimestampText.rfc3339(now))",
             "endsAt":"\#(TimestampText.rfc3339(now.advanced(byMilliseconds: 86_400_000)))","createdBy":"bench","comment":"a fault"}
            """#
        guard let reply = await send("POST", "/api/v2/silences", body), reply.status == 200 else { return nil }
        return try? JSONDecoder().decode(Answer.self, from: Data(reply.body)).silenceID
    }

    func endSilence(_ id: String) async { _ = await send("DELETE", "/api/v2/silence/\(id)") }

    /// Puts other routes in force.
    func reload(routes: String) async throws {
        try routes.write(toFile: place.folder + "/routes.yml", atomically: true, encoding: .utf8)
        _ = await send("POST", "/-/reload")
    }

    /// Sends a sample of `conditionMetric`; whether it was accepted.
    func sample(_ name: String, _ value: Double) async -> Bool {
        let port = kind == .nightjar ? place.port : place.port + 1
        let labels: Labels = ["__name__": Self.conditionMetric, "name": name]
        let entry = MetricBatch.Entry(labels: labels, samples: [Sample(timestamp: SystemClock().nowMilliseconds().milliseconds, value: value)])
        let headers = [("Content-Type", "application/x-protobuf"), ("Content-Encoding", "snappy"), ("X-Prometheus-Remote-Write-Version", "0.1.0")]
        let request = HTTPRequest(
            method: "POST", url: "http://127.0.0.1:\(port)/api/v1/write", headers: headers, body: Snappy.compress(RemoteWrite.encodeV1(MetricBatch(entries: [entry]))),
            timeoutSeconds: 10)
        guard let reply = try? await client.send(request) else { return false }
        return (200..<300).contains(reply.status)
    }

    /// What is routed to `sink`, each alert a group of its own. `variant` groups and routes otherwise, to the same receiver.
    static func routes(_ sink: String, isKeyed: Bool, others: [String] = [], variant: Int = 0) -> String {
        let keyed = isKeyed ? "\n    pagerduty_configs: [{routing_key: key, url: '\(sink)/pagerduty'}]" : ""
        var children = others.indices.map { "\n    - {matchers: [to=\"\($0)\"], receiver: r\($0)}" }.joined()
        if variant == 1 { children += "\n    - {matchers: [severity=\"critical\"], receiver: sink, group_by: [alertname, name]}" }
        let receivers = others.enumerated().map { "\n  - name: r\($0.offset)\n    webhook_configs: [{url: '\($0.element)'}]" }.joined()
        return """
            route:
              receiver: sink
              group_by: [alertname, name\(variant == 2 ? ", severity" : "")]
              group_wait: 0s
              group_interval: 1s
              repeat_interval: 24h\(children.isEmpty ? "" : "\n  routes:" + children)
            receivers:
              - name: sink
                webhook_configs: [{url: '\(sink)/hook'}]\(keyed)\(receivers)
            """
    }
}
