import Foundations
import Model

/// A rule in force: its alerts, the series it wrote last and how its last evaluation went.
struct RuleRuntime: Sendable {
    let rule: Rule
    let reference: RuleReference
    /// The data behind the rule's condition; nil where they can't be told apart from it.
    let dataExpression: String?
    var state: AlertRuleState
    /// Series that were written at the last tick, to be ended when they are no longer.
    var writtenSeries: Set<Labels> = []
    var health = RuleHealth.unknown
    var lastError = ""
    var lastEvaluation: Timestamp?
    var evaluationSeconds = 0.0

    /// Takes over what is known of the rule from before a reload or a restart.
    init(rule: Rule, reference: RuleReference, dataExpression: String?, previous: RuleRuntime?, stored: StoredRule?) {
        self.rule = rule
        self.reference = reference
        self.dataExpression = dataExpression
        state = previous?.state ?? AlertRuleState(alerts: stored?.alerts ?? [])
        writtenSeries = previous?.writtenSeries ?? []
        if previous?.rule == rule, let previous {
            health = previous.health
            lastError = previous.lastError
            lastEvaluation = previous.lastEvaluation
            evaluationSeconds = previous.evaluationSeconds
        }
    }

    func status(group: String, file: String) -> RuleStatus {
        RuleStatus(
            name: rule.name, query: rule.expression, kind: kind(group: group, file: file), labels: rule.labels, health: health, lastError: lastError,
            lastEvaluation: lastEvaluation, evaluationSeconds: evaluationSeconds)
    }

    private func kind(group: String, file: String) -> RuleStatus.Kind {
        guard case .alert(let holds, let keeps, let annotations) = rule.kind else { return .recording }
        let alerts = activeAlerts(group: group, file: file)
        let state = alerts.contains { $0.phase == .firing } ? "firing" : alerts.isEmpty ? "inactive" : "pending"
        return .alerting(
            AlertingRuleStatus(
                state: state, forSeconds: Double(holds) / 1000, keepFiringForSeconds: Double(keeps) / 1000, annotations: annotations, alerts: alerts))
    }

    func activeAlerts(group: String, file: String) -> [ActiveAlert] {
        state.alerts.values.sorted { $0.labels < $1.labels }.map { alert in
            ActiveAlert(
                labels: alert.labels, annotations: alert.annotations, phase: alert.phase, activeAt: alert.activeAt, firedAt: alert.firedAt,
                keepFiringSince: alert.keepFiringSince, dataMissingSince: alert.dataMissingSince, value: alert.value,
                valueText: NumberText.exponential(alert.value), fingerprint: alert.fingerprint.text, group: group, file: file)
        }
    }
}
