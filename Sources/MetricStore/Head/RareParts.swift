import Foundations
import Model

/// What few series have: late samples, histograms, exemplars.
struct RareParts: Sendable {
    /// Samples that came out of order, ascending in time, at most one of each time. They replace those of the chunks.
    var late: [Sample] = []
    /// Cut off for a block that isn't in place yet. Older than what the series got since; later ones replace earlier ones.
    var sealingHistograms: [HistogramChunk] = []
    var histograms = HistogramColumnParts()
    /// The newest ones, oldest first.
    var exemplars: [Exemplar] = []

    var isEmpty: Bool { late.isEmpty && sealingHistograms.isEmpty && histograms.isEmpty && exemplars.isEmpty }

    mutating func insertLate(_ sample: Sample) {
        let index = late.lowerBound { $0.timestamp < sample.timestamp }
        if index < late.count, late[index].timestamp == sample.timestamp { late[index] = sample } else { late.insert(sample, at: index) }
    }

    /// Keeps the newest; one that is there already is kept once.
    mutating func insert(_ exemplar: Exemplar) {
        if exemplars.contains(exemplar) { return }
        let index = exemplars.lowerBound { $0.sample.timestamp <= exemplar.sample.timestamp }
        exemplars.insert(exemplar, at: index)
        if exemplars.count > Limits.exemplarsPerSeriesMax { exemplars.removeFirst() }
    }

    func mayHaveData(from start: Int64, through end: Int64) -> Bool {
        func overlaps(_ first: Int64, _ last: Int64) -> Bool { last >= start && first <= end }
        return late.contains { overlaps($0.timestamp, $0.timestamp) } || sealingHistograms.contains { overlaps($0.first, $0.last) }
            || histograms.first.map { overlaps($0, histograms.last ?? $0) } ?? false
    }

    /// An estimate.
    var bytes: Int {
        var bytes = 128 + late.count * 16 + histograms.open.count * 512 + exemplars.count * 96
        for chunk in histograms.closed + sealingHistograms { bytes += chunk.bytes.count + 64 }
        return bytes
    }
}

/// Packed histograms, ascending in time.
struct HistogramChunk: Sendable {
    let bytes: [UInt8]
    let count: Int
    let first: Int64
    let last: Int64

    init?(_ samples: [HistogramSample]) {
        guard let first = samples.first, let last = samples.last else { return nil }
        var bytes: [UInt8] = []
        HistogramCoder.encode(samples, into: &bytes)
        self.init(bytes: bytes, count: samples.count, first: first.timestamp, last: last.timestamp)
    }

    init(bytes: [UInt8], count: Int, first: Int64, last: Int64) {
        self.bytes = bytes
        self.count = count
        self.first = first
        self.last = last
    }

    func decoded() -> [HistogramSample] { bytes.withUnsafeBytes { HistogramCoder.decode($0, count: count) } ?? [] }
}

/// A series' histograms in memory: packed ones, the newest as they are, and late ones until they are enough to be merged.
struct HistogramColumnParts: Sendable {
    private(set) var closed: [HistogramChunk] = []
    private(set) var open: [HistogramSample] = []
    /// Ascending in time; they replace those of the same time.
    private var late: [HistogramSample] = []

    init() {}
    init(_ samples: [HistogramSample]) { for sample in samples { append(sample) } }
    init(closed: [HistogramChunk]) { self.closed = closed }

    var isEmpty: Bool { closed.isEmpty && open.isEmpty && late.isEmpty }
    var count: Int { closed.reduce(open.count + late.count) { $0 + $1.count } }
    var first: Int64? { [closed.first?.first ?? open.first?.timestamp, late.first?.timestamp].compactMap { $0 }.min() }
    var last: Int64? { [open.last?.timestamp ?? closed.last?.last, late.last?.timestamp].compactMap { $0 }.max() }

    /// Everything packed.
    var chunks: [HistogramChunk] {
        if !late.isEmpty { return HistogramColumnParts(decoded()).chunks }
        return closed + (HistogramChunk(open).map { [$0] } ?? [])
    }

    func decoded() -> [HistogramSample] { mergedHistograms([closed.flatMap { $0.decoded() } + open, late]) }

    /// A histogram of a time that is there already replaces the one there.
    mutating func append(_ sample: HistogramSample) {
        if let newest = open.last?.timestamp ?? closed.last?.last, sample.timestamp <= newest { return appendLate(sample) }
        open.append(sample)
        if open.count >= Limits.openHistogramsMax, let chunk = HistogramChunk(open) {
            closed.append(chunk)
            open.removeAll()
        }
    }

    private mutating func appendLate(_ sample: HistogramSample) {
        let index = late.lowerBound { $0.timestamp < sample.timestamp }
        if index < late.count, late[index].timestamp == sample.timestamp { late[index] = sample } else { late.insert(sample, at: index) }
        if late.count > Limits.lateSamplesMax { self = HistogramColumnParts(decoded()) }
    }
}
