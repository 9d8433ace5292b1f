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
    /// The labels that whoever asks looks at, as a hint: a reader may leave others out where no two series become the same by it.
    public var labels = LabelNeeds.all

    public init(matchers: [Matcher], start: Timestamp, end: Timestamp, samplesMax: Int? = nil, labels: LabelNeeds = .all) {
        self.matchers = matchers
        self.start = start
        self.end = end
        self.samplesMax = samplesMax
        self.labels = labels
    }
}

/// Which labels of the series are looked at.
public enum LabelNeeds: Hashable, Sendable {
    case all
    /// These, and that series are told apart.
    case only(Set<String>)

    /// What satisfies both.
    public func union(_ other: LabelNeeds) -> LabelNeeds {
        if case .only(let mine) = self, case .only(let others) = other { return .only(mine.union(others)) }
        return .all
    }
}

/// Reads metrics: the store in this process, or one behind HTTP.
///
/// Stale markers are returned as they were written. All calls see what was acknowledged before them.
public protocol MetricReader: Sendable {
    /// The series, sorted by labels. Series without a sample in the range are left out.
    func select(_ query: MetricQuery) async throws -> [Series]
    /// The same series without their samples, which are decoded when they are asked for. Nothing that is written later is seen.
    func scan(_ query: MetricQuery) async throws -> any MetricScan
    /// A mark of this moment for `earliestChange`; nil where the reader can't tell changes.
    func changeMark() -> ChangeMark?
    /// Samples before this moment are what they were when the mark was taken; nil where nothing has changed at all.
    func earliestChange(since mark: ChangeMark) -> Timestamp?
    /// Label sets of the series with data in the range that satisfy any of the lists of matchers (all series where there is none), sorted, at most `limit`.
    func series(_ selectors: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int?) async throws -> [Labels]
    /// Names of labels, sorted by bytes.
    func labelNames(_ selectors: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int?) async throws -> [String]
    /// Values of one label, sorted by bytes.
    func labelValues(_ name: String, _ selectors: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int?) async throws -> [String]
    /// What is known of metric families, by name.
    func metadata() async throws -> [String: Metadata]
}

extension MetricReader {
    /// Readers that can't do better select everything first.
    public func scan(_ query: MetricQuery) async throws -> any MetricScan { SeriesScan(try await select(query)) }
    public func changeMark() -> ChangeMark? { nil }
    public func earliestChange(since mark: ChangeMark) -> Timestamp? { .distantPast }
}

/// A moment in the life of a reader's data, by the number of changes until then.
public struct ChangeMark: Hashable, Sendable {
    public let number: UInt64

    public init(number: UInt64) { self.number = number }
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
