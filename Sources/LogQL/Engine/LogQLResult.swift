import Foundations
import Model

/// What a query gives.
public enum LogQLResult: Sendable {
    /// Lines by their labels, each stream's in the order that was asked for; streams in order of labels.
    case streams([LogStream])
    /// Series over the steps of a range query. Timestamps in milliseconds.
    case matrix([Series])
    case vector([(Labels, Sample)])
    case scalar(Sample)
}

/// Lines with the same labels.
public struct LogStream: Sendable {
    public var labels: Labels
    public var entries: [Entry]

    public struct Entry: Sendable {
        public var timestamp: NanoTimestamp
        public var line: String
        /// What came beside the line, and what stages took out of it: where categories were asked for.
        public var metadata: Labels
        public var parsed: Labels
    }
}

/// A query, ready for a live tail.
public struct TailPlan: Sendable {
    /// What to ask the store for.
    public let query: LogQuery
    /// The line that a record becomes; nil where the query leaves it out.
    public let transform: @Sendable (LogRecord) -> (labels: Labels, line: String)?
}
