import Foundations
import Model
import TestSupport
import Testing

@testable import LogStore

/// What is found in encoded columns, against the values as they are written out.
@Suite struct ColumnSearchTests {
    private static let words = ["alice", "bob", "Bo", "größe", "a_1", "x", "deadbeef", "DEAD", "2026", "12"]

    private static func hex(_ count: Int, _ generator: inout SeededGenerator, isUpper: Bool = false) -> String {
        (0..<count).map { _ in String(Int.random(in: 0..<16, using: &generator), radix: 16, uppercase: isUpper) }.joined()
    }

    /// A line with a column of each kind.
    private static func line(_ timestamp: Int64, _ generator: inout SeededGenerator) -> String {
        let seconds = Int(timestamp / 1_000_000_000)
        let clock = [seconds / 3600 % 24, seconds / 60 % 60, seconds % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
        let parts = [
            "id=\"\(hex(32, &generator))\"", "odd=\(hex(7, &generator))", "up=\(hex(12, &generator, isUpper: true))",
            "n=\(Int.random(in: 0..<1000, using: &generator))", "wide=\(100_000 + Int.random(in: 0..<90_000, using: &generator))",
            "ip=10.\((0..<3).map { _ in String(Int.random(in: 0..<256, using: &generator)) }.joined(separator: "."))",
            "uuid=\(hex(8, &generator))-\(hex(4, &generator))-\(hex(12, &generator))", "user=u-\(Int.random(in: 0..<5000, using: &generator))",
            "item=i\(Int.random(in: 0..<5000, using: &generator))", "word=\(words.randomElement(using: &generator)!)", "same=2026",
            "any=\(words.randomElement(using: &generator)!)\(hex(Int.random(in: 1...6, using: &generator), &generator))", "at=\(clock)", "s=\(seconds)",
        ]
        return parts.joined(separator: " ")
    }

    private static func chunk(_ generator: inout SeededGenerator) throws -> Chunk {
        var rows = Rows()
        let first = Int64.random(in: 1_700_000_000..<1_800_000_000, using: &generator)
        for row in 0..<Int64(200) {
            let timestamp = (first + row) * 1_000_000_000
            Array(line(timestamp, &generator).utf8).withUnsafeBytes { line in
                [UInt8]().withUnsafeBytes { rows.append(id: row, timestamp: timestamp, level: 9, line: line, fields: $0) }
            }
        }
        let encoded = try ChunkEncoder.encode(rows, level: 3)
        let info = ChunkInfo(
            id: 1, stream: 1, oldest: encoded.oldest, newest: encoded.newest, rows: encoded.rows, levels: encoded.levels, lineBytes: encoded.lineBytes, hasInvalidLines: false)
        return try Chunk(info) { part in
            guard let bytes = encoded.parts.first(where: { $0.part == part })?.bytes else { return nil }
            return try bytes.withUnsafeBytes { try Frame.content($0, bytesMax: Limits.chunkPartBytesMax) }
        }
    }

    private static func values(_ columns: inout ChunkColumns, hole: Int) throws -> [[UInt8]] {
        let column = try columns.column(template: 0, hole: hole)
        return column.ends.indices.map { Array(column.bytes[column.range($0)]) }
    }

    @Test func beginningsAndTextsAreFoundInEncodedColumnsAsInTheirValues() throws {
        var generator = SeededGenerator(seed: 71)
        var decided = 0
        for _ in 0..<3 {
            let chunk = try Self.chunk(&generator)
            var columns = try ChunkColumns(chunk)
            let text = columns.text
            #expect(text.templates.count == 1)
            for hole in 0..<text.templates[0].pieceCount - 1 {
                let values = try Self.values(&columns, hole: hole)
                for _ in 0..<60 {
                    let value = values.randomElement(using: &generator)!
                    let start = Int.random(in: 0..<value.count, using: &generator)
                    var sought = Array(value[start..<min(value.count, start + Int.random(in: 1...34, using: &generator))])
                    if Int.random(in: 0..<5, using: &generator) == 0 { sought[sought.count - 1] = UInt8(ascii: "3") }

                    var found = GrowingBuffer<Int32>()
                    if try text.find(SoughtText(sought), in: hole, rows: values.count, to: &found) {
                        decided += 1
                        let expected = values.indices.filter { number in sought.withUnsafeBytes { sought in values[number].withUnsafeBytes { firstOffset(of: sought, in: $0) != nil } } }
                        try #require(Set(found.elements.map { Int($0) }) == Set(expected), "\(String(decoding: sought, as: UTF8.self)) within hole \(hole)")
                    }

                    guard let beginning = SoughtText(sought).beginnings[0] else { continue }
                    let candidates = try columns.rows(beginning, template: 0, hole: hole)
                    let expected = values.indices.filter { beginning.isWhole ? values[$0] == beginning.bytes : values[$0].starts(with: beginning.bytes) }
                    try #require(Set(expected).isSubset(of: candidates), "\(String(decoding: sought, as: UTF8.self)) begins hole \(hole)")
                }
            }
        }
        // Most kinds of columns are decided without writing them out.
        #expect(decided > 1500)
    }

    @Test func aBeginningIsTheFirstWordAndWholeWhereNothingCanFollow() {
        #expect(SoughtText(Array("\"4f2c\"".utf8)).beginnings[1].map { ($0.bytes, $0.isWhole) }! == (Array("4f2c".utf8), true))
        #expect(SoughtText(Array("\"4f2c".utf8)).beginnings[1].map { ($0.bytes, $0.isWhole) }! == (Array("4f2c".utf8), false))
        #expect(SoughtText(Array("=10.0".utf8)).beginnings[1].map { ($0.bytes, $0.isWhole) }! == (Array("10".utf8), false))
        #expect(SoughtText(Array("=-5".utf8)).beginnings[1] == nil)
    }
}
