import Foundations
import Model

/// The series that a query's selectors have found, by the place of the selector in the text.
struct SelectedData {
    private(set) var scans: [any MetricScan] = []
    private var scanOfSelector: [SourceRange: Int] = [:]
    /// Read as a whole, for what doesn't go series by series.
    private var loaded: [SourceRange: [Series]] = [:]
    private var loadedWithoutStale: [SourceRange: [Series]] = [:]

    init() {}

    init(scans: [any MetricScan], scanOfSelector: [SourceRange: Int]) {
        self.scans = scans
        self.scanOfSelector = scanOfSelector
    }

    /// Series that are at hand.
    init(_ place: SourceRange, _ series: [Series]) { loaded[place] = series }

    var seriesCount: Int { scans.reduce(0) { $0 + $1.labels.count } }
    var samplesBound: Int { scans.reduce(0) { $0 + $1.samplesBound } }

    func scan(of selector: SourceRange) -> (any MetricScan)? { scanOfSelector[selector].map { scans[$0] } }

    func isLoaded(_ selector: SourceRange) -> Bool { loaded[selector] != nil }

    mutating func setLoaded(_ series: [Series], for selector: SourceRange) { loaded[selector] = series }

    /// What was loaded.
    func series(of selector: SourceRange) -> [Series] { loaded[selector] ?? [] }

    /// The same without stale markers, which range vectors don't hold.
    mutating func samples(of selector: SourceRange) -> [Series] {
        if let known = loadedWithoutStale[selector] { return known }
        let cleaned = series(of: selector).map(\.withoutStaleMarkers)
        loadedWithoutStale[selector] = cleaned
        return cleaned
    }
}

extension FloatHistogram {
    /// A histogram whose sum is the marker ends its series.
    var isStale: Bool { StaleMarker.isStale(sum) }

    /// Bytes that the buckets take, about.
    var memoryBytes: Int { (positiveBuckets.count + negativeBuckets.count + customValues.count) * 8 + (positiveSpans.count + negativeSpans.count) * 16 }
}

extension Series {
    var withoutStaleMarkers: Series {
        let hasStaleFloats = values.contains(where: StaleMarker.isStale)
        let hasStaleHistograms = histograms.contains { $0.histogram.isStale }
        guard hasStaleFloats || hasStaleHistograms else { return self }
        var cleaned = Series(labels: labels)
        for (index, value) in values.enumerated() where !StaleMarker.isStale(value) {
            cleaned.timestamps.append(timestamps[index])
            cleaned.values.append(value)
            if !startTimestamps.isEmpty { cleaned.startTimestamps.append(startTimestamps[index]) }
        }
        cleaned.histograms = histograms.filter { !$0.histogram.isStale }
        return cleaned
    }
}

extension Evaluator {
    /// Reads a selector's series as a whole, where the expression that uses them doesn't go series by series.
    func load(_ selector: SourceRange) throws {
        guard !context.data.isLoaded(selector), let scan = context.data.scan(of: selector), let bounds = context.bounds(of: selector) else { return }
        DownsampledWindows(scan, from: bounds.start, through: bounds.end)?.remarkLasts(context.annotations, at: selector)
        let cursor = scan.makeCursor(from: bounds.start, through: bounds.end)
        let isCountsOnly = context.plan.countsOnly.contains(selector)
        var series: [Series] = []
        var shared: (number: UInt64, timestamps: [Int64]) = (0, [])
        for (index, labels) in scan.labels.enumerated() {
            if index & 0xFF == 0 { try context.check() }
            try cursor.read(index) { view in
                guard view.sampleCount > 0 else { return }
                try context.counts.add(view.sampleCount)
                var bytes = 128 + view.values.count * 8 + view.histograms.reduce(0) { $0 + 160 + $1.histogram.memoryBytes }
                if view.timestampsNumber == 0 || view.timestampsNumber != shared.number {
                    shared = (view.timestampsNumber, Array(view.timestamps))
                    bytes += view.timestamps.count * 8
                }
                try context.memory.pin(bytes)
                let one = view.series(labels, timestamps: shared.timestamps)
                series.append(isCountsOnly ? one.countsOnly : one)
            }
        }
        context.profile?.add(cursor.figures, to: selector)
        context.data.setLoaded(series, for: selector)
    }
}
