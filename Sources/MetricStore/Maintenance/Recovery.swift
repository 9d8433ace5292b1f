import Foundations
import Model

/// Opens what is on the disk: manifest, blocks, checkpoint, log. Damage is put aside or noted, and reading goes on behind it.
struct Recovery: ~Copyable {
    private let fileSystem: any FileSystem
    private let layout: Store.Layout
    private let options: MetricStoreOptions
    private var head: Head
    private var catalog = Catalog()
    private var report = RecoveryReport()
    private var notes: [String] = []
    private var lastSequence: UInt64 = 0
    private var lastSegment: UInt64 = 0
    private var quarantined: [String] = []

    init(directory: String, fileSystem: any FileSystem, options: MetricStoreOptions) {
        self.fileSystem = fileSystem
        layout = Store.Layout(directory: directory)
        self.options = options
        head = Head(blockMilliseconds: options.blockMilliseconds)
    }

    struct Result {
        var store: Store
        var lastSegment: UInt64
        var nextSequence: UInt64
    }

    /// The folder's lock must be held.
    consuming func run(clock: any WallClock) throws(FileError) -> Result {
        let began = clock.monotonicNanoseconds()
        for directory in [layout.log, layout.blocks, layout.checkpoints] { try fileSystem.createDirectory(directory) }
        try fileSystem.synchronizeDirectory(layout.directory)
        try readManifest()
        try readCheckpoint()
        try readLog()
        report.durationMilliseconds = Int((clock.monotonicNanoseconds() - began) / 1_000_000)
        let (lastSegment, nextSequence) = (lastSegment, lastSequence + 1)
        let (report, notes, quarantined) = (report, notes, quarantined)
        let store = Store(directory: layout.directory, fileSystem: fileSystem, clock: clock, options: options, head: head, catalog: catalog)
        store.counters.withLock {
            $0.recovery = report
            $0.damaged = notes.count
            $0.damageNotes = Array(notes.prefix(Limits.damageNotesMax))
            $0.quarantined = quarantined
        }
        try store.removeUnused()
        return Result(store: store, lastSegment: lastSegment, nextSequence: nextSequence)
    }

    private mutating func readManifest() throws(FileError) {
        // Before the first checkpoint there is no manifest; the files speak for themselves.
        var manifest = try manifestFromFiles()
        if try fileSystem.exists(layout.manifest) {
            if let read = Manifest.decode(try fileSystem.readAll(layout.manifest, bytesMax: Limits.manifestBytesMax)) {
                manifest = read
            } else {
                notes.append("\(layout.manifest) is damaged; the folder's own files were taken instead")
                try putAside(layout.manifest)
                try fileSystem.replace(layout.manifest, with: manifest.encode())
            }
        }
        catalog.nextBlock = manifest.nextBlock
        catalog.checkpoint = manifest.checkpoint == 0 ? nil : manifest.checkpoint
        catalog.logStart = manifest.logStart
        catalog.nextCheckpoint = manifest.checkpoint + 1
        for number in manifest.blocks {
            let path = layout.block(number)
            guard try fileSystem.exists(path) else {
                notes.append("\(path) is missing")
                continue
            }
            switch try BlockReader.open(path, fileSystem: fileSystem) {
            case .success(let block) where block.number == number:
                catalog.blocks.append(block)
                if block.end > head.newest { head.noteNewest(block.end) }
            case .success(let block):
                notes.append("\(path) holds block \(block.number)")
                try putAside(path)
            case .failure(let damage):
                notes.append("\(path) is damaged at byte \(damage.offset): \(damage.reason)")
                try putAside(path)
            }
        }
        // A number is never given twice: deletions speak of blocks by number.
        for name in try fileSystem.list(layout.blocks) {
            if let number = NumberedName.number(name, ending: ".block") { catalog.nextBlock = max(catalog.nextBlock, number + 1) }
        }
    }

    /// What the files themselves say: all blocks, and the newest checkpoint with the log behind it.
    private func manifestFromFiles() throws(FileError) -> Manifest {
        var manifest = Manifest()
        let numbers = try fileSystem.list(layout.blocks).compactMap { NumberedName.number($0, ending: ".block") }
        manifest.blocks = try withoutMerged(numbers)
        manifest.nextBlock = (numbers.last ?? 0) + 1
        for name in try fileSystem.list(layout.checkpoints) {
            guard let number = NumberedName.number(name, ending: ".checkpoint") else { continue }
            let map = try fileSystem.map(Paths.join(layout.checkpoints, name))
            guard let header = RecordFile.decodeHeader(map.bytes), header.kind == .checkpoint, header.number == number else { continue }
            manifest.checkpoint = number
            manifest.logStart = header.start
        }
        return manifest
    }

    /// Without blocks whose samples are in a merged one, which knows deletions that have been forgotten since.
    private func withoutMerged(_ numbers: [UInt64]) throws(FileError) -> [UInt64] {
        var footers: [UInt64: BlockFormat.Footer] = [:]
        for number in numbers {
            if case .success(let block) = try BlockReader.open(layout.block(number), fileSystem: fileSystem) { footers[number] = block.footer }
        }
        return numbers.filter { number in
            guard let old = footers[number] else { return true }
            return !footers.values.contains { $0.number > number && $0.merged?.holds(old.start, old.end) == true }
        }
    }

    private mutating func putAside(_ path: String) throws(FileError) {
        try fileSystem.createDirectory(layout.quarantine)
        try fileSystem.synchronizeDirectory(layout.directory)
        let destination = Paths.join(layout.quarantine, Paths.name(of: path))
        try fileSystem.rename(path, to: destination)
        try fileSystem.synchronizeDirectory(layout.quarantine)
        quarantined.append(destination)
    }

    private mutating func readCheckpoint() throws(FileError) {
        guard let number = catalog.checkpoint else { return }
        let path = layout.checkpoint(number)
        guard try fileSystem.exists(path) else {
            notes.append("\(path) is missing: what it held of the newest data is lost")
            return
        }
        let map = try fileSystem.map(path)
        catalog.checkpointBytes = map.bytes.count
        var isComplete = false
        var damage: [String] = []
        let scan = RecordFile.scan(map.bytes) { record in
            switch RecordFile.RecordType(rawValue: record.type) {
            case .checkpointState:
                if !takeState(record.payload) { damage.append("\(path) holds an unreadable state at byte \(record.offset)") }
            case .checkpointSeries:
                var reader = ByteReader(record.payload)
                while !reader.isAtEnd {
                    guard CheckpointCode.readSeries(&reader, into: &head) else {
                        damage.append("\(path) holds an unreadable series in the record at byte \(record.offset)")
                        break
                    }
                    report.checkpointSeries += 1
                }
            case .checkpointEnd: isComplete = true
            default: damage.append("\(path) holds a record of unknown type \(record.type) at byte \(record.offset)")
            }
        }
        for range in scan.damaged { damage.append("\(path) is damaged from byte \(range.lowerBound) to \(range.upperBound)") }
        if scan.header == nil { damage.append("the header of \(path) is damaged") }
        if !isComplete { damage.append("\(path) has no end: series are missing") }
        notes += damage
    }

    private mutating func takeState(_ payload: UnsafeRawBufferPointer) -> Bool {
        guard let state = CheckpointCode.decodeState(payload) else { return false }
        head.marks = state.marks
        head.metadata = state.metadata
        if state.newest > .min { head.noteNewest(state.newest) }
        for tombstone in state.tombstones { take(tombstone) }
        return true
    }

    private mutating func take(_ tombstone: Tombstone) {
        if !catalog.tombstones.contains(tombstone) { catalog.tombstones.append(tombstone) }
        catalog.nextBlock = max(catalog.nextBlock, tombstone.blockLimit)
    }

    private mutating func readLog() throws(FileError) {
        let segments = try fileSystem.list(layout.log).compactMap { NumberedName.number($0, ending: ".log") }
        lastSegment = max(segments.last ?? 0, catalog.logStart - 1)
        for segment in segments where segment >= catalog.logStart { try readSegment(segment, isLast: segment == segments.last) }
    }

    private mutating func readSegment(_ segment: UInt64, isLast: Bool) throws(FileError) {
        let path = layout.segment(segment)
        let map = try fileSystem.map(path)
        var replay = SegmentReplay()
        var damage: [String] = []
        let scan = RecordFile.scan(map.bytes) { record in
            // What a failed write left behind has a number that was given again.
            guard record.sequence > lastSequence else { return }
            if !replay.apply(record, to: &head) { damage.append("\(path) holds an unreadable record at byte \(record.offset)") }
            lastSequence = record.sequence
            report.logRecords += 1
        }
        for tombstone in replay.tombstones { take(tombstone) }
        report.logSamples += replay.samples
        report.samplesLost += replay.samplesLost
        for range in scan.damaged { damage.append("\(path) is damaged from byte \(range.lowerBound) to \(range.upperBound)") }
        if scan.header == nil {
            // A segment that never held anything may have lost its header with the power.
            if scan.end > RecordFile.headerBytes { damage.append("the header of \(path) is damaged") }
        } else if let header = scan.header, header.start > 0 {
            lastSequence = max(lastSequence, header.start - 1)
        }
        let tail = map.bytes.count - scan.end
        if tail > 0 {
            report.tornBytes += tail
            if !isLast { damage.append("\(path) ends with \(tail) unreadable bytes") }
            try cut(path, to: scan.end)
        }
        if !damage.isEmpty { catalog.damagedSegments.insert(segment) }
        notes += damage
        catalog.closedLogBytes += scan.end
    }

    /// Removes an unfinished record, so that later opens don't meet it in the middle of the log.
    private func cut(_ path: String, to bytes: Int) throws(FileError) {
        let file = try fileSystem.open(path, .readWrite)
        defer { file.close() }
        try file.truncate(to: bytes)
        try file.synchronize()
    }
}

/// Brings a segment's records into the head.
struct SegmentReplay {
    /// Numbers in the head of the series that the segment names; `unknown` where the record that named one is lost.
    private var numbers: [UInt32] = []
    private static let unknown = UInt32.max
    private(set) var samples = 0
    private(set) var samplesLost = 0
    private(set) var tombstones: [Tombstone] = []

    /// False where the record can't be read though its checksum is right.
    mutating func apply(_ record: RecordFile.Record, to head: inout Head) -> Bool {
        switch RecordFile.RecordType(rawValue: record.type) {
        case .commitGroup:
            guard let batches = LoggedBatch.decodeGroup(record.payload) else { return false }
            return batches.allSatisfy { apply($0, to: &head) }
        case .deletion:
            var reader = ByteReader(record.payload)
            guard let read = Tombstone.decode(&reader) else { return false }
            head.delete(read.matchers, from: read.start, through: read.end)
            tombstones.append(read)
            return true
        default: return false
        }
    }

    private mutating func apply(_ batch: LoggedBatch, to head: inout Head) -> Bool {
        guard batch.firstReference <= UInt32(Limits.seriesMax) * 2, Int(batch.firstReference) >= numbers.count else {
            return batch.newSeriesCount == 0 && applySamples(batch, to: &head)
        }
        if batch.newSeriesCount > 0 {
            numbers.append(contentsOf: repeatElement(Self.unknown, count: Int(batch.firstReference) - numbers.count))
            batch.forEachNewSeries { numbers.append(head.findOrAdd($0)) }
        }
        return applySamples(batch, to: &head)
    }

    private func number(_ reference: UInt32) -> UInt32? {
        guard Int(reference) < numbers.count, numbers[Int(reference)] != Self.unknown else { return nil }
        return numbers[Int(reference)]
    }

    private mutating func applySamples(_ batch: LoggedBatch, to head: inout Head) -> Bool {
        for index in 0..<batch.samples.count {
            guard let number = number(batch.samples.references[index]) else {
                samplesLost += 1
                continue
            }
            head.append(number, batch.samples.timestamps[index], batch.samples.values[index])
        }
        for (reference, sample) in batch.histograms {
            if let number = number(reference) { head.append(number, sample) } else { samplesLost += 1 }
        }
        for (reference, exemplar) in batch.exemplars { if let number = number(reference) { head.append(number, exemplar) } }
        for (name, value) in batch.metadata { _ = head.setMetadata(name, value) }
        if let origin = batch.origin { head.marks[origin.agent] = max(head.marks[origin.agent] ?? 0, origin.sequence) }
        samples += batch.samples.count + batch.histograms.count
        return true
    }
}
