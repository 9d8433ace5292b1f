import Foundation
import Foundations
import Glibc
import Outbound
import TestSupport
import Testing

/// The collector is told to keep a reserve larger than the disk: to it, this disk is full from the start.
@Suite(.serialized) struct FullDiskTests {
    @Test func aFullDiskRefusesWritesWithA503FiresAnAlertAndReadsGoOn() async throws {
        let sink = WebhookSink()
        let bench = try await Bench.start(
            logFiles: [],
            rules: """
                groups:
                  - name: own
                    interval: 1s
                    rules:
                      - alert: CollectorRefusesWrites
                        expr: nightjar_collector_ingest_accepting == 0
                        labels: {severity: critical}
                """,
            receiver: sink.url)
        try await bench.push(metric: "before_full", labels: ["a": "b"], value: 7)
        bench.nightjar.kill(SIGTERM)
        _ = try await bench.nightjar.waitForExit(seconds: 10)
        try await bench.restart(adding: ["--disk-reserve", "1000000GiB"])
        let body = RemoteWriteBody.snappy(RemoteWriteBody.version1(metric: "after_full", labels: [:], value: 1, milliseconds: SystemClock().nowMilliseconds().milliseconds))
        let refused = try await bench.probe.send("POST", "/api/v1/write", headers: [("Content-Type", "application/x-protobuf"), ("Content-Encoding", "snappy")], body: body)
        #expect(refused.status == 503)
        #expect(refused.header("Retry-After") != nil)
        #expect(try await bench.probe.instant("before_full", by: "a")["b"] == 7, "reads go on")
        #expect(try await eventually(seconds: 30) { sink.bodies.first { $0.contains("CollectorRefusesWrites") } } != nil, "and somebody is paged")
    }
}
