import Foundations

/// One series' samples within a range, as columns: `timestamps` and `values` have the same count and ascend in time.
public struct Series: Sendable {
    public var labels: Labels
    /// Milliseconds since 1970.
    public var timestamps: [Int64]
    public var values: [Double]
    /// Ascending in time; a moment has a float or a histogram, never both.
    public var histograms: [HistogramSample]
    /// When the counter that each of `values` belongs to began to count, in milliseconds since 1970, 0 where that isn't known; empty where it is of none.
    public var startTimestamps: [Int64] = []

    public init(labels: Labels, timestamps: [Int64] = [], values: [Double] = [], histograms: [HistogramSample] = []) {
        self.labels = labels
        self.timestamps = timestamps
        self.values = values
        self.histograms = histograms
    }

    public var sampleCount: Int { timestamps.count + histograms.count }
}

/// What is to be read: series that satisfy all matchers, their samples with `start <= t <= end` (milliseconds since 1970).
public struct MetricQuery: Sendable {
    public var matchers: [Matcher]
    public var start: Timestamp
    public var end: Timestamp
    /// An error beyond it; nil is without bound.
    public var samplesMax: Int?

    public init(matchers: [Matcher], start: Timestamp, end: Timestamp, samplesMax: Int? = nil) {
        self.matchers = matchers
        self.start = start
        self.end = end
        self.samplesMax = samplesMax
    }
}

/// Reads metrics: the store in this process, or one behind HTTP.
///
/// Stale markers are returned as they were written. All calls see what was acknowledged before them.
public protocol MetricReader: Sendable {
    /// The series, sorted by labels. Series without a sample in the range are left out.
    func select(_ query: MetricQuery) async throws -> [Series]
    /// Label sets of the series with data in the range that satisfy any of the lists of matchers (all series where there is none), sorted, at most `limit`.
    func series(_ selectors: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int?) async throws -> [Labels]
    /// Names of labels, sorted by bytes.
    func labelNames(_ selectors: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int?) async throws -> [String]
    /// Values of one label, sorted by bytes.
    func labelValues(_ name: String, _ selectors: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int?) async throws -> [String]
    /// What is known of metric families, by name.
    func metadata() async throws -> [String: Metadata]
}

/// A read went over its bound.
public struct ReadLimitError: Error, Equatable, CustomStringConvertible {
    public let what: String
    public let limit: Int

    public init(what: String, limit: Int) {
        self.what = what
        self.limit = limit
    }

    public var description: String { "the query needs more than \(limit) \(what); narrow its matchers or its time range" }
}
