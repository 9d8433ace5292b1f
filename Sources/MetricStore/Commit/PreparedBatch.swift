import Foundations
import Model

/// A batch that its caller has looked through: what breaks a limit is refused already, and the hashes are made, outside of any lock.
struct PreparedBatch: Sendable {
    let batch: MetricBatch
    let origin: BatchOrigin?
    /// Of each entry's labels; of an entry that is refused, nothing.
    let hashes: [UInt64?]
    /// What is refused so far.
    let outcome: AppendOutcome
    /// A bound of what it can take in the log.
    let estimatedBytes: Int

    /// Bytes that a sample can take at the most: reference, run lengths, timestamp, value.
    private static let sampleBytes = 28

    init(_ batch: MetricBatch, origin: BatchOrigin?, options: MetricStoreOptions) {
        self.batch = batch
        self.origin = origin
        var outcome = AppendOutcome()
        outcome.agent = origin?.agent
        var hashes: [UInt64?] = []
        hashes.reserveCapacity(batch.entries.count)
        var bytes = 256
        for entry in batch.entries {
            if let reason = Self.refusal(of: entry.labels, options) {
                outcome.reject(
                    reason, count: max(1, entry.samples.count + entry.histograms.count + entry.exemplars.count), labels: entry.labels)
                hashes.append(nil)
                continue
            }
            hashes.append(entry.labels.encoded.withUnsafeBytes { memoryHash($0) })
            bytes += entry.labels.encoded.count + 8 + entry.samples.count * Self.sampleBytes
            for sample in entry.histograms { bytes += Self.bytes(of: sample.histogram) }
            for exemplar in entry.exemplars { bytes += exemplar.labels.encoded.count + 32 }
        }
        for (name, value) in batch.metadata { bytes += name.utf8.count + value.help.utf8.count + value.unit.utf8.count + 16 }
        self.outcome = outcome
        self.hashes = hashes
        estimatedBytes = bytes
    }

    private static func bytes(of histogram: FloatHistogram) -> Int {
        64 + 10 * (histogram.positiveBuckets.count + histogram.negativeBuckets.count + histogram.positiveSpans.count + histogram.negativeSpans.count)
            + 8 * histogram.customValues.count
    }

    static func refusal(of labels: Labels, _ options: MetricStoreOptions) -> RejectReason? {
        guard !labels.isEmpty else { return .noLabels }
        var count = 0
        var reason: RejectReason?
        labels.forEachBytes { name, value in
            count += 1
            if name.count > options.labelNameBytesMax { reason = .labelNameTooLong }
            if value.count > options.labelValueBytesMax { reason = .labelValueTooLong }
        }
        return count > options.labelsPerSeriesMax ? .tooManyLabels : reason
    }
}
