import LogStore

/// What a sender is told when the log store refuses.
func refusal(for error: LogStoreError, limits: CollectorLimits) -> Refusal {
    switch error {
    case .diskFull: .unavailable(.diskFull, error.description, retryAfterSeconds: limits.diskRetrySeconds)
    case .overloaded: .unavailable(.overload, error.description, retryAfterSeconds: limits.overloadRetrySeconds)
    default: .unavailable(.storeUnavailable, error.description, retryAfterSeconds: limits.diskRetrySeconds)
    }
}
