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

    /// Rows of one chunk: what one term of the index narrows a search to, and what zstd sees at a time. Smaller ones cost space, larger ones time.
    static let chunkRows = 1024
    /// Bytes of lines in one chunk: a few large lines must not make one that takes long to read.
    static let chunkBytes = 1 << 20
    /// Rows of one chunk of a day that is over: a tenth less space for a little more time.
    static let mergedChunkRows = 4096
    static let mergedChunkBytes = 4 << 20
    /// What a chunk that is read may say of itself.
    static let chunkRowsMax = 16_384
    /// Values of one of its columns, which may hold several of a line.
    static let columnValuesMax = 1 << 18
    /// What one part of a chunk may take in memory, so that a damaged size can't take all of it: the largest chunk holds one line over its bytes.
    static let chunkPartBytesMax = 64 << 20
    /// The same for a block of recent rows: one batch of the largest request.
    static let blockBytesMax = 512 << 20
    static let sealLevel = 3
    static let mergeLevel = 9
    static let recentLevel = 1
    /// Roll-ups are small and read often.
    static let rollupLevel = 3
    /// Templates that a chunk's counts are kept apart by: more come from free text, whose counts nobody asks for by template.
    static let rollupTemplatesMax = 256

    /// Text of templates that the thread which makes chunks remembers: those of some thousand.
    static let knownTemplatesBytesMax = 2 << 20
    /// What a remembered template takes beside its text: what people see of it, and its place in the table.
    static let knownTemplateOverheadBytes = 256

    /// Recent rows that make sealing worth while: several full chunks.
    static let sealRows = 32_768
    static let sealBytes = 8 << 20
    /// What is left of streams that don't fill a chunk is sealed all the same beyond this: every search reads it.
    static let leftoverBytesMax = 8 << 20
    /// And after this time, however little it is.
    static let leftoverAgeSeconds: Int64 = 600
    /// Fewer rows wait this long for others before they are looked at.
    static let sealDelaySeconds: Int64 = 60
    /// Rows read for sealing at a time: they are in memory, some 100 MiB at the most.
    static let sealPassBytes = 24 << 20
    /// Where nothing comes for this long, what waits is sealed if it is this much.
    static let quietMilliseconds: Int64 = 5000
    static let quietBytes = 256 << 10

    /// Chunks that are indexed in one transaction: FTS5 writes its hash at every commit, so small ones cost 3 times as much;
    /// in larger ones its sorting misses the processor's caches.
    static let indexBatchChunks = 64
    /// Such transactions one after the other, before the thread looks for other work: more chunks than a pass of sealing makes, and less than a second.
    static let indexBatchesMax = 4
    /// Fewer are indexed when nothing comes for `quietMilliseconds`, or after this time.
    static let indexDelayMilliseconds: Int64 = 20_000
    /// What FTS5 gathers before it writes: more than a batch of chunks makes.
    static let indexHashBytes = 24 << 20
    /// Terms of sealed chunks kept in memory until they are indexed; beyond, they are read from the chunks again.
    static let termsHeldBytesMax = 16 << 20

    /// Words longer than this are indexed by a start and a hash: mostly identifiers, and a third of the index.
    static let wordBytesMax = 12
    /// How much of such a word is kept as it is, so that searching by its start works.
    static let wordStartBytes = 5
    /// Terms that one query may hand to FTS5; what is beyond is left to the verification of the text.
    static let queryTermsMax = 64

    /// Threads that read: each has one query in hand; further queries wait.
    static let readerThreads = 4
    /// Chunks that a scan has searched before it comes to them: what the other threads can do meanwhile. What it stops before was for nothing.
    static let chunksAheadMax = 3
    /// How long a scan waits for such a chunk: longer than searching one takes, so that a busy core costs one search more and not a time slice.
    static let chunkAheadWaitMilliseconds: Int64 = 1
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
    /// How often the background looks for rows to seal and to index.
    static let backgroundMilliseconds: Int64 = 200
    /// How often it looks at retention.
    static let roundMilliseconds: Int64 = 1000
    /// Batches that commit together, so that the first of them doesn't wait for a whole storm.
    static let groupRecordsMax = 50_000
    /// The same in bytes: some hundred milliseconds of a slow disk.
    static let groupBytesMax = 32 << 20
    /// Bytes of batches that wait or are being stored; beyond, they are refused. Some seconds of a slow disk, and twice what the largest
    /// requests that are decoded at a time hold.
    static let queueBytesMax = 128 << 20
    /// What a waiting row takes beside its line and fields.
    static let rowOverheadBytes = 48

    /// A day's index is merged this long after its end: agents with a full spool bring most of it later than the midnight, and an hour
    /// of being slower costs nothing.
    static let closingDelaySeconds: Int64 = 3600
    /// A day is merged when nothing came for it this long: of what is sent in arrears all of it at once.
    static let mergeQuietSeconds: Int64 = 30
    /// A merged day is merged again once one of so many rows came after it: then all mergings together cost a few times the last one.
    static let lateShare = 8
    /// Pages of 4 KiB that one step of merging the index writes: some 100 ms, after which the thread looks for other work.
    static let mergePagesMax = 512
    /// Pages given back to the file system at a time.
    static let vacuumPages = 256
    /// Values of counted words that one query looks up in the index, so that roll-ups can decide about them.
    static let decidedWordsMax = 8
    /// Roll-ups kept in memory, of all days together: those of some 5 GB of lines. What is beyond is read for each query.
    static let knownRollupsBytesMax = 64 << 20
    /// Templates of a day kept in memory with them: some 30 MiB. Lines of chunks with further ones are counted by reading them.
    static let knownTemplatesMax = 100_000
    /// Pause between such steps, for appends and for other users of the disk.
    static let closingPauseMilliseconds: Int64 = 20
}
