/// The module's bounds.
enum Limits {
    /// Of one reply's header lines together; no service comes near it.
    static let replyHeaderBytesMax = 64 << 10
    /// A redirect chain longer than this is a loop.
    static let redirectsMax = 5
    /// A `Retry-After` beyond an hour is taken as an hour, so that a wrong one doesn't silence a sender for days.
    static let retryAfterSecondsMax = 3600.0
    /// The loop looks after its transfers at least this often; it is woken for everything that matters.
    static let pollMillisecondsMax: Int32 = 10_000
}
