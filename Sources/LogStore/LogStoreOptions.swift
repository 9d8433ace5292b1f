/// What of the log store is a matter of taste.
public struct LogStoreOptions: Sendable {
    /// Days older than this are removed as a whole; nil keeps all. 30 days.
    public var retentionSeconds: Int64?
    /// Records older than this are refused: it bounds the number of days that one batch can open. 30 days, as long as they would be kept.
    public var acceptedPastSeconds: Int64
    /// Records further ahead than this are refused. A day: a host with its clock in another zone must not lose its lines.
    public var acceptedFutureSeconds: Int64

    public init(retentionSeconds: Int64? = 30 * 86_400, acceptedPastSeconds: Int64 = 30 * 86_400, acceptedFutureSeconds: Int64 = 86_400) {
        self.retentionSeconds = retentionSeconds
        self.acceptedPastSeconds = acceptedPastSeconds
        self.acceptedFutureSeconds = acceptedFutureSeconds
    }
}

/// Why a record wasn't stored.
public enum LogRefusal: String, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    case tooOld = "too old"
    case tooFarInFuture = "too far in the future"
    case tooManyStreams = "too many streams"

    public var description: String { rawValue }
}

/// What became of a batch. It is durable.
public struct LogAppendOutcome: Sendable {
    public var stored: Int
    /// All of it had been stored before.
    public var isDuplicateBatch: Bool
    /// What of it was left out, by reason; sending it again doesn't help.
    public var refused: [(reason: LogRefusal, count: Int)]

    public init(stored: Int = 0, isDuplicateBatch: Bool = false, refused: [(reason: LogRefusal, count: Int)] = []) {
        self.stored = stored
        self.isDuplicateBatch = isDuplicateBatch
        self.refused = refused
    }
}
