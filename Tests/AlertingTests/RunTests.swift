import Foundations
import Model
import TestSupport
import Testing

@testable import Alerting

/// One gauge that the test sets; a sample at every moment that is asked for.
private final class GaugeReader: MetricReader {
    let value = Locked<Double?>(nil)

    func select(_ query: MetricQuery) async throws -> [Series] {
        let labels: Labels = ["__name__": "queue_length", "instance": "a"]
        guard let value = value.withLock({ $0 }), query.matchers.matches(labels) else { return [] }
        return [Series(labels: labels, timestamps: [query.end.milliseconds], values: [value])]
    }
    func series(_ selectors: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int?) async throws -> [Labels] { [] }
    func labelNames(_ selectors: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int?) async throws -> [String] { [] }
    func labelValues(_ name: String, _ selectors: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int?) async throws -> [String] { [] }
    func metadata() async throws -> [String: Metadata] { [:] }
}

/// With the machine's clock, the PromQL engine and all loops: from sample to page to resolve, and an orderly end.
@Test func aRunningServicePagesAndResolves() async throws {
    let folder = TemporaryDirectory("run")
    write(
        """
        groups:
          - name: g
            interval: 200ms
            rules:
              - alert: QueueLong
                expr: queue_length > 10
                annotations: {summary: "{{ $labels.instance }} has {{ with query \\"queue_length\\" }}{{ . | first | value | humanize }}{{ end }}"}
        """, to: folder.path("r.yml"))
    let reader = GaugeReader()
    let bodies = Locked<[String]>([])
    let options = AlertingOptions(
        ruleGlobs: [folder.path("*.yml")], databasePath: folder.path("db/alerts.db"), externalURL: "http://n", receivers: [Harness.hook("hook")],
        route: Route(receiver: "hook"))
    let service = try AlertingService(
        options: options, evaluator: PromQLEvaluator(reader: reader, clock: SystemClock()), write: { _ in }, clock: SystemClock(), logger: silentLogger
    ) { _ in
        FakeDeliverer { request in
            bodies.withLock { $0.append(String(decoding: request.body, as: UTF8.self)) }
            return DeliveryReply(status: 200)
        }
    }
    func waitFor(_ count: Int) async throws { try await waitUntil { bodies.withLock(\.count) >= count } }
    let running = Task { await service.run() }
    reader.value.withLock { $0 = 12_000 }
    try await waitFor(1)
    // Missing data resolve nothing.
    reader.value.withLock { $0 = nil }
    try await Task.sleep(nanoseconds: 600_000_000)
    #expect(await service.activeAlerts().map(\.phase) == [.firing])
    reader.value.withLock { $0 = 3 }
    try await waitFor(2)
    running.cancel()
    await running.value
    let sent = bodies.withLock { $0 }
    #expect(sent.count == 2)
    #expect(sent.first?.contains("\"summary\":\"a has 12k\"") == true && sent.first?.contains("\"status\":\"firing\"") == true)
    #expect(sent.last?.contains("\"status\":\"resolved\"") == true)
    // The database is closed and its lock free with the service.
}

@Test func aSignalWakesItsWaiterAndIsKeptForTheNext() async {
    let signal = Signal()
    signal.raise()
    let start = SystemClock().monotonicNanoseconds()
    await signal.wait(atMostMilliseconds: 60_000)
    let waiting = Task { await signal.wait(atMostMilliseconds: 60_000) }
    for _ in 0..<100 { await Task.yield() }
    signal.raise()
    await waiting.value
    let cancelled = Task { await signal.wait(atMostMilliseconds: 60_000) }
    cancelled.cancel()
    await cancelled.value
    await signal.wait(atMostMilliseconds: 20)
    #expect(SystemClock().monotonicNanoseconds() - start < 30_000_000_000)
}
