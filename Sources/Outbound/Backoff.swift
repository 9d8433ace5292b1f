/// How long to wait before the next attempt: full jitter over a bound that doubles with each failure.
///
/// A wait that the other side asked for is kept, with up to `baseSeconds` added so that its clients don't come back together.
public struct Backoff: Sendable {
    public let baseSeconds: Double
    public let maxSeconds: Double
    /// Since the last `reset`.
    public private(set) var failures = 0

    public init(baseSeconds: Double, maxSeconds: Double) {
        precondition(baseSeconds > 0 && maxSeconds >= baseSeconds)
        self.baseSeconds = baseSeconds
        self.maxSeconds = maxSeconds
    }

    public mutating func next(using generator: inout some RandomNumberGenerator, retryAfterSeconds: Double? = nil) -> Double {
        var bound = baseSeconds
        for _ in 0..<min(failures, 64) where bound < maxSeconds { bound *= 2 }
        failures += 1
        if let retryAfterSeconds {
            return min(max(0, retryAfterSeconds), Limits.retryAfterSecondsMax) + Double.random(in: 0...baseSeconds, using: &generator)
        }
        return Double.random(in: 0...min(bound, maxSeconds), using: &generator)
    }

    /// After a success.
    public mutating func reset() { failures = 0 }
}
