import Glibc
import Model

/// Prometheus's two chunks of native histograms: of integer counts (differences of differences) and of floats (XOR).
///
/// Three bytes (the number of samples, the counter reset) come first, then the layout that all samples of the chunk share, then the samples.
/// Source: Prometheus's documentation of its chunk format (tsdb/docs/format/chunks.md).
enum HistogramChunk {
    /// What a chunk says of the counter before its first sample: the two highest bits of the third byte.
    enum ResetHeader: UInt8 {
        case unknown = 0b0000_0000
        case notReset = 0b0100_0000
        case reset = 0b1000_0000
        case gauge = 0b1100_0000
    }

    /// One chunk of histograms that share a layout and ascend in time; integers where the first is one.
    static func encode(_ samples: ArraySlice<HistogramSample>, _ header: ResetHeader) -> [UInt8] {
        precondition((1...Int(UInt16.max)).contains(samples.count))
        var bits = ChunkBits(header: [UInt8(samples.count >> 8), UInt8(samples.count & 0xFF), header.rawValue])
        append(layout: samples.first!.histogram, to: &bits)
        if samples.first!.isInteger { appendIntegers(samples, to: &bits) } else { appendFloats(samples, to: &bits) }
        return bits.bytes
    }

    /// A number's value, last change, and change of changes; the first is written as it is.
    private struct Changes {
        private var value: Int64 = 0
        private var delta: Int64 = 0

        mutating func next(_ new: Int64) -> Int64 {
            let newDelta = new &- value
            defer { (value, delta) = (new, newDelta) }
            return newDelta &- delta
        }

        /// The first value, from which changes count.
        init(_ first: Int64) { value = first }
    }

    private static func appendIntegers(_ samples: ArraySlice<HistogramSample>, to bits: inout ChunkBits) {
        let first = samples.first!
        var time = Changes(first.timestamp)
        var count = Changes(integer(first.histogram.count))
        var zeroCount = Changes(integer(first.histogram.zeroCount))
        var sum = XORValue(first.histogram.sum)
        var buckets = differences(first.histogram).map { Changes($0) }
        bits.append(varbit: first.timestamp)
        bits.append(unsignedVarbit: UInt64(bitPattern: integer(first.histogram.count)))
        bits.append(unsignedVarbit: UInt64(bitPattern: integer(first.histogram.zeroCount)))
        bits.append(double: first.histogram.sum)
        for value in differences(first.histogram) { bits.append(varbit: value) }
        for sample in samples.dropFirst() {
            bits.append(varbit: time.next(sample.timestamp))
            bits.append(varbit: count.next(integer(sample.histogram.count)))
            bits.append(varbit: zeroCount.next(integer(sample.histogram.zeroCount)))
            sum.append(sample.histogram.sum, to: &bits)
            for (index, value) in differences(sample.histogram).enumerated() { bits.append(varbit: buckets[index].next(value)) }
        }
    }

    private static func appendFloats(_ samples: ArraySlice<HistogramSample>, to bits: inout ChunkBits) {
        let first = samples.first!
        var time = Changes(first.timestamp)
        var columns = columns(first.histogram).map { XORValue($0) }
        bits.append(varbit: first.timestamp)
        for value in self.columns(first.histogram) { bits.append(double: value) }
        for sample in samples.dropFirst() {
            bits.append(varbit: time.next(sample.timestamp))
            for (index, value) in self.columns(sample.histogram).enumerated() { columns[index].append(value, to: &bits) }
        }
    }

    private static func columns(_ histogram: FloatHistogram) -> [Double] {
        [histogram.count, histogram.zeroCount, histogram.sum] + histogram.positiveBuckets + histogram.negativeBuckets
    }

    /// Each bucket's difference to the one before, first the positive side, then the negative.
    private static func differences(_ histogram: FloatHistogram) -> [Int64] {
        var result: [Int64] = []
        result.reserveCapacity(histogram.positiveBuckets.count + histogram.negativeBuckets.count)
        for side in [histogram.positiveBuckets, histogram.negativeBuckets] {
            var previous: Int64 = 0
            for bucket in side {
                result.append(integer(bucket) - previous)
                previous = integer(bucket)
            }
        }
        return result
    }

    private static func integer(_ value: Double) -> Int64 { Int64(exactly: value) ?? 0 }

    /// Whether counts can be written as integers.
    static func hasIntegers(_ histogram: FloatHistogram) -> Bool {
        (columns(histogram.with(sum: 0))).allSatisfy { $0 >= 0 && Int64(exactly: $0) != nil }
    }

    private static func append(layout histogram: FloatHistogram, to bits: inout ChunkBits) {
        append(zeroThreshold: histogram.zeroThreshold, to: &bits)
        bits.append(varbit: Int64(histogram.schema))
        for spans in [histogram.positiveSpans, histogram.negativeSpans] {
            bits.append(unsignedVarbit: UInt64(spans.count))
            for span in spans {
                bits.append(unsignedVarbit: UInt64(span.length))
                bits.append(varbit: Int64(span.offset))
            }
        }
        guard histogram.usesCustomBuckets else { return }
        bits.append(unsignedVarbit: UInt64(histogram.customValues.count))
        for bound in histogram.customValues { append(bound: bound, to: &bits) }
    }

    /// A power of two in one byte, all else as 255 and eight bytes.
    private static func append(zeroThreshold: Double, to bits: inout ChunkBits) {
        if zeroThreshold == 0 {
            bits.append(0, bits: 8)
            return
        }
        var exponent: Int32 = 0
        let fraction = frexp(zeroThreshold, &exponent)
        if fraction == 0.5, (-242...11).contains(exponent) {
            bits.append(UInt64(exponent + 243), bits: 8)
        } else {
            bits.append(255, bits: 8)
            bits.append(double: zeroThreshold)
        }
    }

    /// A bound of whole thousandths as an integer, one more than it is; others behind a 0 in eight bytes.
    private static func append(bound: Double, to bits: inout ChunkBits) {
        let thousandths = bound * 1000
        let isWhole = thousandths >= 0 && thousandths <= 33_554_430 && thousandths.rounded() / 1000 == bound
        if isWhole {
            bits.append(unsignedVarbit: UInt64(thousandths.rounded()) + 1)
        } else {
            bits.append(0, bits: 1)
            bits.append(double: bound)
        }
    }
}

extension FloatHistogram {
    fileprivate func with(sum: Double) -> FloatHistogram {
        var copy = self
        copy.sum = sum
        return copy
    }
}
