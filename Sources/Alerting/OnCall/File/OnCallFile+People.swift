import Foundations
import Model

extension OnCallFile {
    /// Whom the policy behind a receiver pages at a moment, step by step, as the file has it; empty for a receiver that no policy is bound to.
    public func people(pagedBy receiver: String, at moment: Timestamp) -> [[String]] {
        guard let policy = bindings[receiver].flatMap({ policy($0) }) else { return [] }
        return policy.steps.map { step in
            let found = step.targets.flatMap { people($0, at: moment) }
            return found.isEmpty ? policy.fallback.flatMap { people($0, at: moment) } : found
        }
    }

    /// Receivers are named as they are: who stands behind them isn't known here.
    private func people(_ target: EscalationTarget, at moment: Timestamp) -> [String] {
        switch target.kind {
        case .person, .receiver: [target.name]
        case .schedule: schedule(target.name)?.duty(at: moment).map { [$0.person] } ?? []
        }
    }
}
