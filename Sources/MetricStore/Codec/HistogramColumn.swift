import Foundations
import Model

/// Native histograms as bytes, one after another, bit for bit.
///
/// Each begins with flags; where its shape (schema, spans, thresholds, bounds) is that of the one before, the shape is left out and
/// whole-number counts are differences. Layout: `Docs/Formats/metric-block.md`, "Histograms".
struct HistogramCoder {
    private enum Flag {
        static let sameShape: UInt8 = 1
        static let wholeCounts: UInt8 = 2
        static let integer: UInt8 = 4
        /// The counter reset hint stands in the two highest bits.
        static let resetShift: UInt8 = 6
    }

    private var previous: HistogramSample?
    private var previousCounts: [Int64]?

    init() {}

    static func encode(_ samples: [HistogramSample], into bytes: inout [UInt8]) {
        var coder = HistogramCoder()
        for sample in samples { coder.append(sample, to: &bytes) }
    }

    /// `count` histograms; nil where the bytes can't be so many.
    static func decode(_ bytes: UnsafeRawBufferPointer, count: Int) -> [HistogramSample]? {
        guard count <= bytes.count else { return nil }
        var reader = ByteReader(bytes)
        var coder = HistogramCoder()
        var samples: [HistogramSample] = []
        for _ in 0..<count {
            guard let sample = coder.read(&reader) else { return nil }
            samples.append(sample)
        }
        return samples
    }

    mutating func append(_ sample: HistogramSample, to bytes: inout [UInt8]) {
        let histogram = sample.histogram
        let isSame = previous.map { Self.haveSameShape($0.histogram, histogram) } ?? false
        let counts = Self.wholeCounts(histogram)
        bytes.append(
            (isSame ? Flag.sameShape : 0) | (counts != nil ? Flag.wholeCounts : 0) | (sample.isInteger ? Flag.integer : 0)
                | histogram.counterReset.rawValue << Flag.resetShift)
        bytes.append(zigzag: sample.timestamp &- (previous?.timestamp ?? 0))
        if !isSame { Self.appendShape(histogram, to: &bytes) }
        bytes.append(double: histogram.sum)
        if let counts {
            let base = isSame ? previousCounts : nil
            for (index, count) in counts.enumerated() { bytes.append(zigzag: count - (base?[index] ?? 0)) }
        } else {
            Self.forEachCount(histogram) { bytes.append(double: $0) }
        }
        previous = sample
        previousCounts = counts
    }

    mutating func read(_ reader: inout ByteReader) -> HistogramSample? {
        guard let flags = reader.readUInt8(), let distance = reader.readZigzag(),
            let reset = FloatHistogram.CounterReset(rawValue: flags >> Flag.resetShift)
        else { return nil }
        let isSame = flags & Flag.sameShape != 0
        var histogram: FloatHistogram
        if isSame {
            guard let previous else { return nil }
            histogram = previous.histogram
        } else {
            guard let shape = Self.readShape(&reader) else { return nil }
            histogram = shape
        }
        histogram.counterReset = reset
        guard let sum = reader.readDouble() else { return nil }
        histogram.sum = sum
        var counts: [Int64]?
        if flags & Flag.wholeCounts != 0 {
            let base = isSame ? previousCounts : nil
            var read: [Int64] = []
            let filled = Self.fillCounts(&histogram) {
                guard let difference = reader.readZigzag() else { return nil }
                let count = difference &+ (base?[read.count] ?? 0)
                read.append(count)
                return Double(count)
            }
            guard filled else { return nil }
            counts = read
        } else {
            guard Self.fillCounts(&histogram, { reader.readDouble() }) else { return nil }
        }
        let sample = HistogramSample(
            timestamp: distance &+ (previous?.timestamp ?? 0), histogram: histogram, isInteger: flags & Flag.integer != 0)
        previous = sample
        previousCounts = counts
        return sample
    }

    /// Whether the spans cover as many buckets as there are, within bounds: the only histograms that may be stored.
    static func isSound(_ histogram: FloatHistogram) -> Bool {
        func covered(_ spans: [FloatHistogram.Span]) -> UInt64 { spans.reduce(0) { $0 + UInt64($1.length) } }
        return histogram.positiveBuckets.count + histogram.negativeBuckets.count + histogram.customValues.count <= Limits.histogramBucketsMax
            && histogram.positiveSpans.count + histogram.negativeSpans.count <= Limits.histogramBucketsMax
            && covered(histogram.positiveSpans) == UInt64(histogram.positiveBuckets.count)
            && covered(histogram.negativeSpans) == UInt64(histogram.negativeBuckets.count)
    }

    private static func haveSameShape(_ left: FloatHistogram, _ right: FloatHistogram) -> Bool {
        left.schema == right.schema && left.zeroThreshold.bitPattern == right.zeroThreshold.bitPattern
            && left.positiveSpans == right.positiveSpans && left.negativeSpans == right.negativeSpans
            && left.positiveBuckets.count == right.positiveBuckets.count && left.negativeBuckets.count == right.negativeBuckets.count
            && left.customValues.elementsEqual(right.customValues) { $0.bitPattern == $1.bitPattern }
    }

    private static func forEachCount(_ histogram: FloatHistogram, _ body: (Double) -> Void) {
        body(histogram.count)
        body(histogram.zeroCount)
        histogram.positiveBuckets.forEach(body)
        histogram.negativeBuckets.forEach(body)
    }

    /// All counts as integers; nil where one is none (or is -0, which an integer can't say).
    private static func wholeCounts(_ histogram: FloatHistogram) -> [Int64]? {
        var counts: [Int64] = []
        var areWhole = true
        forEachCount(histogram) { value in
            guard areWhole, value.magnitude < 9_007_199_254_740_992, Double(Int64(value)).bitPattern == value.bitPattern else {
                areWhole = false
                return
            }
            counts.append(Int64(value))
        }
        return areWhole ? counts : nil
    }

    private static func fillCounts(_ histogram: inout FloatHistogram, _ next: () -> Double?) -> Bool {
        guard let count = next(), let zeroCount = next() else { return false }
        histogram.count = count
        histogram.zeroCount = zeroCount
        for index in histogram.positiveBuckets.indices {
            guard let value = next() else { return false }
            histogram.positiveBuckets[index] = value
        }
        for index in histogram.negativeBuckets.indices {
            guard let value = next() else { return false }
            histogram.negativeBuckets[index] = value
        }
        return true
    }

    private static func appendShape(_ histogram: FloatHistogram, to bytes: inout [UInt8]) {
        bytes.append(zigzag: Int64(histogram.schema))
        bytes.append(double: histogram.zeroThreshold)
        for spans in [histogram.positiveSpans, histogram.negativeSpans] {
            bytes.append(varint: UInt64(spans.count))
            for span in spans {
                bytes.append(zigzag: Int64(span.offset))
                bytes.append(varint: UInt64(span.length))
            }
        }
        bytes.append(varint: UInt64(histogram.customValues.count))
        for bound in histogram.customValues { bytes.append(double: bound) }
    }

    /// A histogram of this shape whose counts are still 0.
    private static func readShape(_ reader: inout ByteReader) -> FloatHistogram? {
        guard let schema = reader.readZigzag().flatMap(Int32.init(exactly:)), let threshold = reader.readDouble(),
            let positive = readSpans(&reader), let negative = readSpans(&reader), let boundCount = reader.readVarint(),
            boundCount <= UInt64(min(reader.remaining / 8, Limits.histogramBucketsMax))
        else { return nil }
        var histogram = FloatHistogram(schema: schema, zeroThreshold: threshold)
        histogram.positiveSpans = positive.spans
        histogram.negativeSpans = negative.spans
        histogram.positiveBuckets = Array(repeating: 0, count: positive.buckets)
        histogram.negativeBuckets = Array(repeating: 0, count: negative.buckets)
        for _ in 0..<boundCount {
            guard let bound = reader.readDouble() else { return nil }
            histogram.customValues.append(bound)
        }
        return histogram
    }

    private static func readSpans(_ reader: inout ByteReader) -> (spans: [FloatHistogram.Span], buckets: Int)? {
        guard let count = reader.readVarint(), count <= UInt64(min(reader.remaining / 2, Limits.histogramBucketsMax)) else { return nil }
        var spans: [FloatHistogram.Span] = []
        var buckets: UInt64 = 0
        for _ in 0..<count {
            guard let offset = reader.readZigzag().flatMap(Int32.init(exactly:)),
                let length = reader.readVarint().flatMap(UInt32.init(exactly:))
            else { return nil }
            buckets += UInt64(length)
            guard buckets <= UInt64(Limits.histogramBucketsMax) else { return nil }
            spans.append(.init(offset: offset, length: length))
        }
        return (spans, Int(buckets))
    }
}
