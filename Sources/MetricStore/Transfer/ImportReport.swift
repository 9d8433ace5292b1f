import Foundations

/// What an import brought.
public struct ImportReport: Sendable {
    public var seriesCount = 0
    /// Samples as they were given, those of equal times counted each.
    public var samplesRead = 0
    public var histogramsRead = 0
    public var exemplarsStored = 0
    /// Samples and histograms that are in the blocks that were made: of equal times, the one that came last.
    public var samplesStored = 0
    public var blockCount = 0
    /// Nil where there is nothing.
    public var oldest: Timestamp?
    public var newest: Timestamp?
    /// What was refused while the rest was stored: how many samples for each reason, and one series as example.
    public var rejected: [(reason: RejectReason, count: Int, example: String)] = []

    public init() {}
}
