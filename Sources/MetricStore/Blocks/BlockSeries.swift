import Foundations

/// Where a series' samples, or those of a part of its time, lie in a block. Offsets count from the start of the columns.
struct BlockColumns: Equatable {
    var start: Int64 = 0
    var end: Int64 = 0
    var sampleCount = 0
    /// Series that were scraped together share this range.
    var timestamps = 0..<0
    var values = 0..<0
    /// Figures of each slice; empty where there are none.
    var summaries = 0..<0
    var histogramCount = 0
    var histograms = 0..<0

    /// Samples in each slice of the part: what can be decoded alone, and has a summary. The last one may have fewer.
    var sliceSamples: Int { BinnedColumn.sliceSamples(of: sampleCount) }
}

/// A column of timestamps that parts of one or many series share.
struct TimestampColumn: Equatable {
    var start: Int64
    var end: Int64
    var count: Int
    /// Counts from the start of the columns.
    var place: Range<Int>

    func encode(into bytes: inout [UInt8]) {
        bytes.append(littleEndian: start)
        bytes.append(littleEndian: end)
        bytes.append(littleEndian: UInt64(place.lowerBound))
        bytes.append(littleEndian: UInt32(place.count))
        bytes.append(littleEndian: UInt32(count))
    }

    /// Nil where the bytes can't be a column's entry.
    static func decode(_ bytes: UnsafeRawBufferPointer) -> TimestampColumn? {
        guard bytes.count >= BlockFormat.timestampEntryBytes else { return nil }
        let start = Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: 0, as: Int64.self))
        let end = Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: Int64.self))
        let length = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt32.self))
        let count = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 28, as: UInt32.self))
        guard let place = Int(exactly: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))), start <= end, count > 0,
            count <= UInt32(Limits.columnSamplesMax)
        else { return nil }
        let (upper, overflow) = place.addingReportingOverflow(Int(length))
        return overflow ? nil : TimestampColumn(start: start, end: end, count: Int(count), place: place..<upper)
    }
}

/// A series' downsampled column.
struct StepColumn: Equatable {
    var resolution: Resolution
    var place: Range<Int>
}

/// Where all that a block holds of a series lies.
struct BlockSeries: Equatable {
    /// In order of time, without overlap. None where the samples have passed their retention.
    var parts: [BlockColumns] = []
    /// Each part's column of timestamps, by number; -1 for a part without floats.
    var timestampColumns: [Int] = []
    var steps: [StepColumn] = []

    var isEmpty: Bool { parts.isEmpty && steps.isEmpty }

    /// Leaves out parts beside a range, ends included, and downsampled columns where no part is left of those that there were.
    mutating func keepParts(from start: Int64, through end: Int64) {
        if parts.isEmpty || parts.allSatisfy({ $0.start <= end && $0.end >= start }) { return }
        parts.removeAll { $0.start > end || $0.end < start }
        timestampColumns = []
        if parts.isEmpty { steps = [] }
    }

    private enum Flag {
        static let floats: UInt64 = 1
        static let histograms: UInt64 = 2
        static let summaries: UInt64 = 4
    }

    /// The entry of the compact version: where it can, a run of bytes is said by how far it begins behind the one before.
    func encode(into bytes: inout [UInt8]) {
        var end = 0
        func append(_ range: Range<Int>, _ bytes: inout [UInt8]) {
            // Timestamps may stand between, but nothing is written in front of what is there.
            bytes.append(varint: UInt64(range.lowerBound - end))
            bytes.append(varint: UInt64(range.count))
            end = range.upperBound
        }
        bytes.append(varint: UInt64(parts.count))
        for (part, column) in zip(parts, timestampColumns) {
            let hasFloats = part.sampleCount > 0
            let hasHistograms = part.histogramCount > 0
            bytes.append(varint: (hasFloats ? Flag.floats : 0) | (hasHistograms ? Flag.histograms : 0) | (part.summaries.isEmpty ? 0 : Flag.summaries))
            if hasFloats {
                bytes.append(varint: UInt64(column))
                append(part.values, &bytes)
                if !part.summaries.isEmpty { append(part.summaries, &bytes) }
            }
            if hasHistograms {
                bytes.append(zigzag: part.start)
                bytes.append(varint: UInt64(bitPattern: part.end &- part.start))
                bytes.append(varint: UInt64(part.histogramCount))
                append(part.histograms, &bytes)
            }
        }
        bytes.append(varint: UInt64(steps.count))
        for step in steps {
            bytes.append(step.resolution.rawValue)
            append(step.place, &bytes)
        }
    }

    /// The entry of the compact version; nil where it can't be one. `timestamps` finds a column by number.
    static func decode(_ reader: inout ByteReader, timestamps: (Int) -> TimestampColumn?) -> BlockSeries? {
        var series = BlockSeries()
        var end = 0
        guard let partCount = reader.readVarint(), partCount <= UInt64(reader.remaining) else { return nil }
        series.parts.reserveCapacity(Int(partCount))
        for _ in 0..<partCount {
            var part = BlockColumns()
            var column = -1
            guard let flags = reader.readVarint(), flags & (Flag.floats | Flag.histograms) != 0 else { return nil }
            if flags & Flag.floats != 0 {
                guard let number = reader.readVarint().flatMap(Int.init(exactly:)), let times = timestamps(number), let values = range(&reader, &end) else { return nil }
                column = number
                part.start = times.start
                part.end = times.end
                part.sampleCount = times.count
                part.timestamps = times.place
                part.values = values
                if flags & Flag.summaries != 0 {
                    guard let summaries = range(&reader, &end) else { return nil }
                    part.summaries = summaries
                }
            }
            if flags & Flag.histograms != 0 {
                guard let start = reader.readZigzag(), let span = reader.readVarint(), let count = reader.readVarint(),
                    (1...UInt64(Limits.columnSamplesMax)).contains(count), let histograms = range(&reader, &end)
                else { return nil }
                part.start = start
                part.end = start &+ Int64(truncatingIfNeeded: span)
                part.histogramCount = Int(count)
                part.histograms = histograms
            }
            guard part.start <= part.end, series.parts.last.map({ $0.end < part.start }) ?? true else { return nil }
            series.parts.append(part)
            series.timestampColumns.append(column)
        }
        guard let stepCount = reader.readVarint(), stepCount <= UInt64(Resolution.allCases.count) else { return nil }
        for _ in 0..<stepCount {
            guard let resolution = reader.readUInt8().flatMap(Resolution.init(rawValue:)), let place = range(&reader, &end) else { return nil }
            series.steps.append(StepColumn(resolution: resolution, place: place))
        }
        return series
    }

    private static func range(_ reader: inout ByteReader, _ end: inout Int) -> Range<Int>? {
        guard let skip = reader.readVarint().flatMap(Int.init(exactly:)), let count = reader.readVarint().flatMap(Int.init(exactly:)) else { return nil }
        let (start, overflowsStart) = end.addingReportingOverflow(skip)
        let (next, overflowsEnd) = start.addingReportingOverflow(count)
        if overflowsStart || overflowsEnd { return nil }
        end = next
        return start..<next
    }
}

extension BlockColumns {
    /// A part's description in the versions before the compact one; nil where it can't be one.
    static func decodeOld(_ reader: inout ByteReader) -> BlockColumns? {
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
