import Foundations
import Model

/// Which names, labels and values have the most series in memory.
public struct HeadCardinality: Sendable {
    public struct Count: Sendable, Equatable {
        public let name: String
        public let value: Int
    }

    /// Different pairs of a label's name and value.
    public var labelPairs = 0
    /// Series by name of metric, highest first, as the others are.
    public var seriesByMetric: [Count] = []
    public var valuesByLabel: [Count] = []
    /// Bytes of a label's values, each counted in every series that has it.
    public var bytesByLabel: [Count] = []
    /// By `name=value`.
    public var seriesByPair: [Count] = []

    public init() {}
}

extension MetricStore {
    /// Counts over the index of the series in memory, the `limit` highest of each kind. Holds the head's lock for one label at a time.
    public func cardinality(limit: Int) -> HeadCardinality {
        var names: [[UInt8]] = []
        store.head.withLock { head in head.index.forEachName { names.append($0) } }
        var figures = HeadCardinality()
        var (byMetric, byLabel, bytes, byPair) = (HighestCounts(limit), HighestCounts(limit), HighestCounts(limit), HighestCounts(limit))
        for name in names {
            let label = String(decoding: name, as: UTF8.self)
            let isMetricName = label == LabelName.metricName
            var (values, valueBytes) = (0, 0)
            store.head.withLock { head in
                head.index.forEachValue(name: name) { value, series in
                    values += 1
                    valueBytes += value.count * series.count
                    if isMetricName { byMetric.add(series.count) { String(decoding: value, as: UTF8.self) } }
                    byPair.add(series.count) { "\(label)=\(String(decoding: value, as: UTF8.self))" }
                }
            }
            figures.labelPairs += values
            byLabel.add(values) { label }
            bytes.add(valueBytes) { label }
        }
        (figures.seriesByMetric, figures.valuesByLabel, figures.bytesByLabel, figures.seriesByPair) = (byMetric.counts, byLabel.counts, bytes.counts, byPair.counts)
        return figures
    }
}

/// The highest of many counts; names are made only of those that are among them.
struct HighestCounts {
    private let limit: Int
    /// Highest first; of equal ones, by name.
    private(set) var counts: [HeadCardinality.Count] = []

    init(_ limit: Int) { self.limit = max(0, limit) }

    mutating func add(_ value: Int, _ name: () -> String) {
        if limit == 0 || (counts.count == limit && value < counts[limit - 1].value) { return }
        let new = HeadCardinality.Count(name: name(), value: value)
        counts.insert(new, at: counts.lowerBound { (new.value, $0.name) < ($0.value, new.name) })
        if counts.count > limit { counts.removeLast() }
    }
}
