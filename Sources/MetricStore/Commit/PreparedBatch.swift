import Foundations
import Model

/// A batch that its caller has looked through, outside of any lock: the hashes of its label sets are made, and its size is bounded.
struct PreparedBatch: Sendable {
    let columns: MetricColumns
    let origin: BatchOrigin?
    /// Of each series' labels.
    let hashes: [UInt64]
    /// Earliest and latest time of its floats; nil where there are none.
    let times: ClosedRange<Int64>?
    /// A bound of what it can take in the log.
    let estimatedBytes: Int

    /// Bytes that a sample can take at the most: reference, run lengths, timestamp, value.
    private static let sampleBytes = 28
    /// Bytes that a series can take beside its labels.
    private static let seriesBytes = 8

    init(_ columns: MetricColumns, origin: BatchOrigin?) {
        self.columns = columns
        self.origin = origin
        hashes = columns.labelBytes.withUnsafeBytes { bytes in
            [UInt64](unsafeUninitializedCapacity: columns.seriesCount) { output, count in
                var start = 0
                for series in 0..<columns.seriesCount {
                    let end = columns.ends[series].labels
                    output[series] = memoryHash(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
                    start = end
                }
                count = columns.seriesCount
            }
        }
        times = Self.range(columns.timestamps)
        var bytes = 256 + columns.labelBytes.count + columns.seriesCount * Self.seriesBytes + columns.sampleCount * Self.sampleBytes
        for (_, sample) in columns.histograms { bytes += Self.bytes(of: sample.histogram) }
        for (_, exemplar) in columns.exemplars { bytes += exemplar.labels.encoded.count + 32 }
        for (name, value) in columns.metadata { bytes += name.utf8.count + value.help.utf8.count + value.unit.utf8.count + 16 }
        estimatedBytes = bytes
    }

    private static func range(_ timestamps: [Int64]) -> ClosedRange<Int64>? {
        guard var first = timestamps.first else { return nil }
        var last = first
        for timestamp in timestamps {
            first = min(first, timestamp)
            last = max(last, timestamp)
        }
        return first...last
    }

    private static func bytes(of histogram: FloatHistogram) -> Int {
        64 + 10 * (histogram.positiveBuckets.count + histogram.negativeBuckets.count + histogram.positiveSpans.count + histogram.negativeSpans.count)
            + 8 * histogram.customValues.count
    }
}
