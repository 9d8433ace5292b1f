import Foundations

/// What the store holds and did since it was opened.
public struct LogStoreStatistics: Sendable {
    /// One day's file.
    public struct Partition: Sendable {
        /// `2026-11-21`, in UTC.
        public var day: String
        /// Empty for records that no class names.
        public var retentionClass: String
        /// With its index and their write-ahead logs.
        public var sizeBytes: Int
    }

    /// A file that was put aside because it couldn't be read.
    public struct Quarantined: Sendable {
        public var file: String
        public var reason: String
    }

    public var partitions: [Partition] = []
    public var quarantined: [Quarantined] = []
    public var recordsAppendedTotal: UInt64 = 0
    /// Bytes of the lines, without fields and labels.
    public var bytesAppendedTotal: UInt64 = 0
    public var batchesDuplicateTotal: UInt64 = 0
    public var recordsRefusedTotal: [LogRefusal: UInt64] = [:]
    public var linesCutTotal: UInt64 = 0
    public var fieldsDroppedTotal: UInt64 = 0
    public var commitsTotal: UInt64 = 0
    /// Put into chunks.
    public var recordsSealedTotal: UInt64 = 0
    public var recordsIndexedTotal: UInt64 = 0
    /// Removed on request.
    public var recordsDeletedTotal: UInt64 = 0
    /// Left out of days that became old enough.
    public var recordsThinnedTotal: UInt64 = 0
    /// Chunks that a query met and couldn't read; it answered without them.
    public var chunksDamagedTotal: UInt64 = 0
    /// Blocks of recent rows that couldn't be read; they are kept aside in their file.
    public var blocksDamagedTotal: UInt64 = 0
    /// Why the index falls behind; what isn't indexed is found by scanning. Nil while all is well.
    public var indexingFailure: String?
    /// Why old days couldn't be removed the last time it was tried.
    public var retentionFailure: String?
    public var partitionsDeletedTotal: UInt64 = 0
    /// Days that were over and got their chunks and their index merged.
    public var partitionsClosedTotal: UInt64 = 0
    /// Bytes of the batches that wait or are being stored.
    public var queuedBytes: Int = 0
    /// Times that a row was met whose fields don't decode; its line is given without them.
    public var rowsDamagedTotal: UInt64 = 0
    public var tails: Int = 0
    public var tailRecordsSkippedTotal: UInt64 = 0
    public var queriesTotal: UInt64 = 0
    /// Why nothing is acknowledged; nil while all is well.
    public var refusingReason: String?

    public var isAcknowledging: Bool { refusingReason == nil }
    public var sizeBytes: Int { partitions.reduce(0) { $0 + $1.sizeBytes } }
    /// The first and last day with data.
    public var oldestDay: String? { partitions.first?.day }
    public var newestDay: String? { partitions.last?.day }
}
