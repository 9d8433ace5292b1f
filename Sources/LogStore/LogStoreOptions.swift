import Model

/// Records that are kept for a time of their own, in files of their own.
public struct LogRetentionClass: Sendable {
    /// Part of files' names: lower-case letters, digits and `_`, up to 32.
    public let name: String
    /// Any of them: which streams belong to it. A matcher on `level` has no meaning here.
    public var selectors: [[Matcher]]
    /// Days older than this are removed as a whole; nil keeps all.
    public var retentionSeconds: Int64?
    /// Beyond this, the class's oldest days are removed; nil is no bound.
    public var sizeBytesMax: Int?

    /// Nil where the name isn't one.
    public init?(name: String, selectors: [[Matcher]], retentionSeconds: Int64?, sizeBytesMax: Int? = nil) {
        guard Self.isName(name) else { return nil }
        self.name = name
        self.selectors = selectors
        self.retentionSeconds = retentionSeconds
        self.sizeBytesMax = sizeBytesMax
    }

    static func isName(_ text: some StringProtocol) -> Bool {
        (1...32).contains(text.utf8.count)
            && text.utf8.allSatisfy { ($0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z")) || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9")) || $0 == UInt8(ascii: "_") }
    }

    func contains(_ stream: Labels) -> Bool { selectors.contains { $0.matches(stream) } }
}

/// Keeps only some of the records that are old: one of so many, of the levels named.
public struct LogThinning: Sendable, Equatable {
    /// Days that ended longer ago than this are thinned, once.
    public var afterSeconds: Int64
    /// Of this many records one is kept; at least 2.
    public var keepOneOf: Int
    public var levels: Set<LogLevel>

    public init(afterSeconds: Int64, keepOneOf: Int, levels: Set<LogLevel> = [.trace, .debug, .info]) {
        self.afterSeconds = afterSeconds
        self.keepOneOf = max(2, keepOneOf)
        self.levels = levels
    }
}

/// What of the log store is a matter of taste.
public struct LogStoreOptions: Sendable {
    /// Days older than this are removed as a whole; nil keeps all. 30 days.
    public var retentionSeconds: Int64?
    /// Beyond this, the oldest days that belong to no class are removed; nil is no bound.
    public var sizeBytesMax: Int?
    /// Streams with a retention of their own; the first class that fits takes a stream.
    public var classes: [LogRetentionClass]
    /// Nil keeps every record for as long as its day.
    public var thinning: LogThinning?
    /// Records older than this are refused: it bounds the number of days that one batch can open. 30 days, as long as they would be kept.
    public var acceptedPastSeconds: Int64
    /// Records further ahead than this are refused. A day: a host with its clock in another zone must not lose its lines.
    public var acceptedFutureSeconds: Int64

    public init(
        retentionSeconds: Int64? = 30 * 86_400, acceptedPastSeconds: Int64 = 30 * 86_400, acceptedFutureSeconds: Int64 = 86_400, sizeBytesMax: Int? = nil,
        classes: [LogRetentionClass] = [], thinning: LogThinning? = nil
    ) {
        self.retentionSeconds = retentionSeconds
        self.acceptedPastSeconds = acceptedPastSeconds
        self.acceptedFutureSeconds = acceptedFutureSeconds
        self.sizeBytesMax = sizeBytesMax
        self.classes = classes
        self.thinning = thinning
    }

    /// The name of the class that a stream belongs to; empty where none names it.
    func retentionClass(of stream: Labels) -> String { classes.first { $0.contains(stream) }?.name ?? "" }
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
