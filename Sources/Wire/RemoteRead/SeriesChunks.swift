import Model

/// A run of a series' samples as Prometheus packs them.
struct SeriesChunk: Equatable {
    /// As `prometheus.Chunk` numbers them.
    enum Encoding: UInt64 {
        case xor = 1, histogram = 2, floatHistogram = 3
    }

    var start: Int64
    var end: Int64
    var encoding: Encoding
    var data: [UInt8]
}

/// Cuts a series into chunks one after another, in order of time.
struct SeriesChunks: Sequence, IteratorProtocol {
    private let series: Series
    private var float = 0
    private var histogram = 0
    /// Of the chunk before, where that was one of histograms.
    private var previous: HistogramSample?

    init(_ series: Series) { self.series = series }

    mutating func next() -> SeriesChunk? {
        let hasFloat = float < series.timestamps.count
        guard histogram < series.histograms.count else { return hasFloat ? nextFloats(before: .max) : nil }
        let moment = series.histograms[histogram].timestamp
        return hasFloat && series.timestamps[float] < moment ? nextFloats(before: moment) : nextHistograms()
    }

    private mutating func nextFloats(before end: Int64) -> SeriesChunk {
        let start = float
        while float < series.timestamps.count, float - start < Limits.samplesPerChunk, series.timestamps[float] < end { float += 1 }
        previous = nil
        return SeriesChunk(
            start: series.timestamps[start], end: series.timestamps[float - 1], encoding: .xor,
            data: FloatChunk.encode(series.timestamps[start..<float], series.values[start..<float]))
    }

    private mutating func nextHistograms() -> SeriesChunk {
        let end = float < series.timestamps.count ? series.timestamps[float] : .max
        let first = Self.written(series.histograms[histogram])
        let header = resetHeader(first)
        var samples = [first]
        histogram += 1
        while histogram < series.histograms.count, samples.count < Limits.samplesPerChunk, series.histograms[histogram].timestamp < end {
            let next = Self.written(series.histograms[histogram])
            guard Self.continues(samples.last!, next) else { break }
            samples.append(next)
            histogram += 1
        }
        previous = samples.last
        return SeriesChunk(
            start: first.timestamp, end: samples.last!.timestamp, encoding: first.isInteger ? .histogram : .floatHistogram,
            data: HistogramChunk.encode(samples[...], header))
    }

    /// As it goes into a chunk: a stale marker has neither layout nor counts, and what has no integer counts is one of floats.
    private static func written(_ sample: HistogramSample) -> HistogramSample {
        if StaleMarker.isStale(sample.histogram.sum) {
            let marker = FloatHistogram(counterReset: sample.histogram.counterReset, sum: StaleMarker.value)
            return HistogramSample(timestamp: sample.timestamp, histogram: marker, isInteger: sample.isInteger)
        }
        var sample = sample
        sample.isInteger = sample.isInteger && HistogramChunk.hasIntegers(sample.histogram)
        return sample
    }

    private func resetHeader(_ first: HistogramSample) -> HistogramChunk.ResetHeader {
        switch first.histogram.counterReset {
        case .gauge: .gauge
        case .reset: .reset
        case .notReset: .notReset
        case .unknown: previous.map { Self.sharesLayout($0, first) && Self.decreases($0.histogram, first.histogram) } == true ? .reset : .unknown
        }
    }

    /// Whether a histogram can stand in the chunk of the one before, where readers take it for one without a counter reset between.
    private static func continues(_ last: HistogramSample, _ next: HistogramSample) -> Bool {
        guard sharesLayout(last, next), next.histogram.counterReset != .reset,
            (last.histogram.counterReset == .gauge) == (next.histogram.counterReset == .gauge)
        else { return false }
        return next.histogram.counterReset == .gauge || !decreases(last.histogram, next.histogram)
    }

    private static func sharesLayout(_ left: HistogramSample, _ right: HistogramSample) -> Bool {
        let (one, other) = (left.histogram, right.histogram)
        return left.isInteger == right.isInteger && one.schema == other.schema && one.zeroThreshold == other.zeroThreshold
            && one.positiveSpans == other.positiveSpans && one.negativeSpans == other.negativeSpans && one.customValues == other.customValues
            && StaleMarker.isStale(one.sum) == StaleMarker.isStale(other.sum)
    }

    private static func decreases(_ last: FloatHistogram, _ next: FloatHistogram) -> Bool {
        next.count < last.count || next.zeroCount < last.zeroCount || zip(last.positiveBuckets, next.positiveBuckets).contains { $1 < $0 }
            || zip(last.negativeBuckets, next.negativeBuckets).contains { $1 < $0 }
    }
}
