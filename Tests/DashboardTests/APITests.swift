import Foundations
import Terminal
import Testing

@testable import Dashboard

@Suite struct APITests {
    let client = APIClient(transport: ScriptedTransport.healthy)
    let options = DashboardOptions(environment: [:])

    func snapshot(_ transport: ScriptedTransport, _ clock: any WallClock) async throws -> DashboardModel {
        try await Snapshot(options, transport: transport, clock: clock).model(size: Size(columns: 80, rows: 24), capabilities: Fixtures.rgb, screen: .incidents, query: nil)
    }

    @Test func theAnswersAreRead() async throws {
        let board = try await client.board()
        let alerts = board.items
        #expect(board.mark == "1-2" && alerts[0].acknowledgement?.actor == "ann" && alerts[0].value == 1)
        #expect(try await client.changes(since: "1-2", waitSeconds: 1) == "1-3")
        #expect(try await client.incidents().first?.members.first?.fingerprint == "f1")
        #expect(try await client.timeline(4).map(\.kind) == ["firing"])
        #expect(try await client.onCall().schedules.first?.person == "ann")
        #expect(alerts.map(\.name) == ["A"] && alerts[0].severity == .warning && alerts[0].instance == "web1" && alerts[0].summary == "s")
        #expect(alerts[0].activeAt == Timestamp(milliseconds: 1_800_000_000_000 - 59_500))
        #expect(try await client.ruleTroubles() == [.init(place: "g/R", reason: "boom")])
        let status = try await client.status()
        #expect(status.version == "0.1" && status.agents.map(\.instance) == ["web1"] && status.problems == [.init(place: "f.yml:3", reason: "bad")])
        #expect(status.outboxPending == 1 && status.isAccepting)
    }

    @Test func coursesStandOnTheGridOfTheirWindow() async throws {
        let window = TimeWindow(rangeSeconds: 900, now: Timestamp(milliseconds: 1_800_000_007_000))
        #expect(window.end == Timestamp(seconds: 1_800_000_000) && window.count == 61 && window.stepSeconds == 15)
        let trends = try await client.hostTrends(["web1"], window)
        #expect(trends.cpu["web1"]?.suffix(3) == [nil, 0.25, 0.5])
        #expect(try await client.hostMeasures(at: window.end).sampledAt["web1"] == 1_799_999_998)
    }

    @Test func whatPeopleDoIsSentAsTheAPITakesIt() async throws {
        let transport = ScriptedTransport(answers: [
            "/api/v1/nightjar/alerts/f%2F1/acknowledge": (200, "{}"), "/api/v2/silences": (200, #"{"silenceID":"s1"}"#), "/api/v2/silence/s1": (200, ""),
        ])
        let client = APIClient(transport: transport)
        #expect(try await client.perform(.acknowledge(fingerprint: "f/1", comment: "mine", by: "ann")) == nil)
        let draft = SilenceDraft(matchers: MatcherEntry.parse(#"alertname="A", instance=~"web.*""#)!, durationMilliseconds: 7_200_000, comment: "c")
        #expect(try await client.perform(.silence(draft, from: Fixtures.now, by: "ann")) == "s1")
        #expect(try await client.perform(.expireSilence(id: "s1")) == nil)
        await #expect(throws: DashboardError.self) { try await client.perform(.escalate(fingerprint: "x", comment: "", by: "ann")) }
        let sent = transport.sent.withLock { $0 }
        #expect(sent[0].hasPrefix("POST /api/v1/nightjar/alerts/f%2F1/acknowledge {") && sent[0].contains(#""actor":"ann""#))
        #expect(sent[1].contains(#""isRegex":true"#) && sent[1].contains("2027-01-15T10:00:00") && sent[2] == "DELETE /api/v2/silence/s1 ")
    }

    @Test func aChartDoesNotShiftWithinAStep() {
        let windows = (0..<15).map { TimeWindow(rangeSeconds: 900, now: Timestamp(milliseconds: 1_800_000_000_000 + $0 * 1000 - 1)) }
        #expect(Set(windows.dropFirst()).count == 1)
        for seconds in TimeSpan.steps { #expect(TimeWindow(rangeSeconds: seconds, now: Fixtures.now).count <= Limits.chartPoints + 1) }
    }

    @Test func logsAndFieldsOfAnyTypeAreRead() async throws {
        let items = try await client.logs("x", start: Fixtures.now, end: Fixtures.now)
        #expect(items.count == 1 && items[0].level == .error && items[0].line == "boom")
        #expect(items[0].fields.map(\.value) == ["1", "x", "true", "null", "(nested)"])
    }

    @Test func theTailIsReadAtEverySplit() {
        let bytes = Array(ScriptedTransport.healthy.answers["/api/v1/nightjar/tail"]!.body.utf8)
        for split in 0...bytes.count {
            var parser = TailParser()
            let parts = [bytes[..<split], bytes[split...]].map { part in Array(part).withUnsafeBytes { parser.feed($0) } }
            #expect(parts.flatMap(\.items).map(\.line) == ["one", "two"])
            #expect(parts.reduce(0) { $0 + $1.skipped } == 7)
        }
    }

    @Test func aTailLineThatIsNoLineCountsAsSkipped() {
        var parser = TailParser()
        let batch = Array("garbage\n{\"skipped\":-5}\n{\"timestamp\":\"x\",\"line\":\"y\"}\n".utf8).withUnsafeBytes { parser.feed($0) }
        #expect(batch.items.isEmpty && batch.skipped == 2)
    }

    @Test func aLongLineIsCutAndSaysSo() {
        let item = LogItem(timestamp: Fixtures.now.nanos, level: .info, stream: [], line: String(repeating: "ü", count: 1 << 20))
        #expect(item.line.string.utf8.count <= Limits.logLineBytes + 3 && item.cutBytes == (2 << 20) - Limits.logLineBytes)
    }

    @Test func onceAndJSONShowTheSameModel() async throws {
        let clock = ManualClock(milliseconds: 1_800_000_000_000)
        let model = try await snapshot(.healthy, clock)
        #expect(model.state == .warning && model.state.exitCode == 1)
        try expectGolden(Frame.render(model).text, "once-80x24.txt")
        try expectGolden(Report(model).text, "report.json")
    }

    @Test(arguments: [
        (200, "{\"status\":\"success\",\"data\":{\"alerts\":[{\"labels\""), (200, "<html><body>It works!</body></html>"), (500, "{\"status\":\"error\",\"error\":\"on fire\"}"), (502, "<h1>Bad gateway</h1>"),
        (401, ""), (200, ""), (200, "[]"), (200, "{\"status\":\"success\",\"data\":{\"changes\":\"x\",\"alerts\":[{\"labels\":5,\"state\":\"firing\"}]}}"), (200, "null"), (204, ""),
        (200, String(repeating: "[", count: 100_000)),
    ]) func aBadAnswerIsAStateNotATrap(status: Int, body: String) async throws {
        for path in ["/api/v1/nightjar/board", "/api/v1/nightjar/status", "/api/v1/rules", "/api/v1/query"] {
            var transport = ScriptedTransport.healthy
            transport.answers[path] = (status, body)
            let model = try await snapshot(transport, ManualClock(milliseconds: 1_800_000_000_000))
            #expect(model.state == .unknown && model.state.exitCode == 3)
            #expect(model.link.state(at: model.now) == .disconnected(seconds: 0) && !model.link.reason.isEmpty)
            #expect(Frame.render(model).text.contains("DISCONNECTED"))
            #expect(Report(model).text.contains("\"isReachable\" : false"))
        }
    }

    @Test func noAnswerIsUnknown() async throws {
        let model = try await snapshot(ScriptedTransport(error: .unreachable(reason: "refused")), SystemClock())
        #expect(model.state.exitCode == 3 && model.link.reason == "the collector can't be reached: refused")
    }

    @Test func aURLWithoutSchemeIsRefused() async {
        await #expect(throws: DashboardError.badURL("localhost:9845")) { try await Dashboard.once(DashboardOptions(url: "localhost:9845", environment: [:])) }
    }
}

@Suite struct TextTests {
    @Test(arguments: [(0.0, "0s"), (99, "99s"), (100, "1m"), (5999, "99m"), (6000, "1h40m"), (86_399, "23h59m"), (200_000, "2d07h"), (-5, "0s"), (.nan, "-"), (.infinity, "-")] as [(Double, SafeText)])
    func agesAreShort(seconds: Double, text: SafeText) { #expect(Text.age(seconds) == text) }

    @Test(arguments: [(0.0, "0B"), (999, "999B"), (1000, "1.0K"), (1024, "1.0K"), (10_240, "10K"), (1_048_575, "1.0M"), (1e12, "931G"), (-1, "-"), (1e300, "1000000E")] as [(Double, SafeText)])
    func sizesAreShort(bytes: Double, text: SafeText) { #expect(Text.bytes(bytes) == text) }

    @Test func quotingHoldsAnyText() { #expect(Text.quoted("a\"b\\c\nd") == #""a\"b\\c\nd""#) }
    @Test func countsHaveSeparators() { #expect(Text.count(1_234_567) == "1,234,567" && Text.count(12) == "12" && Text.count(-1234) == "-1,234") }
}
