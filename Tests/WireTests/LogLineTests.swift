import Foundations
import Model
import TestSupport
import Testing

@testable import Wire

/// 2024-05-01 12:34:56 UTC, the moment of most lines below.
private let noon: Int64 = 1_714_566_896_000_000_000

@Suite struct LogLineTests {
    static let lines: [(line: String, offsetNanoseconds: Int64?, level: LogLevel)] = [
        ("2024-05-01T12:34:56Z started", 0, .unknown),
        ("2024-05-01T12:34:56.789Z ERROR failed", 789_000_000, .error),
        ("2024-05-01T14:34:56.123456789+02:00 x", 123_456_789, .unknown),
        ("2024-05-01 12:34:56,789 - root - WARNING - text", 789_000_000, .warn),
        ("2024-05-01 12:34:56.789 UTC [123] LOG:  checkpoint starting", 789_000_000, .info),
        ("2024-05-01 12:34:56.789 UTC [123] FATAL:  no such role", 789_000_000, .fatal),
        ("2024-05-01T12:34:56.123456Z 8 [Warning] [MY-010055] text", 123_456_000, .warn),
        ("240501 12:34:56 [Note] text", 0, .info),
        ("2024/05/01 12:34:56 [error] 31#31: *1 open() failed", 0, .error),
        ("2024/05/01 12:34:56 main.go:10: listening", 0, .unknown),
        ("1.2.3.4 - bob [01/May/2024:14:34:56 +0200] \"GET / HTTP/1.1\" 200 5", 0, .unknown),
        ("[Wed May 01 12:34:56.5 2024] [core:error] [pid 1] text", 500_000_000, .error),
        ("May  1 12:34:56 host sshd[1]: Accepted", 0, .unknown),
        ("<11>May  1 12:34:56 host app: text", 0, .error),
        ("<165>1 2024-05-01T12:34:56.003Z host app 1 ID - text", 3_000_000, .info),
        ("1234:M 01 May 2024 12:34:56.789 * Ready", 789_000_000, .info),
        ("1234:M 01 May 2024 12:34:56.789 # Warning", 789_000_000, .warn),
        ("E0501 12:34:56.000007    1 server.go:5] text", 7000, .error),
        ("01-May-2024 12:34:56.789 INFO [main] org.apache.catalina", 789_000_000, .info),
        ("2024-05-01 12:34:56.789  WARN 1234 --- [main] c.e.App : text", 789_000_000, .warn),
        ("[2024-05-01T12:34:56Z INFO  crate] text", 0, .info),
        ("INFO 2024-05-01 12:34:56,001 text", 1_000_000, .info),
        ("May 01, 2024 12:34:56 PM com.example.Main run", 0, .unknown),
        ("12:34:56.789 [main] DEBUG c.e.App - text", 789_000_000, .debug),
        ("1714566896 text", 0, .unknown),
        ("1714566896.250 text", 250_000_000, .unknown),
        ("1714566896123 text", 123_000_000, .unknown),
        ("E, [2024-05-01T12:34:56.5 #1] ERROR -- : text", 500_000_000, .error),
        ("Wed, 01 May 2024 12:34:56 GMT text", 0, .unknown),
        ("2024-05-01T12:34:56Z\tinfo\tzap console", 0, .info),
        ("error: cannot open", nil, .error),
        ("WARNING:root:text", nil, .warn),
        ("an error happened, no level here", nil, .unknown),
        ("GET /INFO/x HTTP/1.1", nil, .unknown),
        ("1234567890123456789012 digits", nil, .unknown),
        ("2024-13-01T12:34:56Z no month", nil, .unknown),
        ("2023-02-29 12:34:56 no day", nil, .unknown),
        ("", nil, .unknown),
        (#"{"time":"2024-05-01T12:34:56.5Z","level":"warning","msg":"x"}"#, 500_000_000, .warn),
        (#"{"ts":1714566896.25,"level":"error"}"#, 250_000_000, .error),
        (#"{"time":1714566896007,"level":50,"msg":"pino"}"#, 7_000_000, .error),
        (#"{"@timestamp":"2024-05-01T12:34:56Z","log":{"level":"debug"}}"#, 0, .debug),
        ("time=2024-05-01T12:34:56Z level=info msg=\"a b\"", 0, .info),
        ("ts=1714566896.5 lvl=crit", 500_000_000, .fatal),
    ]

    @Test(arguments: lines) func momentsAndLevelsAreFound(line: String, offsetNanoseconds: Int64?, level: LogLevel) {
        let parsed = LogLine.parse(line, receivedAt: receivedAt)
        #expect(parsed.timestamp?.nanoseconds == offsetNanoseconds.map { noon + $0 })
        #expect(parsed.level == level)
    }

    @Test func aZoneIsAppliedWhereTheLineHasNone() {
        let zone = 2 * 3600
        for line in ["2024-05-01 14:34:56 x", "May  1 14:34:56 host x", "2024-05-01T12:34:56Z x", "2024-05-01 14:34:56.000 CEST [1] LOG:  x"] {
            #expect(LogLine.parse(line, receivedAt: receivedAt, zoneOffsetSeconds: zone).timestamp?.nanoseconds == noon)
        }
    }

    @Test func aMissingYearIsTheOneNearestToNow() {
        func year(_ line: String, at now: String) -> String? {
            let received = LogLine.parse(now, receivedAt: receivedAt).timestamp!
            return LogLine.parse(line, receivedAt: received).timestamp.map { moment in
                [2023, 2024, 2025].first { LogLine.parse("\($0)-\(line.hasPrefix("Dec") ? "12-31" : "01-01") 23:59:58", receivedAt: received).timestamp == moment }.map(String.init) ?? "other"
            }
        }
        #expect(year("Dec 31 23:59:58 h x", at: "2025-01-01 00:00:05") == "2024")
        #expect(year("Jan  1 23:59:58 h x", at: "2024-12-31 23:59:59") == "2025")
        #expect(year("Dec 31 23:59:58 h x", at: "2024-12-31 23:59:59") == "2024")
        #expect(LogLine.parse("Feb 29 00:00:00 h x", receivedAt: receivedAt).timestamp == NanoTimestamp(nanoseconds: 1_709_164_800_000_000_000))
    }

    @Test func jsonMembersBecomeTypedFields() {
        let line = #"{"a":1,"b":{"c":"x","d":{"e":true}},"f":[1,{"g":2}],"h":null,"i":1.5,"j":18446744073709551615,"time":"2024-05-01T12:34:56Z"}"#
        #expect(LogLine.parse(line, receivedAt: receivedAt).fields == [
            LogField("a", .integer(1)), LogField("b.c", "x"), LogField("b.d.e", .bool(true)), LogField("f", #"[1,{"g":2}]"#), LogField("i", .double(1.5)),
            LogField("j", "18446744073709551615"),
        ])
    }

    @Test func pairsBecomeTypedFields() {
        let line = #"level=info msg="a \"b\"\n c" n=42 neg=-7 r=0.25 ok=true zip=007 empty= path=/a?x=1&y=2 id=5, next=6; (in=7) [k=v] "q=1" a==b dur=1.5s http.status=200"#
        #expect(LogLine.parse(line, receivedAt: receivedAt).fields == [
            LogField("level", "info"), LogField("msg", "a \"b\"\n c"), LogField("n", .integer(42)), LogField("neg", .integer(-7)), LogField("r", .double(0.25)),
            LogField("ok", .bool(true)), LogField("zip", "007"), LogField("empty", ""), LogField("path", "/a?x=1&y=2"), LogField("id", .integer(5)),
            LogField("next", .integer(6)), LogField("in", .integer(7)), LogField("k", "v"), LogField("dur", "1.5s"), LogField("http.status", .integer(200)),
        ])
    }

    @Test func fieldsAreBounded() {
        let pairs = (0..<500).map { "k\($0)=1" }.joined(separator: " ")
        #expect(LogLine.parse(pairs, receivedAt: receivedAt).fields.count == 128)
        let json = "{" + (0..<500).map { "\"k\($0)\":1" }.joined(separator: ",") + "}"
        #expect(LogLine.parse(json, receivedAt: receivedAt).fields.count == 128)
    }

    @Test func anyLineIsAnswered() {
        for (line, _, _) in Self.lines where !line.isEmpty {
            attack(Array(line.utf8), seed: 41, rounds: 300) { bytes in
                bytes.withUnsafeBytes { _ = LogLine.parse($0, receivedAt: receivedAt) }
                _ = LogLine.parse(String(decoding: bytes, as: UTF8.self), receivedAt: .distantPast)
                _ = LogLine.parse(String(decoding: bytes, as: UTF8.self), receivedAt: .distantFuture, zoneOffsetSeconds: .max)
            }
        }
    }

    @Test func aGiantLineTakesLinearTime() async {
        for unit in ["a=", "\"", "a,", "{", "[", "x=y,", "1", "=\"\\"] {
            let line = String(repeating: unit, count: (1 << 20) / unit.utf8.count)
            let seconds = await processorSeconds { _ = LogLine.parse(line, receivedAt: receivedAt) }
            #expect(seconds < 5, "\(unit)")
        }
    }
}
