/// What one request brings, as columns: the label sets in one run of bytes, the samples of all series one behind another.
///
/// The form that the metric store takes, without a String, an array or a count of references for each series; `MetricBatch` says the
/// same series by series. Series `n` has the bytes from `ends[n - 1].labels` to `ends[n].labels` as labels, and its samples likewise.
public struct MetricColumns: Sendable {
    /// Where a series' labels and samples end; those of the next one begin there.
    public struct SeriesEnd: Sendable {
        public var labels: Int
        public var samples: Int

        public init(labels: Int, samples: Int) {
            self.labels = labels
            self.samples = samples
        }
    }

    /// The canonical bytes of each label set, as `Labels.encoded`.
    public let labelBytes: [UInt8]
    public let ends: [SeriesEnd]
    /// Milliseconds since 1970; in order of time within a series where the sender kept it.
    public let timestamps: [Int64]
    /// The bits of the doubles.
    public let values: [UInt64]
    /// In order of series.
    public let histograms: [(series: Int, sample: HistogramSample)]
    /// In order of series.
    public let exemplars: [(series: Int, exemplar: Exemplar)]
    /// By name of metric family.
    public let metadata: [String: Metadata]

    /// Takes columns that fit together; the label bytes must be canonical.
    public init(
        labelBytes: [UInt8], ends: [SeriesEnd], timestamps: [Int64], values: [UInt64], histograms: [(series: Int, sample: HistogramSample)] = [],
        exemplars: [(series: Int, exemplar: Exemplar)] = [], metadata: [String: Metadata] = [:]
    ) {
        precondition(timestamps.count == values.count && ends.last?.samples ?? 0 == values.count && ends.last?.labels ?? 0 <= labelBytes.count)
        self.labelBytes = labelBytes
        self.ends = ends
        self.timestamps = timestamps
        self.values = values
        self.histograms = histograms
        self.exemplars = exemplars
        self.metadata = metadata
    }

    public init(_ batch: MetricBatch) {
        var labelBytes: [UInt8] = []
        var ends: [SeriesEnd] = []
        var timestamps: [Int64] = []
        var values: [UInt64] = []
        var histograms: [(series: Int, sample: HistogramSample)] = []
        var exemplars: [(series: Int, exemplar: Exemplar)] = []
        ends.reserveCapacity(batch.entries.count)
        labelBytes.reserveCapacity(batch.entries.reduce(0) { $0 + $1.labels.encoded.count })
        for (series, entry) in batch.entries.enumerated() {
            labelBytes += entry.labels.encoded
            for sample in entry.samples {
                timestamps.append(sample.timestamp)
                values.append(sample.value.bitPattern)
            }
            for histogram in entry.histograms { histograms.append((series, histogram)) }
            for exemplar in entry.exemplars { exemplars.append((series, exemplar)) }
            ends.append(SeriesEnd(labels: labelBytes.count, samples: values.count))
        }
        self.init(
            labelBytes: labelBytes, ends: ends, timestamps: timestamps, values: values, histograms: histograms, exemplars: exemplars,
            metadata: batch.metadata)
    }

    public var seriesCount: Int { ends.count }
    public var sampleCount: Int { values.count }

    /// Where a series' canonical bytes lie in `labelBytes`.
    @inline(__always) public func labelRange(of series: Int) -> Range<Int> { (series == 0 ? 0 : ends[series - 1].labels)..<ends[series].labels }

    public func labels(of series: Int) -> Labels { Labels(uncheckedEncoded: Array(labelBytes[labelRange(of: series)])) }
}
