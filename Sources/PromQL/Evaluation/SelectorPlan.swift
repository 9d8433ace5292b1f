import Foundations
import Model

/// The series that a query's selectors have read, by the place of the selector in the text.
struct SelectedData {
    private(set) var reads: [[Series]] = []
    private var readOfSelector: [SourceRange: Int] = [:]
    private var readWithoutStale: [Int: [Series]] = [:]

    init() {}

    init(reads: [[Series]], readOfSelector: [SourceRange: Int]) {
        self.reads = reads
        self.readOfSelector = readOfSelector
    }

    var seriesCount: Int { reads.reduce(0) { $0 + $1.count } }

    func series(of selector: SourceRange) -> [Series] { readOfSelector[selector].map { reads[$0] } ?? [] }

    /// The same without stale markers, which range vectors don't hold.
    mutating func samples(of selector: SourceRange) -> [Series] {
        guard let read = readOfSelector[selector] else { return [] }
        if let known = readWithoutStale[read] { return known }
        let cleaned = reads[read].map(\.withoutStaleMarkers)
        readWithoutStale[read] = cleaned
        return cleaned
    }
}

extension FloatHistogram {
    /// A histogram whose sum is the marker ends its series.
    var isStale: Bool { StaleMarker.isStale(sum) }
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

/// Which series over which time a query needs: each selector once, equal ones shared.
struct SelectorPlan {
    struct Read {
        var matchers: [Matcher]
        /// Milliseconds since 1970, both included.
        var start: Int64
        var end: Int64
        var selectors: [SourceRange]
    }

    private(set) var reads: [Read] = []
    private let context: QueryContext

    init(_ expression: Expression, _ context: QueryContext) throws {
        self.context = context
        try add(expression, context.grid.start, context.grid.end)
    }

    private mutating func add(_ expression: Expression, _ start: Int64, _ end: Int64) throws {
        switch expression.node {
        case .selector(let selector):
            let lookback = context.options.lookbackMilliseconds
            let after = selector.rangeExtension == .smoothed ? lookback : 0
            try add(selector, expression.range, start, end, before: lookback - 1, after: after)
        case .rangeSelector(let selector, let range):
            let lookback = context.options.lookbackMilliseconds
            let length = try context.milliseconds(range, isPositive: true)
            try add(
                selector, expression.range, start, end, before: length + (selector.rangeExtension == nil ? -1 : lookback),
                after: selector.rangeExtension == .smoothed ? lookback : 0)
        case .subquery(let subquery):
            let offset = try subquery.offset.map { try context.milliseconds($0) } ?? 0
            let length = try context.milliseconds(subquery.range, isPositive: true)
            try add(subquery.expression, context.moment(subquery.at, start) - offset - length, context.moment(subquery.at, end) - offset)
        case .call(.info, let arguments):
            try add(arguments[0], start, end)
            let matchers = InfoJoin.matchers(of: arguments.count > 1 ? arguments[1] : nil)
            addRead(matchers, expression.range, start - context.options.lookbackMilliseconds + 1, end)
        default:
            for child in expression.node.children { try add(child, start, end) }
        }
    }

    private mutating func add(_ selector: VectorSelector, _ place: SourceRange, _ start: Int64, _ end: Int64, before: Int64, after: Int64) throws {
        let offset = try selector.offset.map { try context.milliseconds($0) } ?? 0
        let first = context.moment(selector.at, start).subtractingReportingOverflow(offset)
        let last = context.moment(selector.at, end).subtractingReportingOverflow(offset)
        guard !first.overflow, !last.overflow, first.partialValue.magnitude < 1 << 61, last.partialValue.magnitude < 1 << 61 else {
            throw QueryError.execution("the moment of a selector is out of range")
        }
        addRead(selector.matchers, place, first.partialValue - before, last.partialValue + after)
    }

    private mutating func addRead(_ matchers: [Matcher], _ place: SourceRange, _ start: Int64, _ end: Int64) {
        if let index = reads.firstIndex(where: { $0.matchers == matchers && $0.start <= end && start <= $0.end }) {
            reads[index].start = min(reads[index].start, start)
            reads[index].end = max(reads[index].end, end)
            reads[index].selectors.append(place)
        } else {
            reads.append(Read(matchers: matchers, start: start, end: end, selectors: [place]))
        }
    }

    /// Reads everything; the series with the number of samples in them.
    func read(from reader: any MetricReader) async throws -> (data: SelectedData, samples: Int) {
        var results: [[Series]] = []
        var places: [SourceRange: Int] = [:]
        var samples = 0
        for (index, read) in reads.enumerated() {
            try context.check()
            let query = MetricQuery(
                matchers: read.matchers, start: Timestamp(milliseconds: read.start), end: Timestamp(milliseconds: read.end),
                samplesMax: context.options.samplesMax - samples)
            let series = try await reader.select(query)
            samples += series.reduce(0) { $0 + $1.sampleCount }
            if samples > context.options.samplesMax { throw QueryError.tooManySamples(limit: context.options.samplesMax) }
            results.append(series)
            for place in read.selectors { places[place] = index }
        }
        return (SelectedData(reads: results, readOfSelector: places), samples)
    }
}
