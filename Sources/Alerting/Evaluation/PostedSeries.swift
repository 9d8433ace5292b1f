import Foundations
import Model

/// Writes `ALERTS` and `ALERTS_FOR_STATE` of posted alerts, as evaluation does for those of rules, so that dashboards and queries see both.
final class PostedSeries: Sendable {
    private let environment: RuleEnvironment
    private let written = Locked<Set<Labels>>([])

    init(environment: RuleEnvironment) { self.environment = environment }

    /// Writes a sample of what fires, and the end of what no longer does.
    func write(at now: Timestamp) async {
        do {
            let alerts = try await environment.database.postedAlerts(limit: Limits.postedSeriesMax)
            let entries = RuleEvaluation.alertSeries(alerts, at: now)
            let series = Set(entries.map(\.labels))
            let ended = RuleEvaluation.staleMarkers(written.withLock { $0 }.subtracting(series), at: now)
            if !entries.isEmpty || !ended.isEmpty { try await environment.write(MetricBatch(entries: entries + ended)) }
            written.withLock { $0 = series }
        } catch {
            environment.logger.warning("ALERTS weren't stored", metadata: ["group": "posted alerts", "reason": "\(error)"])
        }
    }
}
