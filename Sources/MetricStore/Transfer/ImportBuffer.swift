import Foundations
import Model

/// Samples of an import that are in memory, in the order they came.
///
/// They leave as a run: segments in order of block range and labels, each the samples of one series in one range, ascending in time.
/// A segment is `Int64` start of the range, `UInt32` series, `UInt32` number of samples, `UInt32` number of histograms, `UInt32` their
/// bytes, then times, values and histograms. Runs are read by the process that wrote them alone.
struct ImportBuffer {
    static let segmentHeaderBytes = 24

    private var series: [UInt32] = []
    private var times: [Int64] = []
    private var values: [Double] = []
    private var histograms: [(series: UInt32, sample: HistogramSample)] = []
    /// Samples, with each histogram for as many as it takes memory.
    private(set) var weight = 0

    var isEmpty: Bool { series.isEmpty && histograms.isEmpty }

    @inline(__always) mutating func append(_ number: UInt32, _ timestamp: Int64, _ value: Double) {
        series.append(number)
        times.append(timestamp)
        values.append(value)
        weight += 1
    }

    mutating func append(_ number: UInt32, _ sample: HistogramSample) {
        histograms.append((number, sample))
        weight += Limits.samplesPerHistogram + sample.histogram.positiveBuckets.count + sample.histogram.negativeBuckets.count
    }

    mutating func removeAll() {
        series.removeAll(keepingCapacity: true)
        times.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        histograms.removeAll()
        weight = 0
    }

    /// One series' samples within one block's range.
    private struct Segment {
        let window: Int64
        let rank: Int
        let number: UInt32
        let samples: Range<Int>
        let histograms: Range<Int>
    }

    /// Hands the run over in pieces. `labels` are those of each series by its number.
    func write<Failure: Error>(labels: [Labels], blockMilliseconds: Int64, to write: ([UInt8]) throws(Failure) -> Void) throws(Failure) {
        let (times, values, sampleRanges) = orderedSamples(seriesCount: labels.count)
        let (histograms, histogramRanges) = orderedHistograms()
        let present = Set(sampleRanges.keys).union(histogramRanges.keys).sorted { labels[Int($0)] < labels[Int($1)] }
        var segments: [Segment] = []
        for (rank, number) in present.enumerated() {
            addSegments(
                number, rank, sampleRanges[number] ?? 0..<0, times, histogramRanges[number] ?? 0..<0, histograms, blockMilliseconds, to: &segments)
        }
        segments.sort { ($0.window, $0.rank) < ($1.window, $1.rank) }
        var bytes: [UInt8] = []
        var packed: [UInt8] = []
        for segment in segments {
            packed.removeAll(keepingCapacity: true)
            HistogramCoder.encode(segment.histograms.map { histograms[$0] }, into: &packed)
            bytes.append(littleEndian: segment.window)
            for number in [segment.number, UInt32(segment.samples.count), UInt32(segment.histograms.count), UInt32(packed.count)] { bytes.append(littleEndian: number) }
            times[segment.samples].withUnsafeBytes { bytes.append(contentsOf: $0) }
            values[segment.samples].withUnsafeBytes { bytes.append(contentsOf: $0) }
            bytes += packed
            if bytes.count >= Limits.importPieceBytes {
                try write(bytes)
                bytes.removeAll(keepingCapacity: true)
            }
        }
        try write(bytes)
    }

    /// Times and values by series, each series' ascending, of equal times the last one; and where each series' are.
    private func orderedSamples(seriesCount: Int) -> (times: [Int64], values: [Double], ranges: [UInt32: Range<Int>]) {
        var starts = [Int](repeating: 0, count: seriesCount + 1)
        for number in series { starts[Int(number) + 1] += 1 }
        for index in 1..<starts.count { starts[index] += starts[index - 1] }
        var places = starts
        var order = [UInt32](repeating: 0, count: series.count)
        for (index, number) in series.enumerated() {
            order[places[Int(number)]] = UInt32(index)
            places[Int(number)] += 1
        }
        var (orderedTimes, orderedValues): ([Int64], [Double]) = ([], [])
        orderedTimes.reserveCapacity(series.count)
        orderedValues.reserveCapacity(series.count)
        var ranges: [UInt32: Range<Int>] = [:]
        for number in 0..<seriesCount where starts[number] < starts[number + 1] {
            var own = order[starts[number]..<starts[number + 1]]
            let isAscending = zip(own, own.dropFirst()).allSatisfy { times[Int($0)] < times[Int($1)] }
            // By place too: of equal times, the one that came last stands last.
            if !isAscending { own.sort { (times[Int($0)], $0) < (times[Int($1)], $1) } }
            let start = orderedTimes.count
            for index in own {
                if orderedTimes.count > start, orderedTimes[orderedTimes.count - 1] == times[Int(index)] {
                    orderedValues[orderedValues.count - 1] = values[Int(index)]
                } else {
                    orderedTimes.append(times[Int(index)])
                    orderedValues.append(values[Int(index)])
                }
            }
            ranges[UInt32(number)] = start..<orderedTimes.count
        }
        return (orderedTimes, orderedValues, ranges)
    }

    private func orderedHistograms() -> (histograms: [HistogramSample], ranges: [UInt32: Range<Int>]) {
        let order = histograms.indices.sorted {
            (histograms[$0].series, histograms[$0].sample.timestamp, $0) < (histograms[$1].series, histograms[$1].sample.timestamp, $1)
        }
        var ordered: [HistogramSample] = []
        var ranges: [UInt32: Range<Int>] = [:]
        for index in order {
            let (number, sample) = histograms[index]
            let start = ranges[number]?.lowerBound ?? ordered.count
            if ordered.count > start, ordered[ordered.count - 1].timestamp == sample.timestamp { ordered.removeLast() }
            ordered.append(sample)
            ranges[number] = start..<ordered.count
        }
        return (ordered, ranges)
    }

    private func addSegments(
        _ number: UInt32, _ rank: Int, _ samples: Range<Int>, _ times: [Int64], _ histogramRange: Range<Int>, _ histograms: [HistogramSample],
        _ width: Int64, to segments: inout [Segment]
    ) {
        var (sample, histogram) = (samples.lowerBound, histogramRange.lowerBound)
        while sample < samples.upperBound || histogram < histogramRange.upperBound {
            let window = min(
                sample < samples.upperBound ? blockStart(of: times[sample], width) : .max,
                histogram < histogramRange.upperBound ? blockStart(of: histograms[histogram].timestamp, width) : .max)
            let (sampleStart, histogramStart) = (sample, histogram)
            while sample < samples.upperBound, blockStart(of: times[sample], width) == window { sample += 1 }
            while histogram < histogramRange.upperBound, blockStart(of: histograms[histogram].timestamp, width) == window { histogram += 1 }
            segments.append(
                Segment(window: window, rank: rank, number: number, samples: sampleStart..<sample, histograms: histogramStart..<histogram))
        }
    }
}
