import Foundations
import Model
import Testing

@testable import Collector

/// The calls that Grafana's Loki data source and logcli make, written as requests after their public documentation, with this collector's answers: a file each in `Goldens/loki`.
struct LokiClientTests {
    private static let exchanges = RecordedExchange.all(in: "loki")

    @Test func theRecordedCallsAreThere() { #expect(Self.exchanges.count >= 30 && Self.exchanges.allSatisfy { !$0.text.isEmpty }) }

    @Test func callsOfGrafanaAndLogcliAreAnsweredAsRecorded() async throws {
        let collector = try await RunningCollector.start()
        // Within a minute and an hour, where steps of patterns and volumes begin.
        let base = nowMilliseconds() / 3_600_000 * 3600 - 2400
        #expect(try await collector.push(Self.records(base)).status == 200)
        for exchange in Self.exchanges {
            try await exchange.replay(collector, base: base) { $0.replacing(/"stats":\{"summary".*$/, with: "\"stats\":…") }
        }
        try await collector.stop()
    }

    /// Lines of JSON and of logfmt, as a shop's two instances write them, with the fields that an agent found in them.
    private static func records(_ base: Int64) -> [LogRecord] {
        func record(_ second: Int64, _ instance: String, _ level: LogLevel, _ line: String, _ fields: [LogField]) -> LogRecord {
            LogRecord(
                timestamp: NanoTimestamp(nanoseconds: (base + second) * 1_000_000_000 + 1), stream: ["app": "shop", "instance": instance], level: level, body: line,
                fields: fields)
        }
        func request(_ status: Int64, _ took: String) -> [LogField] { [LogField("status", .integer(status)), LogField("took", took)] }
        return [
            record(0, "a", .info, #"{"method":"GET","status":200,"took":"12ms"}"#, request(200, "12ms")),
            record(5, "a", .error, #"{"method":"POST","status":503,"took":"1.2s","error":"connection refused"}"#, request(503, "1.2s")),
            record(10, "b", .warn, #"msg="slow query" took=900ms"#, [LogField("took", "900ms")]),
            record(15, "b", .info, #"msg=done took=3ms"#, [LogField("took", "3ms")]),
            record(20, "a", .info, #"{"method":"GET","status":200,"took":"15ms"}"#, request(200, "15ms")),
        ]
    }

    @Test func theStatisticsAreThoseThatLokiTells() async throws {
        let collector = try await RunningCollector.start()
        _ = try await collector.push([TailTests.record("one"), TailTests.record("two")])
        let query = percentEncoded(#"{app="web"} |= "one""#)
        let reply = try await collector.get("/loki/api/v1/query_range?query=\(query)").text
        for member in [
            #""totalLinesProcessed":1,"#, #""totalBytesProcessed":3,"#, #""totalEntriesReturned":1,"#, #""totalPostFilterLines":1,"#, #""querier":{"store":{"#, #""ingester":{"#,
            #""cache":{"chunk":{"#, #""index":{"totalChunks":0,"#,
        ] { #expect(reply.contains(member), "\(member) in \(reply)") }
        try await collector.stop()
    }

    @Test func limitsAreToldInLokisWords() async throws {
        let collector = try await RunningCollector.start {
            $0.limits.logQueryBytesMax = 1000
            $0.limits.querySeconds = 20
        }
        _ = try await collector.push((0..<50).map { TailTests.record("line \($0) " + String(repeating: "x", count: 100)) })
        let query = percentEncoded(#"{app="web"} | logfmt"#)
        let tooMuch = try await collector.get("/loki/api/v1/query_range?query=\(query)")
        #expect(tooMuch.status == 400 && tooMuch.text.hasPrefix("the query read more than 1000 B of lines, "), "\(tooMuch.text)")
        #expect(tooMuch.headers["content-type"] == "text/plain; charset=utf-8")
        for (parameters, words) in [
            ("step=0&query=vector(1)", "zero or negative"), ("start=2&end=1&query=vector(1)", "end timestamp"), ("direction=up&query=\(query)", "invalid direction 'up'"),
            ("limit=0&query=\(query)", "limit must be a positive value"), ("start=0&end=1000000000000000000&step=1&query=vector(1)", "exceeded maximum resolution"),
        ] {
            let reply = try await collector.get("/loki/api/v1/query_range?\(parameters)")
            #expect(reply.status == 400 && reply.text.contains(words), "\(parameters): \(reply.text)")
        }
        try await collector.stop()
    }

    @Test func aQueryThatTakesTooLongSaysHowFarItGot() async throws {
        let collector = try await RunningCollector.start { $0.limits.querySeconds = 0.000_1 }
        _ = try await collector.push((0..<2000).map { TailTests.record("line \($0)") })
        let late = try await collector.get("/loki/api/v1/query_range?query=\(percentEncoded(#"{app="web"} | logfmt | line_format "{{.x}}""#))&limit=5000")
        #expect(late.status == 504 && late.text.contains("passed its deadline") && late.text.contains("narrow its time range"), "\(late.text)")
        try await collector.stop()
    }

    @Test func thePathsOfItsOwnAnswerPeople() async throws {
        let collector = try await RunningCollector.start()
        let base = nowMilliseconds() / 1000 - 60
        _ = try await collector.push(Self.records(base))
        func ask(_ path: String, _ query: String) async throws -> String { try await collector.get("/api/v1/nightjar/logs/\(path)query=\(percentEncoded(query))").text }
        #expect(try await ask("answer?", "refused").contains(#""kind":"lines","lines":[{"timestamp":"\#(base + 5)000000001","level":"error""#))
        let blocks = try await ask("answer?", "refused context 1")
        #expect(blocks.contains(#""kind":"blocks""#) && blocks.components(separatedBy: #""hit":true"#).count == 2 && blocks.components(separatedBy: #""hit":false"#).count == 3, "\(blocks)")
        let counts = try await ask("answer?", "| by instance")
        #expect(counts.contains(#""kind":"series","series":[{"metric":{"instance":"a"},"values":[["#) && counts.contains(#","3"]]}"#), "\(counts)")
        let patterns = try await ask("patterns?change=new&limit=1&", "instance:a")
        #expect(patterns.contains(#""count":2,"countBefore":0,"#), "\(patterns)")
        let stream = percentEncoded(#"{app="shop", instance="a"}"#)
        let context = try await collector.get("/api/v1/nightjar/logs/context?stream=\(stream)&time=\(base + 5)000000001&before=5&after=1&line=\(percentEncoded(Self.records(base)[1].body))").text
        #expect(context.contains(#"{"before":[{"timestamp":"\#(base)000000001""#) && context.contains(#""after":[{"timestamp":"\#(base + 20)000000001""#), "\(context)")
        for path in ["context?stream=%7Ba%3D~%22x%22%7D&time=1", "context?stream=%7Ba%3D%22x%22%7D", "patterns?change=odd", "answer?query=%7C%20nosuch"] {
            #expect(try await collector.get("/api/v1/nightjar/logs/\(path)").status == 400)
        }
        try await collector.stop()
    }
}
