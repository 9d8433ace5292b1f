import Glibc
import Model

/// One bucket of a native histogram with its bounds.
struct HistogramBucket: Equatable {
    var lower: Double
    var upper: Double
    var includesLower: Bool
    var includesUpper: Bool
    var count: Double

    /// As the API writes it: 0 open on the left, 1 open on the right, 2 open on both sides, 3 closed on both.
    var boundaryRule: Int {
        switch (includesLower, includesUpper) {
        case (false, true): 0
        case (true, false): 1
        case (false, false): 2
        case (true, true): 3
        }
    }

    /// All buckets that the spans cover, in ascending order.
    static func all(of histogram: FloatHistogram) -> [HistogramBucket] {
        var buckets: [HistogramBucket] = []
        for (index, count) in positions(histogram.negativeSpans, histogram.negativeBuckets).reversed() {
            let (lower, upper) = bounds(histogram, index)
            buckets.append(HistogramBucket(lower: -upper, upper: -lower, includesLower: true, includesUpper: false, count: count))
        }
        if histogram.zeroCount != 0 {
            let threshold = histogram.zeroThreshold
            buckets.append(
                HistogramBucket(
                    lower: -threshold, upper: threshold, includesLower: true, includesUpper: true, count: histogram.zeroCount))
        }
        for (index, count) in positions(histogram.positiveSpans, histogram.positiveBuckets) {
            let (lower, upper) = bounds(histogram, index)
            buckets.append(
                HistogramBucket(
                    lower: lower, upper: upper, includesLower: histogram.usesCustomBuckets && index == 0, includesUpper: true, count: count))
        }
        return buckets
    }

    /// The index of each bucket that a span covers, with its count.
    private static func positions(_ spans: [FloatHistogram.Span], _ counts: [Double]) -> [(index: Int, count: Double)] {
        var positions: [(index: Int, count: Double)] = []
        var index = 0
        for span in spans {
            index += Int(span.offset)
            for _ in 0..<span.length where positions.count < counts.count {
                positions.append((index, counts[positions.count]))
                index += 1
            }
        }
        return positions
    }

    /// Bucket i of an exponential schema s ends at 2^(i·2^-s); of custom bounds, at the bound i.
    private static func bounds(_ histogram: FloatHistogram, _ index: Int) -> (lower: Double, upper: Double) {
        if histogram.usesCustomBuckets {
            let bounds = histogram.customValues
            let lower = index > 0 && index <= bounds.count ? bounds[index - 1] : -.infinity
            return (lower, bounds.indices.contains(index) ? bounds[index] : .infinity)
        }
        return (exponential(histogram.schema, index - 1), exponential(histogram.schema, index))
    }

    private static func exponential(_ schema: Int32, _ index: Int) -> Double {
        if schema <= 0 { return scalbn(1, Int32(clamping: index << Int(min(-schema, 16)))) }
        let perOctave = 1 << Int(min(schema, 16))
        let octave = index >= 0 ? index / perOctave : -((-index + perOctave - 1) / perOctave)
        return scalbn(exp2(Double(index - octave * perOctave) / Double(perOctave)), Int32(clamping: octave))
    }
}
