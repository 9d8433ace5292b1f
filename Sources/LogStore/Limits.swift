import Foundations

/// Caps of the log store, each with its reason.
enum Limits {
    /// Longer lines are cut: a page of 8 KiB holds some 30 usual lines, and a result of a thousand of these is 1 GB.
    static let lineBytesMax = 1 << 20
    /// More fields of a record are left out: JSON lines with hundreds of keys would grow the index faster than the text.
    static let fieldsMax = 128
    static let fieldNameBytesMax = 256
    static let fieldValueBytesMax = 64 << 10
    /// Streams of one day: labels are meant to be few; what varies belongs in fields.
    static let streamsMax = 100_000

    /// Rows of one block: the unit in which time ranges, levels and index look-ups narrow a scan.
    static let blockRows = 1024
    /// Rows that are indexed in one transaction: FTS5 writes its hash at every commit, so small ones cost 3 times as much.
    static let indexBatchRows: Int64 = 8192
    /// Rows that wait longer are indexed even if they are few.
    static let indexDelayMilliseconds: Int64 = 5000
    /// What FTS5 gathers before it writes: more than a batch of rows makes.
    static let indexHashBytes = 32 << 20

    /// Words longer than this are indexed by a start and a hash: nobody types them, and they are a third of the index.
    static let wordBytesMax = 40
    /// How much of such a word is kept as it is, so that searching by its start works.
    static let wordStartBytes = 16
    /// Terms that one query may hand to FTS5; what is beyond is left to the verification of the text.
    static let queryTermsMax = 64

    /// Threads that read: each has one query in hand; further queries wait.
    static let readerThreads = 4
    /// Partitions kept open at a time: about 2 MiB and up to 5 descriptors each.
    static let openPartitionsMax = 8
    /// The page cache of each connection, in KiB.
    static let pageCacheKibibytes = 4096
    static let pageBytes = 8192
    /// The write-ahead log is folded into its partition at this size, in pages (16 MiB).
    static let checkpointPages = 2048

    /// Records handed from a reading thread to its caller at a time: few at first, for a fast first answer.
    static let firstResultBatch = 32
    static let resultBatchMax = 512
    /// Bytes of lines handed over at a time.
    static let resultBatchBytesMax = 4 << 20
    /// Batches that wait for a slow caller before the reading thread does.
    static let resultBatchesWaitingMax = 2

    /// How often a running SQLite statement looks at its deadline, in virtual machine steps (about a millisecond).
    static let progressSteps: Int32 = 20_000
    /// Records that wait for the live tail's thread; beyond, they are counted as skipped.
    static let tailBacklogRecordsMax = 50_000
    /// Live tails at a time: each looks at every record.
    static let tailsMax = 64
    /// How often the writer looks for work without appends: retention, indexing of a few rows.
    static let idleMilliseconds: Int64 = 1000
    /// Batches that commit together, so that the first of them doesn't wait for a whole storm.
    static let groupRecordsMax = 50_000
    /// The same in bytes: some hundred milliseconds of a slow disk.
    static let groupBytesMax = 32 << 20
    /// Bytes of batches that wait or are being stored; beyond, they are refused. Some seconds of a slow disk, and twice what the largest
    /// requests that are decoded at a time hold.
    static let queueBytesMax = 128 << 20
    /// What a waiting row takes beside its line and fields: the record with its stream and fields as values.
    static let rowOverheadBytes = 256

    /// A day's index is merged this long after its end: agents with a full spool bring most of it later than the midnight, and an hour
    /// of being slower costs nothing.
    static let closingDelaySeconds: Int64 = 3600
    /// Pages of 4 KiB that one step of merging writes: some 10 ms of an append's time.
    static let mergePagesMax = 64
    /// Pause between such steps, for appends and for other users of the disk.
    static let closingPauseMilliseconds: Int64 = 20
}
