import Foundations
import Model

/// A float or a native histogram.
public enum MetricValue: Equatable, Sendable {
    case float(Double)
    case histogram(FloatHistogram)
}

/// One series' value at one moment.
public struct VectorElement: Sendable {
    public var labels: Labels
    /// Milliseconds since 1970.
    public var timestamp: Int64
    public var value: MetricValue

    public init(labels: Labels, timestamp: Int64, value: MetricValue) {
        self.labels = labels
        self.timestamp = timestamp
        self.value = value
    }
}

/// What a query evaluates to.
public enum QueryValue: Sendable {
    case scalar(Timestamp, Double)
    case string(Timestamp, String)
    /// Sorted only where the query sorts it.
    case vector([VectorElement])
    /// Sorted by labels; no series is empty.
    case matrix([Series])
}

/// A query's value with what was remarked on the way.
public struct QueryResult: Sendable {
    public var value: QueryValue
    /// `PromQL warning: … (line:column)`
    public var warnings: [String]
    /// `PromQL info: … (line:column)`
    public var infos: [String]
    /// Samples that were read from the store.
    public var samplesRead: Int
    /// The most bytes that the query held at once, as far as it is counted.
    public var memoryBytes: Int
    /// The plan with what its parts did and cost, where it was asked for.
    public var explanation: Explanation?

    public init(
        value: QueryValue, warnings: [String] = [], infos: [String] = [], samplesRead: Int = 0, memoryBytes: Int = 0, explanation: Explanation? = nil
    ) {
        self.value = value
        self.memoryBytes = memoryBytes
        self.explanation = explanation
        self.warnings = warnings
        self.infos = infos
        self.samplesRead = samplesRead
    }
}
