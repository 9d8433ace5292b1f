import Foundations
import Model
import PromQL

/// Runs the rules of a test on the test's own data and time: no clock, no disk, nobody paged.
struct RuleTestRun {
    private struct SimulatedRule {
        var rule: Rule
        var state = AlertRuleState()
        var written: Set<Labels> = []
    }

    private let reader: MemoryMetricReader
    private let evaluator: PromQLEvaluator
    private let logEvaluator: LogQLEvaluator
    private let texts: TextEnvironment
    private var groups: [(group: RuleGroup, rules: [SimulatedRule])]
    private(set) var failures: [RuleFailure] = []

    init(_ test: RuleTestFile.Test, groups: [RuleGroup]) {
        reader = MemoryMetricReader(test.series)
        evaluator = PromQLEvaluator(reader: reader, clock: SystemClock())
        logEvaluator = LogQLEvaluator(reader: MemoryLogReader(test.records), clock: SystemClock())
        texts = TextEnvironment(evaluator: evaluator, externalLabels: test.externalLabels, externalURL: test.externalURL)
        self.groups = groups.map { ($0, $0.rules.map { SimulatedRule(rule: $0) }) }
    }

    /// The alerts of a name that fire now.
    func firing(_ name: String) -> [AlertInstance] {
        groups.flatMap { group in
            group.rules.filter { $0.rule.name == name }.flatMap { $0.state.alerts.values.filter { $0.phase == .firing } }
        }
    }

    /// Whether any rule is called so.
    func hasAlert(_ name: String) -> Bool { groups.contains { $0.rules.contains { $0.rule.kind != .record && $0.rule.name == name } } }

    func evaluate(_ expression: String, at moment: Timestamp) async throws -> [ResultElement] { try await evaluator.evaluate(expression, at: moment) }

    /// Evaluates all groups once.
    mutating func tick(at moment: Timestamp) async {
        for groupIndex in groups.indices {
            for ruleIndex in groups[groupIndex].rules.indices {
                do {
                    try await evaluate(groupIndex, ruleIndex, at: moment)
                } catch {
                    let rule = groups[groupIndex].rules[ruleIndex].rule
                    failures.append(RuleFailure("the rule \(rule.name) failed: \(error)"))
                }
            }
        }
    }

    private mutating func evaluate(_ groupIndex: Int, _ ruleIndex: Int, at moment: Timestamp) async throws {
        let group = groups[groupIndex].group
        var simulated = groups[groupIndex].rules[ruleIndex]
        let queryMoment = moment.advanced(byMilliseconds: -(group.queryOffsetMilliseconds ?? 0))
        let engine: any ExpressionEvaluator = group.source == .logs ? logEvaluator : evaluator
        let results = try await engine.evaluate(simulated.rule.expression, at: queryMoment)
        if group.limit > 0, results.count > group.limit { throw RuleFailure("\(results.count) results are more than its limit of \(group.limit)") }
        let entries: [MetricBatch.Entry]
        switch simulated.rule.kind {
        case .record: entries = try RuleEvaluation.recorded(results, rule: simulated.rule, at: queryMoment)
        case .alert(let holds, let keeps, _):
            let observations = try await RuleEvaluation.observations(of: results, rule: simulated.rule, at: queryMoment, texts)
            let durations = AlertRuleState.Durations(forMilliseconds: holds, keepFiringForMilliseconds: keeps, noDataHoldMilliseconds: 0)
            _ = simulated.state.advance(observations, at: moment, durations: durations) { _ in .ended }
            entries = RuleEvaluation.alertSeries(simulated.state.alerts.values, at: queryMoment)
        }
        let series = Set(entries.map(\.labels))
        for entry in entries + RuleEvaluation.staleMarkers(simulated.written.subtracting(series), at: queryMoment) {
            reader.append(
                Series(labels: entry.labels, timestamps: entry.samples.map(\.timestamp), values: entry.samples.map(\.value), histograms: entry.histograms))
        }
        simulated.written = series
        groups[groupIndex].rules[ruleIndex] = simulated
    }
}
