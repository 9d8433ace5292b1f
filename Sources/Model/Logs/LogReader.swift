import Foundations

/// A condition on a line's text.
public struct LineFilter: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// Has the text in it, by bytes.
        case contains
        /// Hasn't.
        case containsNot
        /// A part of the line matches the pattern.
        case matches
        case matchesNot
        /// Has all words of the text, in this order and next to each other, whatever their case: what people type. Answered by the index.
        case phrase
        /// Has no such words.
        case phraseNot
    }

    public var kind: Kind
    public var text: String
    /// Compiled where `kind` is a pattern.
    public var pattern: RegularExpression?

    public init(_ kind: Kind, _ text: String) throws(RegularExpression.SyntaxError) {
        self.kind = kind
        self.text = text
        pattern = kind == .matches || kind == .matchesNot ? try RegularExpression(text, isMatchingNewlines: false) : nil
    }

    public static func == (left: LineFilter, right: LineFilter) -> Bool { left.kind == right.kind && left.text == right.text }
    public func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(text)
    }
}

/// What is to be read: records with `start <= t < end` whose stream, level, line and fields satisfy all that is given.
public struct LogQuery: Sendable {
    public enum Direction: Sendable {
        case newestFirst, oldestFirst
    }

    public var start: NanoTimestamp
    public var end: NanoTimestamp
    /// On the stream's labels. The label `level` means the record's level.
    public var streamMatchers: [Matcher]
    /// Any of them; nil is all.
    public var levels: Set<LogLevel>?
    public var lineFilters: [LineFilter]
    /// On fields; a field that is missing counts as empty.
    public var fieldMatchers: [Matcher]
    public var direction: Direction
    /// Moment at which a scan gives up with `deadlineExceeded`, in `WallClock.monotonicNanoseconds`; nil is never.
    public var deadlineMonotonicNanoseconds: Int64?

    public init(
        start: NanoTimestamp = .distantPast, end: NanoTimestamp = .distantFuture, streamMatchers: [Matcher] = [], levels: Set<LogLevel>? = nil,
        lineFilters: [LineFilter] = [], fieldMatchers: [Matcher] = [], direction: Direction = .newestFirst,
        deadlineMonotonicNanoseconds: Int64? = nil
    ) {
        self.start = start
        self.end = end
        self.streamMatchers = streamMatchers
        self.levels = levels
        self.lineFilters = lineFilters
        self.fieldMatchers = fieldMatchers
        self.direction = direction
        self.deadlineMonotonicNanoseconds = deadlineMonotonicNanoseconds
    }
}

/// Records in one step of time: `start` is the step's beginning.
public struct LogCount: Hashable, Sendable {
    public var start: NanoTimestamp
    public var level: LogLevel
    public var count: Int

    public init(start: NanoTimestamp, level: LogLevel, count: Int) {
        self.start = start
        self.level = level
        self.count = count
    }
}

/// A log query ended before it was done.
public struct LogQueryError: Error, Equatable, CustomStringConvertible {
    public let reason: String
    public init(_ reason: String) { self.reason = reason }
    public var description: String { reason }
}

/// Reads logs: the store in this process, or one behind HTTP.
public protocol LogReader: Sendable {
    /// Visits the records in order of time (of equal times, in the order they were stored, turned with the direction) until `visit` returns false.
    func scan(_ query: LogQuery, _ visit: (LogRecord) throws -> Bool) async throws
    /// Counts per step (from multiples of `stepNanoseconds` since 1970) and level; steps without records are left out. Ascending.
    func counts(_ query: LogQuery, stepNanoseconds: Int64) async throws -> [LogCount]
    /// Records and bytes per cell and group; an empty grouping counts all together. Cells without records are left out. Ascending.
    /// Throws `LogQueryError` where there are more than `LogTallies.groupsMax` groups.
    func tally(_ query: LogQuery, _ cells: LogCells, by grouping: Set<LogGrouping>) async throws -> [LogTally]
    /// The templates of the lines, each with its level and its counts per step; the most frequent first.
    func patterns(_ query: LogQuery, stepNanoseconds: Int64) async throws -> [LogPattern]
    /// How much of each stream satisfies the query, sorted by stream.
    func volumes(_ query: LogQuery) async throws -> [LogVolume]
    /// Streams with records in the range that satisfy any of the lists of matchers, sorted.
    func streams(_ selectors: [[Matcher]], start: NanoTimestamp, end: NanoTimestamp) async throws -> [Labels]
    /// Names of stream labels, sorted.
    func labelNames(start: NanoTimestamp, end: NanoTimestamp) async throws -> [String]
    /// Values of one stream label, sorted.
    func labelValues(_ name: String, start: NanoTimestamp, end: NanoTimestamp) async throws -> [String]
}

extension LogReader {
    /// The first `limit` records in the query's direction.
    public func search(_ query: LogQuery, limit: Int) async throws -> [LogRecord] {
        guard limit > 0 else { return [] }
        let found = Locked<[LogRecord]>([])
        try await scan(query) { record in
            found.withLock {
                $0.append(record)
                return $0.count < limit
            }
        }
        return found.withLock { $0 }
    }
}
