import Foundations

/// The shape of a block: columns, then the index, then a checksum for every page, then the footer that says where everything is.
///
/// `Docs/Formats/metric-block.md` has the byte diagrams.
enum BlockFormat {
    /// What a file's entries of series look like.
    enum Version: UInt32 {
        /// One part for each series: blocks as they are sealed.
        case sealed = 1
        /// Parts one after another in time: blocks that others were merged into.
        case merged = 2
    }
    /// "NJMTBLK\0"
    static let magic: UInt64 = 0x004B_4C42_544D_4A4E
    static let headerBytes = 24
    static let footerBytes = 160

    /// Parts of the file, in the footer's order.
    enum Section: Int, CaseIterable {
        case columns, series, seriesOffsets, symbols, symbolOffsets, names, values, postings, pageChecksums
    }

    /// The aligned range that a merged block stands for, in milliseconds since 1970: it replaces all blocks with lower numbers in it.
    struct MergedRange: Equatable, Sendable {
        let start: Int64
        let widthMilliseconds: Int64

        /// Whether a block that reaches from `start` through `end` lies in it.
        func holds(_ start: Int64, _ end: Int64) -> Bool {
            blockStart(of: start, widthMilliseconds) == self.start && blockStart(of: end, widthMilliseconds) == self.start
        }
    }

    struct Footer: Equatable {
        var number: UInt64 = 0
        var sections: [Range<Int>] = []
        var seriesCount = 0
        var symbolCount = 0
        var sampleCount = 0
        /// Milliseconds since 1970 of the first and last sample.
        var start: Int64 = 0
        var end: Int64 = 0
        /// Nil for a block that was sealed.
        var merged: MergedRange?

        var version: Version { merged == nil ? .sealed : .merged }

        subscript(section: Section) -> Range<Int> { sections[section.rawValue] }
    }

    static func header(number: UInt64, _ version: Version) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: magic)
        bytes.append(littleEndian: version.rawValue)
        bytes.append(littleEndian: UInt32(0))
        bytes.append(littleEndian: number)
        return bytes
    }

    static func encode(_ footer: Footer) -> [UInt8] {
        var bytes: [UInt8] = []
        // Sections lie one behind another: where each ends is enough.
        for section in footer.sections { bytes.append(littleEndian: UInt64(section.upperBound)) }
        bytes.append(littleEndian: footer.number)
        bytes.append(littleEndian: UInt64(footer.seriesCount))
        bytes.append(littleEndian: UInt64(footer.symbolCount))
        bytes.append(littleEndian: UInt64(footer.sampleCount))
        bytes.append(littleEndian: footer.start)
        bytes.append(littleEndian: footer.end)
        bytes.append(littleEndian: footer.merged?.start ?? 0)
        bytes.append(littleEndian: footer.merged?.widthMilliseconds ?? 0)
        bytes.append(contentsOf: repeatElement(0, count: footerBytes - 16 - bytes.count))
        bytes.append(littleEndian: footer.version.rawValue)
        bytes.append(littleEndian: CRC32C.checksum(bytes))
        bytes.append(littleEndian: magic)
        return bytes
    }

    /// The footer of a whole file's bytes, every range of it inside the file; what is wrong otherwise.
    static func footer(of bytes: UnsafeRawBufferPointer) throws(DamagedBytes) -> Footer {
        guard bytes.count >= headerBytes + footerBytes else { throw DamagedBytes(offset: 0, reason: "\(bytes.count) bytes are too few for a block") }
        let start = bytes.count - footerBytes
        func fail(_ reason: String) -> DamagedBytes { DamagedBytes(offset: start, reason: reason) }
        let stored = UnsafeRawBufferPointer(rebasing: bytes[start...])
        guard stored.loadUnaligned(fromByteOffset: footerBytes - 8, as: UInt64.self).littleEndian == magic else { throw fail("the footer has no magic") }
        let checksum = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: stored[..<(footerBytes - 12)]))
        guard stored.loadUnaligned(fromByteOffset: footerBytes - 12, as: UInt32.self).littleEndian == checksum else { throw fail("the footer's checksum doesn't match") }
        guard let version = Version(rawValue: stored.loadUnaligned(fromByteOffset: footerBytes - 16, as: UInt32.self).littleEndian) else {
            throw fail("the block has another version")
        }
        var reader = ByteReader(stored)
        func number() -> UInt64 { reader.read(UInt64.self) ?? 0 }
        var footer = Footer()
        var lower = headerBytes
        for _ in Section.allCases {
            guard let upper = Int(exactly: number()), upper >= lower, upper <= start else { throw fail("a section lies outside of the file") }
            footer.sections.append(lower..<upper)
            lower = upper
        }
        guard lower == start else { throw fail("the sections don't fill the file") }
        footer.number = number()
        guard let seriesCount = Int(exactly: number()), let symbolCount = Int(exactly: number()), let sampleCount = Int(exactly: number()),
            seriesCount <= bytes.count, symbolCount <= bytes.count, footer[.seriesOffsets].count == (seriesCount + 1) * 8, footer[.symbolOffsets].count == (symbolCount + 1) * 8,
            footer[.names].count % 12 == 0, footer[.values].count % 16 == 0,
            footer[.pageChecksums].count == pageCount(footer[.pageChecksums].lowerBound) * 4
        else { throw fail("the counts don't fit the sections") }
        footer.seriesCount = seriesCount
        footer.symbolCount = symbolCount
        footer.sampleCount = sampleCount
        footer.start = Int64(bitPattern: number())
        footer.end = Int64(bitPattern: number())
        if version == .merged {
            let range = MergedRange(start: Int64(bitPattern: number()), widthMilliseconds: Int64(bitPattern: number()))
            guard range.widthMilliseconds > 0 else { throw fail("the merged range has no width") }
            footer.merged = range
        }
        return footer
    }

    /// Pages of everything before the checksums.
    static func pageCount(_ bytes: Int) -> Int { (bytes + Limits.blockPageBytes - 1) / Limits.blockPageBytes }
}

/// Where a series' samples, or those of a part of its time, lie in a block. Offsets count from the start of the columns.
struct BlockColumns: Equatable {
    var start: Int64 = 0
    var end: Int64 = 0
    var sampleCount = 0
    var timestamps = 0..<0
    var values = 0..<0
    var histogramCount = 0
    var histograms = 0..<0

    func encode(into bytes: inout [UInt8]) {
        bytes.append(zigzag: start)
        bytes.append(varint: UInt64(bitPattern: end &- start))
        bytes.append(varint: UInt64(sampleCount))
        if sampleCount > 0 {
            for range in [timestamps, values] {
                bytes.append(varint: UInt64(range.lowerBound))
                bytes.append(varint: UInt64(range.count))
            }
        }
        bytes.append(varint: UInt64(histogramCount))
        if histogramCount > 0 {
            bytes.append(varint: UInt64(histograms.lowerBound))
            bytes.append(varint: UInt64(histograms.count))
        }
    }

    static func decode(_ reader: inout ByteReader) -> BlockColumns? {
        func range(_ reader: inout ByteReader) -> Range<Int>? {
            guard let start = reader.readVarint().flatMap(Int.init(exactly:)), let count = reader.readVarint().flatMap(Int.init(exactly:)) else { return nil }
            let (end, overflow) = start.addingReportingOverflow(count)
            return overflow ? nil : start..<end
        }
        var columns = BlockColumns()
        guard let start = reader.readZigzag(), let span = reader.readVarint(), let sampleCount = reader.readVarint(),
            sampleCount <= UInt64(Limits.columnSamplesMax)
        else { return nil }
        columns.start = start
        columns.end = start &+ Int64(truncatingIfNeeded: span)
        columns.sampleCount = Int(sampleCount)
        if sampleCount > 0 {
            guard let timestamps = range(&reader), let values = range(&reader) else { return nil }
            columns.timestamps = timestamps
            columns.values = values
        }
        guard let histogramCount = reader.readVarint(), histogramCount <= UInt64(Limits.columnSamplesMax) else { return nil }
        columns.histogramCount = Int(histogramCount)
        if histogramCount > 0 {
            guard let histograms = range(&reader) else { return nil }
            columns.histograms = histograms
        }
        return columns
    }
}
