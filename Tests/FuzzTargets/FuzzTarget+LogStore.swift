import Foundations
import Model

@testable import LogStore

/// The parts of a partition as they stand behind zstd and its checksum.
extension FuzzTarget {
    private static let linesMax = 256
    private static let soughtBeginnings = ["1", "12", "a", "ab", "A", "x", "2026", "0"].map { SoughtBeginning(Array($0.utf8), isWhole: $0.utf8.count == 2) }
    private static let soughtTexts = ["1", "12", "ab", "AB", ".1", "x y", "a-b"].map { SoughtText(Array($0.utf8)) }

    func runLogStore(_ bytes: UnsafeRawBufferPointer) {
        refusing {
            switch self {
            case .logColumns: try readColumns(bytes)
            case .logTemplates: try readText(bytes)
            case .logFields: try readFields(bytes)
            case .logHeads:
                refusing { _ = try ChunkRollup(packed: bytes) }
                let heads = try ChunkHeads(bytes)
                let rows = Int(heads.templates.max() ?? 0) + 1
                _ = try heads.ordinals(rowsOfTemplates: (0..<rows).map { template in heads.templates.count { $0 == template } })
            case .logBlock:
                var reader = try RecentBlock.Reader(Self.block(bytes), first: 1)
                while let row = try reader.next() { refusing { _ = try FieldCoding.decode(row.fields, line: row.line) } }
            default: try writeLines(bytes)
            }
        }
    }

    private static func block(_ bytes: UnsafeRawBufferPointer) -> ByteBlock { ByteBlock(count: bytes.count) { $0.copyMemory(from: bytes) } }

    /// The first byte says how many rows there are; columns follow.
    private func readColumns(_ bytes: UnsafeRawBufferPointer) throws {
        guard let first = bytes.first else { return }
        let rows = Int(first) + 1
        var reader = ByteReader(UnsafeRawBufferPointer(rebasing: bytes.dropFirst()))
        var columns = ColumnReader()
        while !reader.isAtEnd, columns.add(&reader, rows: rows) {}
        var line = GrowingBuffer<UInt8>()
        var found = GrowingBuffer<Int32>()
        for column in 0..<columns.count {
            for row in [0, rows / 2, rows - 1] {
                line.removeAll()
                refusing { try columns.appendValue(column, row, 1_767_225_600_123_456_789, to: &line) }
            }
            for sought in Self.soughtBeginnings {
                found.removeAll()
                refusing { try columns.find(sought, column: column, 0..<rows, to: &found) }
                precondition(found.elements.allSatisfy { (0..<rows).contains(Int($0)) })
            }
            for sought in Self.soughtTexts {
                found.removeAll()
                refusing { _ = try columns.find(sought, column: column, rows / 2..<rows, to: &found) }
                precondition(found.elements.allSatisfy { (0..<rows - rows / 2).contains(Int($0)) })
            }
        }
    }

    private func readText(_ bytes: UnsafeRawBufferPointer) throws {
        let text = try ChunkText(Self.block(bytes))
        var line = GrowingBuffer<UInt8>()
        var ends = GrowingBuffer<Int32>()
        for (number, template) in text.templates.prefix(Self.linesMax).enumerated() {
            _ = TemplateKind(pieces: Array(text.pieces(template)))
            for ordinal in [0, template.rows - 1, template.rows] {
                line.removeAll()
                refusing { try text.appendLine(template: number, ordinal: ordinal, timestamp: 1_767_225_600_000_000_000, to: &line, pieceEnds: &ends) }
            }
            for hole in 0..<template.pieceCount - 1 {
                var found = GrowingBuffer<Int32>()
                let place = text.number(ofHole: hole, inTemplate: number)
                refusing { _ = try text.find(Self.soughtTexts[hole % Self.soughtTexts.count], in: place, rows: template.rows, to: &found) }
                let (column, _) = text.place(ofHole: hole, inTemplate: number)
                refusing { _ = try text.find(Self.soughtBeginnings[hole % Self.soughtBeginnings.count], inColumn: column) }
            }
        }
    }

    /// The first byte says how many rows there are; their line is one of letters, digits and signs.
    private func readFields(_ bytes: UnsafeRawBufferPointer) throws {
        guard let first = bytes.first else { return }
        let rows = Int(first) + 1
        let rest = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
        let line = Array(#"level=info user=42 took=-1.5e3 "name":"value" 10.0.0.1"#.utf8)
        let ends: [Int32] = [0, 6, 10, 16, 18, 24, 30, 37, 43, Int32(line.count)]
        try line.withUnsafeBytes { line in
            refusing { _ = try FieldCoding.decode(rest, line: line) }
            try ends.withUnsafeBufferPointer { ends in
                let fields = try ChunkFields(Self.block(rest), rows: rows)
                var coded: [UInt8] = []
                for row in 0..<rows {
                    coded.removeAll()
                    refusing { _ = try fields.text(of: "user", row, line: line, pieceEnds: ends) }
                    refusing { _ = try fields.fields(row, line: line, pieceEnds: ends) }
                    refusing { try fields.appendCoded(row, line: line, pieceEnds: ends, to: &coded) }
                }
            }
        }
    }

    /// The bytes as lines: each comes back byte for byte, and the index has all of its words.
    private func writeLines(_ bytes: UnsafeRawBufferPointer) throws {
        var rows = Rows()
        for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).prefix(Self.linesMax).enumerated() {
            rows.append(
                id: Int64(index), timestamp: 1_767_225_600_000_000_000 + Int64(index / 2) * 1_000_000, level: LogLevel.info.rawValue,
                line: UnsafeRawBufferPointer(rebasing: line), fields: UnsafeRawBufferPointer(start: nil, count: 0))
        }
        let encoded = try ChunkEncoder.encode(rows, level: 1)
        let info = ChunkInfo(
            id: 1, stream: 1, oldest: encoded.oldest, newest: encoded.newest, rows: encoded.rows, levels: encoded.levels, lineBytes: encoded.lineBytes, hasInvalidLines: false)
        let parts = Dictionary(uniqueKeysWithValues: encoded.parts.map { ($0.part, $0.bytes) })
        let chunk = try Chunk(info) { part in try parts[part].map { frame in try frame.withUnsafeBytes { try Frame.content($0, bytesMax: Limits.chunkPartBytesMax) } } }
        do {
            let again = try chunk.rows()
            precondition(again.lines.bytes == rows.lines.bytes, "a chunk gave back other lines")
        } catch {
            preconditionFailure("a chunk of our own doesn't decode: \(error)")
        }
        let terms = Set(encoded.terms.split(separator: UInt8(ascii: " ")).map(Array.init))
        for row in 0..<rows.count {
            let line = UnsafeRawBufferPointer(rebasing: bytes[rows.lines.range(row).lowerBound + row..<rows.lines.range(row).upperBound + row])
            var words = LogWords(line)
            while words.next() {
                var term: [UInt8] = []
                Terms.appendWord(words.word, to: &term)
                precondition(terms.contains(term) || terms.contains([Terms.templateMark] + term), "the index lacks a word of a line")
            }
        }
    }
}
