import Foundations
import Model

/// A chunk as it goes into a partition.
struct EncodedChunk: Sendable {
    var oldest: Int64
    var newest: Int64
    var rows: Int
    /// Bit n: there is a row of level n.
    var levels: Int64
    var lineBytes: Int
    /// Whether some line is no valid UTF-8.
    var hasInvalidLines: Bool
    /// By `ChunkPart`; a chunk whose rows have no fields lacks that one.
    var parts: [(part: ChunkPart, bytes: [UInt8])]
    var templates: [LogTemplate]
    /// For the index, joined.
    var terms: [UInt8]
}

/// The parts in which a chunk's bytes are kept, so that each is read alone.
enum ChunkPart: Int64, CaseIterable, Sendable {
    case heads = 0, text = 1, fields = 2, rollup = 3

    static let count: Int64 = 4
}

enum ChunkEncoder {
    /// `level`: zstd's. There must be rows, of one stream.
    static func encode(_ rows: Rows, level: Int) throws(DamagedBytes) -> EncodedChunk {
        precondition(rows.count > 0 && rows.count <= Limits.chunkRowsMax, "a chunk has some rows and not too many")
        let order = rows.order()
        var table = TemplateTable()
        rows.lines.bytes.withUnsafeBytes { lines in
            for row in 0..<rows.count { table.add(UnsafeRawBufferPointer(rebasing: lines[rows.lines.range(row)])) }
        }
        let shapes = try fieldShapes(rows, table, order)
        let kinds = kinds(table)
        var parts: [(part: ChunkPart, bytes: [UInt8])] = [
            (.heads, Frame.compressed(ChunkHeads.encode(rows, table, order: order), level: level)),
            (.text, Frame.compressed(ChunkText.encode(rows, table, order: order), level: level)),
            (.rollup, ChunkRollup.encode(rows, table, kinds: kinds)),
        ]
        if !shapes.isEmpty { parts.append((.fields, Frame.compressed(shapes.encoded(), level: level))) }
        return EncodedChunk(
            oldest: rows.timestamps[order[0]], newest: rows.timestamps[order[order.count - 1]], rows: rows.count,
            levels: rows.levels.reduce(0) { $0 | 1 << Int64($1 & ~Rows.invalidMark) }, lineBytes: rows.lineBytes,
            hasInvalidLines: rows.levels.contains { $0 & Rows.invalidMark != 0 }, parts: parts, templates: templates(kinds), terms: terms(rows, table, shapes))
    }

    /// The terms of rows that are stored already.
    static func terms(_ rows: Rows) throws(DamagedBytes) -> [UInt8] {
        var table = TemplateTable()
        rows.lines.bytes.withUnsafeBytes { lines in
            for row in 0..<rows.count { table.add(UnsafeRawBufferPointer(rebasing: lines[rows.lines.range(row)])) }
        }
        return terms(rows, table, try fieldShapes(rows, table, Array(0..<rows.count)))
    }

    private static func fieldShapes(_ rows: Rows, _ table: TemplateTable, _ order: [Int]) throws(DamagedBytes) -> FieldShapes {
        var shapes = FieldShapes()
        if rows.fields.bytes.isEmpty { return shapes }
        for row in order {
            let first = table.firstHole[row]
            let end = row + 1 < table.firstHole.count ? table.firstHole[row + 1] : table.holes.count
            try withBytes(rows.lines.bytes, rows.fields.bytes) { lines, fields throws(DamagedBytes) in
                try shapes.add(
                    UnsafeRawBufferPointer(rebasing: fields[rows.fields.range(row)]), line: UnsafeRawBufferPointer(rebasing: lines[rows.lines.range(row)]),
                    holes: table.holes[first..<end])
            }
        }
        return shapes
    }

    private static func kinds(_ table: TemplateTable) -> [TemplateKind] {
        table.keys.withUnsafeBytes { keys in
            table.entries.map { entry in TemplateKind(pieces: table.pieces(entry).map { UnsafeRawBufferPointer(rebasing: keys[$0]) }) }
        }
    }

    private static func templates(_ kinds: [TemplateKind]) -> [LogTemplate] {
        let templates = Set(kinds.map(\.template))
        return templates.count <= Limits.rollupTemplatesMax ? Array(templates) : []
    }

    private static func terms(_ rows: Rows, _ table: TemplateTable, _ shapes: FieldShapes) -> [UInt8] {
        var terms = TermSet()
        table.keys.withUnsafeBytes { keys in
            for entry in table.entries {
                for piece in table.pieces(entry) { terms.addWords(of: UnsafeRawBufferPointer(rebasing: keys[piece]), mark: Terms.templateMark) }
            }
        }
        rows.lines.bytes.withUnsafeBytes { lines in
            for row in 0..<rows.count {
                let start = rows.lines.range(row).lowerBound
                var place = table.firstHole[row]
                let end = row + 1 < table.firstHole.count ? table.firstHole[row + 1] : table.holes.count
                while place < end {
                    terms.addWords(of: UnsafeRawBufferPointer(rebasing: lines[start + Int(table.holes[place])..<start + Int(table.holes[place + 1])]))
                    place += 2
                }
            }
        }
        terms.add(shapes.terms)
        return terms.joined
    }
}

/// Two arrays as bytes, for a body that throws a type of its own.
@inline(__always) func withBytes<Result, Failure: Error>(
    _ first: [UInt8], _ second: [UInt8], _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(Failure) -> Result
) throws(Failure) -> Result {
    let outcome: Swift.Result<Result, Failure> = first.withUnsafeBytes { first in
        second.withUnsafeBytes { second in
            do throws(Failure) { return .success(try body(first, second)) } catch { return .failure(error) }
        }
    }
    return try outcome.get()
}
