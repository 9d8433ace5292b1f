import Foundations

/// The store's figures at a moment. Counters start with the process.
public struct MetricStoreStatistics: Sendable {
    public var headSeries = 0
    public var headSamples = 0
    /// Packed pieces that the head's samples are in.
    public var headChunks = 0
    /// Bytes of the head's series, chunks and index; an estimate.
    public var headBytes = 0
    public var blockCount = 0
    public var blockBytes = 0
    /// Of these, what isn't samples: labels, lists of series, places of columns, checksums.
    public var blockIndexBytes = 0
    public var blockSeries = 0
    public var blockSamples = 0
    /// Log segments on disk, those before the last checkpoint not counted.
    public var logBytes = 0
    public var logSegments = 0
    public var checkpointBytes = 0
    public var tombstones = 0
    public var metadataFamilies = 0
    public var agents = 0
    public var samplesAppendedTotal = 0
    public var histogramsAppendedTotal = 0
    public var exemplarsAppendedTotal = 0
    public var batchesAppendedTotal = 0
    public var batchesDuplicateTotal = 0
    public var commitGroupsTotal = 0
    public var samplesRejectedTotal: [RejectReason: Int] = [:]
    /// What was refused most, since the start.
    public var refusals = RefusalBook()
    public var samplesImportedTotal = 0
    public var blocksImportedTotal = 0
    public var blocksSealedTotal = 0
    public var checkpointsTotal = 0
    public var blocksRetiredTotal = 0
    /// Blocks made of others, and the blocks that went into them.
    public var mergesTotal = 0
    public var blocksMergedTotal = 0
    /// Bytes of the blocks that merging made.
    public var mergedBytesTotal = 0
    /// Blocks that stay as they are: damaged, or too large together.
    public var blocksNotMergeable = 0
    /// Merging waits until the disk has more room.
    public var isMergingShortOfRoom = false
    /// Damaged places met since the start: records, pages, files.
    public var damagedTotal = 0
    /// What they were, the first ones.
    public var damageNotes: [String] = []
    /// Files that were put aside in the folder `quarantine`.
    public var quarantinedFiles: [String] = []
    /// Why sealing, a checkpoint, retention or merging failed when it last ran; nil where it succeeded.
    public var maintenanceFailure: String?
    public var isAcknowledging = true
    /// Why not, where it isn't.
    public var notAcknowledgingReason: String?
    /// Where the last append failed for want of room and none has succeeded since.
    public var isDiskFull = false
    /// Nil where the store is empty.
    public var oldest: Timestamp?
    public var newest: Timestamp?
    /// What the last open did.
    public var recovery = RecoveryReport()

    public init() {}
}

/// What was found when the store was opened.
public struct RecoveryReport: Sendable {
    public var checkpointSeries = 0
    public var logRecords = 0
    public var logSamples = 0
    /// Bytes of an unfinished record that were cut from the log's end: never acknowledged.
    public var tornBytes = 0
    /// Samples whose series is unknown because the record that named it is damaged.
    public var samplesLost = 0
    public var durationMilliseconds = 0

    public init() {}
}
