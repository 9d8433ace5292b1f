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
    private var series: [(labels: Labels, columns: BlockColumns)] = []
    /// Columns of timestamps that are there already, by their bytes: series of one target share theirs.
    private var timestampColumns: [[UInt8]: Range<Int>] = [:]

    init(fileSystem: any FileSystem, path: String, number: UInt64) throws(FileError) {
        self.fileSystem = fileSystem
        self.path = path
        temporary = path + ".tmp"
        footer = BlockFormat.Footer(number: number, start: .max, end: .min)
        if try fileSystem.exists(temporary) { try fileSystem.remove(temporary) }
        file = try fileSystem.open(temporary, .create)
        paged = PagedWriter(file)
        try paged.append(BlockFormat.header(number: number))
    }

    var isEmpty: Bool { series.isEmpty }

    /// Adds a series behind those before it. Something must be in it.
    func add(_ labels: Labels, _ samples: SampleColumns, _ histograms: [HistogramSample]) throws(FileError) {
        precondition(series.last.map { $0.labels < labels } ?? true, "series out of order")
        precondition(samples.count <= Limits.columnSamplesMax && histograms.count <= Limits.columnSamplesMax)
        var columns = BlockColumns()
        columns.start = min(samples.timestamps.first ?? .max, histograms.first?.timestamp ?? .max)
        columns.end = max(samples.timestamps.last ?? .min, histograms.last?.timestamp ?? .min)
        columns.sampleCount = samples.count
        columns.histogramCount = histograms.count
        var bytes: [UInt8] = []
        if !samples.isEmpty {
            IntegerColumn.encode(samples.timestamps, into: &bytes)
            if let shared = timestampColumns[bytes] {
                columns.timestamps = shared
            } else {
                columns.timestamps = try append(bytes)
                timestampColumns[bytes] = columns.timestamps
            }
            bytes.removeAll(keepingCapacity: true)
            FloatColumn.encode(samples.values, into: &bytes)
            columns.values = try append(bytes)
        }
        if !histograms.isEmpty {
            bytes.removeAll(keepingCapacity: true)
            HistogramCoder.encode(histograms, into: &bytes)
            columns.histograms = try append(bytes)
        }
        series.append((labels, columns))
        footer.sampleCount += samples.count + histograms.count
        footer.start = min(footer.start, columns.start)
        footer.end = max(footer.end, columns.end)
    }

    private func append(_ bytes: [UInt8]) throws(FileError) -> Range<Int> {
        let start = paged.offset - BlockFormat.headerBytes
        try paged.append(bytes)
        return start..<(start + bytes.count)
    }

    /// Writes the index, makes everything durable and gives the file its name.
    func finish() throws(FileError) {
        let index = BlockIndexBuilder(series)
        footer.seriesCount = series.count
        footer.symbolCount = index.symbolCount
        footer.sections = [BlockFormat.headerBytes..<paged.offset]
        for section in index.sections {
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

/// The index sections of a block, in the footer's order from `series` to `postings`.
private struct BlockIndexBuilder {
    let symbolCount: Int
    let sections: [[UInt8]]

    init(_ series: [(labels: Labels, columns: BlockColumns)]) {
        var table = SymbolTable()
        var pairs: [UInt64: [UInt32]] = [:]
        for (number, entry) in series.enumerated() {
            entry.labels.forEachBytes { name, value in
                let key = UInt64(table.number(of: name)) << 32 | UInt64(table.number(of: value))
                pairs[key, default: []].append(UInt32(number))
            }
        }
        symbolCount = table.count
        // Symbols are numbered anew in order of their bytes, so that a search can halve them.
        let order = (0..<UInt32(table.count)).sorted { left, right in
            table.withBytes(left) { one in table.withBytes(right) { other in compareBytes(one, other) < 0 } }
        }
        var place = [UInt32](repeating: 0, count: table.count)
        var symbols: [UInt8] = []
        var symbolOffsets: [UInt8] = []
        for (index, symbol) in order.enumerated() {
            place[Int(symbol)] = UInt32(index)
            symbolOffsets.append(littleEndian: UInt64(symbols.count))
            table.withBytes(symbol) { symbols.append(contentsOf: $0) }
        }
        symbolOffsets.append(littleEndian: UInt64(symbols.count))

        var entries: [UInt8] = []
        var offsets: [UInt8] = []
        for entry in series {
            offsets.append(littleEndian: UInt64(entries.count))
            entries.append(varint: UInt64(entry.labels.count))
            entry.labels.forEachBytes { name, value in
                entries.append(varint: UInt64(place[Int(table.number(of: name))]))
                entries.append(varint: UInt64(place[Int(table.number(of: value))]))
            }
            entry.columns.encode(into: &entries)
        }
        offsets.append(littleEndian: UInt64(entries.count))

        var renamed: [(key: UInt64, list: [UInt32])] = []
        for (key, list) in pairs {
            renamed.append((UInt64(place[Int(key >> 32)]) << 32 | UInt64(place[Int(key & 0xFFFF_FFFF)]), list))
        }
        renamed.sort { $0.key < $1.key }
        let (names, values, postings) = Self.lists(renamed)
        sections = [entries, offsets, symbols, symbolOffsets, names, values, postings]
    }

    private static func lists(_ pairs: [(key: UInt64, list: [UInt32])]) -> (names: [UInt8], values: [UInt8], postings: [UInt8]) {
        var names: [UInt8] = []
        var values: [UInt8] = []
        var postings: [UInt8] = []
        var start = 0
        while start < pairs.count {
            let name = pairs[start].key >> 32
            var end = start
            while end < pairs.count, pairs[end].key >> 32 == name {
                values.append(littleEndian: UInt32(truncatingIfNeeded: pairs[end].key))
                values.append(littleEndian: UInt32(pairs[end].list.count))
                values.append(littleEndian: UInt64(postings.count))
                var previous: UInt32 = 0
                for number in pairs[end].list {
                    postings.append(varint: UInt64(number - previous))
                    previous = number
                }
                end += 1
            }
            names.append(littleEndian: UInt32(name))
            names.append(littleEndian: UInt32(start))
            names.append(littleEndian: UInt32(end - start))
            start = end
        }
        return (names, values, postings)
    }
}
