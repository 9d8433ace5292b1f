import Foundations
import Model

/// A block, mapped. Every page is checked before anything in it is used, once; damage shows where it is met.
final class BlockReader: PostingSource, Sendable {
    let footer: BlockFormat.Footer
    let version: BlockFormat.Version
    private let map: MappedFile
    private let checks: PageChecks

    /// Throws `DamagedBytes` in `.failure` where the file is no block.
    static func open(_ path: String, fileSystem: any FileSystem) throws(FileError) -> Result<BlockReader, DamagedBytes> {
        let map = try fileSystem.map(path)
        return Result { () throws(DamagedBytes) in try BlockReader(map) }
    }

    init(_ map: MappedFile) throws(DamagedBytes) {
        self.map = map
        footer = try BlockFormat.footer(of: map.bytes)
        checks = PageChecks(pages: BlockFormat.pageCount(footer[.pageChecksums].lowerBound))
        version = footer.version
        let header = try bytes(0..<BlockFormat.headerBytes)
        guard header.elementsEqual(BlockFormat.header(number: footer.number, version)) else { throw DamagedBytes(offset: 0, reason: "the header doesn't fit the footer") }
    }

    var number: UInt64 { footer.number }
    var path: String { map.path }
    var sizeBytes: Int { map.bytes.count }
    var seriesCount: Int { footer.seriesCount }
    var start: Int64 { footer.start }
    var end: Int64 { footer.end }

    /// Checks every page and every series: what the index says, and that all columns decode. For verification, not for reading.
    func verify() throws(DamagedBytes) {
        _ = try bytes(0..<footer[.pageChecksums].lowerBound)
        for number in 0..<UInt32(seriesCount) {
            let entry = try entry(of: number)
            for part in entry.parts {
                _ = try samples(part)
                _ = try histograms(part)
                _ = try summaries(of: part)
            }
            for step in entry.steps { _ = try downsampled(step) }
        }
    }

    /// Bytes of the file, their pages checked.
    private func bytes(_ range: Range<Int>) throws(DamagedBytes) -> UnsafeRawBufferPointer {
        guard range.lowerBound >= 0, range.upperBound <= footer[.pageChecksums].lowerBound else {
            throw DamagedBytes(offset: range.lowerBound, reason: "a reference points outside of the file")
        }
        if !range.isEmpty {
            let pages = (range.lowerBound / Limits.blockPageBytes)...((range.upperBound - 1) / Limits.blockPageBytes)
            for page in pages where !checks.isSound(page) {
                try check(page)
                checks.setSound(page)
            }
        }
        return UnsafeRawBufferPointer(rebasing: map.bytes[range])
    }

    private func check(_ page: Int) throws(DamagedBytes) {
        let start = page * Limits.blockPageBytes
        let end = min(start + Limits.blockPageBytes, footer[.pageChecksums].lowerBound)
        let stored = map.bytes.loadUnaligned(fromByteOffset: footer[.pageChecksums].lowerBound + page * 4, as: UInt32.self).littleEndian
        guard CRC32C.checksum(UnsafeRawBufferPointer(rebasing: map.bytes[start..<end])) == stored else {
            throw DamagedBytes(offset: start, reason: "the checksum of the page at \(start) doesn't match")
        }
    }

    func bytes(_ section: BlockFormat.Section, _ range: Range<Int>) throws(DamagedBytes) -> UnsafeRawBufferPointer {
        let whole = footer[section]
        guard range.lowerBound >= 0, range.upperBound <= whole.count else {
            throw DamagedBytes(offset: whole.lowerBound, reason: "a reference points outside of its section")
        }
        return try bytes((whole.lowerBound + range.lowerBound)..<(whole.lowerBound + range.upperBound))
    }

    private func integer<Integer: FixedWidthInteger>(_ section: BlockFormat.Section, at offset: Int, as: Integer.Type) throws(DamagedBytes) -> Integer {
        let size = MemoryLayout<Integer>.size
        return Integer(littleEndian: try bytes(section, offset..<(offset + size)).loadUnaligned(as: Integer.self))
    }

    /// The item between two entries of a table of offsets.
    private func item(_ section: BlockFormat.Section, _ offsets: BlockFormat.Section, _ index: Int) throws(DamagedBytes) -> UnsafeRawBufferPointer {
        let width = version.offsetBytes
        let entries = try bytes(offsets, (index * width)..<((index + 2) * width))
        let start = BitReader.load(entries, at: 0, width: width * 8)
        let end = BitReader.load(entries, at: width * 8, width: width * 8)
        guard start <= end, end <= UInt64(footer[section].count) else {
            throw DamagedBytes(offset: footer[offsets].lowerBound + index * width, reason: "an offset points outside of its section")
        }
        return try bytes(section, Int(start)..<Int(end))
    }

    func symbol(_ index: Int) throws(DamagedBytes) -> UnsafeRawBufferPointer {
        guard index < footer.symbolCount else { throw DamagedBytes(offset: footer[.symbols].lowerBound, reason: "there is no symbol \(index)") }
        return try item(.symbols, .symbolOffsets, index)
    }

    func findSymbol(_ text: [UInt8]) throws(DamagedBytes) -> Int? {
        var low = 0
        var high = footer.symbolCount
        while low < high {
            let middle = (low + high) / 2
            let candidate = try symbol(middle)
            let order = text.withUnsafeBytes { compareBytes(candidate, $0) }
            if order == 0 { return middle }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    /// The places in the section `values` of one label's values.
    private func valueRange(_ name: [UInt8]) throws(DamagedBytes) -> Range<Int>? {
        guard let symbol = try findSymbol(name) else { return nil }
        var low = 0
        var high = footer[.names].count / 12
        while low < high {
            let middle = (low + high) / 2
            let candidate = try Int(integer(.names, at: middle * 12, as: UInt32.self))
            if candidate == symbol { return try valueRange(entry: middle) }
            if candidate < symbol { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    private func valueRange(entry: Int) throws(DamagedBytes) -> Range<Int> {
        let first = try Int(integer(.names, at: entry * 12 + 4, as: UInt32.self))
        let count = try Int(integer(.names, at: entry * 12 + 8, as: UInt32.self))
        guard first + count <= footer[.values].count / 16 else {
            throw DamagedBytes(offset: footer[.names].lowerBound + entry * 12, reason: "a label's values lie outside of their section")
        }
        return first..<(first + count)
    }

    private func list(_ place: Int) throws(DamagedBytes) -> [UInt32] {
        let count = try Int(integer(.values, at: place * 16 + 4, as: UInt32.self))
        let offset = try integer(.values, at: place * 16 + 8, as: UInt64.self)
        let whole = footer[.postings]
        let damage = DamagedBytes(offset: whole.lowerBound, reason: "a list of series can't be read")
        // A series takes five bytes at the most.
        guard let start = Int(exactly: offset), start <= whole.count, count <= seriesCount else { throw damage }
        var reader = ByteReader(try bytes(.postings, start..<min(whole.count, start + count * 5)))
        var series: [UInt32] = []
        series.reserveCapacity(count)
        var previous: UInt64 = 0
        var last: UInt64 = 0
        while series.count < count {
            guard let distance = reader.readVarint(), distance < UInt64(seriesCount) else { throw damage }
            var repeats: UInt64 = 1
            if distance > 0 || series.isEmpty {
                last = distance
            } else {
                // The last distance again, so many times.
                guard series.count > 1, last > 0, let read = reader.readVarint(), read <= UInt64(count - series.count) else { throw damage }
                repeats = read
            }
            guard previous + last * repeats < UInt64(seriesCount) else { throw damage }
            for _ in 0..<repeats {
                previous += last
                series.append(UInt32(previous))
            }
        }
        return series
    }

    func postings(name: [UInt8], value: [UInt8]) throws(DamagedBytes) -> [UInt32] {
        guard let range = try valueRange(name), let symbol = try findSymbol(value) else { return [] }
        var low = range.lowerBound
        var high = range.upperBound
        while low < high {
            let middle = (low + high) / 2
            let candidate = try Int(integer(.values, at: middle * 16, as: UInt32.self))
            if candidate == symbol { return try list(middle) }
            if candidate < symbol { low = middle + 1 } else { high = middle }
        }
        return []
    }

    func valueCount(name: [UInt8]) throws(DamagedBytes) -> Int { try valueRange(name)?.count ?? 0 }

    func forEachValue(
        name: [UInt8], _ body: (UnsafeRawBufferPointer, () throws(DamagedBytes) -> [UInt32]) throws(DamagedBytes) -> Void
    ) throws(DamagedBytes) {
        guard let range = try valueRange(name) else { return }
        for place in range {
            let value = try symbol(Int(integer(.values, at: place * 16, as: UInt32.self)))
            try body(value) { () throws(DamagedBytes) in try list(place) }
        }
    }

    func labels(_ number: UInt32) throws(DamagedBytes) -> Labels { try series(number).labels }

    /// A series' labels and where its columns lie.
    func series(_ number: UInt32) throws(DamagedBytes) -> (labels: Labels, series: BlockSeries) {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(256)  // most label sets
        let series = try entry(of: number) { (name, value) throws(DamagedBytes) in
            encoded.append(lengthPrefixed: try symbol(name))
            encoded.append(lengthPrefixed: try symbol(value))
        }
        return (Labels(uncheckedEncoded: encoded), series)
    }

    /// All that the block says of a series, after visiting the symbols of each of its labels.
    func entry(
        of number: UInt32, _ visit: (_ name: Int, _ value: Int) throws(DamagedBytes) -> Void = { (_, _) throws(DamagedBytes) in }
    ) throws(DamagedBytes) -> BlockSeries {
        let damage = DamagedBytes(offset: footer[.series].lowerBound, reason: "series \(number) can't be read")
        guard Int(number) < seriesCount else { throw damage }
        var reader = ByteReader(try item(.series, .seriesOffsets, Int(number)))
        if version == .compact {
            try visitLabels(&reader, damage, visit)
            var columnDamage: DamagedBytes?
            let series = BlockSeries.decode(&reader) { column in
                do throws(DamagedBytes) { return try timestampColumn(column) } catch {
                    columnDamage = error
                    return nil
                }
            }
            if let columnDamage { throw columnDamage }
            guard let series else { throw damage }
            return series
        }
        guard let count = reader.readVarint(), count <= UInt64(reader.remaining) else { throw damage }
        for _ in 0..<count {
            guard let name = reader.readVarint(), let value = reader.readVarint(), name < UInt64(footer.symbolCount), value < UInt64(footer.symbolCount)
            else { throw damage }
            try visit(Int(name), Int(value))
        }
        return BlockSeries(parts: try oldParts(&reader, damage))
    }

    /// Labels as the compact version has them: a combination of names, then the place of each value among those of its name.
    private func visitLabels(
        _ reader: inout ByteReader, _ damage: DamagedBytes, _ visit: (_ name: Int, _ value: Int) throws(DamagedBytes) -> Void
    ) throws(DamagedBytes) {
        let sets = footer[.labelSets].count
        guard let place = reader.readVarint().flatMap(Int.init(exactly:)), place < sets else { throw damage }
        // Varints of 32 bits take five bytes at the most.
        var head = ByteReader(try bytes(.labelSets, place..<min(sets, place + 5)))
        guard let count = head.readVarint().flatMap(Int.init(exactly:)), count <= sets else { throw damage }
        var set = ByteReader(try bytes(.labelSets, (place + head.offset)..<min(sets, place + head.offset + 5 * count)))
        for _ in 0..<count {
            guard let entry = set.readVarint().flatMap(Int.init(exactly:)), entry < footer[.names].count / 12,
                let value = reader.readVarint().flatMap(Int.init(exactly:))
            else { throw damage }
            let values = try valueRange(entry: entry)
            guard value < values.count else { throw damage }
            let name = try Int(integer(.names, at: entry * 12, as: UInt32.self))
            try visit(name, Int(integer(.values, at: (values.lowerBound + value) * 16, as: UInt32.self)))
        }
    }

    private func timestampColumn(_ column: Int) throws(DamagedBytes) -> TimestampColumn {
        let size = BlockFormat.timestampEntryBytes
        guard column < footer[.timestampColumns].count / size,
            let read = TimestampColumn.decode(try bytes(.timestampColumns, (column * size)..<((column + 1) * size)))
        else { throw DamagedBytes(offset: footer[.timestampColumns].lowerBound, reason: "there is no column of timestamps \(column)") }
        return read
    }

    private func oldParts(_ reader: inout ByteReader, _ damage: DamagedBytes) throws(DamagedBytes) -> [BlockColumns] {
        var partCount: UInt64 = 1
        if version == .merged {
            guard let read = reader.readVarint(), read > 0, read <= UInt64(reader.remaining) else { throw damage }
            partCount = read
        }
        var parts: [BlockColumns] = []
        parts.reserveCapacity(Int(partCount))
        for _ in 0..<partCount {
            guard let columns = BlockColumns.decodeOld(&reader), columns.start <= columns.end, parts.last.map({ $0.end < columns.start }) ?? true else { throw damage }
            parts.append(columns)
        }
        return parts
    }

    /// A part's columns as they are in the file, checked.
    func partBytes(_ part: BlockColumns) throws(DamagedBytes) -> BlockPartBytes {
        BlockPartBytes(
            timestamps: try bytes(.columns, part.timestamps), values: try bytes(.columns, part.values), summaries: try bytes(.columns, part.summaries),
            histograms: try bytes(.columns, part.histograms))
    }

    func samples(_ columns: BlockColumns) throws(DamagedBytes) -> SampleColumns {
        var samples = SampleColumns()
        guard columns.sampleCount > 0 else { return samples }
        var reader = ByteReader(try bytes(.columns, columns.timestamps))
        guard IntegerColumn.decode(&reader, count: columns.sampleCount, into: &samples.timestamps),
            FloatColumn.decode(try bytes(.columns, columns.values), count: columns.sampleCount, into: &samples.values)
        else { throw unreadable(columns) }
        return samples
    }

    /// Writes a part's timestamps, at least one, where there is room for them.
    func decodeTimestamps(_ columns: BlockColumns, to output: UnsafeMutablePointer<Int64>) throws(DamagedBytes) {
        var reader = ByteReader(try bytes(.columns, columns.timestamps))
        guard IntegerColumn.decode(&reader, count: columns.sampleCount, to: output) else { throw unreadable(columns) }
    }

    /// Writes a part's values, at least one, where there is room for them.
    func decodeValues(_ columns: BlockColumns, to output: UnsafeMutablePointer<Double>) throws(DamagedBytes) {
        guard FloatColumn.decode(try bytes(.columns, columns.values), count: columns.sampleCount, to: output) else { throw unreadable(columns) }
    }

    func unreadable(_ columns: BlockColumns) -> DamagedBytes {
        DamagedBytes(offset: footer[.columns].lowerBound + columns.values.lowerBound, reason: "a column can't be read")
    }

    func histograms(_ columns: BlockColumns) throws(DamagedBytes) -> [HistogramSample] {
        guard columns.histogramCount > 0 else { return [] }
        guard let samples = HistogramCoder.decode(try bytes(.columns, columns.histograms), count: columns.histogramCount) else {
            throw DamagedBytes(offset: footer[.columns].lowerBound + columns.histograms.lowerBound, reason: "histograms can't be read")
        }
        return samples
    }

    /// Names of all labels.
    func names() throws(DamagedBytes) -> [[UInt8]] {
        var names: [[UInt8]] = []
        for entry in 0..<(footer[.names].count / 12) {
            names.append(Array(try symbol(Int(integer(.names, at: entry * 12, as: UInt32.self)))))
        }
        return names
    }
}

/// Views of a part's columns. Empty where it has none.
struct BlockPartBytes {
    let timestamps: UnsafeRawBufferPointer
    let values: UnsafeRawBufferPointer
    let summaries: UnsafeRawBufferPointer
    let histograms: UnsafeRawBufferPointer
}
