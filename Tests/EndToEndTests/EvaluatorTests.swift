import Foundation
import Foundations
import TestSupport
import Testing

/// `nightjar evaluator` over another Nightjar, and over a Prometheus.
@Suite(.serialized) struct EvaluatorTests {
    private static func files(_ sink: WebhookSink) throws -> TemporaryDirectory {
        let directory = TemporaryDirectory("evaluator")
        let rules = """
            groups:
              - name: g
                interval: 1s
                rules:
                  - {record: shop:orders:sum, expr: sum(shop_orders)}
                  - {alert: ManyOrders, expr: shop:orders:sum > 5, annotations: {summary: "{{ $value }} orders"}}
            """
        let routes = "route: {receiver: r, group_wait: 0s}\nreceivers: [{name: r, webhook_configs: [{url: '\(sink.url)'}]}]\n"
        for (name, text) in [("rules.yml", rules), ("routes.yml", routes), ("nightjar.yml", "instance: evaluator\n")] {
            try RealFileSystem().replace(directory.path(name), with: Array(text.utf8))
        }
        return directory
    }

    private static func start(_ source: String, _ directory: TemporaryDirectory) async throws -> (NightjarProcess, CollectorProbe) {
        let port = freePort()
        let process = NightjarProcess(
            [
                "evaluator", "--source", source, "--config", directory.path("nightjar.yml"), "--data", directory.path("data"), "--listen", "127.0.0.1:\(port)",
                "--rules", directory.path("rules.yml"), "--routes", directory.path("routes.yml"),
            ], output: directory.path("output"))
        let probe = CollectorProbe(port: port)
        try #require(try await probe.waitUntilReady(), "\(process.output)")
        return (process, probe)
    }

    @Test func rulesOfAnotherNightjarPageAndRecordThere() async throws {
        let sink = WebhookSink()
        let directory = try Self.files(sink)
        let bench = try await Bench.start(logFiles: [])
        let (process, probe) = try await Self.start(bench.probe.base, directory)
        try await bench.push(metric: "shop_orders", labels: ["shop": "north"], value: 7)
        let page = try #require(try await eventually { sink.bodies.first { $0.contains("ManyOrders") } }, "\(process.output)")
        #expect(page.contains(#""summary":"7 orders""#))
        #expect(try await eventually { try await bench.probe.instant("shop:orders:sum").values.first } == 7)
        #expect(try await eventually { try await bench.probe.instant("ALERTS", by: "alertname")["ManyOrders"] } == 1)
        let alerts = try await CommandRun.shell("$NIGHTJAR alerts --url \(probe.base); $NIGHTJAR explain ManyOrders --url \(probe.base)")
        #expect(alerts.data.contains("ManyOrders") && alerts.data.contains("was paged to"), "\(alerts)")
    }

    @Test func rulesOverAPrometheusPageAndRecordThere() async throws {
        let sink = WebhookSink()
        let directory = try Self.files(sink)
        let prometheus = try await PrometheusServer.start(configuration: "global: {}\n")
        let (process, _) = try await Self.start("http://127.0.0.1:\(prometheus.port)", directory)
        let there = CollectorProbe(port: prometheus.port)
        let sample = RemoteWriteBody.version1(
            metric: "shop_orders", labels: ["shop": "north"], value: 7, milliseconds: SystemClock().nowMilliseconds().milliseconds)
        let headers = [("Content-Type", "application/x-protobuf"), ("Content-Encoding", "snappy"), ("X-Prometheus-Remote-Write-Version", "0.1.0")]
        #expect(try await there.send("POST", "/api/v1/write", headers: headers, body: RemoteWriteBody.snappy(sample)).status == 204)
        #expect(try await eventually { sink.bodies.first { $0.contains("ManyOrders") } } != nil, "\(process.output)")
        #expect(try await eventually { try await there.instant("shop:orders:sum").values.first } == 7)
    }

    @Test func wrongFlagsAreNamed() async throws {
        let run = try await CommandRun.shell("$NIGHTJAR evaluator; echo $?; $NIGHTJAR evaluator --source prometheus:9090; echo $?")
        #expect(run.data == "64\n64\n" && run.messages.contains("--source must be an address such as http://prometheus:9090"), "\(run)")
    }
}
