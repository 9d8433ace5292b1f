/// What one request brings: series with their new samples, to be stored as a whole or not at all.
public struct MetricBatch: Sendable {
    public struct Entry: Sendable {
        public var labels: Labels
        /// In order of time where the sender kept it.
        public var samples: [Sample]
        public var histograms: [HistogramSample]
        public var exemplars: [Exemplar]

        public init(labels: Labels, samples: [Sample] = [], histograms: [HistogramSample] = [], exemplars: [Exemplar] = []) {
            self.labels = labels
            self.samples = samples
            self.histograms = histograms
            self.exemplars = exemplars
        }
    }

    public var entries: [Entry]
    /// By name of metric family.
    public var metadata: [String: Metadata]

    public init(entries: [Entry] = [], metadata: [String: Metadata] = [:]) {
        self.entries = entries
        self.metadata = metadata
    }

    public var sampleCount: Int { entries.reduce(0) { $0 + $1.samples.count } }
    public var histogramCount: Int { entries.reduce(0) { $0 + $1.histograms.count } }
    public var exemplarCount: Int { entries.reduce(0) { $0 + $1.exemplars.count } }
}
