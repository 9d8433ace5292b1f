/// The agent's bounds. All queues in memory together stay below 32 MiB: one log batch being filled and one being written (1.5 MiB
/// each at most), the records since the last synchronize (2 MiB), and one record on its way per sender (4 MiB each at most).
enum Limits {
    // MARK: Spool

    /// A log segment is removed as a whole, so this is how much disk an acknowledged record can hold on to.
    static let logSegmentBytes = 16 << 20
    /// Smaller than for logs, since the oldest one is dropped when the disk budget is used up: about an hour of one host.
    static let metricSegmentBytes = 4 << 20
    /// Of the spool's budget, what metrics may take; logs have the rest.
    static let metricShare = 0.25
    /// A longer record is damage; also the collector's bound for a compressed body.
    static let recordBytesMax = 4 << 20
    /// Files whose places are remembered; far more than a host's log folders hold.
    static let positionsMax = 10_000
    /// What is waiting is made durable after this time at the latest …
    static let synchronizeIntervalMilliseconds: Int64 = 500
    /// … or after this many bytes.
    static let unsynchronizedBytesMax = 1 << 20
    /// Bodies that a collector refused are kept for a person to look at, up to this size together.
    static let quarantineBytesMax = 64 << 20

    // MARK: Tail

    /// A longer line is cut.
    static let lineBytesMax = 1 << 20
    /// Lines of one record: longer than the stack traces that people read.
    static let recordLinesMax = 1000
    /// The last record of a file waits this long for a line that continues it: a stack trace is written at once.
    static let recordHoldMilliseconds: Int64 = 200
    /// Read at a time from one file, so that a busy one doesn't hold up the others. Must hold a whole line.
    static let chunkBytes = lineBytesMax + 4096
    /// A batch goes to the spool when its lines have this many bytes …
    static let batchBytes = 512 << 10
    /// … or this many lines, whatever they hold …
    static let batchLinesMax = 5000
    /// … or when its first line is this old. With the poll, the synchronize and the way to the collector a line is found within 2 s.
    static let batchMilliseconds: Int64 = 250
    /// How often files are looked at for new bytes.
    static let pollMilliseconds: Int64 = 250
    /// How often folders are looked at for new, renamed and removed files.
    static let scanMilliseconds: Int64 = 1000
    /// A file that was renamed away or removed may be written to until its writer opens the new one; then its last partial line is taken.
    static let detachedQuietMilliseconds: Int64 = 5000
    /// Bytes at a file's start and before the place read up to that tell whether it is still the same file.
    static let fingerprintBytes = 256
    /// At the very first start a larger file is read from this many bytes before its end.
    static let firstReadBytes = 1 << 20
    /// Open at a time; those unread the longest are closed.
    static let descriptorsMax = 128
    /// Files found by the globs; more are not read, and that is said.
    static let filesMax = 5000
    /// Folders visited for one glob, against loops of links.
    static let foldersMax = 10_000
    static let folderDepthMax = 16

    // MARK: Metrics

    /// Series in one request.
    static let batchSeriesMax = 10_000

    // MARK: Send

    static let requestTimeoutSeconds = 30.0
    static let replyBytesMax = 64 << 10
    static let retryBaseSeconds = 0.5
    static let retryMaxSeconds = 30.0
    /// Where a person has to act (credentials, address), asking more often helps nobody.
    static let refusedRetrySeconds = 30.0...60.0
}
