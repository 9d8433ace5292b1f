import Foundation
import Foundations
import Outbound
import TestSupport
import Testing

/// The whole chain in one process, as `nightjar up` starts it.
@Suite(.serialized) struct ChainTests {
    @Test func aWrittenLogLineIsFoundBySearchWithinTwoSeconds() async throws {
        let bench = try await Bench.start(logFiles: ["app.log"])
        try bench.append("app.log", "level=info msg=\"warming up\" request=zero\n")
        try #require(try await eventually { try await bench.found("{filename=~\".*app.log\"} |= `warming up`") ? true : nil } == true, "\(bench.nightjar.output)")
        for round in 1...5 {
            let needle = "needle-\(round)-\(UInt32.random(in: 0 ... .max))"
            let started = SystemClock().monotonicNanoseconds()
            try bench.append("app.log", "{\"level\":\"error\",\"msg\":\"payment refused\",\"id\":\"\(needle)\"}\n")
            let found = try await waitUntil { try await bench.found("{filename=~\".*app.log\"} |= `\(needle)`") }
            let seconds = Double(SystemClock().monotonicNanoseconds() - started) / 1e9
            #expect(found && seconds < 2, "round \(round): found \(found) after \(seconds) s")
        }
        let errors = try await bench.probe.lines("{filename=~\".*app.log\"} | level=`error`", startNanoseconds: bench.startNanoseconds)
        #expect(errors.count == 5, "levels are recognised in JSON lines")
    }

    @Test func thisHostsMetricsAreThereUnderNodeExportersNames() async throws {
        let bench = try await Bench.start(logFiles: [])
        let names = ["node_load1", "node_memory_MemAvailable_bytes", "node_boot_time_seconds", "node_uname_info", "nightjar_agent_up"]
        for name in names {
            let values = try await eventually {
                let values = try await bench.probe.instant(name)
                return values.isEmpty ? nil : values
            }
            #expect(values?.keys.contains("bench-host") == true, "\(name) has the instance label: \(String(describing: values))")
        }
        let memory = try await bench.probe.instant("node_memory_MemTotal_bytes")
        let expected = Double(ProcessInfo.processInfo.physicalMemory)
        #expect(abs((memory["bench-host"] ?? 0) - expected) < expected * 0.01)
    }

    @Test func aBreachedRuleReachesTheWebhookAndItsResolveFollows() async throws {
        let sink = WebhookSink()
        sink.answer(503)
        let bench = try await Bench.start(
            logFiles: [],
            rules: """
                groups:
                  - name: bench
                    interval: 1s
                    rules:
                      - alert: QueueTooLong
                        expr: bench_queue_length > 10
                        for: 2s
                        labels: {severity: critical}
                        annotations: {summary: "{{ $labels.queue }} holds {{ $value }} jobs"}
                """,
            receiver: sink.url)
        try await bench.push(metric: "bench_queue_length", labels: ["queue": "mail"], value: 25)
        try #require(try await eventually { try await bench.probe.instant("ALERTS{alertname=\"QueueTooLong\",alertstate=\"firing\"}", by: "queue")["mail"] } == 1)
        sink.answer(200)  // The receiver was down until now: the page waits in the outbox.
        let page = try #require(try await eventually { sink.bodies.first { $0.contains("QueueTooLong") } }, "\(bench.nightjar.output)")
        #expect(page.contains("\"status\":\"firing\"") && page.contains("mail holds 25 jobs"), "\(page)")
        #expect(page.contains("\"version\":\"4\"") && page.contains("0001-01-01T00:00:00Z"))

        try await bench.push(metric: "bench_queue_length", labels: ["queue": "mail"], value: 3)
        let resolve = try #require(try await eventually { sink.bodies.first { $0.contains("\"status\":\"resolved\"") && $0.contains("QueueTooLong") } })
        #expect(resolve.contains("mail"))
        try await Task.sleep(nanoseconds: 1_500_000_000)
        let pages = sink.bodies.filter { $0.contains("QueueTooLong") }
        #expect(pages.count == 2, "one page and one resolve, no repeats: \(pages)")
    }

    @Test func theStartOfForSurvivesKillDashNine() async throws {
        let bench = try await Bench.start(
            logFiles: [],
            rules: """
                groups:
                  - name: bench
                    interval: 1s
                    rules:
                      - alert: SlowBurn
                        expr: bench_burn > 0
                        for: 1h
                """)
        try await bench.push(metric: "bench_burn", labels: [:], value: 1)
        let before = try #require(try await eventually { try await bench.activeAt("SlowBurn") })
        try await bench.nightjar.killHard()
        try await Task.sleep(nanoseconds: 1_200_000_000)
        try await bench.restart()
        let after = try #require(try await eventually { try await bench.activeAt("SlowBurn") })
        #expect(before == after)
    }

    @Test func aSignalStopsItCleanlyWithinSeconds() async throws {
        let bench = try await Bench.start(logFiles: [])
        bench.nightjar.kill(SIGINT)
        #expect(try await bench.nightjar.waitForExit(seconds: 10) == 0, "\(bench.nightjar.output)")
        try await bench.restart()
        bench.nightjar.kill(SIGTERM)
        #expect(try await bench.nightjar.waitForExit(seconds: 10) == 0, "\(bench.nightjar.output)")
    }
}
