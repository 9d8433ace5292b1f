import Foundations
import Settings
import Terminal
import TestSupport
import Testing

@testable import Boards

/// Marks on the axis of time.
@Suite struct AnnotationTests {
    /// Answers annotations with what a test says, panels with waves.
    private final class MarkingSource: BoardSource {
        let answers: [String: BoardAnswer]
        private let requests = Locked<[BoardRequest]>([])
        init(_ answers: [String: BoardAnswer]) { self.answers = answers }
        var all: [BoardRequest] { requests.withLock { $0 } }

        func answer(_ request: BoardRequest) async throws -> BoardAnswer {
            requests.withLock { $0.append(request) }
            switch request {
            case .filtered(let inner, _): return try await answer(inner)
            case .range(let text, _, _), .logs(let text, _, _, _):
                if text == "fails" { throw BoardSourceError.refused(reason: "no such \u{1B}[2J metric") }
                if let answer = answers[text] { return answer }
                return try await WaveSource().answer(request)
            default: return try await WaveSource().answer(request)
            }
        }
    }

    private static let now = Fixtures.now.milliseconds
    private static func series(_ labels: [String: String], _ points: [(minutesAgo: Int64, value: Double)]) -> BoardSeries {
        BoardSeries(labels: labels, times: points.map { now - $0.minutesAgo * 60_000 }, values: points.map(\.value))
    }

    private static let yaml = """
        title: t
        annotations:
          - {name: deploys, query: 'changes(version[$__interval])', title: 'deploy {{app}}', text: 'version {{version}}', tags: [team], step: 1m}
          - {alerts: 'severity=critical'}
          - {name: restarts, logs: true, query: '{app="x"} |= "start"'}
        panels:
          - {title: a, query: up, size: 24x12}
          - {title: b, type: stat, query: up, size: 24x4}
        """
    /// As a query of steps of 15 s answers.
    private static let alert: BoardSeries = {
        let times = stride(from: now - 1_800_000, through: now - 1_500_000, by: 15_000).map { Int64($0) }
        return BoardSeries(labels: ["alertname": "Down", "instance": "web1", "severity": "critical"], times: times, values: times.map { _ in 1 })
    }()
    private static let answers: [String: BoardAnswer] = [
        "changes(version[1m])": .series([
            series(["app": "shop\u{1B}[2J", "version": "2", "team": "blue"], [(40, 0), (39, 1), (38, 1), (37, 1), (36, 0), (20, 2), (19, .nan), (10, 1)]),
        ]),
        #"ALERTS{alertstate="firing",severity="critical"}"#: .series([alert]),
        #"{app="x"} |= "start""#: .lines([BoardLogLine(timestamp: Timestamp(milliseconds: now - 300_000).nanos, level: "info", labels: ["app": "x"], line: "started")]),
    ]

    private static func view(_ yaml: String = yaml, columns: Int = 100, rows: Int = 30, capabilities: Capabilities = Fixtures.rgb, source: MarkingSource = MarkingSource(answers)) async throws -> BoardView {
        await Fixtures.view(try Fixtures.yaml(yaml), Size(columns: columns, rows: rows), capabilities, source: source)
    }

    @Test func runsOfValuesAreMarksWithTheirTexts() async throws {
        let marks = try await Self.view().marks
        #expect(marks.marks.map { [($0.from - Self.now) / 60_000, ($0.to - Self.now) / 60_000] } == [[-39, -37], [-30, -25], [-20, -20], [-10, -10], [-5, -5]])
        #expect(marks.marks.map(\.title) == ["deploy shop\u{1B}[2J", "Down", "deploy shop\u{1B}[2J", "deploy shop\u{1B}[2J", "restarts"])
        #expect(marks.marks.map(\.text) == ["version 2", "web1", "version 2", "version 2", "started"] && marks.marks[0].tags == ["blue"] && marks.marks[1].tags == ["critical"])
        #expect(marks.marks.map { String(UnicodeScalar($0.letter)) } == ["A", "B", "A", "A", "C"] && marks.failures.isEmpty)
    }

    @Test(arguments: Fixtures.looks.map(\.name)) func theyStandOnTheAxisWithGlyphAndLetter(look: String) async throws {
        let capabilities = Fixtures.looks.first { $0.name == look }!.capabilities
        var view = try await Self.view(capabilities: capabilities)
        let text = Fixtures.draw(view).text
        let glyph = capabilities.showsUnicode ? "◆" : "^"
        #expect(text.contains("\(glyph)A") && text.contains("\(glyph)B") && text.contains("\(glyph)C") && !text.contains("deploy"), "\(text)")
        #expect(!text.contains("\u{1B}"))
        _ = view.reduce(.command(.nextPanel))
        _ = view.reduce(.command(.open))
        let full = Fixtures.draw(view).text
        #expect(full.contains("\(glyph)A ") && full.contains("  version 2  [blue]") && full.contains("Down  web1  [critical]") && !full.contains("\u{1B}"), "\(full)")
        let frame = PlainFrame.text(of: Fixtures.draw(view), colours: capabilities.colours, showsUnicode: capabilities.showsUnicode)
        try expectGolden(frame.split(separator: "\u{1B}", omittingEmptySubsequences: false).joined(separator: "\\e"), "marks-100x30-\(look).txt")
    }

    @Test(arguments: Fixtures.looks.map(\.name)) func whatHappenedIsListedByAKeyAndTheNewestStandsAbove(look: String) async throws {
        let capabilities = Fixtures.looks.first { $0.name == look }!.capabilities
        var view = try await Self.view(capabilities: capabilities)
        let glyph = capabilities.showsUnicode ? "◆" : "^"
        #expect(view.hasMarks && Fixtures.draw(view).text.split(separator: "\n")[0].contains("\(glyph)C 07:55 restarts"), "\(Fixtures.draw(view).text)")
        _ = view.reduce(.command(.marks))
        #expect(view.takesInput)
        let frame = PlainFrame.text(of: Fixtures.draw(view), colours: capabilities.colours, showsUnicode: capabilities.showsUnicode)
        try expectGolden(frame.split(separator: "\u{1B}", omittingEmptySubsequences: false).joined(separator: "\\e"), "marks-list-100x30-\(look).txt")
        for character in "web1" { _ = view.reduce(.input(.key(.character(character), []))) }
        let text = Fixtures.draw(view).text
        #expect(text.contains("Down  web1  [critical]") && !text.contains("version 2") && !text.contains("\u{1B}"), "\(text)")
        // The time around it: three quarters of the range before, and what is left behind.
        let effects = view.reduce(.input(.key(.enter, [])))
        guard case .look(.absolute(let from, let to))? = effects.first, effects.count == 1, view.mode == .board else { return #expect(Bool(false), "\(effects)") }
        #expect(from.milliseconds == Self.now - 1_800_000 - 2_700_000 && to.milliseconds == Self.now - 1_500_000 + 900_000 && from.milliseconds + 3_600_000 < to.milliseconds)
    }

    @Test func theListStandsOverAPanelInFullToo() async throws {
        var view = try await Self.view()
        for command in [BoardCommand.nextPanel, .open, .marks] { _ = view.reduce(.command(command)) }
        let panel = try #require(view.panelInFull)
        guard case .marks(let picker) = view.mode else { return #expect(Bool(false)) }
        #expect(picker.shown.map(\.title) == view.marks.marks.map(\.title).reversed())
        #expect(view.reduce(.input(.key(.escape, []))).isEmpty && view.mode == .panel(panel))
        var none = try await Self.view("title: t\npanels:\n  - {title: a, query: up}")
        _ = none.reduce(.command(.marks))
        #expect(!none.hasMarks && Fixtures.draw(none).text.contains("nothing is marked in this range"))
    }

    @Test func whatCantBeAskedIsSaidAndTheRestIsDrawn() async throws {
        let view = try await Self.view("title: t\nannotations:\n  - {name: bad, query: fails}\n  - {alerts: true}\npanels:\n  - {title: a, query: up, size: 24x12}")
        #expect(view.marks.failures.keys.sorted() == ["bad"])
        let text = Fixtures.draw(view).text
        #expect(text.contains("annotation bad failed") && !text.contains("\u{1B}"))
        let report = BoardReport(view).text
        #expect(report.contains("no such ␛[2J metric") && report.contains(#""annotations" :"#) && !report.contains("\u{1B}"))
    }

    @Test func valuesCanBeTheMoments() async throws {
        let moments = [Self.now - 1_200_000, Self.now - 600_000].map(Double.init)
        let source = MarkingSource(["started": .series([BoardSeries(labels: [:], times: [1, 2, 3].map { Self.now - $0 * 60_000 }.reversed(), values: [moments[0], moments[0], moments[1]])])])
        let marks = try await Self.view("title: t\nannotations:\n  - {name: start, query: started, value_is_time: true}\npanels:\n  - {title: a, query: up}", source: source).marks.marks
        #expect(marks.map { Double($0.from) } == moments && marks.allSatisfy { $0.from == $0.to && $0.title == "start" })
    }

    @Test func marksAreBoundedToTheNewest() async throws {
        let many = BoardAnswer.series((0..<50).map { index in Self.series(["i": "\(index)"], stride(from: Int64(58), to: 0, by: -2).map { ($0, 1) }) })
        let marks = try await Self.view("title: t\nannotations:\n  - {name: m, query: q, step: 1m}\npanels:\n  - {title: a, query: up}", source: MarkingSource(["q": many])).marks
        #expect(marks.marks.count == Limits.marks && marks.undrawn == 50 * 29 - Limits.marks && marks.marks.last!.from == Self.now - 120_000)
    }

    @Test func aScrollDoesntAskAgainButARangeDoes() async throws {
        var view = try await Self.view()
        func asks(_ effects: [BoardEffect]) -> Bool { effects.contains { if case .annotate = $0 { true } else { false } } }
        #expect(!asks(view.reduce(.command(.down))) && !asks(view.reduce(.command(.nextPanel))) && !asks(view.reduce(.command(.open))))
        #expect(asks(view.reduce(.range(.last(milliseconds: 600_000)))) && asks(view.reduce(.command(.refresh))))
        let generation = view.marksGeneration
        _ = view.reduce(.marks(BoardMarks(), generation: generation - 1))
        #expect(!view.marks.marks.isEmpty)
        var none = await Fixtures.view(try Fixtures.yaml("title: t\nannotations:\n  - {alerts: true}\npanels:\n  - {title: b, type: stat, query: up}"), Size(columns: 80, rows: 24))
        #expect(!asks(none.start()))
    }

    @Test func theyAreAskedNoMoreOftenThanEachFifteenSeconds() async throws {
        #expect(Limits.annotationSeconds == 15)
        let source = MarkingSource(Self.answers)
        let runner = BoardRunner(source: source, clock: ManualClock(milliseconds: Self.now))
        let board = try Fixtures.yaml(Self.yaml)
        let question = AnnotationQuestion(annotations: board.annotations, choices: VariableChoices([]), range: board.range, refreshSeconds: 0.01, generation: 1, moment: nil)
        let posted = Locked(0)
        let task = Task { await runner.watchMarks(question) { _ in posted.withLock { $0 += 1 } } }
        while posted.withLock({ $0 }) == 0 { try await Task.sleep(for: .milliseconds(5)) }
        try await Task.sleep(for: .milliseconds(100))
        task.cancel()
        await task.value
        #expect(posted.withLock { $0 } == 1 && source.all.count == 3)
    }

    @Test func grafanaStoresThemInBothSchemas() async throws {
        func board(_ list: String) throws -> Board {
            try BoardFile.parse(Array(#"{"title":"g","annotations":{"list":[\#(list)]},"panels":[{"id":4,"type":"timeseries","title":"p","targets":[{"expr":"up"}]},{"id":5,"type":"timeseries","title":"q","targets":[{"expr":"up"}]}]}"#.utf8), path: "g.json")
        }
        let all = try board(#"""
            {"builtIn":1,"datasource":{"type":"grafana","uid":"-- Grafana --"},"enable":true,"hide":true,"name":"Annotations & Alerts","type":"dashboard"},
            {"datasource":{"type":"prometheus","uid":"$ds"},"enable":true,"expr":"changes(x[$__interval])","hide":true,"name":"v","step":"2m","tagKeys":"a, b","textFormat":"{{a}}","titleFormat":"T","useValueForTime":false,"filter":{"exclude":false,"ids":[5]}},
            {"datasource":{"type":"loki","uid":"L"},"enable":true,"expr":"{a=\"b\"}","name":"l"},
            {"datasource":{"type":"prometheus"},"enable":false,"expr":"off","name":"off"},
            {"datasource":{"type":"prometheus"},"enable":true,"name":"new","target":{"expr":"up == 0","refId":"Anno"}},
            {"datasource":{"type":"influxdb"},"enable":true,"name":"deploys","query":"SELECT 1"},
            {"datasource":{"type":"grafana"},"enable":true,"name":"by hand","target":{"type":"tags","tags":["x"]}}
            """#)
        #expect(all.annotations.map(\.name) == ["alerts", "v", "l", "new"] && all.annotations.map(\.language) == [.promQL, .promQL, .logQL, .promQL])
        #expect(all.annotations[0].isAlerts && all.annotations[1].tagKeys == ["a", "b"] && all.annotations[1].interval == "2m" && all.annotations[1].panels == .only([5]))
        #expect(all.notices.map(\.reason) == ["the annotation `deploys` asks another source of data (influxdb), and isn't drawn", "the annotation `by hand` is made of notes in Grafana's own database, and isn't drawn"])
        #expect(!all.annotations[1].applies(to: all.panels[0]) && all.annotations[1].applies(to: all.panels[1]))
        let second = #"{"spec":{"title":"s","elements":{"p":{"kind":"Panel","spec":{"title":"P","data":{"spec":{"queries":[{"spec":{"query":{"kind":"prometheus","spec":{"expr":"up"}}}}]}},"vizConfig":{"kind":"timeseries"}}}},"layout":{"kind":"AutoGridLayout","spec":{"items":[{"spec":{"element":{"name":"p"}}}]}},"annotations":[{"kind":"AnnotationQuery","spec":{"builtIn":true,"enable":true,"name":"x","query":{"kind":"grafana","spec":{}}}},{"kind":"AnnotationQuery","spec":{"enable":true,"name":"y","query":{"kind":"prometheus","spec":{"expr":"down"}},"legacyOptions":{"titleFormat":"{{a}}"}}}]}}"#
        let new = try BoardFile.parse(Array(second.utf8), path: "s.json")
        #expect(new.annotations.map(\.name) == ["alerts", "y"] && new.annotations[1].expression == "down" && new.annotations[1].title == "{{a}}")
    }

    @Test func mistakesOfTheShortFormatAreSaid() {
        for (text, message) in [("{name: a}", "query"), ("{alerts: 'x'}", "needs = != =~ or !~"), ("{alerts: true, query: up}", "not both"), ("{query: up, colour: red}", "colour")] {
            #expect { try Fixtures.yaml("title: t\nannotations:\n  - \(text)\npanels:\n  - {title: a, query: up}") } throws: { "\($0)".contains("board.yml:3") && "\($0)".contains(message) }
        }
    }

    @Test func theirQueriesAreCheckedToo() throws {
        let folder = TemporaryDirectory("marks")
        let path = folder.path("marks.yml")
        try RealFileSystem().replace(path, with: Array("title: t\nannotations:\n  - {name: bad, query: 'sum('}\npanels:\n  - {title: a, query: up}".utf8))
        let check = BoardCheck(path)
        #expect(check.notices.map(\.reason).allSatisfy { $0.hasPrefix("the annotation `bad` can't be asked: 1:") } && check.notices.count == 1 && check.notices[0].panel == nil && check.inPart == 0 && check.isWithoutPlaceholder)
    }
}
