import Foundations

/// The shape of a block: columns, then the index, then a checksum for every page, then the footer that says where everything is.
///
/// `Docs/Formats/metric-block.md` has the byte diagrams.
enum BlockFormat {
    /// What a file looks like. Only the last one is written.
    enum Version: UInt32 {
        /// One part for each series: blocks as they were sealed.
        case sealed = 1
        /// Parts one after another in time: blocks that others were merged into.
        case merged = 2
        /// Both, with shorter entries of series, summaries and downsampled columns.
        case compact = 3

        var sections: [Section] { self == .compact ? Section.allCases : Section.allCases.filter { $0 < .labelSets || $0 == .pageChecksums } }
        var footerBytes: Int { self == .compact ? 192 : 160 }
        /// Of each entry in the tables of offsets.
        var offsetBytes: Int { self == .compact ? 5 : 8 }
    }
    /// "NJMTBLK\0"
    static let magic: UInt64 = 0x004B_4C42_544D_4A4E
    static let headerBytes = 24
    static let footerBytesMax = 192
    /// Bytes of a timestamp column's entry: first and last timestamp, place, length, number.
    static let timestampEntryBytes = 32

    /// Parts of the file, in the footer's order.
    enum Section: Int, CaseIterable, Comparable {
        case columns, series, seriesOffsets, symbols, symbolOffsets, names, values, postings
        /// In the compact version alone.
        case labelSets, timestampColumns
        case pageChecksums

        static func < (left: Section, right: Section) -> Bool { left.rawValue < right.rawValue }
    }

    /// What a block holds of its range.
    struct Contents: OptionSet, Sendable {
        let rawValue: UInt64
        /// Samples as they were written.
        static let samples = Contents(rawValue: 1)
        static let fiveMinutes = Contents(rawValue: 2)
        static let hours = Contents(rawValue: 4)

        init(rawValue: UInt64) { self.rawValue = rawValue }
        init(_ resolution: Resolution) { self = resolution == .hour ? .hours : .fiveMinutes }

        /// Of the downsampled columns.
        var resolutions: [Resolution] { Resolution.allCases.filter { contains(Contents($0)) } }
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
        var contents: Contents = .samples
        var version = Version.compact

        /// Empty where the version has none.
        @inline(__always) subscript(section: Section) -> Range<Int> {
            if version == .compact { return sections[section.rawValue] }
            return section == .pageChecksums ? sections[sections.count - 1] : section < .labelSets ? sections[section.rawValue] : 0..<0
        }
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
        bytes.append(littleEndian: footer.contents.rawValue)
        bytes.append(contentsOf: repeatElement(0, count: footer.version.footerBytes - 16 - bytes.count))
        bytes.append(littleEndian: footer.version.rawValue)
        bytes.append(littleEndian: CRC32C.checksum(bytes))
        bytes.append(littleEndian: magic)
        return bytes
    }

    /// The footer of a whole file's bytes, every range of it inside the file; what is wrong otherwise.
    static func footer(of bytes: UnsafeRawBufferPointer) throws(DamagedBytes) -> Footer {
        guard bytes.count >= headerBytes + footerBytesMax else { throw DamagedBytes(offset: 0, reason: "\(bytes.count) bytes are too few for a block") }
        let end = bytes.count
        guard bytes.loadUnaligned(fromByteOffset: end - 8, as: UInt64.self).littleEndian == magic else {
            throw DamagedBytes(offset: end - 8, reason: "the footer has no magic")
        }
        guard let version = Version(rawValue: bytes.loadUnaligned(fromByteOffset: end - 16, as: UInt32.self).littleEndian) else {
            throw DamagedBytes(offset: end - 16, reason: "the block has another version")
        }
        let start = end - version.footerBytes
        func fail(_ reason: String) -> DamagedBytes { DamagedBytes(offset: start, reason: reason) }
        let stored = UnsafeRawBufferPointer(rebasing: bytes[start...])
        let checksum = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: stored[..<(stored.count - 12)]))
        guard stored.loadUnaligned(fromByteOffset: stored.count - 12, as: UInt32.self).littleEndian == checksum else { throw fail("the footer's checksum doesn't match") }
        var reader = ByteReader(stored)
        func number() -> UInt64 { reader.read(UInt64.self) ?? 0 }
        var footer = Footer()
        footer.version = version
        var lower = headerBytes
        for _ in version.sections {
            guard let upper = Int(exactly: number()), upper >= lower, upper <= start else { throw fail("a section lies outside of the file") }
            footer.sections.append(lower..<upper)
            lower = upper
        }
        guard lower == start else { throw fail("the sections don't fill the file") }
        footer.number = number()
        guard let seriesCount = Int(exactly: number()), let symbolCount = Int(exactly: number()), let sampleCount = Int(exactly: number()),
            seriesCount <= bytes.count, symbolCount <= bytes.count, footer[.seriesOffsets].count == (seriesCount + 1) * version.offsetBytes,
            footer[.symbolOffsets].count == (symbolCount + 1) * version.offsetBytes, footer[.timestampColumns].count % timestampEntryBytes == 0,
            footer[.names].count % 12 == 0, footer[.values].count % 16 == 0,
            footer[.pageChecksums].count == pageCount(footer[.pageChecksums].lowerBound) * 4
        else { throw fail("the counts don't fit the sections") }
        footer.seriesCount = seriesCount
        footer.symbolCount = symbolCount
        footer.sampleCount = sampleCount
        footer.start = Int64(bitPattern: number())
        footer.end = Int64(bitPattern: number())
        let range = MergedRange(start: Int64(bitPattern: number()), widthMilliseconds: Int64(bitPattern: number()))
        if version == .merged || version == .compact && range.widthMilliseconds != 0 {
            guard range.widthMilliseconds > 0 else { throw fail("the merged range has no width") }
            footer.merged = range
        }
        if version == .compact { footer.contents = Contents(rawValue: number()) }
        return footer
    }

    /// Pages of everything before the checksums.
    static func pageCount(_ bytes: Int) -> Int { (bytes + Limits.blockPageBytes - 1) / Limits.blockPageBytes }
}
