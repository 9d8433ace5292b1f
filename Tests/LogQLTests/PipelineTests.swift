import Foundations
import Model
import Testing

@testable import LogQL

/// Lines that a query shows, newest last, with the labels behind them where `withLabels`.
private func shown(_ query: String, _ records: [LogRecord]) async throws -> [String] {
    let engine = LogEngine(reader: ListReader(records))
    guard case .streams(let streams) = try await engine.run(query, start: .distantPast, end: .distantFuture, stepNanoseconds: 1_000_000_000, limit: 1000, direction: .oldestFirst) else { return [] }
    return streams.flatMap(\.entries).sorted { $0.timestamp < $1.timestamp }.map(\.line)
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
    (#"{job=~".+"} |= "404" or ip("10.1.2.3")"#, ["GET /c 404", "PUT /d from 10.1.2.3:80"]),
    (#"{job=~".+"} != ip("10.1.2.3") or "GET""#, ["POST /b 503 timeout"]),
    (#"{job=~".+"} !> "<_> /c <_>" |= "GET""#, ["GET /a 200"]),
    (#"{job=~".+"} |= """#, ["GET /a 200", "POST /b 503 timeout", "GET /c 404", "PUT /d from 10.1.2.3:80"]),
    (#"{job=~".+"} | detected_level="unknown""#, ["GET /c 404", "PUT /d from 10.1.2.3:80"]),
    (#"{job=~".+"} | level!~"error|info""#, ["GET /c 404", "PUT /d from 10.1.2.3:80"]),
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
    (#"{job="app"} | json"#, #"{"a":1.50,"b":tru"#, ["a": "1.50", "__error__": "JSONParserErr", "__error_details__": "the line stops being a JSON object at byte 14", "job": "app"]),
    (#"{job="app"} | json all="n", job="n.job""#, #"{"n":{"m":[1, 2],"job":"x"}}"#, ["all": #"{"m":[1, 2],"job":"x"}"#, "job_extracted": "x", "job": "app"]),
    (#"{job="app"} | json | drop __error__, __error_details__"#, "none", ["job": "app"]),
    (#"{job="app"} | unpack"#, #"{"_entry":"the line","pod":"p1","n":1}"#, ["pod": "p1", "job": "app"]),
    (#"{job="app"} | logfmt --strict"#, #"a=1 "b"=2"#, ["__error__": "LogfmtParserErr", "__error_details__": "unexpected quote at byte 4", "job": "app"]),
    (#"{job="app"} | logfmt | label_format x=missing, y=a"#, "a=1", ["y": "1", "job": "app"]),
    (#"{job="app"} | logfmt | n > 3"#, "n=many", ["n": "many", "__error__": "LabelFilterErr", "__error_details__": "`many` in n is no number", "job": "app"]),
    (#"{job="app"} | line_format "{{ __line__ | b64dec }}""#, "a", ["__error__": "TemplateFormatErr", "__error_details__": "b64dec of a text that is no Base64", "job": "app"]),
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
    (#"{job="app"} | logfmt | s >= 3k"#, ["n=7 d=1.5s s=3KB"]),
    (#"{job="app"} | logfmt | nothing > 5"#, []),
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
    ("{job=\"a\"} | json x=\"[a\"", 1, 20), ("{job=\"a\"} | label_format x=a,x=b", 1, 30), ("{job=\"a\"} | line_format `{{ nosuch }}`", 1, 25),
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

@Test func fieldsWithDotsAreMeantByUnderscores() async throws {
    let records = [record(1, "a", fields: [LogField("http.status", .integer(503))]), record(2, "b", fields: [LogField("http.status", .integer(200))])]
    #expect(try await shown(#"{job="app"} | http_status="503""#, records) == ["a"])
}

@Test func eachLineTellsItsOwnLabelsApartWhereAsked() async throws {
    let engine = LogEngine(reader: ListReader([record(1, "n=1", level: .warn, fields: [LogField("trace.id", "t")])]))
    var request = LogRequest(query: #"{job="app"} | logfmt"#, start: moment(0), end: moment(5))
    request.stepNanoseconds = 1
    request.categorizesLabels = true
    guard case .streams(let streams) = try await engine.answer(request).result, let entry = streams.first?.entries.first else {
        Issue.record("no streams")
        return
    }
    #expect(streams[0].labels == ["job": "app"] && entry.metadata == ["detected_level": "warn", "trace_id": "t"] && entry.parsed == ["n": "1"])
}

@Test func linesAreTakenAtLeastAnIntervalApart() async throws {
    let engine = LogEngine(reader: ListReader((0..<20).map { record(Int64($0), "\($0)") }))
    for (direction, expected) in [(LogQuery.Direction.oldestFirst, ["0", "7", "14"]), (.newestFirst, ["19", "12", "5"])] {
        var request = LogRequest(query: #"{job="app"}"#, start: moment(0), end: moment(50), stepNanoseconds: 1, direction: direction)
        request.intervalNanoseconds = 7_000_000_000
        guard case .streams(let streams) = try await engine.answer(request).result else { return }
        #expect(streams.flatMap(\.entries).map(\.line) == expected)
    }
}

@Test func aQueryThatReadsTooMuchSaysHowFarItGot() async throws {
    let records = (0..<100).map { record(Int64($0), String(repeating: "x", count: 1000)) }
    let engine = LogEngine(reader: ListReader(records), options: .init(readBytesMax: 20_000))
    for query in [#"{job="app"} | logfmt"#, #"sum_over_time({job="app"} | logfmt | unwrap n [5m])"#] {
        await #expect {
            try await engine.run(query, start: moment(0), end: moment(200), stepNanoseconds: 100_000_000_000, limit: 1000, direction: .oldestFirst)
        } throws: { error in
            guard case .tooMuch(let reason)? = error as? LogQLError else { return false }
            return reason.contains("19.5 KiB") && reason.contains("21 lines from 1970-01-01T00:00:00") && reason.contains("to 1970-01-01T00:00:20")
        }
    }
}
