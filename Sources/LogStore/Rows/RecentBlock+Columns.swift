import Foundations
import Model

extension RecentBlock {
    /// Which rows of a batch make a block.
    struct Selection {
        /// The streams with rows in the block, in the order of their numbers in it.
        var streams: [Labels] = []
        /// By the number of a stream in the batch: its number in the block, or -1.
        var numbers: [Int32]
        var rows = 0
        /// Bytes of lines and fields.
        var textBytes = 0

        init(streams count: Int) { numbers = Array(repeating: -1, count: count) }

        @inline(__always) mutating func add(_ row: LogColumns.Row, _ columns: LogColumns) {
            if numbers[Int(row.stream)] < 0 {
                numbers[Int(row.stream)] = Int32(streams.count)
                streams.append(columns.streams[Int(row.stream)])
            }
            rows += 1
            textBytes += Int(row.lineBytes) + Int(row.fieldsBytes)
        }
    }

    /// What a batch lost to the limits.
    struct Cuts {
        var lines = 0
        var fields = 0
    }

    /// The most that a row takes beside its texts: five varints, the level, and the field that tells of a cut.
    private static let rowBytesMax = 5 * 10 + 1 + 40

    /// A block of those rows for which `isIncluded` holds, and its frame. The block's own body stays empty.
    static func encoded(
        _ columns: LogColumns, _ selection: Selection, counting cuts: inout Cuts, isIncluded: (_ row: Int) -> Bool
    ) -> (block: RecentBlock, frame: [UInt8]) {
        var block = RecentBlock()
        for stream in selection.streams { _ = block.addStream(stream) }
        let header = block.header(rows: selection.rows)
        // A field of 64 bytes or more may take one more than in the batch.
        let capacity = header.count + selection.textBytes + selection.textBytes / 32 + selection.rows * rowBytesMax
        let content = [UInt8](unsafeUninitializedCapacity: capacity) { output, count in
            var writer = RunWriter(UnsafeMutableRawBufferPointer(output))
            header.withUnsafeBytes { writer.append($0) }
            block.write(columns, selection.numbers, &cuts, to: &writer, isIncluded: isIncluded)
            count = writer.count
        }
        return (block, Frame.compressed(content, level: Limits.recentLevel))
    }

    @inline(__always) private mutating func write(
        _ columns: LogColumns, _ numbers: [Int32], _ cuts: inout Cuts, to writer: inout RunWriter, isIncluded: (_ row: Int) -> Bool
    ) {
        var scratch: [UInt8] = []
        var lastTimestamp: Int64 = 0
        columns.lines.withUnsafeBytes { lines in
            columns.fields.withUnsafeBytes { fields in
                for index in columns.rows.indices where isIncluded(index) {
                    let row = columns.rows[index]
                    var line = UnsafeRawBufferPointer(rebasing: lines[row.lineRange])
                    var cutBytes = 0
                    if line.count > Limits.lineBytesMax {
                        let whole = line.count
                        line = row.isInvalid ? UnsafeRawBufferPointer(rebasing: line[..<Limits.lineBytesMax]) : line.cut(to: Limits.lineBytesMax)
                        cutBytes = whole - line.count
                        cuts.lines += 1
                    }
                    let level = row.level.rawValue | (row.isInvalid ? Rows.invalidMark : 0)
                    // Numbers of rows count up from 0.
                    writer.append(zigzag: rows == 0 ? 0 : 1)
                    writer.append(varint: UInt64(numbers[Int(row.stream)]))
                    writer.append(zigzag: row.timestamp &- lastTimestamp)
                    writer.append(level)
                    writer.append(lengthPrefixed: line)
                    if row.fieldsBytes == 0, cutBytes == 0 {
                        writer.append(0)
                    } else {
                        scratch.removeAll(keepingCapacity: true)
                        let coded = LogFields(UnsafeRawBufferPointer(rebasing: fields[row.fieldsRange]))
                        cuts.fields += FieldCoding.encode(coded, cutBytes: cutBytes, line: line, into: &scratch)
                        scratch.withUnsafeBytes { writer.append(lengthPrefixed: $0) }
                    }
                    lastTimestamp = row.timestamp
                    note(stream: Int(numbers[Int(row.stream)]), timestamp: row.timestamp, level: level, lineBytes: line.count)
                }
            }
        }
    }

    /// The rows of a frame but for those of some streams; nil where none is left.
    static func without(_ refused: Set<Labels>, frame: [UInt8]) throws -> (block: RecentBlock, frame: [UInt8])? {
        var kept = RecentBlock()
        try frame.withUnsafeBytes { frame in
            var reader = try Reader(try Frame.content(frame, bytesMax: Limits.blockBytesMax), first: 0)
            while let row = try reader.next() {
                let labels = reader.labels[row.stream]
                if refused.contains(labels) { continue }
                kept.append(id: Int64(kept.rows), stream: kept.number(of: labels), timestamp: row.timestamp, level: row.level, line: row.line, fields: row.fields)
            }
        }
        return kept.rows == 0 ? nil : (kept, kept.frame())
    }
}

/// Writes into memory that was reserved for all that comes.
private struct RunWriter {
    private let start: UnsafeMutableRawPointer
    private let end: UnsafeMutableRawPointer
    private var next: UnsafeMutableRawPointer

    init(_ output: UnsafeMutableRawBufferPointer) {
        start = output.baseAddress!
        end = start + output.count
        next = start
    }

    var count: Int { next - start }

    @inline(__always) mutating func append(_ byte: UInt8) {
        precondition(next < end)
        next.storeBytes(of: byte, as: UInt8.self)
        next += 1
    }

    @inline(__always) mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    @inline(__always) mutating func append(zigzag value: Int64) { append(varint: UInt64(bitPattern: (value << 1) ^ (value >> 63))) }

    @inline(__always) mutating func append(_ run: UnsafeRawBufferPointer) {
        guard let base = run.baseAddress else { return }
        precondition(run.count <= end - next)
        next.copyMemory(from: base, byteCount: run.count)
        next += run.count
    }

    @inline(__always) mutating func append(lengthPrefixed run: UnsafeRawBufferPointer) {
        append(varint: UInt64(run.count))
        append(run)
    }
}
