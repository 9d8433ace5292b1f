import Foundations
import MetricStore
import Model
import Wire

/// Writes what a metric store holds as OpenMetrics text: family by family, series by series, in order of time. Memory is bounded.
///
/// The text depends on the data alone, so that exporting what was imported from it gives the same bytes.
public struct OpenMetricsExport: Sendable {
    /// Samples in memory at once: some 32 MiB. A series with more is read in ranges of its time.
    static let samplesMax = 2_000_000
    /// Series read at once.
    static let seriesMax = 10_000
    /// Values of a label that are named one by one where several series are read at once.
    private static let valuesPerMatcherMax = 64
    /// Bytes that are gathered before they are handed over.
    private static let pieceBytes = 256 << 10

    private let store: MetricStore
    private let selectors: [[Matcher]]
    private let start: Timestamp
    private let end: Timestamp
    private let includesNativeHistograms: Bool
    private let samplesMax: Int

    /// What matches any of the selectors, everything where there is none, from `start` through `end`. Native histograms can be left
    /// out, for readers that know OpenMetrics 1.0 alone.
    public init(
        store: MetricStore, selectors: [[Matcher]] = [], start: Timestamp = .distantPast, end: Timestamp = .distantFuture,
        includesNativeHistograms: Bool = true
    ) {
        self.init(
            store: store, selectors: selectors, start: start, end: end, includesNativeHistograms: includesNativeHistograms,
            samplesMax: Self.samplesMax)
    }

    init(store: MetricStore, selectors: [[Matcher]], start: Timestamp, end: Timestamp, includesNativeHistograms: Bool, samplesMax: Int) {
        self.store = store
        self.selectors = selectors
        self.start = start
        self.end = end
        self.includesNativeHistograms = includesNativeHistograms
        self.samplesMax = samplesMax
    }

    /// How far an export is.
    public struct Progress: Sendable {
        public var seriesCount = 0
        public var samples = 0
        public var namesDone = 0
        public var nameCount = 0
    }

    /// Hands the text over in pieces. Returns what was in it.
    public func run(
        progress: (Progress) -> Void = { _ in }, to write: ([UInt8]) async throws -> Void
    ) async throws -> Progress {
        let metadata = try await store.metadata()
        let names = try await store.labelValues(LabelName.metricName, selectors, start: start, end: end, limit: nil)
        let families = ExportFamily.ordered(names, metadata)
        var writer = OpenMetricsWriter()
        var done = Progress()
        done.nameCount = names.count
        var lastFamily: String?
        for family in families {
            if family.name != lastFamily, let known = metadata[family.name] { writer.family(family.name, known) }
            lastFamily = family.name
            try await export(family.metric, &writer, &done, write)
            done.namesDone += 1
            progress(done)
        }
        writer.end()
        try await write(writer.take())
        return done
    }

    private func export(
        _ metric: String, _ writer: inout OpenMetricsWriter, _ done: inout Progress, _ write: ([UInt8]) async throws -> Void
    ) async throws {
        let name = Matcher(LabelName.metricName, equals: metric)
        let wanted = selectors.isEmpty ? [[name]] : selectors.map { $0 + [name] }
        let labels = try await store.series(wanted, start: start, end: end, limit: nil)
        let labelNames = Set(labels.flatMap { $0.pairs.map(\.name) }).sorted()
        var next = 0
        var count = 64
        while next < labels.count {
            let group = labels[next..<min(next + count, labels.count)]
            let matchers = try Self.matchers(group, labelNames)
            do {
                let found = try await store.select(MetricQuery(matchers: matchers, start: start, end: end, samplesMax: samplesMax))
                let members = Set(group)
                let exemplars = try await exemplars(of: matchers)
                for series in found where members.contains(series.labels) {
                    try await self.write(series, exemplars[series.labels] ?? [], &writer, &done, write)
                }
                let read = found.reduce(1) { $0 + $1.sampleCount }
                next += group.count
                // As many as leave room for some that are longer.
                count = max(1, min(Self.seriesMax, group.count * samplesMax / 4 / read, group.count * 8))
            } catch is ReadLimitError {
                if group.count > 1 {
                    count = max(1, group.count / 4)
                } else {
                    try await exportLong(labels[next], matchers, &writer, &done, write)
                    next += 1
                }
            }
        }
    }

    /// A series with more samples than are read at once, one range of time after another.
    private func exportLong(
        _ labels: Labels, _ matchers: [Matcher], _ writer: inout OpenMetricsWriter, _ done: inout Progress, _ write: ([UInt8]) async throws -> Void
    ) async throws {
        let figures = store.statistics()
        guard let oldest = figures.oldest, let newest = figures.newest else { return }
        var exemplars = try await exemplars(of: matchers)[labels] ?? []
        var from = max(start, oldest).milliseconds
        let through = min(end, newest).milliseconds
        var width: Int64 = 24 * 3_600_000
        while from <= through {
            let until = min(through, from.addingReportingOverflow(width).partialValue)
            let query = MetricQuery(
                matchers: matchers, start: Timestamp(milliseconds: from), end: Timestamp(milliseconds: until), samplesMax: samplesMax)
            do {
                let found = try await store.select(query).first { $0.labels == labels }
                if let found {
                    let own = until >= through ? exemplars : exemplars.filter { $0.sample.timestamp <= until }
                    exemplars.removeFirst(own.count)
                    try await self.write(found, own, &writer, &done, write)
                    done.seriesCount -= 1
                }
                from = until + 1
            } catch is ReadLimitError where width > 1 {
                width = max(1, width / 2)
            }
        }
        done.seriesCount += 1
    }

    private func exemplars(of matchers: [Matcher]) async throws -> [Labels: [Exemplar]] {
        let found = try await store.exemplars([matchers], start: start, end: end)
        return Dictionary(found.map { ($0.labels, $0.exemplars) }) { first, _ in first }
    }

    private func write(
        _ series: Series, _ exemplars: [Exemplar], _ writer: inout OpenMetricsWriter, _ done: inout Progress, _ write: ([UInt8]) async throws -> Void
    ) async throws {
        let histograms = includesNativeHistograms ? series.histograms : []
        if series.timestamps.isEmpty && histograms.isEmpty { return }
        let hosts = ExemplarHosts(series, OpenMetricsWriter.takesExemplars(series.labels.metricName ?? "") ? exemplars : [])
        writer.begin(series.labels)
        var (sample, histogram) = (0, 0)
        while sample < series.timestamps.count || histogram < histograms.count {
            let isFloat = histogram >= histograms.count || (sample < series.timestamps.count && series.timestamps[sample] < histograms[histogram].timestamp)
            if isFloat {
                writer.sample(series.timestamps[sample], series.values[sample], exemplar: hosts[sample])
                sample += 1
            } else {
                writer.histogram(histograms[histogram])
                histogram += 1
            }
            if writer.bytes.count >= Self.pieceBytes { try await write(writer.take()) }
        }
        done.seriesCount += 1
        done.samples += sample + histogram
    }

    /// Matchers that all of a group satisfy, and few others. Every label that any series of the metric has is named, so that one series
    /// alone is matched by its labels.
    static func matchers(_ group: ArraySlice<Labels>, _ labelNames: [String]) throws -> [Matcher] {
        var values: [String: Set<String>] = [:]
        for labels in group {
            for name in labelNames where (values[name]?.count ?? 0) <= valuesPerMatcherMax { values[name, default: []].insert(labels[name] ?? "") }
        }
        return try labelNames.compactMap { name in
            guard let found = values[name], found.count <= valuesPerMatcherMax else { return nil }
            if found.count == 1 { return Matcher(name, equals: found.first!) }
            return try Matcher(name, .regex, found.sorted().map(Self.quotedPattern).joined(separator: "|"))
        }
    }

    /// A pattern that matches a text as it is.
    private static func quotedPattern(_ text: String) -> String {
        var pattern = ""
        for scalar in text.unicodeScalars {
            let isPlain = !scalar.isASCII || scalar == "_" || (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
            if isPlain { pattern.unicodeScalars.append(scalar) } else { pattern += "\\x{\(String(scalar.value, radix: 16))}" }
        }
        return pattern
    }
}

/// A metric and the family that its metadata is known by.
struct ExportFamily {
    let name: String
    let metric: String

    private static let suffixes: [(suffix: String, kinds: [Metadata.Kind])] = [
        ("_bucket", [.histogram, .gaugehistogram]), ("_count", [.histogram, .summary]), ("_sum", [.histogram, .summary]),
        ("_gcount", [.gaugehistogram]), ("_gsum", [.gaugehistogram]), ("_total", [.counter]), ("_created", [.counter, .histogram, .summary]),
        ("_info", [.info]),
    ]

    /// The metrics of a family stand together, in order of their names.
    static func ordered(_ metrics: [String], _ metadata: [String: Metadata]) -> [ExportFamily] {
        metrics.map { ExportFamily(name: family(of: $0, metadata), metric: $0) }
            .sorted { left, right in
                left.name.utf8.elementsEqual(right.name.utf8)
                    ? left.metric.utf8.lexicographicallyPrecedes(right.metric.utf8) : left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
            }
    }

    private static func family(of metric: String, _ metadata: [String: Metadata]) -> String {
        if metadata[metric] != nil { return metric }
        for (suffix, kinds) in suffixes where metric.hasSuffix(suffix) {
            let family = String(metric.dropLast(suffix.count))
            if let known = metadata[family], kinds.contains(known.kind) { return family }
        }
        return metric
    }
}

/// Which sample's line tells which exemplar: the first from its time on that has room, else the last before it.
struct ExemplarHosts {
    private var hosts: [Int: Exemplar] = [:]

    init(_ series: Series, _ exemplars: [Exemplar]) {
        var late: [Exemplar] = []
        for exemplar in exemplars {
            let first = series.timestamps.partitionIndex { $0 >= exemplar.sample.timestamp }
            let host = (first..<series.timestamps.count).first { hosts[$0] == nil && !OpenMetricsWriter.needsBits(series.values[$0]) }
            if let host { hosts[host] = exemplar } else { late.append(exemplar) }
        }
        for exemplar in late.reversed() {
            let host = series.timestamps.indices.reversed().first { hosts[$0] == nil && !OpenMetricsWriter.needsBits(series.values[$0]) }
            if let host { hosts[host] = exemplar }
        }
    }

    subscript(_ sample: Int) -> Exemplar? { hosts.isEmpty ? nil : hosts[sample] }
}

extension [Int64] {
    /// The first index that the condition holds from.
    fileprivate func partitionIndex(_ holds: (Int64) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
