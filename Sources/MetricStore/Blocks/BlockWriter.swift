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
    private var parts: [BlockColumns] = []
    private var encoded: [UInt8] = []
    /// Columns of timestamps that are there already, by their bytes: series of one target share theirs.
    private var timestampColumns: [[UInt8]: Range<Int>] = [:]
    private var timestampColumnBytes = 0

    /// With a range, the file holds what blocks of that range held.
    init(fileSystem: any FileSystem, path: String, number: UInt64, merged: BlockFormat.MergedRange? = nil) throws(FileError) {
        self.fileSystem = fileSystem
        self.path = path
        temporary = path + ".tmp"
        footer = BlockFormat.Footer(number: number, start: .max, end: .min, merged: merged)
        index = BlockIndexBuilder(footer.version)
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
        parts.removeAll(keepingCapacity: true)
    }

    /// Closes the series; one without parts was never there.
    func end() {
        if !parts.isEmpty { index.add(labels, parts) }
    }

    /// Adds what isn't empty as the next part of the series.
    func addPart(_ samples: SampleColumns, _ histograms: [HistogramSample]) throws(FileError) {
        precondition(samples.count <= Limits.columnSamplesMax && histograms.count <= Limits.columnSamplesMax)
        var columns = BlockColumns()
        columns.start = min(samples.timestamps.first ?? .max, histograms.first?.timestamp ?? .max)
        columns.end = max(samples.timestamps.last ?? .min, histograms.last?.timestamp ?? .min)
        columns.sampleCount = samples.count
        columns.histogramCount = histograms.count
        if !samples.isEmpty {
            encoded.removeAll(keepingCapacity: true)
            IntegerColumn.encode(samples.timestamps, into: &encoded)
            columns.timestamps = try appendTimestamps(encoded)
            encoded.removeAll(keepingCapacity: true)
            FloatColumn.encode(samples.values, into: &encoded)
            columns.values = try append(encoded)
        }
        if !histograms.isEmpty {
            encoded.removeAll(keepingCapacity: true)
            HistogramCoder.encode(histograms, into: &encoded)
            columns.histograms = try append(encoded)
        }
        take(columns)
    }

    /// Adds a part of another block's series as it is there, as the next part of the series.
    func addPart(_ source: BlockColumns, copying bytes: BlockPartBytes) throws(FileError) {
        var columns = source
        if columns.sampleCount > 0 {
            columns.timestamps = try appendTimestamps(Array(bytes.timestamps))
            columns.values = try append(Array(bytes.values))
        }
        if columns.histogramCount > 0 { columns.histograms = try append(Array(bytes.histograms)) }
        take(columns)
    }

    private func take(_ columns: BlockColumns) {
        precondition(columns.start <= columns.end && parts.last.map { $0.end < columns.start } ?? true, "parts out of order")
        precondition(parts.isEmpty || footer.version == .merged, "a sealed block has one part for each series")
        parts.append(columns)
        footer.sampleCount += columns.sampleCount + columns.histogramCount
        footer.start = min(footer.start, columns.start)
        footer.end = max(footer.end, columns.end)
    }

    private func appendTimestamps(_ bytes: [UInt8]) throws(FileError) -> Range<Int> {
        if let shared = timestampColumns[bytes] { return shared }
        let range = try append(bytes)
        if timestampColumnBytes + bytes.count <= Limits.sharedTimestampBytesMax {
            timestampColumns[bytes] = range
            timestampColumnBytes += bytes.count
        }
        return range
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
        for section in index.sections() {
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
