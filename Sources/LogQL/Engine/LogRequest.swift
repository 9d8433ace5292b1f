import Foundations
import Model

/// A query with what it is asked about.
public struct LogRequest: Sendable {
    public var query: String
    /// Lines are those with `start <= t < end`. A metric query is evaluated at `start`, `start + step` … `end`, or, without a step, at `end` alone.
    public var start: NanoTimestamp
    public var end: NanoTimestamp
    public var stepNanoseconds: Int64?
    /// Lines at least so far apart; 0 is all lines.
    public var intervalNanoseconds: Int64 = 0
    /// Lines in the answer.
    public var limit: Int
    public var direction: LogQuery.Direction
    /// Streams by their own labels alone, with the rest told apart at each line.
    public var categorizesLabels = false

    public init(
        query: String, start: NanoTimestamp, end: NanoTimestamp, stepNanoseconds: Int64? = nil, limit: Int = 100,
        direction: LogQuery.Direction = .newestFirst
    ) {
        self.query = query
        self.start = start
        self.end = end
        self.stepNanoseconds = stepNanoseconds
        self.limit = limit
        self.direction = direction
    }
}

/// What a query gives, and what it took.
public struct LogAnswer: Sendable {
    public var result: LogQLResult
    public var statistics: LogQueryStatistics

    public init(result: LogQLResult, statistics: LogQueryStatistics) {
        self.result = result
        self.statistics = statistics
    }
}

/// What a query read and made.
public struct LogQueryStatistics: Sendable {
    /// Lines that the reader handed over, having passed what it can decide itself, and their bytes.
    public var linesRead = 0
    public var bytesRead = 0
    /// Lines that all stages let through.
    public var linesKept = 0
    public var linesReturned = 0
    /// Cells of roll-ups that were added up in place of lines.
    public var countsRead = 0
    public var nanoseconds: Int64 = 0
    /// How the parts of the query were answered, in order.
    public var steps: [Step] = []

    public struct Step: Sendable {
        /// What was done: for people.
        public var description: String
        public var linesRead: Int
        public var bytesRead: Int
        public var linesKept: Int
        public var countsRead: Int
        public var nanoseconds: Int64
    }

    public init() {}
}
