/// A native histogram with counts as floats, which hold every integer count below 2^53 exactly.
///
/// `schema` -4…8: exponential buckets with growth 2^(2^-schema); -53: custom bounds in `customValues`. Buckets are absolute
/// counts (not deltas), one for each position that the spans cover, in order.
public struct FloatHistogram: Equatable, Sendable {
    public struct Span: Hashable, Sendable {
        /// Distance from the end of the previous span; of the first span, the index of its first bucket.
        public var offset: Int32
        /// Buckets in a row.
        public var length: UInt32

        public init(offset: Int32, length: UInt32) {
            self.offset = offset
            self.length = length
        }
    }

    public enum CounterReset: UInt8, Hashable, Sendable {
        case unknown = 0, reset = 1, notReset = 2, gauge = 3
    }

    public static let customBucketsSchema: Int32 = -53

    public var schema: Int32
    public var counterReset: CounterReset
    public var zeroThreshold: Double
    public var zeroCount: Double
    public var count: Double
    public var sum: Double
    public var positiveSpans: [Span]
    public var positiveBuckets: [Double]
    public var negativeSpans: [Span]
    public var negativeBuckets: [Double]
    /// Upper bounds of custom buckets, ascending, without +Inf.
    public var customValues: [Double]

    public init(
        schema: Int32 = 0, counterReset: CounterReset = .unknown, zeroThreshold: Double = 0, zeroCount: Double = 0, count: Double = 0,
        sum: Double = 0, positiveSpans: [Span] = [], positiveBuckets: [Double] = [], negativeSpans: [Span] = [],
        negativeBuckets: [Double] = [], customValues: [Double] = []
    ) {
        self.schema = schema
        self.counterReset = counterReset
        self.zeroThreshold = zeroThreshold
        self.zeroCount = zeroCount
        self.count = count
        self.sum = sum
        self.positiveSpans = positiveSpans
        self.positiveBuckets = positiveBuckets
        self.negativeSpans = negativeSpans
        self.negativeBuckets = negativeBuckets
        self.customValues = customValues
    }

    public var usesCustomBuckets: Bool { schema == Self.customBucketsSchema }
}

/// A histogram at a moment. `timestamp` is in milliseconds since 1970.
public struct HistogramSample: Equatable, Sendable {
    public var timestamp: Int64
    public var histogram: FloatHistogram
    /// Written with integer counts: kept so that it goes out as it came in.
    public var isInteger: Bool
    /// When it began to count, in milliseconds since 1970; 0 is unknown.
    public var startTimestamp: Int64

    public init(timestamp: Int64, histogram: FloatHistogram, isInteger: Bool = false, startTimestamp: Int64 = 0) {
        self.timestamp = timestamp
        self.histogram = histogram
        self.isInteger = isInteger
        self.startTimestamp = startTimestamp
    }
}
