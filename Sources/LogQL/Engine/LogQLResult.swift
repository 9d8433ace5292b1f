import Foundations
import Model

/// What a query gives.
public enum LogQLResult: Sendable {
    /// Lines by their labels, each stream's in the order that was asked for.
    case streams([(labels: Labels, entries: [(NanoTimestamp, String)])])
    /// Series over the steps of a range query. Timestamps in milliseconds.
    case matrix([Series])
    case vector([(Labels, Sample)])
    case scalar(Sample)
}

/// A query, ready for a live tail.
public struct TailPlan: Sendable {
    /// What to ask the store for.
    public let query: LogQuery
    /// The line that a record becomes; nil where the query leaves it out.
    public let transform: @Sendable (LogRecord) -> (labels: Labels, line: String)?
}
