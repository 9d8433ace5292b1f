/// How a metric store behaves. Every default is fit for production.
public struct MetricStoreOptions: Sendable {
    /// A sample older than the newest one by more than this is refused as too old. Milliseconds.
    public var outOfOrderWindowMilliseconds: Int64 = 2 * 3_600_000
    /// A sample further ahead of the clock than this is refused. A day: a host whose time zone is off is not locked out.
    public var futureWindowMilliseconds: Int64 = 24 * 3_600_000
    /// Width of a block; blocks begin at its multiples since 1970. Milliseconds.
    public var blockMilliseconds: Int64 = 2 * 3_600_000
    /// Widths of the ranges whose blocks are merged into one, ascending; each a multiple of the one before and of a block's width, others
    /// are passed over, as are those over half of the retention. Milliseconds; empty merges nothing.
    public var mergedBlockMilliseconds: [Int64] = [12 * 3_600_000, 7 * 24 * 3_600_000]
    /// How long a block's range must have passed before it is sealed. Milliseconds.
    public var sealDelayMilliseconds: Int64 = 3_600_000
    /// Blocks whose newest sample is older than this are dropped. Milliseconds; nil keeps all.
    public var retentionMilliseconds: Int64? = 15 * 24 * 3_600_000
    /// How long figures of every five minutes are kept (count, sum, minimum, maximum, first, last, resets), where longer than the samples;
    /// blocks get them when they are merged. Milliseconds; nil as long as the samples, 0 makes none: they cost some 15 % of the samples.
    public var fiveMinuteRetentionMilliseconds: Int64? = 0
    /// The same for figures of every hour, which the widest merged blocks get. They cost some 2 %.
    public var hourRetentionMilliseconds: Int64? = nil
    /// The oldest blocks are dropped while all blocks together are over this. Bytes; nil is without bound.
    public var retentionBytes: Int64?
    /// Series in memory at once; samples of further series are refused.
    public var seriesMax: Int = Limits.seriesMax
    /// Series that may become new within a minute, on average; samples of further new ones are refused until there is room again. Nil is
    /// without bound. Against a label whose value is different each time, which would fill `seriesMax` before anybody looks.
    public var newSeriesPerMinuteMax: Int?
    /// New series that are taken at once where there were few before: what a fleet brings that is connected for the first time.
    public var newSeriesBurst: Int = 100_000
    public var labelsPerSeriesMax: Int = Limits.labelsPerSeriesMax
    public var labelNameBytesMax: Int = Limits.labelNameBytesMax
    public var labelValueBytesMax: Int = Limits.labelValueBytesMax
    /// A checkpoint is due when the log behind the last one is longer than this. Bytes.
    public var checkpointLogBytes: Int = Limits.checkpointLogBytes
    /// A log segment is closed when it is longer than this, the labels that it names not counted. Bytes.
    public var segmentBytesMax: Int = Limits.segmentBytesMax
    /// Seconds between two looks at whether sealing, a checkpoint or retention is due; 0 leaves them to `maintain()`.
    public var maintenanceIntervalSeconds: Int = 10
    /// Whether `close` writes a checkpoint, so that the next open has no log to read.
    public var checkpointsOnClose: Bool = true

    public init() {}
}
