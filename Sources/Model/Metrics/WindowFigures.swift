/// A stretch of time, from behind its start through its end, as ranges of queries are.
public struct TimeWindow: Hashable, Sendable {
    /// Milliseconds since 1970; not in it.
    public let after: Int64
    /// Milliseconds since 1970; in it.
    public let through: Int64

    public init(after: Int64, through: Int64) {
        self.after = after
        self.through = through
    }
}

/// What most functions over a range need of the samples in a window, stale markers left out.
public struct WindowFigures: Hashable, Sendable {
    /// At least 1.
    public let count: Int
    /// Milliseconds since 1970.
    public let firstTimestamp: Int64
    public let lastTimestamp: Int64
    public let first: Double
    public let last: Double
    /// NaN where one of the samples is no number; without meaning where the sum passes what a double holds.
    public let sum: Double
    /// Of what is a number; NaN where nothing is.
    public let minimum: Double
    public let maximum: Double
    /// The values before each fall, added up: what a counter's resets hide of its growth. NaN where nobody kept it.
    public let resetCorrection: Double

    public init(
        count: Int, firstTimestamp: Int64, lastTimestamp: Int64, first: Double, last: Double, sum: Double, minimum: Double, maximum: Double,
        resetCorrection: Double
    ) {
        self.count = count
        self.firstTimestamp = firstTimestamp
        self.lastTimestamp = lastTimestamp
        self.first = first
        self.last = last
        self.sum = sum
        self.minimum = minimum
        self.maximum = maximum
        self.resetCorrection = resetCorrection
    }
}
