import Foundations
import Model

/// What the table of chunks says of one.
struct ChunkInfo: Sendable {
    var id: Int64
    var stream: Int64
    var oldest: Int64
    var newest: Int64
    var rows: Int
    /// Bit n: there is a row of level n.
    var levels: Int64
    var lineBytes: Int
    var hasInvalidLines: Bool
}

/// A chunk's rows, decoded part by part as they are needed.
final class Chunk {
    let info: ChunkInfo
    let heads: ChunkHeads
    private let readPart: (ChunkPart) throws -> ByteBlock?
    private var loaded: ChunkText?
    private var ordinals: [Int32] = []
    private var fields: ChunkFields??
    private var line = GrowingBuffer<UInt8>(capacity: 1024)
    private var pieceEnds = GrowingBuffer<Int32>(capacity: 64)

    /// `readPart` brings a part's content; nil where the chunk has none.
    init(_ info: ChunkInfo, readPart: @escaping (ChunkPart) throws -> ByteBlock?) throws {
        self.info = info
        self.readPart = readPart
        guard let block = try readPart(.heads) else { throw DamagedBytes("a chunk without heads") }
        heads = try ChunkHeads(block.bytes)
    }

    /// The lines by template and column.
    func text() throws -> ChunkText {
        if let loaded { return loaded }
        guard let block = try readPart(.text) else { throw DamagedBytes("a chunk without text") }
        let text = try ChunkText(block)
        ordinals = try heads.ordinals(rowsOfTemplates: text.templates.map(\.rows))
        loaded = text
        return text
    }

    private func loadedFields() throws -> ChunkFields? {
        if let fields { return fields }
        let loaded = try readPart(.fields).map { try ChunkFields($0, rows: heads.count) }
        fields = .some(loaded)
        return loaded
    }

    /// Calls `body` with a row's line, valid during the call.
    func withLine<Result>(_ row: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        let text = try text()
        line.removeAll()
        try text.appendLine(
            template: Int(heads.templates[row]), ordinal: Int(ordinals[row]), timestamp: heads.timestamps[row], to: &line, pieceEnds: &pieceEnds)
        return try body(line.bytes)
    }

    /// Inside `withLine` of the same row: the text of its first field of a name, empty where there is none.
    func fieldText(_ name: String, _ row: Int, line: UnsafeRawBufferPointer) throws -> String {
        try loadedFields()?.text(of: name, row, line: line, pieceEnds: pieceEnds.elements) ?? ""
    }

    /// Inside `withLine` of the same row: its fields.
    func fields(_ row: Int, line: UnsafeRawBufferPointer) throws -> [LogField] {
        try loadedFields()?.fields(row, line: line, pieceEnds: pieceEnds.elements) ?? []
    }

    /// By the chunk's own templates, what people see of them.
    func templateKinds() throws -> [TemplateKind] {
        let text = try text()
        return text.templates.map { TemplateKind(pieces: Array(text.pieces($0))) }
    }

    /// How many rows of the same template come before a row. Once the text was read.
    func ordinal(_ row: Int) -> Int { Int(ordinals[row]) }
    func level(_ row: Int) -> LogLevel { LogLevel(rawValue: heads.levels[row] & ~Rows.invalidMark) ?? .unknown }
    func isInvalid(_ row: Int) -> Bool { heads.levels[row] & Rows.invalidMark != 0 }

    func record(_ row: Int, stream: Labels, rowsDamaged: inout Int) throws -> LogRecord {
        try withLine(row) { line in
            var found: [LogField] = []
            do {
                found = try fields(row, line: line)
            } catch is DamagedBytes {
                rowsDamaged += 1
            }
            return LogRecord(
                timestamp: NanoTimestamp(nanoseconds: heads.timestamps[row]), stream: stream, level: level(row), line: line, isInvalid: isInvalid(row), fields: found)
        }
    }

    /// All rows, to be put into another chunk. Those that `isKept` refuses are left out.
    func rows(isKept: (Int, UnsafeRawBufferPointer) throws -> Bool = { _, _ in true }) throws -> Rows {
        var rows = Rows()
        var coded: [UInt8] = []
        for row in 0..<heads.count {
            try withLine(row) { line in
                guard try isKept(row, line) else { return }
                coded.removeAll(keepingCapacity: true)
                try loadedFields()?.appendCoded(row, line: line, pieceEnds: pieceEnds.elements, to: &coded)
                coded.withUnsafeBytes {
                    rows.append(id: heads.ids[row], timestamp: heads.timestamps[row], level: heads.levels[row], line: line, fields: $0)
                }
            }
        }
        return rows
    }
}

extension LogRecord {
    /// A stored record: a line that is no valid UTF-8 is given repaired, with its own bytes beside.
    init(timestamp: NanoTimestamp, stream: Labels, level: LogLevel, line: UnsafeRawBufferPointer, isInvalid: Bool, fields: [LogField]) {
        self.init(
            timestamp: timestamp, stream: stream, level: level, body: String(decoding: line, as: UTF8.self), fields: fields,
            invalidBody: isInvalid ? Array(line) : nil)
    }
}
