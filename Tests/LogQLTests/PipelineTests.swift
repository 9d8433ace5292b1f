import Foundations
import Model
import Testing

@testable import LogQL

/// Lines that a query shows, newest last, with the labels behind them where `withLabels`.
private func shown(_ query: String, _ records: [LogRecord]) async throws -> [String] {
    let engine = LogEngine(reader: ListReader(records))
    guard case .streams(let streams) = try await engine.run(query, start: .distantPast, end: .distantFuture, stepNanoseconds: 1_000_000_000, limit: 1000, direction: .oldestFirst) else { return [] }
    return streams.flatMap(\.entries).sorted { $0.0 < $1.0 }.map(\.1)
}

private func labels(_ query: String, _ body: String, fields: [LogField] = []) async throws -> Labels? {
    let engine = LogEngine(reader: ListReader([record(1, body, fields: fields)]))
    guard case .streams(let streams) = try await engine.run(query, start: .distantPast, end: .distantFuture, stepNanoseconds: 1, limit: 10, direction: .oldestFirst) else { return nil }
    return streams.first?.labels
}

private let lines = [
    record(1, "GET /a 200", level: .info), record(2, "POST /b 503 timeout", level: .error), record(3, "GET /c 404", ["job": "web"]), record(4, "PUT /d from 10.1.2.3:80"),
]

@Test(arguments: [
    (#"{job="app"}"#, ["GET /a 200", "POST /b 503 timeout", "PUT /d from 10.1.2.3:80"]),
    (#"{job=~".+"} |= "GET""#, ["GET /a 200", "GET /c 404"]),
    (#"{job=~".+"} |= "timeout" or "404""#, ["POST /b 503 timeout", "GET /c 404"]),
    (#"{job=~".+"} != "GET" or "PUT""#, ["POST /b 503 timeout"]),
    (#"{job=~".+"} |~ "(4|5)\\d\\d""#, ["POST /b 503 timeout", "GET /c 404"]),
    (#"{job=~".+"} !~ `GET|PUT`"#, ["POST /b 503 timeout"]),
    (#"{job=~".+"} |> "<_> /c <_>""#, ["GET /c 404"]),
    (#"{job=~".+"} |= ip("10.0.0.0/8")"#, ["PUT /d from 10.1.2.3:80"]),
    (#"{job=~".+"} | level="error""#, ["POST /b 503 timeout"]),
    (#"{job=~".+", level!="error"} | detected_level="info""#, ["GET /a 200"]),
    (#"({job="app"} |= "GET") |= "200""#, ["GET /a 200"]),
    (#"{job="app"} # a remark"#, ["GET /a 200", "POST /b 503 timeout", "PUT /d from 10.1.2.3:80"]),
])
func filtersKeepTheLinesThatMatch(_ query: String, _ expected: [String]) async throws { #expect(try await shown(query, lines) == expected) }

private let parserCases: [(String, String, [String: String])] = [
    (#"{job="app"} | json"#, #"{"a":"x","n":{"m":3},"list":[1],"job":"other"}"#, ["a": "x", "n_m": "3", "job_extracted": "other", "job": "app"]),
    (#"{job="app"} | json first="list[0]", deep="list[1].k", agent="h[\"User-Agent\"]""#, #"{"list":[7,{"k":"v"}],"h":{"User-Agent":"curl"}}"#, ["first": "7", "deep": "v", "agent": "curl", "job": "app"]),
    (#"{job="app"} | json"#, "no json", ["__error__": "JSONParserErr", "__error_details__": "the line is no JSON object", "job": "app"]),
    (#"{job="app"} | logfmt"#, #"level=warn msg="two words" empty= n=1"#, ["level": "warn", "msg": "two words", "n": "1", "job": "app"]),
    (#"{job="app"} | logfmt text="msg""#, #"msg=hello n=1"#, ["text": "hello", "job": "app"]),
    (#"{job="app"} | regexp "(?P<verb>\\w+) (?P<path>\\S+)""#, "GET /x 200", ["verb": "GET", "path": "/x", "job": "app"]),
    (#"{job="app"} | pattern "<ip> - <_> <verb>""#, "1.2.3.4 - me GET", ["ip": "1.2.3.4", "verb": "GET", "job": "app"]),
    (#"{job="app"} | logfmt | label_format w=level,t="{{.msg | upper}}!""#, "level=warn msg=hi", ["w": "warn", "msg": "hi", "t": "HI!", "job": "app"]),
    (#"{job="app"} | logfmt | drop n, a="1""#, "a=1 n=2 k=3", ["k": "3", "job": "app"]),
    (#"{job="app"} | logfmt | keep k"#, "a=1 k=3", ["k": "3"]),
]

@Test(arguments: parserCases)
func parsersTakeLabelsOutOfLines(_ query: String, _ body: String, _ expected: [String: String]) async throws {
    #expect(try await labels(query, body) == Labels(expected.map { (name: $0.key, value: $0.value) }))
}

@Test(arguments: [
    (#"{job="app"} | logfmt | n > 5"#, ["n=7 d=1.5s s=3KB"]),
    (#"{job="app"} | logfmt | d >= 1s"#, ["n=7 d=1.5s s=3KB"]),
    (#"{job="app"} | logfmt | s < 2KiB"#, ["n=2 d=200ms s=1KB"]),
    (#"{job="app"} | logfmt | n = 2 or d > 1m"#, ["n=2 d=200ms s=1KB"]),
    (#"{job="app"} | logfmt | (n > 1 and d > 1s), s != """#, ["n=7 d=1.5s s=3KB"]),
    (#"{job="app"} | logfmt | n != -1 | line_format "{{.n}}:{{__line__}}""#, ["7:n=7 d=1.5s s=3KB", "2:n=2 d=200ms s=1KB"]),
])
func labelFiltersCompareNumbersDurationsAndSizes(_ query: String, _ expected: [String]) async throws {
    #expect(try await shown(query, [record(1, "n=7 d=1.5s s=3KB"), record(2, "n=2 d=200ms s=1KB")]) == expected)
}

@Test func fieldsOfTheRecordServeAsLabelsWithoutAParser() async throws {
    let records = [record(1, "a", fields: [LogField("status", .integer(503))]), record(2, "b", fields: [LogField("status", .integer(200))])]
    #expect(try await shown(#"{job="app"} | status >= 500"#, records) == ["a"])
    #expect(try await shown(#"{job="app"} | status="200""#, records) == ["b"])
}

@Test func coloursAreTakenOut() async throws {
    #expect(try await shown(#"{job="app"} | decolorize"#, [record(1, "\u{1B}[1;31mred\u{1B}[0m end")]) == ["red end"])
}

@Test(arguments: [
    ("{job=}", 1, 6), ("{job=\"a\"", 1, 9), ("{job=\"a\"} | nosuch", 1, 13), ("{job=\"a\"}\n|~ \"(\"", 2, 4), ("rate({job=\"a\"})", 1, 15),
    ("sum({job=\"a\"})", 1, 5), ("sum_over_time({job=\"a\"}[5m])", 1, 1), ("{job=\"a\"} | unwrap x", 1, 11), ("{job=\"a\"} | regexp \"x\"", 1, 20),
    ("\"open", 1, 1), ("{job=\"a\"} | line_format \"{{.a\"", 1, 25), ("{job=\"a\"} |= ip(\"300.1.1.1\")", 1, 17), ("", 1, 1),
])
func mistakesAreNamedWithTheirPlace(_ query: String, _ line: Int, _ column: Int) {
    do {
        _ = try Parser.parse(query)
        Issue.record("accepted: \(query)")
    } catch {
        guard case .syntax(let foundLine, let foundColumn, let reason) = error else { return #expect(Bool(false), "\(error)") }
        #expect(foundLine == line && foundColumn == column, "\(query): \(foundLine):\(foundColumn) \(reason)")
        #expect(!reason.isEmpty)
    }
}

@Test func hostileNestingIsAnErrorAndNoTrap() {
    for text in [String(repeating: "(", count: 100_000 / 2), String(repeating: "-", count: 60_000), "{a=\"b\"} | " + String(repeating: "(", count: 50_000), String(repeating: "sum(", count: 10_000)] {
        #expect(throws: LogQLError.self) { try Parser.parse(text) }
    }
}

@Test func tokenSoupNeverTraps() {
    let words = ["{", "}", "(", ")", "[5m]", "[", "]", "|", "|=", "!=", "=~", "json", "logfmt", "unwrap", "rate", "sum", "by", "job", "=", "\"a\"", "`b`", "5m", "1.5", "10KB", ",", "or", "and", "bool", "on", "group_left", "-", "vector", "topk", "offset", "line_format", "\"{{.x}}\"", "--strict", "ip", "é", "\"(\""]
    var random = SeededGenerator(seed: 7)
    var accepted = 0
    for _ in 0..<20_000 {
        let text = (0..<Int.random(in: 1...14, using: &random)).map { _ in words.randomElement(using: &random)! }.joined(separator: " ")
        if (try? Parser.parse(text)) != nil { accepted += 1 }
    }
    #expect(accepted > 0)
}
