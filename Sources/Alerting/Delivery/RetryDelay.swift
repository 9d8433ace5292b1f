/// How long to wait before the next attempt: exponential with full jitter, so that many messages don't come back at once.
enum RetryDelay {
    /// `attempt` counts from 1. What the receiver asks for goes before, within its bound.
    static func milliseconds(
        attempt: Int, retryAfterSeconds: Double?, secondsMax: Double = Limits.retrySecondsMax, using random: inout some RandomNumberGenerator
    ) -> Int64 {
        let ceiling = min(secondsMax, Limits.retryBaseSeconds * Double(sign: .plus, exponent: min(max(0, attempt - 1), 30), significand: 1))
        let jittered = Double.random(in: 0...ceiling, using: &random)
        let asked = retryAfterSeconds.map { min(max(0, $0), Limits.retryAfterSecondsMax) } ?? 0
        return Int64(max(jittered, asked) * 1000)
    }
}
