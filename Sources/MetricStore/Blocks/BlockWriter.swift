import Foundations
import Model

/// Makes a block file: series in order of their labels, each with its columns; then the index.
final class BlockWriter {
    private let fileSystem: any FileSystem
    private let temporary: String
    private let path: String
    private let file: any File
    private let paged: PagedWriter
    private var footer: BlockFormat.Footer
    private var index: BlockIndexBuilder
    /// The series that is being added.
    private var labels = Labels()
    private var series = BlockSeries()
    private var encoded: [UInt8] = []
    /// What tells one column of timestamps from another: regular ones of different length have the same bytes.
    private struct TimestampKey: Hashable {
        let bytes: [UInt8]
        let count: Int
    }

    /// Numbers of columns of timestamps that are there already: series of one target share theirs.
    private var timestampNumbers: [TimestampKey: Int] = [:]
    private var timestampNumberBytes = 0
    /// What the columns' section says of each.
    private var timestampColumns: [UInt8] = []
    private var timestampColumnCount = 0
    /// Merged blocks are read for days: they are worth the time that small columns take to make.
    private let effort: IntegerColumn.Effort

    /// With a range, the file holds what blocks of that range held.
    init(fileSystem: any FileSystem, path: String, number: UInt64, merged: BlockFormat.MergedRange? = nil) throws(FileError) {
        self.fileSystem = fileSystem
        self.path = path
        temporary = path + ".tmp"
        footer = BlockFormat.Footer(number: number, start: .max, end: .min, merged: merged, contents: [])
        index = BlockIndexBuilder()
        effort = merged == nil ? .fast : .small
        if try fileSystem.exists(temporary) { try fileSystem.remove(temporary) }
        file = try fileSystem.open(temporary, .create)
        paged = PagedWriter(file)
        try paged.append(BlockFormat.header(number: number, footer.version))
    }

    var isEmpty: Bool { index.seriesCount == 0 }
    var seriesCount: Int { index.seriesCount }

    /// Adds a series behind those before it. Something must be in it.
    func add(_ labels: Labels, _ samples: SampleColumns, _ histograms: [HistogramSample]) throws(FileError) {
        begin(labels)
        try addPart(samples, histograms)
        end()
    }

    /// Begins a series behind those before it. Its parts follow in order of time, then `end`.
    func begin(_ next: Labels) {
        precondition(isEmpty || labels < next, "series out of order")
        labels = next
        series = BlockSeries()
    }

    /// Closes the series; one with nothing in it was never there.
    func end() {
        if !series.parts.isEmpty || !series.steps.isEmpty { index.add(labels, series) }
    }

    /// Adds what isn't empty as the next part of the series. `decimals` are the values, where the caller has them already.
    func addPart(_ samples: SampleColumns, _ histograms: [HistogramSample], decimals: Decimals? = nil) throws(FileError) {
        precondition(samples.count <= Limits.columnSamplesMax && histograms.count <= Limits.columnSamplesMax)
        var columns = BlockColumns()
        columns.start = min(samples.timestamps.first ?? .max, histograms.first?.timestamp ?? .max)
        columns.end = max(samples.timestamps.last ?? .min, histograms.last?.timestamp ?? .min)
        columns.sampleCount = samples.count
        columns.histogramCount = histograms.count
        var timestamps = -1
        if !samples.isEmpty {
            timestamps = try addTimestamps(samples.timestamps)
            try addValues(samples, decimals, to: &columns)
        }
        if !histograms.isEmpty {
            encoded.removeAll(keepingCapacity: true)
            HistogramCoder.encode(histograms, into: &encoded)
            columns.histograms = try append(encoded)
        }
        take(columns, timestamps)
    }

    private func addTimestamps(_ timestamps: [Int64]) throws(FileError) -> Int {
        encoded.removeAll(keepingCapacity: true)
        IntegerColumn.encode(timestamps, effort, into: &encoded)
        return try addTimestamps(encoded, start: timestamps[0], end: timestamps[timestamps.count - 1], count: timestamps.count)
    }

    private func addValues(_ samples: SampleColumns, _ given: Decimals?, to columns: inout BlockColumns) throws(FileError) {
        encoded.removeAll(keepingCapacity: true)
        if FloatColumn.isConstant(samples.values) {
            // A summary would say nothing new.
            FloatColumn.encode(samples.values, effort, into: &encoded)
            columns.values = try append(encoded)
            return
        }
        let decimals = given ?? Decimals(samples.values)
        FloatColumn.encode(samples.values, decimals, effort, into: &encoded)
        columns.values = try append(encoded)
        guard effort == .small, samples.count > columns.sliceSamples else { return }
        let slices = stride(from: 0, to: samples.count, by: columns.sliceSamples).map { $0..<min($0 + columns.sliceSamples, samples.count) }
        let summaries = SampleSummary.summaries(samples, slices, decimals)
        guard summaries.count == slices.count else { return }
        encoded.removeAll(keepingCapacity: true)
        SummaryColumns.encode(summaries, isTimed: summaries.contains { $0.staleCount > 0 }, into: &encoded)
        columns.summaries = try append(encoded)
    }

    /// Adds a downsampled column to the series.
    func addSteps(_ resolution: Resolution, _ steps: [SampleSummary]) throws(FileError) {
        guard let first = steps.first, let last = steps.last else { return }
        encoded.removeAll(keepingCapacity: true)
        encoded.append(varint: UInt64(steps.count))
        SummaryColumns.encode(steps, isTimed: true, into: &encoded)
        series.steps.append(StepColumn(resolution: resolution, place: try append(encoded)))
        footer.contents.insert(BlockFormat.Contents(resolution))
        footer.start = min(footer.start, first.firstTimestamp)
        footer.end = max(footer.end, last.lastTimestamp)
    }

    /// Adds a part of another block's series as it is there, as the next part of the series.
    func addPart(_ source: BlockColumns, copying bytes: BlockPartBytes) throws(FileError) {
        var columns = source
        var timestamps = -1
        if columns.sampleCount > 0 {
            timestamps = try addTimestamps(Array(bytes.timestamps), start: source.start, end: source.end, count: source.sampleCount)
            columns.values = try append(Array(bytes.values))
            columns.summaries = source.summaries.isEmpty ? 0..<0 : try append(Array(bytes.summaries))
        }
        if columns.histogramCount > 0 { columns.histograms = try append(Array(bytes.histograms)) }
        take(columns, timestamps)
    }

    private func take(_ columns: BlockColumns, _ timestamps: Int) {
        precondition(columns.start <= columns.end && series.parts.last.map { $0.end < columns.start } ?? true, "parts out of order")
        series.parts.append(columns)
        series.timestampColumns.append(timestamps)
        footer.sampleCount += columns.sampleCount + columns.histogramCount
        footer.contents.insert(.samples)
        footer.start = min(footer.start, columns.start)
        footer.end = max(footer.end, columns.end)
    }

    /// The number of the column with these bytes, added where it isn't there yet.
    private func addTimestamps(_ bytes: [UInt8], start: Int64, end: Int64, count: Int) throws(FileError) -> Int {
        let key = TimestampKey(bytes: bytes, count: count)
        if let shared = timestampNumbers[key] { return shared }
        let number = timestampColumnCount
        TimestampColumn(start: start, end: end, count: count, place: try append(bytes)).encode(into: &timestampColumns)
        timestampColumnCount += 1
        if timestampNumberBytes + bytes.count <= Limits.sharedTimestampBytesMax {
            timestampNumbers[key] = number
            timestampNumberBytes += bytes.count
        }
        return number
    }

    private func append(_ bytes: [UInt8]) throws(FileError) -> Range<Int> {
        let start = paged.offset - BlockFormat.headerBytes
        try paged.append(bytes)
        return start..<(start + bytes.count)
    }

    /// Writes the index, makes everything durable and gives the file its name.
    func finish() throws(FileError) {
        footer.seriesCount = index.seriesCount
        footer.symbolCount = index.symbolCount
        footer.sections = [BlockFormat.headerBytes..<paged.offset]
        for section in index.sections() + [timestampColumns] {
            let start = paged.offset
            try paged.append(section)
            footer.sections.append(start..<paged.offset)
        }
        var checksums: [UInt8] = []
        for checksum in paged.allChecksums { checksums.append(littleEndian: checksum) }
        footer.sections.append(paged.offset..<(paged.offset + checksums.count))
        try paged.append(checksums)
        try paged.append(BlockFormat.encode(footer))
        try paged.flush()
        try file.synchronize()
        file.close()
        try fileSystem.rename(temporary, to: path)
        try fileSystem.synchronizeDirectory(Paths.directory(of: path))
    }

    /// Removes what there is of the file.
    func abandon() throws(FileError) {
        file.close()
        if try fileSystem.exists(temporary) { try fileSystem.remove(temporary) }
    }
}
