import Foundations
import Model
import TestSupport
import Testing

@testable import LogStore

/// Columns of values that look alike: each form takes and gives back whatever stands there.
@Suite struct ColumnTests {
    /// A chunk whose lines are `value` of each row between two words; the chunk, decoded, and its text as it was before compression.
    private static func chunk(_ values: [String], timestamps: [Int64]? = nil) throws -> (rows: Rows, chunk: Chunk, textBytes: Int) {
        var rows = Rows()
        for (index, value) in values.enumerated() {
            Array("at \(value) done".utf8).withUnsafeBytes {
                rows.append(id: Int64(index), timestamp: timestamps?[index] ?? noon.nanoseconds + Int64(index), level: 9, line: $0, fields: .init(start: nil, count: 0))
            }
        }
        let encoded = try ChunkEncoder.encode(rows, level: 3)
        let parts = Dictionary(uniqueKeysWithValues: encoded.parts.map { ($0.part, $0.bytes) })
        let info = ChunkInfo(
            id: 1, stream: 1, oldest: encoded.oldest, newest: encoded.newest, rows: encoded.rows, levels: encoded.levels, lineBytes: encoded.lineBytes, hasInvalidLines: false)
        let chunk = try Chunk(info) { part in try parts[part].map { bytes in try bytes.withUnsafeBytes { try Frame.content($0, bytesMax: Limits.chunkPartBytesMax) } } }
        return (rows, chunk, parts[.text]!.count)
    }

    private static func expectSame(_ values: [String], bytesMax: Int? = nil, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let (rows, chunk, bytes) = try chunk(values)
        #expect(try chunk.rows().lines.bytes == rows.lines.bytes, sourceLocation: sourceLocation)
        if let bytesMax { #expect(bytes <= bytesMax, sourceLocation: sourceLocation) }
    }

    @Test func numbersCostTheirBytesAndKeepTheirZeros() throws {
        var generator = SeededGenerator(seed: 31)
        // Two bytes a value, and what the frame costs.
        try Self.expectSame((0..<500).map { _ in String(Int.random(in: 1024..<60_000, using: &generator)) }, bytesMax: 1100)
        try Self.expectSame((0..<500).map { _ in
            let digits = String(Int.random(in: 0..<60_000, using: &generator))
            return String(repeating: "0", count: 5 - digits.count) + digits
        }, bytesMax: 1100)
        // Of many lengths, with a zero before some: as they stand.
        try Self.expectSame((0..<300).map { "\($0 % 7 == 0 ? "0" : "")\($0 * 977)" })
        try Self.expectSame((0..<300).map { $0 % 2 == 0 ? "999999999999999999" : "\($0)" })
        try Self.expectSame((0..<300).map { "1234567890123456789\($0)" })
        try Self.expectSame((0..<300).map { _ in String(UInt64.random(in: 0 ... .max, using: &generator)) })
        try Self.expectSame((0..<300).map { "0\($0 % 10)" })
    }

    @Test func hexadecimalDigitsCostHalfAByte() throws {
        var generator = SeededGenerator(seed: 32)
        func hex(_ digits: Int, _ alphabet: String) -> String { String((0..<digits).map { _ in alphabet.randomElement(using: &generator)! }) }
        let (low, high) = ("0123456789abcdef", "0123456789ABCDEF")
        try Self.expectSame((0..<400).map { _ in hex(32, low) }, bytesMax: 400 * 16 + 100)
        try Self.expectSame((0..<400).map { _ in hex(16, high) }, bytesMax: 400 * 8 + 100)
        try Self.expectSame((0..<401).map { _ in hex(7, low) }, bytesMax: 401 * 7 / 2 + 100)
        try Self.expectSame((0..<400).map { _ in "\(hex(8, low))-\(hex(4, low))-\(hex(4, low))-\(hex(4, low))-\(hex(12, low))" }, bytesMax: 400 * 16 + 150)
        // Both cases, and lengths that vary.
        try Self.expectSame((0..<400).map { _ in "0" + hex(9, low + high) })
        try Self.expectSame((0..<400).map { _ in "0" + hex(Int.random(in: 1...20, using: &generator), low) })
    }

    @Test func addressesAndNamesWithNumbersAreCutIntoParts() throws {
        var generator = SeededGenerator(seed: 33)
        try Self.expectSame((0..<500).map { _ in "10.0.\(Int.random(in: 0...255, using: &generator)).\(Int.random(in: 0...255, using: &generator)):8080" }, bytesMax: 1100)
        try Self.expectSame((0..<500).map { _ in "u-\(Int.random(in: 0...60_000, using: &generator))" }, bytesMax: 1100)
        try Self.expectSame((0..<500).map { _ in "term\(Int.random(in: 0...60_000, using: &generator))ms" }, bytesMax: 1100)
        try Self.expectSame((0..<500).map { "http-nio-8080-exec-\($0 % 40)" }, bytesMax: 500)
        // Not all have the same separators, letters or ends.
        try Self.expectSame((0..<500).map { $0 % 3 == 0 ? "1.2.\($0)" : "1-2.\($0)" })
        try Self.expectSame((0..<500).map { $0 % 3 == 0 ? "a\($0)" : "b\($0)c" })
        try Self.expectSame((0..<500).map { String(repeating: "1.", count: $0 % 30) + "2" })
        try Self.expectSame((0..<500).map { "größe\($0)" })
    }

    @Test func partsThatAreNumbersBehindLettersComeBackAndAreFound() throws {
        for value in [{ "web-n\($0 % 300)" }, { "\($0 % 7)ms-x\($0)y.k\($0 * 3)" }, { "a\($0).b\($0 + 1)" }] as [(Int) -> String] {
            let values = (0..<400).map(value)
            try Self.expectSame(values)
            let (_, chunk, _) = try Self.chunk(values)
            var columns = try ChunkColumns(chunk)
            var marks = RowMarks(count: values.count)
            try columns.mark(SoughtText(Array(values[77].utf8.suffix(2))), template: 0, hole: 0, &marks)
            #expect(values.indices.allSatisfy { !values[$0].contains(values[77].suffix(2)) || marks[$0] })
        }
    }

    @Test func fewValuesAreWrittenOnce() throws {
        let values = ["200-ok", "304-not", "404-no", "503-never", "9a", "9b"]
        try Self.expectSame((0..<1000).map { values[$0 * $0 % 6] }, bytesMax: 500)
        try Self.expectSame((0..<1000).map { ["200", "404", "503"][$0 % 3] }, bytesMax: 150)
        // One more than a dictionary may have.
        for count in [254, 255, 256, 257] { try Self.expectSame((0..<1200).map { "v\(($0 % count) * 1_000_003)x\($0 % count)" }) }
    }

    @Test func linesOfManyTemplatesShareColumns() throws {
        let values = (0..<900).map { "\(["GET", "PUT", "HEAD"][$0 % 3]) /\("abcdefghijkl".prefix($0 % 12 + 1)) status=\($0 % 5 * 100) \($0 * 7919 % 60_000)" }
        // Two bytes of a number, one of a status, and which template it is stands elsewhere.
        try Self.expectSame(values, bytesMax: 900 * 3)
    }

    @Test(arguments: [UInt64(1), 2, 3, 4, 5, 6])
    func anyValuesComeBack(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: 4000 + seed)
        let alphabets = ["0123456789", "0123456789abcdef", "0123456789ABCDEF", "01ab.-:", "0_zé", "0"].map(Array.init)
        for _ in 0..<40 {
            let alphabet = alphabets.randomElement(using: &generator)!
            let (shortest, longest) = (Int.random(in: 0...8, using: &generator), Int.random(in: 0...30, using: &generator))
            let distinct = Int.random(in: 1...400, using: &generator)
            let pool = (0..<distinct).map { _ in
                String((0..<Int.random(in: shortest...shortest + longest, using: &generator)).map { _ in alphabet.randomElement(using: &generator)! })
            }
            try Self.expectSame((0..<Int.random(in: 1...500, using: &generator)).map { _ in "1" + pool.randomElement(using: &generator)! })
        }
    }

    @Test func numbersOfAnyRangeComeBackFromTheirPlanes() throws {
        var generator = SeededGenerator(seed: 34)
        for _ in 0..<200 {
            let least = UInt64.random(in: 0 ... .max, using: &generator) >> UInt64.random(in: 0...63, using: &generator)
            let range = UInt64.random(in: 0 ... .max, using: &generator) >> UInt64.random(in: 0...63, using: &generator)
            let numbers = (0..<Int.random(in: 0...80, using: &generator)).map { _ in least &+ (range == .max ? .max : UInt64.random(in: 0...range, using: &generator)) }
                .filter { $0 >= least }
            var output = SectionedBytes(capacity: 16)
            numbers.withUnsafeBufferPointer { NumberPlanes.append($0, to: &output) }
            var reader = ByteReader(output.bytes.bytes)
            let planes = try #require(NumberPlanes(&reader, rows: numbers.count))
            #expect(reader.isAtEnd && numbers.indices.map { planes[$0] } == numbers)
        }
    }
}
