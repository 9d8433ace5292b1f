import Foundations
import Model
import TestSupport
import Testing

@testable import LogStore

/// Chunks alone: what goes in comes out, and damaged bytes are an error.
@Suite struct ChunkTests {
    private static let words = [
        "error", "GET", "/api/v1/cart", "user=42", "status=503", "2026-11-21T12:00:00.123Z", "12:00:00", "größe", "日本7", "\n", "\"a\":\"b\"", "level=warn", "é9", "\0", "=", "0.25",
        "{\"n\":-5,\"x\":1.5e3}", "10.0.0.1:80", "<_>", "", " ", "averyveryverylongword0123456789",
    ]

    private static func rows(_ count: Int, _ generator: inout SeededGenerator) -> (rows: Rows, records: [LogRecord]) {
        var rows = Rows()
        var records: [LogRecord] = []
        for index in 0..<count {
            var bytes = Array((0..<Int.random(in: 0...9, using: &generator)).map { _ in words.randomElement(using: &generator)! }.joined(separator: " ").utf8)
            if Int.random(in: 0..<20, using: &generator) == 0 { bytes.append(UInt8.random(in: 0x80...0xFF, using: &generator)) }
            let time = noon.advanced(byNanoseconds: Int64.random(in: -5...5, using: &generator) * 1_000_000)
            let level = LogLevel.allCases.randomElement(using: &generator)!
            var record = bytes.withUnsafeBytes { LogRecord(timestamp: time, stream: [:], level: level, line: $0) }
            record.fields = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                let name = ["n", "x", "user", "status", "trace.id"].randomElement(using: &generator)!
                return switch Int.random(in: 0..<5, using: &generator) {
                case 0: LogField(name, .integer([-5, 42, 503, .max, .min].randomElement(using: &generator)!))
                case 1: LogField(name, .double([0.25, 1500, -0.0, .infinity].randomElement(using: &generator)!))
                case 2: LogField(name, .bool(Bool.random(using: &generator)))
                default: LogField(name, words.randomElement(using: &generator)!)
                }
            }
            records.append(record)
            var fields: [UInt8] = []
            bytes.withUnsafeBytes { line in
                FieldCoding.encode(record.fields, line: line, into: &fields)
                fields.withUnsafeBytes {
                    rows.append(
                        id: Int64(index * 3), timestamp: time.nanoseconds, level: level.rawValue | (record.invalidBody == nil ? 0 : Rows.invalidMark), line: line, fields: $0)
                }
            }
        }
        return (rows, records)
    }

    private static func decoded(_ encoded: EncodedChunk, parts: [ChunkPart: [UInt8]]) throws -> Chunk {
        let info = ChunkInfo(
            id: 1, stream: 1, oldest: encoded.oldest, newest: encoded.newest, rows: encoded.rows, levels: encoded.levels, lineBytes: encoded.lineBytes,
            hasInvalidLines: encoded.hasInvalidLines)
        return try Chunk(info) { part in try parts[part].map { bytes in try bytes.withUnsafeBytes { try Frame.content($0, bytesMax: Limits.chunkPartBytesMax) } } }
    }

    @Test(arguments: [(seed: UInt64(1), count: 1), (2, 40), (3, 700), (4, 1024)])
    func rowsComeBackInOrderOfTimeByteForByte(_ seed: UInt64, _ count: Int) throws {
        var generator = SeededGenerator(seed: seed)
        let (rows, records) = Self.rows(count, &generator)
        let encoded = try ChunkEncoder.encode(rows, level: 3)
        let chunk = try Self.decoded(encoded, parts: Dictionary(uniqueKeysWithValues: encoded.parts.map { ($0.part, $0.bytes) }))
        let order = rows.order()
        #expect(order.map { rows.timestamps[$0] } == chunk.heads.timestamps && order.map { rows.ids[$0] } == chunk.heads.ids)
        var damaged = 0
        // From the last to the first: rows are read in any order.
        for (row, index) in order.enumerated().reversed() {
            let found = try chunk.record(row, stream: [:], rowsDamaged: &damaged)
            // Doubles compare by bits: -0 is not 0 here.
            #expect(found == records[index] && found.fields.map { $0.value.description } == records[index].fields.map { $0.value.description })
        }
        #expect(damaged == 0)
        let again = try chunk.rows()
        #expect(again.lines.bytes == order.flatMap { rows.lines.bytes[rows.lines.range($0)] })
        #expect(again.levels == order.map { rows.levels[$0] })
    }

    @Test func templatesAndCountsAreThoseOfTheLines() throws {
        var generator = SeededGenerator(seed: 8)
        let (rows, records) = Self.rows(90, &generator)
        let encoded = try ChunkEncoder.encode(rows, level: 3)
        let rollup = try encoded.parts.first { $0.part == .rollup }!.bytes.withUnsafeBytes { try ChunkRollup(packed: $0) }
        var counts: [UInt64: Int] = [:]
        for entry in rollup.entries { counts[rollup.templates[Int(entry.template)].id, default: 0] += entry.count }
        #expect(counts == Dictionary(grouping: records) { LogTemplate($0.body).id }.mapValues(\.count))
        #expect(Set(encoded.templates.map(\.id)) == Set(counts.keys))
        #expect(rollup.entries.reduce(0) { $0 + $1.bytes } == rows.lineBytes)
    }

    @Test func everyWordOfEveryLineIsAmongTheTerms() throws {
        var generator = SeededGenerator(seed: 9)
        let (rows, records) = Self.rows(300, &generator)
        let encoded = try ChunkEncoder.encode(rows, level: 3)
        let terms = Set(encoded.terms.split(separator: UInt8(ascii: " ")).map(Array.init))
        #expect(terms.count == encoded.terms.split(separator: UInt8(ascii: " ")).count, "each once")
        for word in Set(records.flatMap { LogWords.all(in: $0.body) }) {
            var term: [UInt8] = []
            Terms.appendWord(word, to: &term)
            #expect(terms.contains(term) || terms.contains([Terms.templateMark] + term), "\(String(decoding: word, as: UTF8.self))")
        }
        let stored = try ChunkEncoder.terms(rows)
        #expect(Set(stored.split(separator: UInt8(ascii: " ")).map(Array.init)) == terms)
    }

    @Test func timesOfTheRowsCostAByteInAnyLayout() throws {
        for layout in TimeLayout.all {
            var times = TimeWriter()
            var rows = Rows()
            for index in 0..<500 {
                let time = noon.nanoseconds + Int64(index) * 61_001_002_003
                let text = [UInt8](unsafeUninitializedCapacity: TimeLayout.bytesMax) { room, count in count = times.write(layout, time, to: room.baseAddress!) }
                Array("at ".utf8 + text + " done".utf8).withUnsafeBytes { rows.append(id: Int64(index), timestamp: time, level: 9, line: $0, fields: .init(start: nil, count: 0)) }
            }
            let encoded = try ChunkEncoder.encode(rows, level: 3)
            let chunk = try Self.decoded(encoded, parts: Dictionary(uniqueKeysWithValues: encoded.parts.map { ($0.part, $0.bytes) }))
            #expect(try chunk.rows().lines.bytes == rows.lines.bytes)
            #expect(encoded.parts.first { $0.part == .text }!.bytes.count < 60, "layout \(layout.code)")
        }
    }

    @Test func damagedPartsAreAnErrorAndNeverATrap() throws {
        var generator = SeededGenerator(seed: 10)
        let (rows, _) = Self.rows(200, &generator)
        let encoded = try ChunkEncoder.encode(rows, level: 3)
        let contents = try Dictionary(uniqueKeysWithValues: encoded.parts.map { part in
            (part.part, part.part == .rollup ? part.bytes : try part.bytes.withUnsafeBytes { Array(try Frame.content($0, bytesMax: 1 << 24).bytes) })
        })
        for round in 0..<3000 {
            var damaged = contents
            let part = ChunkPart.allCases[round % 4]
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let place = Int.random(in: 0..<damaged[part]!.count, using: &generator)
                if Bool.random(using: &generator) { damaged[part]![place] = UInt8.random(in: 0...255, using: &generator) } else { damaged[part]!.removeSubrange(place...) }
                if damaged[part]!.isEmpty { damaged[part] = [0] }
            }
            do {
                if part == .rollup {
                    _ = try damaged[part]!.withUnsafeBytes { try ChunkRollup($0) }
                } else {
                    // Past the checksum: what is tested is the decoder.
                    let parts = damaged.mapValues { Frame.compressed($0, level: 1) }
                    _ = try Self.decoded(encoded, parts: parts).rows()
                }
            } catch is DamagedBytes {
                continue
            }
        }
    }
}
