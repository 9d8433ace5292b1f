import Foundations
import Model
import Testing

@testable import Wire

@Suite struct LogColumnsTests {
    /// Pieces of lines and of fields, with and without secrets.
    private static let pieces = [
        "4111111111111111", "4111-1111-1111-1111", "5500 0000 0000 0004", "password=abc", "\"token\":\"x\"", "Bearer abcdefgh123", "://u:p@h", "AKIAIOSFODNN7EXAMPLE", " ",
        ",", "\"", "{", "}", ":", "=", "\\", "'", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc", "Authorization: ", "Basic YWJjZGVmZ2g=", "é", "secret: ", "12", "\n", "key",
        "------------------", "password='", "level=info", "user", "2026-11-21 12:00:00", "x",
    ]

    private static func text(_ random: inout SeededGenerator, _ count: ClosedRange<Int>) -> String {
        (0..<Int.random(in: count, using: &random)).map { _ in pieces.randomElement(using: &random)! }.joined()
    }

    private static func record(_ random: inout SeededGenerator) -> LogRecord {
        let line = text(&random, 0...8)
        let invalid: [UInt8]? = Int.random(in: 0..<8, using: &random) == 0 ? Array(line.utf8) + [0xFF] + Array(text(&random, 0...3).utf8) : nil
        let fields = (0..<max(0, Int.random(in: -4...4, using: &random))).map { _ -> LogField in
            let name = ["db.password", "user", "token", "n", "key", ""].randomElement(using: &random)!
            switch Int.random(in: 0..<5, using: &random) {
            case 0: return LogField(name, .integer([4_111_111_111_111_111, 1_714_567_000_000, -5, 7].randomElement(using: &random)!))
            case 1: return LogField(name, .double(-0.25))
            case 2: return LogField(name, .bool(Bool.random(using: &random)))
            default: return LogField(name, text(&random, 0...3))
            }
        }
        let stream: Labels = [["job": "a"], ["job": "b"], [:]].randomElement(using: &random)!
        return LogRecord(
            timestamp: NanoTimestamp(nanoseconds: .random(in: Int64.min...Int64.max, using: &random)), stream: stream, level: LogLevel.allCases.randomElement(using: &random)!,
            body: invalid.map { String(decoding: $0, as: UTF8.self) } ?? line, fields: fields, invalidBody: invalid)
    }

    private static func records(_ random: inout SeededGenerator) -> [LogRecord] { (0..<Int.random(in: 0...30, using: &random)).map { _ in record(&random) } }

    @Test(arguments: 0..<50) func recordsComeBackAsTheyWent(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let records = Self.records(&random)
        var columns = LogColumns(records)
        #expect(columns.records == records)
        #expect(columns.streams.count == Set(records.map(\.stream)).count)
        columns.append(Self.record(&random))
        columns.keepFirst(records.count)
        #expect(columns.records == records)
    }

    @Test(arguments: 0..<300) func secretsAreTakenOutOfABatchAsOutOfEachRecord(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var records = Self.records(&random)
        var columns = LogColumns(records)
        let rules = [RedactionRules(), RedactionRules(kinds: [.cards]), RedactionRules(kinds: [.keys, .urls]), .none].randomElement(using: &random)!
        let redactor = Redactor(rules)
        var (one, other) = (RedactionCounts(), RedactionCounts())
        for index in records.indices { redactor.redact(&records[index], counting: &one) }
        redactor.redact(&columns, counting: &other)
        for (found, expected) in zip(columns.records, records) { #expect(found == expected) }
        #expect(one == other && columns.count == records.count)
    }

    @Test func patternsOfOnesOwnAreLookedForInEveryRow() throws {
        let redactor = Redactor(RedactionRules(kinds: [.patterns], patterns: [.init(name: "n", expression: try RegularExpression("EMP-[0-9]+"))]))
        var columns = LogColumns([
            LogRecord(timestamp: receivedAt, stream: [:], body: "EMP-1"), LogRecord(timestamp: receivedAt, stream: [:], body: "x", fields: [LogField("a", "EMP-2")]),
        ])
        var counts = RedactionCounts()
        redactor.redact(&columns, counting: &counts)
        #expect(columns.records.map(\.body) == ["[redacted]", "x"] && columns.records[1].fields == [LogField("a", "[redacted]")] && counts[.patterns] == 2)
    }

    @Test func aLineThatIsNoUTF8LosesItsSecretsToo() {
        let line = Array("password=abc ".utf8) + [0xFF, 0xFE]
        let columns = line.withUnsafeBytes { LogColumns([LogRecord(timestamp: receivedAt, stream: [:], line: $0)]) }
        var (changed, counts) = (columns, RedactionCounts())
        Redactor().redact(&changed, counting: &counts)
        #expect(changed.records[0].invalidBody == Array("password=[redacted] ".utf8) + [0xFF, 0xFE] && counts.total == 1)
    }
}

/// Bytes that are no UTF-8 come through as they are, and marked.
@Suite struct InvalidLineTests {
    private static let line = Array("caf".utf8) + [0xE9, 0x20, 0xF4, 0x8F] + Array(" \"end\"".utf8)
    private static let quoted = Array("caf".utf8) + [0xE9, 0x20, 0xF4, 0x8F] + Array(" \\\"end\\\"".utf8)

    private func expectKept(_ records: [LogRecord], sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(records.count == 1 && records[0].invalidBody == Self.line, sourceLocation: sourceLocation)
        #expect(records.first?.body == String(decoding: Self.line, as: UTF8.self), sourceLocation: sourceLocation)
    }

    @Test func throughLokisProtobuf() throws {
        let body = message { request in
            request.message(1) { stream in
                stream.string(1, #"{job="a"}"#)
                stream.message(2) { entry in Self.line.withUnsafeBytes { entry.run(2, $0) } }
            }
        }
        expectKept(try body.decodeLoki())
    }

    @Test func throughLokisJSON() throws {
        expectKept(try (Array(#"{"streams":[{"stream":{"job":"a"},"values":[["1",""#.utf8) + Self.quoted + Array("\"]]}]}".utf8)).decodeLokiJSON())
        let label = Array(#"{"streams":[{"stream":{"job":""#.utf8) + [0xFF] + Array(#""},"values":[["1","x"]]}]}"#.utf8)
        #expect { try label.decodeLokiJSON() } throws: { "\($0)".contains("not valid UTF-8") }
    }

    @Test func throughOTLP() throws {
        let body = message { request in
            request.message(1) { resource in
                resource.message(2) { scope in scope.message(2) { record in record.message(5) { body in Self.line.withUnsafeBytes { body.run(1, $0) } } } }
            }
        }
        expectKept(try body.decodeOTLP())
    }

    @Test func throughLinesOfJSON() throws {
        let body = Array("{\"message\":\"".utf8) + Self.quoted + Array("\",\"host\":\"w\"}\n".utf8)
        let records = try body.withUnsafeBytes { try LinesOfJSON($0, receivedAt: receivedAt) }.records
        expectKept(records)
        #expect(records.first?.field("invalid_utf8") == .bool(true) && records.first?.stream == ["instance": "w"])
        // Without a member that is the line, the document is.
        let document = Array("{\"a\":\"".utf8) + [0xFF] + Array("\"}".utf8)
        let whole = try document.withUnsafeBytes { try LinesOfJSON($0, receivedAt: receivedAt) }.records
        #expect(whole.map(\.invalidBody) == [document] && whole.first?.field("a") == .string("\u{FFFD}"))
    }

    @Test func throughSyslogAndTheJournal() throws {
        let message = Array("<14>1 2026-01-01T00:00:00Z h app - - - ".utf8) + Self.line
        expectKept([message.withUnsafeBytes { SyslogMessage.parse($0, sender: nil, receivedAt: receivedAt) }])
        let entry = Array("__REALTIME_TIMESTAMP=1767225600000000\nMESSAGE=".utf8) + Self.line + Array("\n\n".utf8)
        expectKept(try entry.withUnsafeBytes { try JournalExport.decode($0, receivedAt: receivedAt) })
    }
}

@Suite struct LokiOrderTests {
    @Test(arguments: [
        #"{"streams":[{"stream":{"a":"1"},"values":[["1","x"]],"stream":{"b":"2"}}]}"#, #"{"streams":[{"values":[["1","x"]],"stream":{"a":"1","b":"2"}}]}"#,
        #"{"streams":[{"stream":{"a":"1"},"stream":{"b":"2"},"values":[["1","x"]]}]}"#, #"{"streams":[{"stream":{"b":"2","a":"1"},"values":[["1","x"]],"z":[{}]}]}"#,
    ]) func labelsCountWhereverTheyStand(text: String) throws {
        #expect(try Array(text.utf8).decodeLokiJSON() == [LogRecord(timestamp: NanoTimestamp(nanoseconds: 1), stream: ["a": "1", "b": "2"], body: "x")])
    }

    @Test func timesAndEscapesAreReadInEverySpelling() throws {
        let text = #"{"streams":[{"stream":{},"values":[[1, "a\/\b\f\n\r\t\\\"\u0041\ud83d\ude42\ud83d!"],["0007",""],[ "1795262400000000000" , "é"],[null,"n"],[-5,"m"]]}]}"#
        let records = try Array(text.utf8).decodeLokiJSON()
        #expect(records.map(\.timestamp.nanoseconds) == [1, 7, 1_795_262_400_000_000_000, 0, -5])
        #expect(records.map(\.body) == ["a/\u{8}\u{C}\n\r\t\\\"A\u{1F642}\u{FFFD}!", "", "é", "n", "m"])
    }
}
