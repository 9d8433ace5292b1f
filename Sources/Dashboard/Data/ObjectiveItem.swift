import Foundations

/// A service level objective and what is left of its error budget, from the series that SLO generators record (`slo:…`).
struct ObjectiveItem: Hashable, Sendable {
    var service: String
    var name: String
    /// Part of what must be good, such as 0.999.
    var objective: Double
    /// Part of the budget that is left in the period; negative where it is spent.
    var budgetLeft: Double?
    /// How many times faster than allowed the budget is being spent now.
    var burnRate: Double?

    var state: HealthState {
        guard let budgetLeft else { return .unknown }
        if budgetLeft <= 0 || (burnRate ?? 0) >= 14.4 { return .critical }
        return budgetLeft < 0.25 || (burnRate ?? 0) >= 3 ? .warning : .ok
    }
}
