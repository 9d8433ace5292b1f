import Foundations

/// The series that a query has found. Their samples are decoded one series after another when they are asked for, so that a query over
/// many of them holds few at a time.
public protocol MetricScan: Sendable {
    /// Of all series, ascending and each once. One may turn out to have no sample in the range.
    var labels: [Labels] { get }
    /// No more samples than this are read in all; what lies in half-covered blocks counts.
    var samplesBound: Int { get }
    /// Where only figures of steps are left of samples that have passed their retention. `read` gives the last sample of each step there, at
    /// its own time; `summarize` never declines, and counts a step to the window that holds its last sample: windows whose ends are
    /// multiples of the step hold whole steps.
    var downsampled: [DownsampledTime] { get }
    /// Reads what lies between two moments (milliseconds since 1970, both included) within the query's range. For one thread at a time.
    func makeCursor(from start: Int64, through end: Int64) -> any MetricCursor
}

extension MetricScan {
    public var downsampled: [DownsampledTime] { [] }
}

/// Time whose samples have passed their retention while figures of its steps are kept. A step reaches from behind a multiple of its
/// width since 1970 through the next one.
public struct DownsampledTime: Hashable, Sendable {
    /// Milliseconds since 1970: the end of the step before the first one, and the end of the last one.
    public let after: Int64
    public let through: Int64
    /// The width of its finest steps; above 0.
    public let stepMilliseconds: Int64

    public init(after: Int64, through: Int64, stepMilliseconds: Int64) {
        self.after = after
        self.through = through
        self.stepMilliseconds = stepMilliseconds
    }
}

/// Decodes series of a scan into buffers of its own, which the next series reuses.
public protocol MetricCursor: AnyObject {
    /// Hands out a series' samples; the view lives only during the call. `index` is a place in the scan's labels.
    func read(_ index: Int, _ body: (SampleView) throws -> Void) throws
    /// Appends figures of windows of a series, one for each (nil where a window has no sample), without decoding all of it: false, and
    /// nothing appended, where `read` is as good. The windows ascend and lie within the cursor's range, but for those that were moved to
    /// whole steps of downsampled time.
    func summarize(_ index: Int, _ windows: [TimeWindow], to figures: inout [WindowFigures?]) throws -> Bool
    /// What has been read so far.
    var figures: ScanFigures { get }
}

extension MetricCursor {
    /// Samples in memory have no summaries.
    public func summarize(_ index: Int, _ windows: [TimeWindow], to figures: inout [WindowFigures?]) throws -> Bool { false }
}

/// The samples of one series in a range, ascending in time; a moment has a float or a histogram, never both.
public struct SampleView {
    /// Milliseconds since 1970.
    public let timestamps: UnsafeBufferPointer<Int64>
    /// As many as there are timestamps.
    public let values: UnsafeBufferPointer<Double>
    public let histograms: [HistogramSample]
    /// As in `Series`; empty where nothing says when a counter began.
    public let startTimestamps: [Int64]
    /// Views of one cursor with the same number have the same timestamps. 0: nothing is known.
    public let timestampsNumber: UInt64

    public init(
        timestamps: UnsafeBufferPointer<Int64>, values: UnsafeBufferPointer<Double>, histograms: [HistogramSample] = [],
        startTimestamps: [Int64] = [], timestampsNumber: UInt64 = 0
    ) {
        self.timestamps = timestamps
        self.values = values
        self.histograms = histograms
        self.startTimestamps = startTimestamps
        self.timestampsNumber = timestampsNumber
    }

    @inlinable public var sampleCount: Int { timestamps.count + histograms.count }
}

extension SampleView {
    /// A series of its own, with timestamps that may be shared with others.
    public func series(_ labels: Labels, timestamps shared: [Int64]? = nil) -> Series {
        var series = Series(labels: labels, timestamps: shared ?? Array(timestamps), values: Array(values), histograms: histograms)
        series.startTimestamps = startTimestamps
        return series
    }
}

/// What reading has cost.
public struct ScanFigures: Hashable, Sendable {
    /// Series with a sample in the range.
    public var series = 0
    /// Samples in the range.
    public var samples = 0
    /// Samples that had to be decoded for them.
    public var samplesDecoded = 0
    /// Downsampled steps that stood in for samples.
    public var steps = 0
    /// Bytes that these took in files and in memory.
    public var bytes = 0

    public init() {}

    public static func + (left: ScanFigures, right: ScanFigures) -> ScanFigures {
        var sum = left
        sum.series += right.series
        sum.samples += right.samples
        sum.samplesDecoded += right.samplesDecoded
        sum.steps += right.steps
        sum.bytes += right.bytes
        return sum
    }

    public static func - (left: ScanFigures, right: ScanFigures) -> ScanFigures {
        var rest = left
        rest.series -= right.series
        rest.samples -= right.samples
        rest.samplesDecoded -= right.samplesDecoded
        rest.steps -= right.steps
        rest.bytes -= right.bytes
        return rest
    }
}

/// A scan of series that are in memory already.
public struct SeriesScan: MetricScan {
    public let series: [Series]

    /// Takes series that are sorted by labels.
    public init(_ series: [Series]) { self.series = series }

    public var labels: [Labels] { series.map(\.labels) }
    public var samplesBound: Int { series.reduce(0) { $0 + $1.sampleCount } }

    public func makeCursor(from start: Int64, through end: Int64) -> any MetricCursor { SeriesCursor(series, start, end) }
}

private final class SeriesCursor: MetricCursor {
    private let series: [Series]
    private let start: Int64
    private let end: Int64
    private(set) var figures = ScanFigures()

    init(_ series: [Series], _ start: Int64, _ end: Int64) {
        self.series = series
        self.start = start
        self.end = end
    }

    func read(_ index: Int, _ body: (SampleView) throws -> Void) throws {
        let one = series[index]
        try one.timestamps.withUnsafeBufferPointer { timestamps in
            try one.values.withUnsafeBufferPointer { values in
                let low = Self.index(in: timestamps) { $0 < start }
                let high = max(low, Self.index(in: timestamps) { $0 <= end })
                let isWhole = one.histograms.allSatisfy { $0.timestamp >= start && $0.timestamp <= end }
                let view = SampleView(
                    timestamps: UnsafeBufferPointer(rebasing: timestamps[low..<high]), values: UnsafeBufferPointer(rebasing: values[low..<high]),
                    histograms: isWhole ? one.histograms : one.histograms.filter { $0.timestamp >= start && $0.timestamp <= end },
                    startTimestamps: one.startTimestamps.isEmpty ? [] : Array(one.startTimestamps[low..<high]))
                figures.series += view.sampleCount > 0 ? 1 : 0
                figures.samples += view.sampleCount
                figures.samplesDecoded += view.sampleCount
                try body(view)
            }
        }
    }

    private static func index(in timestamps: UnsafeBufferPointer<Int64>, _ isBefore: (Int64) -> Bool) -> Int {
        var low = 0
        var high = timestamps.count
        while low < high {
            let middle = (low + high) / 2
            if isBefore(timestamps[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
