import Foundations
import Model

/// Metrics held in memory: what scripts and tests query.
public final class MemoryMetricReader: MetricReader {
    private let stored = Locked<[Labels: Series]>([:])

    public init() {}

    /// Holds these series from the start.
    public convenience init(_ series: [Series]) {
        self.init()
        for one in series { append(one) }
    }

    /// Adds samples to a series. A sample at a moment that has one already replaces it.
    public func append(_ series: Series) {
        stored.withLock { all in
            guard var known = all[series.labels] else {
                all[series.labels] = series
                return
            }
            if known.startTimestamps.isEmpty, !series.startTimestamps.isEmpty { known.startTimestamps = known.timestamps.map { _ in 0 } }
            for (position, timestamp) in series.timestamps.enumerated() {
                known.remove(at: timestamp)
                let index = known.timestamps.lastIndex { $0 < timestamp }.map { $0 + 1 } ?? 0
                known.timestamps.insert(timestamp, at: index)
                known.values.insert(series.values[position], at: index)
                guard !known.startTimestamps.isEmpty || !series.startTimestamps.isEmpty else { continue }
                known.startTimestamps.insert(series.startTimestamps.isEmpty ? 0 : series.startTimestamps[position], at: index)
            }
            for sample in series.histograms {
                known.remove(at: sample.timestamp)
                let index = known.histograms.lastIndex { $0.timestamp < sample.timestamp }.map { $0 + 1 } ?? 0
                known.histograms.insert(sample, at: index)
            }
            all[series.labels] = known
        }
    }

    /// Forgets everything.
    public func removeAll() { stored.withLock { $0 = [:] } }

    /// All series, sorted by labels.
    public var all: [Series] { stored.withLock { Array($0.values) }.sorted { $0.labels < $1.labels } }

    public func select(_ query: MetricQuery) async throws -> [Series] {
        var total = 0
        return try matching([query.matchers], query.start, query.end).map { series in
            total += series.sampleCount
            if let limit = query.samplesMax, total > limit { throw ReadLimitError(what: "samples", limit: limit) }
            return series
        }
    }

    public func series(_ selectors: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int?) async throws -> [Labels] {
        Array(matching(selectors, start, end).map(\.labels).prefix(limit ?? .max))
    }

    public func labelNames(_ selectors: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int?) async throws -> [String] {
        Self.sorted(matching(selectors, start, end).flatMap { $0.labels.pairs.map(\.name) }, limit)
    }

    public func labelValues(_ name: String, _ selectors: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int?) async throws -> [String] {
        Self.sorted(matching(selectors, start, end).compactMap { $0.labels[name] }, limit)
    }

    public func metadata() async throws -> [String: Metadata] { [:] }

    private static func sorted(_ texts: [String], _ limit: Int?) -> [String] {
        Array(Set(texts).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.prefix(limit ?? .max))
    }

    private func matching(_ selectors: [[Matcher]], _ start: Timestamp, _ end: Timestamp) -> [Series] {
        all.compactMap { series in
            guard selectors.isEmpty || selectors.contains(where: { $0.matches(series.labels) }) else { return nil }
            let result = series.clipped(start.milliseconds, end.milliseconds)
            return result.sampleCount == 0 ? nil : result
        }
    }
}

extension Series {
    fileprivate mutating func remove(at timestamp: Int64) {
        if let index = timestamps.firstIndex(of: timestamp) {
            timestamps.remove(at: index)
            values.remove(at: index)
            if !startTimestamps.isEmpty { startTimestamps.remove(at: index) }
        }
        histograms.removeAll { $0.timestamp == timestamp }
    }

    fileprivate func clipped(_ start: Int64, _ end: Int64) -> Series {
        if timestamps.first ?? .max >= start, timestamps.last ?? .min <= end, histograms.isEmpty { return self }
        let first = timestamps.firstIndex { $0 >= start } ?? timestamps.count
        let last = timestamps.lastIndex { $0 <= end }.map { $0 + 1 } ?? 0
        let range = first < last ? first..<last : 0..<0
        var result = Series(
            labels: labels, timestamps: Array(timestamps[range]), values: Array(values[range]),
            histograms: histograms.filter { $0.timestamp >= start && $0.timestamp <= end })
        if !startTimestamps.isEmpty { result.startTimestamps = Array(startTimestamps[range]) }
        return result
    }
}
