import Foundations
import Model

/// What the committer, maintenance and readers share. Locks are taken in the order head, catalog, counters, and never held for I/O.
final class Store: Sendable {
    let directory: String
    let fileSystem: any FileSystem
    let clock: any WallClock
    let options: MetricStoreOptions
    let head: Locked<Head>
    let catalog: Locked<Catalog>
    let counters = Locked(Counters())
    /// What selectors have found in blocks. No other lock is taken while it is held.
    let selections = Locked(SelectionCache(bytesMax: Limits.selectionCacheBytesMax))
    let admission: SeriesAdmission
    /// Number of the last import that began.
    let imports = Locked<UInt64>(0)
    /// Noted once a change is visible: whoever takes a mark before reading learns of it.
    let changes = Locked(ChangeLog())
    /// Held by a deletion from choosing its limit of blocks until it is applied, and by sealing from numbering blocks until their
    /// samples are set apart: a deletion lies wholly before or wholly behind that. Taken before all other locks; the one held for I/O.
    let deletionGate = Locked(())

    init(directory: String, fileSystem: any FileSystem, clock: any WallClock, options: MetricStoreOptions, head: consuming sending Head, catalog: sending Catalog) {
        self.directory = directory
        self.fileSystem = fileSystem
        self.clock = clock
        self.options = options
        admission = SeriesAdmission(options, clock: clock)
        self.head = Locked(head)
        self.catalog = Locked(catalog)
    }

    var now: Int64 { clock.nowMilliseconds().milliseconds }

    /// Counts damage, each place once, and keeps a note of it.
    func noteDamage(_ note: String) {
        counters.withLock { counters in
            if counters.damageNotes.contains(note) { return }
            counters.damaged += 1
            if counters.damageNotes.count < Limits.damageNotesMax { counters.damageNotes.append(note) }
        }
    }

    /// The folders and files of a store.
    struct Layout: Sendable {
        let directory: String
        var lock: String { Paths.join(directory, "lock") }
        var manifest: String { Paths.join(directory, "manifest") }
        var log: String { Paths.join(directory, "log") }
        var blocks: String { Paths.join(directory, "blocks") }
        var checkpoints: String { Paths.join(directory, "checkpoints") }
        /// Of imports that are under way.
        var imports: String { Paths.join(directory, "imports") }
        var quarantine: String { Paths.join(directory, "quarantine") }

        func segment(_ number: UInt64) -> String { LogWriter.path(log, number) }
        func block(_ number: UInt64) -> String { Paths.join(blocks, NumberedName.text(number) + ".block") }
        func checkpoint(_ number: UInt64) -> String { Paths.join(checkpoints, NumberedName.text(number) + ".checkpoint") }
    }

    var layout: Layout { Layout(directory: directory) }
}

/// Which files make up the store, and what hides parts of them.
struct Catalog: Sendable {
    /// Ascending in number: of equal times, a later block's sample wins.
    var blocks: [BlockReader] = []
    var tombstones: [Tombstone] = []
    /// The block that is being merged: its file isn't in the manifest yet and stays all the same.
    var merging: UInt64?
    /// Number of the next block.
    var nextBlock: UInt64 = 1
    /// The checkpoint that the manifest names; nil before the first.
    var checkpoint: UInt64?
    var checkpointBytes = 0
    /// Number of the next attempt at a checkpoint; a failed one may have left its file in the manifest.
    var nextCheckpoint: UInt64 = 1
    /// The first log segment behind the checkpoint.
    var logStart: UInt64 = 1
    /// Bytes of the closed segments behind the checkpoint.
    var closedLogBytes = 0
    /// Segments that hold damage: put aside when they are no longer needed, instead of removed.
    var damagedSegments: Set<UInt64> = []
}

/// What statistics count.
struct Counters: Sendable {
    enum Acknowledging: Sendable {
        case yes
        case no(reason: String)
    }

    var acknowledging = Acknowledging.yes
    var isDiskFull = false
    var samplesAppended = 0
    var histogramsAppended = 0
    var exemplarsAppended = 0
    var batchesAppended = 0
    var batchesDuplicate = 0
    var commitGroups = 0
    var rejected: [RejectReason: Int] = [:]
    var refusals = RefusalBook()
    var samplesImported = 0
    var blocksImported = 0
    var blocksSealed = 0
    var checkpoints = 0
    var blocksRetired = 0
    var merges = 0
    var blocksMerged = 0
    var mergedBytes = 0
    var blocksNotMergeable = 0
    var isMergingShortOfRoom = false
    var damaged = 0
    var damageNotes: [String] = []
    var quarantined: [String] = []
    var maintenanceFailure: String?
    /// Of the open segment.
    var openLogBytes = 0
    var openSegment: UInt64 = 0
    var recovery = RecoveryReport()

    mutating func count(_ outcome: AppendOutcome) {
        count(rejectedOf: outcome)
        if outcome.isDuplicateBatch {
            batchesDuplicate += 1
            return
        }
        batchesAppended += 1
        samplesAppended += outcome.samplesStored
        histogramsAppended += outcome.histogramsStored
        exemplarsAppended += outcome.exemplarsStored
    }

    mutating func count(rejectedOf outcome: AppendOutcome) {
        for (reason, count, _) in outcome.rejected { rejected[reason, default: 0] += count }
        refusals.note(outcome)
    }
}
