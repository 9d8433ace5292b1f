import Foundations
import Model
import PromQL
import TestSupport
import Testing

@testable import Alerting

/// The engines of this process over series and lines of the test.
private struct LocalSource: ReplaySource {
    let reader: MemoryMetricReader

    func range(_ expression: String, _ source: RuleSource, start: Timestamp, end: Timestamp, stepMilliseconds: Int64) async throws -> [Series] {
        switch try await Engine(reader: reader).range(expression, start: start, end: end, stepMilliseconds: stepMilliseconds).value {
        case .matrix(let series): return series
        case .scalar, .string, .vector: return []
        }
    }

    func select(_ matchers: [Matcher], start: Timestamp, end: Timestamp) async throws -> [Series] {
        try await reader.select(MetricQuery(matchers: matchers, start: start, end: end))
    }
}

private let begin = Timestamp(milliseconds: 1_700_000_040_000)

private func after(_ minutes: Int64) -> Timestamp { begin.advanced(byMilliseconds: minutes * 60_000) }

/// A point a minute.
private func series(_ labels: Labels, _ values: [Double]) -> Series {
    Series(labels: labels, timestamps: values.indices.map { after(Int64($0)).milliseconds }, values: values)
}

private func replay(
    _ rules: String, _ series: [Series], from: Timestamp = begin, to: Timestamp, onCall: String? = nil, stopAt: Timestamp? = nil
) async throws -> ReplayReport {
    let folder = TemporaryDirectory("replay")
    write(rules, to: folder.path("r.yml"))
    let routing = try RoutingFile.parse(
        """
        route: {receiver: day, group_by: [alertname], group_wait: 2m, group_interval: 5m, repeat_interval: 1h, routes: [{matchers: [severity="critical"], receiver: night}]}
        receivers:
          - {name: day, webhook_configs: [{url: "http://127.0.0.1:1/"}]}
          - {name: night, webhook_configs: [{url: "http://127.0.0.1:1/"}]}
        """, path: "routes.yml")
    var options = ReplayOptions(ruleGlobs: [folder.path("r.yml")], from: from, to: to, routing: .file(routing), scratchDirectory: folder.path("scratch"))
    options.onCall = try onCall.map { try OnCallFile.parse($0, path: "oncall.yml") }
    return try await RuleReplay.run(options, over: LocalSource(reader: MemoryMetricReader(series))) { moment in stopAt.map { moment < $0 } ?? true }
}

private let rules = """
    groups:
      - name: g
        interval: 1m
        rules:
          - record: job:up:sum
            expr: sum by (job) (up)
          - alert: Down
            expr: up == 0
            for: 2m
            labels: {severity: warning}
          - alert: AllDown
            expr: job:up:sum == 0
            labels: {severity: critical}
    """

@Test func aReplaySaysWhichPagesWouldHaveGoneOutAndWhen() async throws {
    let a: [Double] = Array(repeating: 1, count: 10) + Array(repeating: 0, count: 20) + Array(repeating: 1, count: 120)
    let b: [Double] = Array(repeating: 1, count: 15) + Array(repeating: 0, count: 10) + Array(repeating: 1, count: 125)
    let report = try await replay(
        rules, [series(["__name__": "up", "job": "j", "instance": "a"], a), series(["__name__": "up", "job": "j", "instance": "b"], b)], to: after(140))
    #expect(report.failures == [] && report.stoppedAt == nil && report.evaluations >= 3 * 139)
    let fired = report.steps.filter { $0.step == "firing" }.map { "\($0.labels["alertname"] ?? "") \($0.labels["instance"] ?? "")" }
    #expect(fired == ["Down a", "AllDown ", "Down b"], "\(report.steps)")
    // Two groups that are due at one moment have no order.
    let pages = report.pages.sorted { ($0.at, $0.receiver) < ($1.at, $1.receiver) }.map { "\($0.receiver) \($0.operation) \($0.alerts.count)" }
    #expect(pages == ["day trigger 1", "night trigger 1", "day trigger 1", "day resolve 1", "night resolve 1", "day resolve 1"], "\(report.pages)")
    // The page waits for its group, the critical one goes at once.
    let down = try #require(report.steps.first { $0.labels["alertname"] == "Down" })
    #expect(report.pages[0].at.milliseconds - down.at.milliseconds == 120_000)
    let all = try #require(report.steps.first { $0.labels["alertname"] == "AllDown" })
    #expect(report.pages[1].at == all.at)
}

@Test func aReplaySaysWhomThePolicyOfAReceiverWouldHavePaged() async throws {
    let down = Array(repeating: 1.0, count: 10) + Array(repeating: 0, count: 20) + Array(repeating: 1, count: 30)
    let report = try await replay(
        rules, [series(["__name__": "up", "job": "j", "instance": "a"], down)], to: after(50),
        onCall: """
            people: [{name: ana, webhook: {url: "https://h/ana"}}, {name: ben, webhook: {url: "https://h/ben"}}]
            schedules:
              - name: primary
                zone: UTC
                layers: [{name: week, people: [ana], rotation: weekly, handover: monday 09:00, start: 2020-01-06}]
            policies: [{name: p, steps: [{notify: [{schedule: primary}]}, {after: 10m, notify: [{person: ben}]}], fallback: [{person: ben}]}]
            bind: {night: p}
            """)
    #expect(report.pages.filter { $0.receiver == "night" }.map { "\($0.operation) \($0.people)" } == [#"trigger ["ana"]"#, "resolve []"], "\(report.pages)")
    #expect(report.pages.filter { $0.receiver == "day" }.allSatisfy { $0.people.isEmpty })
}

@Test func aReplayThatIsStoppedSaysWhereItGoesOn() async throws {
    let up = series(["__name__": "up", "job": "j", "instance": "a"], Array(repeating: 1, count: 800))
    let report = try await replay(rules, [up], to: after(790), stopAt: after(100))
    #expect(report.stoppedAt == after(360) && report.pages.isEmpty)
    let rest = try await replay(rules, [up], from: after(360), to: after(790))
    #expect(rest.stoppedAt == nil)
}

@Test func aRuleThatFailsIsReportedOnceAndTheOthersGoOn() async throws {
    let report = try await replay(
        """
        groups:
          - name: g
            interval: 1m
            rules:
              - {alert: Bad, expr: a * on (x) b > 0}
              - {alert: Good, expr: a > 0, labels: {severity: critical}}
        """,
        [series(["__name__": "a", "x": "1"], [1, 1, 1]), series(["__name__": "b", "x": "1", "y": "1"], [1, 1, 1]), series(["__name__": "b", "x": "1", "y": "2"], [1, 1, 1])],
        to: after(3))
    #expect(report.failures.count == 1 && report.failures[0].hasPrefix("Bad failed from "), "\(report.failures)")
    #expect(report.pages.map(\.operation) == ["trigger"])
}

@Test func missedEvaluationsAreCountedAndTheLastHourIsMadeUpFor() {
    let last = Timestamp(milliseconds: 1_700_000_000_000)
    let short = MissedEvaluations(between: last, and: last.advanced(byMilliseconds: 60_000), intervalMilliseconds: 15_000)
    #expect(short.count == 3 && short.caughtUp == [15_000, 30_000, 45_000].map { last.advanced(byMilliseconds: $0) })
    let long = MissedEvaluations(between: last, and: last.advanced(byMilliseconds: 86_400_000), intervalMilliseconds: 60_000)
    #expect(long.count == 1439 && long.caughtUp.count == 60)
    #expect(MissedEvaluations(between: last, and: last.advanced(byMilliseconds: 10), intervalMilliseconds: 15_000).caughtUp.isEmpty)
}

@Test func recordingRulesMakeUpForWhatWasMissedAndTheEventLogSaysSo() async throws {
    let harness = Harness("groups:\n  - name: g\n    rules:\n      - {record: r, expr: x}\n      - {alert: A, expr: y}\n")
    harness.evaluator.set("x", [(["__name__": "x"], 1)])
    var service: AlertingService? = try await harness.service()
    await harness.tick(service!)
    await service!.storeEvaluations()
    service = nil
    _ = harness.written.take()
    let again = try await harness.service()
    await harness.tick(again, seconds: 300)
    #expect(harness.written.take().count == 1, "agents get time to deliver first")
    #expect(try await again.events().contains { $0.step == "missed" && $0.reason.contains("29 evaluations were missed, recording rules make up for the last 29") })
    for _ in 0..<7 { await harness.tick(again) }
    #expect(harness.written.take().count == 29 + 7)
}
