/// Every bound of the metric store, with its reason. The ones a person may set are defaults of `MetricStoreOptions`.
public enum Limits {
    /// Series in memory at once: about 300 bytes each with their newest samples, so some 1.5 GiB.
    public static let seriesMax = 5_000_000
    /// Labels of one series: far above what instrumentation has, and it bounds the index of one series.
    public static let labelsPerSeriesMax = 64
    /// Bytes of one label's name.
    public static let labelNameBytesMax = 128
    /// Bytes of one label's value.
    public static let labelValueBytesMax = 2048
    /// Buckets of one native histogram, on both sides together: the finest schema needs 160 for one growth by e.
    public static let histogramBucketsMax = 10_000
    /// Metric families whose metadata is kept.
    public static let metadataMax = 100_000
    /// Bytes of a help text or of a unit; longer ones are refused.
    public static let metadataTextBytesMax = 4096
    /// Agents whose high-water mark is kept: one entry costs about 100 bytes and is written with every checkpoint.
    public static let agentsMax = 100_000
    /// Exemplars kept for one series: the newest ones.
    public static let exemplarsPerSeriesMax = 16
    /// Labels of one exemplar, in encoded bytes: OpenMetrics allows 128 characters.
    public static let exemplarLabelBytesMax = 512
    /// Metrics, and agents, of which refusals are counted apart: one entry takes some 100 bytes.
    static let refusalEntriesMax = 1_000
    /// Metrics of one batch of which refusals are counted apart.
    static let refusedMetricsPerBatchMax = 64
    /// Characters of a refused metric's name that are kept.
    static let refusedNameCharactersMax = 128
    /// Deletions that still cover a block. Each is looked at for every series of a query.
    public static let tombstonesMax = 10_000
    /// Matchers of one deletion or selector.
    public static let matchersMax = 64

    /// Samples in a closed chunk of the head: a range query decodes whole chunks, and 256 keeps that under 2 microseconds.
    static let chunkSamplesMax = 256
    /// Samples in a closed chunk whose samples from `chunkSamplesMax` on repeat the one before: they take two bits each and decode fast.
    static let steadyChunkSamplesMax = 4096
    /// 64-bit words of a chunk: `chunkSamplesMax` samples take 145 bits each at the most, further ones two.
    static let chunkWordsMax = 1023
    /// Histograms kept decoded at the end of a series before they are packed.
    static let openHistogramsMax = 32
    /// Out-of-order samples of one series before they are merged into its chunks: each insertion moves this many at the most.
    static let lateSamplesMax = 128

    /// Bytes of one record: above every batch that the collector admits (16 MiB inflated), below what a restart may hold in memory twice.
    static let recordBytesMax = 256 << 20
    /// Bytes that one batch may take in the log, by a bound that counts 28 for a sample: far above what the collector admits.
    public static let batchBytesMax = 128 << 20
    /// A commit group takes no more batches once its record has this size, so that the first of them isn't held up by the last.
    static let groupBytesMax = 8 << 20
    /// Bytes that may wait for the committer before batches are refused: some seconds of a fast disk.
    static let queueBytesMax = 256 << 20
    /// A log segment is closed when it is longer than this, the labels that it names not counted: each segment names all series anew.
    static let segmentBytesMax = 64 << 20
    /// A checkpoint is due when the log behind the last one is longer than this (or than the last checkpoint, where that is longer).
    static let checkpointLogBytes = 64 << 20
    /// Series looked at under one hold of the head's lock by checkpoints and sealing: well under a millisecond.
    static let seriesPerHold = 1024
    /// Bytes of a checkpoint's series record: what one damaged sector can cost.
    static let checkpointRecordBytes = 256 << 10
    /// Bytes of a manifest: 10,000 blocks are 320 KiB.
    static let manifestBytesMax = 16 << 20
    /// Bytes under one checksum in a block: read and checked as a whole before any of it is used.
    static let blockPageBytes = 16 << 10
    /// Samples in one column of a block: 2 hours at one each millisecond are 7.2 million.
    static let columnSamplesMax = 8 << 20
    /// Samples in a part of a merged block's series: a query decodes whole parts, and 12 hours at one each 10 seconds are 4,320.
    static let partSamplesMax = 4608
    /// About the samples in a slice of a part (`BlockColumns.sliceSamples` has the number): decoded alone where a query needs few, and
    /// summarized where it needs all of them. Each slice costs some 8 bytes, and decodes in about a microsecond.
    static let sliceSamplesMax = 576
    /// Samples that one histogram counts as in a part: its buckets take that much more.
    static let samplesPerHistogram = 16
    /// Bytes of timestamp columns that are kept while a block is written, so that series can share them.
    static let sharedTimestampBytesMax = 32 << 20
    /// Series in a merged block: its index is made in memory, in some 150 bytes for each.
    static let mergedSeriesMax = 4_000_000
    /// Free bytes that merging leaves to the log, beyond twice what it merges.
    static let mergeFreeBytes: Int64 = 256 << 20
    /// Of the bytes that retention allows, the part that one merged block may take, so that dropping it doesn't drop nearly all.
    static let mergedBlocksPerRetention: Int64 = 4
    /// Seconds before merging is tried again by itself after it failed.
    static let mergeRetrySeconds: Int64 = 600
    /// Samples of an import in memory: with their order, some 80 MiB.
    static let importSamplesMax = 2 << 20
    /// Blocks of one import: two years of 2 hours each. Their numbers and files are made before any is listed.
    static let importBlocksMax = 10_000
    /// Bytes that an import writes at once.
    static let importPieceBytes = 1 << 20
    /// Series of which an import keeps exemplars.
    static let importExemplarSeriesMax = 100_000
    /// Series with exemplars in one batch: 16 exemplars of 512 bytes each make 16 MiB.
    static let importExemplarSeriesPerBatch = 2_000
    /// The earliest time that is imported: the year 1, in milliseconds since 1970.
    static let importTimeMin: Int64 = -62_135_596_800_000
    /// Series merged between two looks at what else is due.
    static let seriesPerMergeStep = 256
    /// Files that quarantine keeps; older ones are removed.
    static let quarantineFilesMax = 64
    /// Notes about damage that statistics show; the count goes on.
    static let damageNotesMax = 32
    /// Timestamps that one cursor keeps decoded for other series with the same ones: some hundred targets' of 12 hours at 10 seconds.
    static let cursorTimestampBytesMax = 8 << 20
    /// Of what selectors have found in blocks: some 80,000 series, those of a large screen of dashboards.
    static let selectionCacheBytesMax = 48 << 20
    /// Series between two looks at whether the caller has gone.
    static let seriesPerCancellationCheck = 256
}
