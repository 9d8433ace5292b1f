import Foundations
import Model
import TestSupport
import Testing

@testable import Alerting

private func record(_ second: Int64, _ line: String) -> LogRecord {
    LogRecord(timestamp: Timestamp(milliseconds: 1_700_000_000_000 + second * 1000).nanos, stream: ["job": "app", "instance": "a"], body: line)
}

@Test func logRulesFireOverTheLogStoreAndEndWithTheirLines() async throws {
    let folder = TemporaryDirectory("log-rules")
    write(
        """
        groups:
          - name: logs
            source: logs
            rules:
              - alert: ManyErrors
                expr: sum by (instance) (count_over_time({job="app"} |= "error" [30s])) > 2
                annotations: {summary: "{{ $value }} errors on {{ $labels.instance }}"}
              - record: errors:count30s
                expr: sum(count_over_time({job="app"} |= "error" [30s]))
        """, to: folder.path("r.yml"))
    let clock = ManualClock(milliseconds: 1_700_000_000_000)
    let written = WrittenSamples()
    let reader = MemoryLogReader((1...3).map { record($0, "an error") } + [record(4, "fine")])
    let service = try AlertingService(
        options: AlertingOptions(ruleGlobs: [folder.path("r.yml")], databasePath: folder.path("a.db"), externalURL: "http://n", evaluationIntervalSeconds: 10),
        evaluator: FakeEvaluator(), logEvaluator: LogQLEvaluator(reader: reader, clock: clock), write: { written.append($0) }, clock: clock, logger: silentLogger,
        deliverer: { _ in FakeDeliverer { _ in DeliveryReply(status: 200) } })
    try await service.start()
    clock.advance(milliseconds: 20_000)
    await service.evaluateDue()
    let alerts = await service.activeAlerts()
    #expect(alerts.map(\.labels) == [["alertname": "ManyErrors", "instance": "a"]])
    #expect(alerts.first?.annotations.first?.text == "3 errors on a")
    let samples = written.take()
    #expect(samples.contains { $0.contains("errors:count30s") && $0.hasSuffix("=3") }, "\(samples)")
    clock.advance(milliseconds: 60_000)
    await service.evaluateDue()
    #expect(await service.activeAlerts().isEmpty)
    #expect(try await service.events().map(\.step).contains("resolved"))
}

@Test(arguments: [
    ("sum(count_over_time({job=\"a\"} |= \"x\" [5m)) > 1", "`expr` is no LogQL: parse error at line 1, col "),
    ("{job=\"a\"} |= \"x\"", "`expr` is no LogQL: lines are no numbers"),
    ("up == 0", "`expr` is no LogQL"),
])
func aLogRulesFaultIsToldWithItsPlace(_ expression: String, _ reason: String) {
    let yaml = "groups:\n  - name: g\n    source: logs\n    rules:\n      - alert: A\n        expr: '\(expression)'\n"
    do {
        _ = try RuleFile.parse(yaml, path: "r.yml")
        Issue.record("no fault was found")
    } catch {
        #expect(error.problems.count == 1 && error.problems[0].line == 6)
        #expect(error.problems[0].reason.hasPrefix(reason), "\(error)")
    }
}

@Test func aGroupsSourceIsMetricsOrLogs() throws {
    #expect(throws: RuleFileError.self) { try RuleFile.parse("groups:\n  - name: g\n    source: traces\n    rules: []\n", path: "r.yml") }
    #expect(try RuleFile.parse("groups:\n  - name: g\n    rules: [{alert: A, expr: up}]\n", path: "r.yml").groups[0].source == .metrics)
}
