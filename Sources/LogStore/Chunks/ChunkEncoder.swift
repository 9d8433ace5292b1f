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
    /// `level`: zstd's. `known`: what earlier chunks taught. There must be rows, of one stream.
    static func encode(_ rows: Rows, level: Int, known: KnownTemplates = KnownTemplates()) throws(DamagedBytes) -> EncodedChunk {
        precondition(rows.count > 0 && rows.count <= Limits.chunkRowsMax, "a chunk has some rows and not too many")
        let order = rows.order()
        let table = TemplateTable(rows.lines)
        var text = ChunkText.encode(rows, table, order: order)
        let fields = try fieldShapes(rows, table, order, &text.terms)
        let kinds = kinds(rows, table, known)
        var parts: [(part: ChunkPart, bytes: [UInt8])] = [
            (.heads, Frame.compressed(ChunkHeads.encode(rows, table, order: order), level: level)),
            (.text, Frame.compressed(text.output, level: level)),
            (.rollup, Frame.packed(ChunkRollup.encode(rows, table, kinds: kinds), level: Limits.rollupLevel)),
        ]
        if let fields { parts.append((.fields, Frame.compressed(fields, level: level))) }
        return EncodedChunk(
            oldest: rows.timestamps[order[0]], newest: rows.timestamps[order[order.count - 1]], rows: rows.count,
            levels: rows.levels.reduce(0) { $0 | 1 << Int64($1 & ~Rows.invalidMark) }, lineBytes: rows.lineBytes,
            hasInvalidLines: rows.levels.contains { $0 & Rows.invalidMark != 0 }, parts: parts, templates: templates(kinds), terms: text.terms.joined)
    }

    /// The terms of rows that are stored already.
    static func terms(_ rows: Rows) throws(DamagedBytes) -> [UInt8] {
        let order = Array(0..<rows.count)
        let table = TemplateTable(rows.lines)
        var text = ChunkText.encode(rows, table, order: order)
        _ = try fieldShapes(rows, table, order, &text.terms)
        return text.terms.joined
    }

    /// Nil where no row has fields.
    private static func fieldShapes(_ rows: Rows, _ table: borrowing TemplateTable, _ order: [Int], _ terms: inout TermSet) throws(DamagedBytes) -> [UInt8]? {
        if rows.fields.bytes.isEmpty { return nil }
        var shapes = FieldShapes()
        var failure: DamagedBytes?
        rows.lines.bytes.withUnsafeBytes { lines in
            rows.fields.bytes.withUnsafeBytes { fields in
                do throws(DamagedBytes) {
                    for row in order {
                        try shapes.add(
                            UnsafeRawBufferPointer(rebasing: fields[rows.fields.range(row)]), line: UnsafeRawBufferPointer(rebasing: lines[rows.lines.range(row)]),
                            holes: table.holes(row), terms: &terms)
                    }
                } catch {
                    failure = error
                }
            }
        }
        if let failure { throw failure }
        return shapes.isEmpty ? nil : shapes.encoded()
    }

    private static func kinds(_ rows: Rows, _ table: borrowing TemplateTable, _ known: KnownTemplates) -> [TemplateKind] {
        rows.lines.bytes.withUnsafeBytes { lines in
            table.entries.map { entry in known.kind(table.pieces(entry), of: lines, hash: entry.hash) }
        }
    }

    private static func templates(_ kinds: [TemplateKind]) -> [LogTemplate] {
        let templates = Set(kinds.map(\.template))
        return templates.count <= Limits.rollupTemplatesMax ? Array(templates) : []
    }
}
