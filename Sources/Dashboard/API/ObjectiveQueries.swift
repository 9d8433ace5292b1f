import Foundations

/// Service level objectives, from the series that their generators record.
extension APIClient {
    /// The objectives of all generators, worst first; empty where there are none.
    func objectives(at moment: Timestamp) async throws(DashboardError) -> [ObjectiveItem] {
        let all = try await slothObjectives(at: moment) + pyrraObjectives(at: moment)
        return all.sorted { ($0.state, $0.service, $0.name) < ($1.state, $1.service, $1.name) }
    }

    /// Sloth's `slo:…`, also written by hand with `service` and `slo` for labels.
    private func slothObjectives(at moment: Timestamp) async throws(DashboardError) -> [ObjectiveItem] {
        let objectives = try await query("slo:objective:ratio", at: moment)
        if objectives.result.isEmpty { return [] }
        func key(_ labels: [String: String]) -> String { labels["sloth_id"] ?? "\(labels["service"] ?? "")/\(labels["slo"] ?? labels["sloth_slo"] ?? "")" }
        let left = try await query("slo:period_error_budget_remaining:ratio", at: moment).values(key)
        let burns = try await query("slo:current_burn_rate:ratio", at: moment).values(key)
        return objectives.result.compactMap { row in
            guard let objective = row.value?.value, objective.isFinite else { return nil }
            let own = key(row.metric)
            return ObjectiveItem(
                service: row.metric["sloth_service"] ?? row.metric["service"] ?? "", name: row.metric["sloth_slo"] ?? row.metric["slo"] ?? own, objective: objective,
                budgetLeft: left[own], burnRate: burns[own])
        }
    }

    /// Pyrra's generic rules (`pyrra --generic-rules`), which name an objective by the label `slo`.
    private func pyrraObjectives(at moment: Timestamp) async throws(DashboardError) -> [ObjectiveItem] {
        let objectives = try await query("pyrra_objective", at: moment)
        if objectives.result.isEmpty { return [] }
        let available = try await query("max by (slo) (pyrra_availability)", at: moment).values(by: "slo")
        let errors = try await query("sum by (slo) (pyrra_errors:rate5m) / sum by (slo) (pyrra_requests:rate5m)", at: moment).values(by: "slo")
        return objectives.result.compactMap { row in
            guard let objective = row.value?.value, objective > 0, objective < 1, let name = row.metric["slo"] else { return nil }
            let budget = 1 - objective
            return ObjectiveItem(
                service: row.metric["service"] ?? row.metric["namespace"] ?? "", name: name, objective: objective, budgetLeft: available[name].map { ($0 - objective) / budget },
                burnRate: errors[name].map { $0 / budget })
        }
    }
}
