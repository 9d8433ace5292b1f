import Foundations
import TestSupport
import Testing

@testable import Alerting

private let rules = """
    groups:
      - name: g
        rules:
          - record: job:up:sum
            expr: sum by (job) (up)
          - alert: Down
            expr: up == 0
            for: 2m
            labels: {severity: critical}
            annotations:
              summary: "{{ $labels.instance }} of {{ $externalLabels.region }} is down ({{ $value }})"
          - alert: Slow
            expr: latency > 2
            keep_firing_for: 3m
    """

/// Writes the rules and a test file, and runs it.
private func report(_ test: String) async throws -> RuleTestReport {
    let folder = TemporaryDirectory("rules")
    try RealFileSystem().replace(folder.path("rules.yml"), with: Array(rules.utf8))
    try RealFileSystem().replace(folder.path("test.yml"), with: Array("rule_files: [rules.yml]\nevaluation_interval: 1m\n\(test)".utf8))
    return try await RuleTests.run(folder.path("test.yml"))
}

@Test func ruleTestsFollowAlertsThroughTheirStates() async throws {
    let report = try await report(
        """
        tests:
          - interval: 1m
            external_labels: {region: north}
            input_series:
              - series: up{job="a", instance="x"}
                values: 1 0 0 0 0 1
              - series: latency
                values: 3 0x9
            alert_rule_test:
              - {eval_time: 2m, alertname: Down, exp_alerts: []}
              - eval_time: 3m30s
                alertname: Down
                exp_alerts:
                  - exp_labels: {severity: critical, job: a, instance: x}
                    exp_annotations: {summary: "x of north is down (0)"}
              - {eval_time: 5m, alertname: Down}
              - eval_time: 3m
                alertname: Slow
                exp_alerts: [{}]
              - {eval_time: 4m, alertname: Slow}
            promql_expr_test:
              - expr: job:up:sum
                eval_time: 4m
                exp_samples: [{labels: 'job:up:sum{job="a"}', value: 0}]
              - expr: ALERTS{alertname="Down"}
                eval_time: 1m
                exp_samples:
                  - labels: ALERTS{alertname="Down", alertstate="pending", job="a", instance="x", severity="critical"}
                    value: 1
        """)
    #expect(report.failures.map(\.description) == [])
    #expect(report.total == 7)
}

@Test func ruleTestsSayWhatIsMissingAndWhatIsThere() async throws {
    let report = try await report(
        """
        tests:
          - name: wrong
            input_series:
              - {series: 'up{instance="x"}', values: 0x5}
            alert_rule_test:
              - {eval_time: 2m, alertname: Down, exp_alerts: [{exp_labels: {instance: y}}]}
              - {eval_time: 2m, alertname: Nowhere}
            promql_expr_test:
              - {expr: job:up:sum, eval_time: 1m, exp_samples: [{labels: 'job:up:sum', value: 7}]}
        """)
    #expect(report.passed == 0 && report.total == 3)
    let texts = report.failures.map(\.description).joined(separator: "\n")
    #expect(texts.contains(#"expected  {alertname="Down", instance="y"}"#))
    #expect(texts.contains(#"got       {alertname="Down", instance="x", severity="critical"}"#))
    #expect(texts.contains("there is no alerting rule Nowhere"))
    #expect(texts.contains(#"expected {__name__="job:up:sum"} 7"#) || texts.contains("expected job:up:sum 7"))
}

@Test func aTestFileWithFaultsIsRefusedWithTheirLines() async {
    await #expect(throws: RuleFileError.self) {
        try await report("tests:\n  - input_series: [{series: 'up{', values: '1'}]\n")
    }
    await #expect(throws: RuleFileError.self) { try await report("tests:\n  - inputseries: []\n") }
}
