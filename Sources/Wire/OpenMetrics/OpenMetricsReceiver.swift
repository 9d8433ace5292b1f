import Model

/// Takes what `OpenMetricsStream` reads.
public protocol OpenMetricsReceiver {
    /// The number by which the other calls name a series; nil where it isn't taken.
    func series(_ labels: Labels) throws -> UInt32?
    /// `timestamp` is in milliseconds since 1970.
    func sample(_ series: UInt32, _ timestamp: Int64, _ value: Double) throws
    func histogram(_ series: UInt32, _ sample: HistogramSample) throws
    func exemplar(_ series: UInt32, _ exemplar: Exemplar) throws
    /// A sample of a series that wasn't taken.
    func refused(_ labels: Labels)
    func metadata(_ family: String, _ metadata: Metadata)
}

/// What the times of a text are.
public enum OpenMetricsTimes: Sendable {
    /// OpenMetrics: seconds with a fraction, and the text ends in `# EOF`.
    case seconds
    /// Prometheus's older text format, and `promtool tsdb dump`: whole milliseconds, without an end.
    case milliseconds
}
