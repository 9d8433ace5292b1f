import Foundations
import Model

/// Takes samples of any time in any order and makes whole blocks of them: backfill beyond the out-of-order window.
///
/// Memory is bounded: `Limits.importSamplesMax` samples, and some 300 bytes for each series. What doesn't fit waits in runs on the
/// disk. Nothing is visible before `finish` returns, and then all of it is, durably. Of equal times the sample that was given last
/// holds; it replaces what blocks hold, and gives way to what the head (the newest hours, which aren't in blocks yet) holds.
///
/// One call at a time. An import that is neither finished nor cancelled is cancelled when its last reference goes.
public final class MetricImport: @unchecked Sendable {
    private let store: Store
    private let maintenance: Maintenance
    private let committer: Committer
    private let directory: String
    private let range: ClosedRange<Int64>
    private var numbers: [Labels: UInt32] = [:]
    private var labels: [Labels] = []
    private var buffer = ImportBuffer()
    private var runs: [MappedFile] = []
    private var windows: Set<Int64> = []
    private var lastWindow = Int64.min
    private var exemplars: [UInt32: [Exemplar]] = [:]
    private var metadata: [String: Metadata] = [:]
    private var outcome = AppendOutcome()
    private var report = ImportReport()
    private var isOpen = true

    /// Makes the import's folder in the store's.
    init(store: Store, maintenance: Maintenance, committer: Committer) throws(MetricStoreError) {
        self.store = store
        self.maintenance = maintenance
        self.committer = committer
        let number = store.imports.withLock { next in
            next += 1
            return next
        }
        directory = Paths.join(store.layout.imports, NumberedName.text(number))
        let (latest, overflow) = store.now.addingReportingOverflow(store.options.futureWindowMilliseconds)
        range = Limits.importTimeMin...(overflow ? .max : latest)
        try converting { () throws(FileError) in
            try store.fileSystem.removeTree(directory)
            try store.fileSystem.createDirectory(directory)
        }
    }

    deinit { cancel() }

    /// The number by which `append` knows a series; nil where its labels break a limit, which the report names.
    public func series(_ labels: Labels) throws(MetricStoreError) -> UInt32? {
        if let known = numbers[labels] { return known }
        if let reason = LabelLimits(store.options).refusal(of: labels) {
            outcome.reject(reason, count: 0, labels: labels)
            return nil
        }
        guard self.labels.count < Limits.mergedSeriesMax else { throw .importTooLarge(reason: "over \(Limits.mergedSeriesMax) series") }
        let number = UInt32(self.labels.count)
        self.labels.append(labels)
        numbers[labels] = number
        return number
    }

    /// `timestamp` is in milliseconds since 1970.
    @inline(__always) public func append(_ series: UInt32, _ timestamp: Int64, _ value: Double) throws(MetricStoreError) {
        guard try admit(series, timestamp) else { return }
        report.samplesRead += 1
        buffer.append(series, timestamp, value)
        if buffer.weight >= Limits.importSamplesMax { try spill() }
    }

    public func append(_ series: UInt32, _ sample: HistogramSample) throws(MetricStoreError) {
        guard HistogramCoder.isSound(sample.histogram) else { return outcome.reject(.badHistogram, count: 1, labels: labels[Int(series)]) }
        guard try admit(series, sample.timestamp) else { return }
        report.histogramsRead += 1
        buffer.append(series, sample)
        if buffer.weight >= Limits.importSamplesMax { try spill() }
    }

    /// Exemplars are kept for the newest hours alone, so only each series' newest ones are taken.
    public func append(_ series: UInt32, _ exemplar: Exemplar) {
        guard exemplar.labels.encoded.count <= Limits.exemplarLabelBytesMax else {
            return outcome.reject(.badExemplar, count: 1, labels: labels[Int(series)])
        }
        guard exemplars[series] != nil || exemplars.count < Limits.importExemplarSeriesMax else { return }
        var kept = exemplars[series] ?? []
        kept.insert(exemplar, at: kept.lowerBound { $0.sample.timestamp <= exemplar.sample.timestamp })
        if kept.count > Limits.exemplarsPerSeriesMax { kept.removeFirst() }
        exemplars[series] = kept
    }

    /// What is known of a metric family; the last holds.
    public func setMetadata(_ family: String, _ value: Metadata) {
        if metadata[family] != nil || metadata.count < Limits.metadataMax { metadata[family] = value }
    }

    /// Counts samples of a series that `series` refused.
    public func refuse(_ labels: Labels, count: Int = 1) {
        if let reason = LabelLimits(store.options).refusal(of: labels) { outcome.reject(reason, count: count, labels: labels) }
    }

    /// Whether a sample's time can be stored; counts it where it can't.
    private func admit(_ series: UInt32, _ timestamp: Int64) throws(MetricStoreError) -> Bool {
        guard range.contains(timestamp) else {
            outcome.reject(timestamp < range.lowerBound ? .tooOld : .tooFarInFuture, count: 1, labels: labels[Int(series)])
            return false
        }
        let window = blockStart(of: timestamp, store.options.blockMilliseconds)
        if window != lastWindow {
            lastWindow = window
            windows.insert(window)
            guard windows.count <= Limits.importBlocksMax else {
                throw .importTooLarge(reason: "over \(Limits.importBlocksMax) blocks of \(store.options.blockMilliseconds / 60_000) minutes")
            }
        }
        return true
    }

    /// Moves what is in memory into a run on the disk.
    private func spill() throws(MetricStoreError) {
        try converting { () throws(FileError) in
            let path = Paths.join(directory, NumberedName.text(UInt64(runs.count + 1)) + ".run")
            let file = try store.fileSystem.open(path, .create)
            defer { file.close() }
            var offset = 0
            try buffer.write(labels: labels, blockMilliseconds: store.options.blockMilliseconds) { (bytes) throws(FileError) in
                try file.write(bytes, at: offset)
                offset += bytes.count
            }
            runs.append(try store.fileSystem.map(path))
            // The mapping keeps the bytes; the name isn't needed any more, and a crash leaves nothing of it.
            try store.fileSystem.remove(path)
        }
        buffer.removeAll()
    }

    /// Makes the blocks and lists them; on return everything is durable and visible. `progress` gets the part that is done, 0…1.
    public func finish(progress: @escaping @Sendable (Double) -> Void = { _ in }) async throws(MetricStoreError) -> ImportReport {
        guard isOpen else { throw .closed }
        let made: Result<[ImportedBlock], MetricStoreError> = await withCheckedContinuation { done in
            _ = WorkerThread(name: "metric-import") { [self] in
                done.resume(returning: Result { () throws(MetricStoreError) in try makeBlocks(progress) })
            }
        }
        let blocks = try made.get()
        if !blocks.isEmpty { try await maintenance.install(blocks) }
        try await storeExemplars()
        report.seriesCount = labels.count
        report.rejected = outcome.rejected.filter { $0.count > 0 }
        store.counters.withLock {
            $0.count(rejectedOf: outcome)
            $0.samplesImported += report.samplesStored
            $0.blocksImported += blocks.count
        }
        cancel()
        return report
    }

    /// Forgets everything.
    public func cancel() {
        guard isOpen else { return }
        isOpen = false
        runs = []
        buffer = ImportBuffer()
        do { try store.fileSystem.removeTree(directory) } catch { store.noteDamage("\(error)") }
    }

    private func makeBlocks(_ progress: (Double) -> Void) throws(MetricStoreError) -> [ImportedBlock] {
        var all = runs
        if !buffer.isEmpty {
            var bytes: [UInt8] = []
            buffer.write(labels: labels, blockMilliseconds: store.options.blockMilliseconds) { bytes += $0 }
            all.append(MappedFile(path: "memory", copying: bytes))
            buffer.removeAll()
        }
        let windowCount = windows.count
        var next = store.catalog.withLock { catalog in
            defer { catalog.nextBlock += UInt64(windowCount) }
            return catalog.nextBlock
        }
        var merge = ImportMerge(all, labels: labels)
        var blocks: [ImportedBlock] = []
        var open: (window: Int64, block: ImportedBlock, writer: BlockWriter)?
        do throws(FileError) {
            while let segment = merge.next() {
                if open?.window != segment.window {
                    if let open { blocks.append(try close(open.block, open.writer)) }
                    progress(Double(blocks.count) / Double(max(1, windowCount)))
                    let block = ImportedBlock(number: next, path: Paths.join(directory, NumberedName.text(next) + ".block"))
                    open = (segment.window, block, try BlockWriter(fileSystem: store.fileSystem, path: block.path, number: block.number))
                    next += 1
                }
                note(segment.samples, segment.histograms)
                try open?.writer.add(labels[Int(segment.series)], segment.samples, segment.histograms)
            }
            if let last = open { blocks.append(try close(last.block, last.writer)) }
        } catch {
            do { try open?.writer.abandon() } catch let second { store.noteDamage("\(second)") }
            throw MetricStoreError(error)
        }
        report.blockCount = blocks.count
        progress(1)
        return blocks
    }

    private func close(_ block: ImportedBlock, _ writer: BlockWriter) throws(FileError) -> ImportedBlock {
        try writer.finish()
        return block
    }

    private func note(_ samples: SampleColumns, _ histograms: [HistogramSample]) {
        report.samplesStored += samples.count + histograms.count
        for time in [samples.timestamps.first, samples.timestamps.last, histograms.first?.timestamp, histograms.last?.timestamp] {
            guard let time else { continue }
            let moment = Timestamp(milliseconds: time)
            report.oldest = min(report.oldest ?? moment, moment)
            report.newest = max(report.newest ?? moment, moment)
        }
    }

    /// Exemplars and metadata aren't part of blocks: they go the way of every batch.
    private func storeExemplars() async throws(MetricStoreError) {
        guard !exemplars.isEmpty || !metadata.isEmpty else { return }
        var entries: [MetricBatch.Entry] = []
        for (number, kept) in exemplars.sorted(by: { $0.key < $1.key }) { entries.append(.init(labels: labels[Int(number)], exemplars: kept)) }
        var rest = entries[...]
        repeat {
            let batch = MetricBatch(entries: Array(rest.prefix(Limits.importExemplarSeriesPerBatch)), metadata: metadata)
            metadata = [:]
            rest = rest.dropFirst(batch.entries.count)
            let stored = try await committer.append(PreparedBatch(MetricColumns(batch), origin: nil))
            report.exemplarsStored += stored.exemplarsStored
            for (reason, count, example) in stored.rejected { outcome.reject(reason, count: count, example: example) }
        } while !rest.isEmpty
    }
}

/// A block that an import made and no manifest names yet.
struct ImportedBlock: Sendable {
    let number: UInt64
    let path: String
}
