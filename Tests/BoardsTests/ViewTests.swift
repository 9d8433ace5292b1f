import Foundations
import Terminal
import Testing

@testable import Boards

@Suite struct ViewTests {
    @Test func listsAreNarrowedAndMovedThroughInOneWay() {
        var typing = ListTyping()
        func press(_ key: Key, of count: Int = 25) -> ListTyping.Outcome? { typing.reduce(.key(key, []), count: count) }
        #expect(press(.up) == .changed && typing.selected == 0)
        #expect(press(.pageDown) == .changed && press(.down) == .changed && typing.selected == 11)
        #expect(press(.pageDown) == .changed && press(.pageDown) == .changed && typing.selected == 24)
        #expect(press(.down, of: 0) == .changed && typing.selected == 0)
        #expect(press(.character("W")) == .changed && press(.character("e")) == .changed && typing.takes("the WEB") && typing.takes("a", "awe") && !typing.takes("w e"))
        #expect(press(.enter) == .taken && press(.left) == nil && press(.tab) == nil && typing.text == "We")
        #expect(press(.backspace) == .changed && typing.text == "W" && press(.escape) == .changed && typing.text.isEmpty && press(.escape) == .left)
        for _ in 0..<1000 { _ = press(.character("é")) }
        #expect(typing.text.utf8.count <= Limits.typedBytes + 1)
    }

    static let clock = ManualClock(milliseconds: Fixtures.now.milliseconds)

    private func board(_ panels: Int) throws -> Board {
        try Fixtures.yaml("title: t\npanels:\n" + (0..<panels).map { "  - {title: P\($0), query: 'm\($0)', size: 24x8}\n" }.joined())
    }

    @Test func onlyVisiblePanelsAreAskedFor() async throws {
        let source = RecordingSource()
        var view = await Fixtures.view(try board(20), Size(columns: 100, rows: 30), source: source)
        #expect(source.all.count == view.visiblePanels.count && source.all.count < 5)
        let effects = view.reduce(.command(.pageDown))
        guard case .evaluate(let question)? = effects.first else { throw BoardSourceError.cancelled }
        #expect(question.entries.count == view.visiblePanels.count)
        // What is known and still visible isn't asked for again at once.
        #expect(question.entries.contains { $0.evaluatedAt != nil } && question.entries.contains { $0.evaluatedAt == nil })
        #expect(view.reduce(.command(.up)).isEmpty || view.offset > 0)
    }

    @Test func equalQueriesAreAskedOnce() async throws {
        let source = RecordingSource()
        _ = await Fixtures.view(try Fixtures.yaml("title: t\npanels:\n  - {title: a, query: up, size: 12x8}\n  - {title: b, query: up, size: 12x8}"), Size(columns: 100, rows: 30), source: source)
        #expect(source.all.count == 1)
    }

    @Test func anAnswerToAnOlderQuestionIsLeftOut() async throws {
        var view = BoardView(try board(1), size: Size(columns: 80, rows: 24), theme: Theme(capabilities: Fixtures.rgb), now: Fixtures.now)
        _ = view.start()
        let old = view.generation
        _ = view.reduce(.range(.last(milliseconds: 60_000)))
        _ = view.reduce(.results([view.layout.panels[0].instance.key: PanelResult(content: .logs([]), evaluatedAt: Fixtures.now)], generation: old))
        #expect(view.results.isEmpty)
    }

    @Test func aFailureKeepsWhatWasShownAndSaysWhy() async throws {
        var view = await Fixtures.view(try board(1), Size(columns: 80, rows: 24))
        let key = view.layout.panels[0].instance.key
        #expect(!Fixtures.draw(view).text.contains("stale"))
        _ = view.reduce(.tick(Fixtures.now.advanced(byMilliseconds: 300_000)))
        #expect(Fixtures.draw(view).text.contains("stale 5min"))
        _ = view.reduce(.results([key: PanelResult(content: nil, evaluatedAt: Fixtures.now, failure: "it burns \u{1B}[2J")], generation: view.generation))
        let text = Fixtures.draw(view).text
        #expect(text.contains("error") && text.contains("it burns ␛[2J") && !text.contains("\u{1B}"))
        if case .chart? = view.results[key]?.content {} else { Issue.record("the chart is gone") }
        let refused = await Fixtures.view(try board(1), Size(columns: 80, rows: 24), source: WaveSource(refusal: .unreachable(reason: "connection refused")))
        #expect(Fixtures.draw(refused).text.contains("no answer: connection refused"))
    }

    @Test func panelsOpenInFullAndRowsOpenAndClose() async throws {
        let runner = BoardRunner(source: WaveSource(), clock: Self.clock)
        var view = await Fixtures.view(try Fixtures.yaml("title: t\npanels:\n  - {title: a, query: up}\n  - {row: R, collapsed: true}\n  - {title: below, query: up}"), Size(columns: 100, rows: 30))
        #expect(!Fixtures.draw(view).text.contains(" below ") && Fixtures.draw(view).text.contains("R  (closed)"))
        await Fixtures.perform(view.reduce(.command(.nextPanel)), runner, &view)
        await Fixtures.perform(view.reduce(.command(.open)), runner, &view)
        #expect(view.visiblePanels.count == 1 && view.visiblePanels[0].rect.height == 29)
        await Fixtures.perform(view.reduce(.command(.back)), runner, &view)
        await Fixtures.perform(view.reduce(.command(.nextPanel)), runner, &view)
        await Fixtures.perform(view.reduce(.command(.open)), runner, &view)
        #expect(Fixtures.draw(view).text.contains(" below "))
    }

    @Test func valuesArePickedByTyping() async throws {
        let runner = BoardRunner(source: WaveSource(), clock: Self.clock)
        var view = await Fixtures.view(try Fixtures.yaml("title: t\nvariables: [{name: host, query: 'label_values(instance)', multi: true, all: true}]\npanels:\n  - {title: 'Of $host', query: 'up{instance=~\"$host\"}', repeat: host, size: 8x6}"), Size(columns: 120, rows: 30))
        #expect(view.layout.panels.count == 3 && Fixtures.draw(view).text.contains("Of web2:9100"))
        _ = view.reduce(.command(.variables))
        #expect(view.takesInput)
        for character in "db" { _ = view.reduce(.input(.key(.character(character)))) }
        #expect(Fixtures.draw(view).text.contains("○ db1:9100") || Fixtures.draw(view).text.contains("● db1:9100"))
        await Fixtures.perform(view.reduce(.input(.key(.enter))), runner, &view)
        _ = view.reduce(.input(.key(.escape)))
        _ = view.reduce(.input(.key(.escape)))
        #expect(!view.takesInput && view.layout.panels.count == 1 && Fixtures.draw(view).text.contains("Of db1:9100"))
    }

    @Test func rewindingAsksForThatMoment() async throws {
        let source = RecordingSource()
        let runner = BoardRunner(source: source, clock: Self.clock)
        var view = await Fixtures.view(try board(1), Size(columns: 100, rows: 30), source: source)
        await Fixtures.perform(view.reduce(.rewind(Timestamp(seconds: 1_700_000_000))), runner, &view)
        guard case .range(_, _, let window)? = source.all.last else { throw BoardSourceError.cancelled }
        #expect(abs(window.end.seconds - 1_700_000_000) < 60)
        #expect(Fixtures.draw(view).text.contains("as of 2023-11-14T22:13"))
    }

    @Test func shiftedAndOwnRangesAreAskedForAndDrawnInPlace() async throws {
        let source = RecordingSource()
        let view = await Fixtures.view(try Fixtures.yaml("title: t\npanels: [{title: a, query: up, shift: 1d, range: 2h}]"), Size(columns: 100, rows: 30), source: source)
        guard case .range(_, _, let window)? = source.all.last else { throw BoardSourceError.cancelled }
        #expect(Int64(Fixtures.now.seconds - window.end.seconds) / 3600 == 24 && window.end.seconds - window.start.seconds > 7000)
        guard case .chart(let chart)? = view.results.values.first?.content else { throw BoardSourceError.cancelled }
        #expect(chart.lines[0].values.contains { !$0.isNaN } && Fixtures.now.seconds - chart.window.end.seconds < 60)
    }

    @Test func aChartDoesntShiftWithinAStep() async throws {
        let board = try board(1)
        func window(_ milliseconds: Int64) -> QueryWindow? {
            let now = Fixtures.now.advanced(byMilliseconds: milliseconds)
            var view = BoardView(board, size: Size(columns: 100, rows: 30), theme: Theme(capabilities: Fixtures.rgb), now: now)
            guard case .evaluate(let question)? = view.start().first else { return nil }
            return PanelEvaluation(question.entries[0], question, now: now).window
        }
        #expect(window(1000) == window(9000) && window(1000) != nil)
        #expect(window(1000) != window(61_000))
    }

    /// Any keys at any size: it never traps, stays within its area and keeps its offset in range.
    @Test(arguments: 0..<16) func anyKeysAtAnySizeHold(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let runner = BoardRunner(source: WaveSource(), clock: Self.clock)
        var view = await Fixtures.view(try Fixtures.sample(seed % 2 == 0 ? "modern.json" : "old.json"), Size(columns: 80, rows: 24))
        for _ in 0..<25 {
            let action: BoardAction
            switch Int.random(in: 0..<6, using: &random) {
            case 0: action = .resized(Size(columns: Int.random(in: 1...220, using: &random), rows: Int.random(in: 1...70, using: &random)))
            case 1: action = .input(.key([.enter, .escape, .character("w"), .character(" "), .tab, .down, .backspace].randomElement(using: &random)!))
            case 2: action = .input(.mouse(MouseEvent(action: [.press(button: 1), .wheelDown, .wheelUp].randomElement(using: &random)!, x: Int.random(in: 0..<80, using: &random), y: Int.random(in: 0..<24, using: &random))))
            default: action = .command(BoardCommand.allCases.randomElement(using: &random)!)
            }
            await Fixtures.perform(view.reduce(action), runner, &view)
            #expect(view.offset >= 0 && view.offset <= max(0, view.layout.height - view.bodyHeight))
            var buffer = Buffer(Size(columns: view.size.columns + 4, rows: view.size.rows + 2))
            buffer.fill(buffer.bounds, "#")
            BoardRenderer.render(view, in: Rect(x: 2, y: 1, width: view.size.columns, height: view.size.rows), to: &buffer)
            let rows = buffer.text.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(rows[0].allSatisfy { $0 == "#" } && rows[view.size.rows + 1].allSatisfy { $0 == "#" })
            #expect(rows[1...view.size.rows].allSatisfy { $0.hasPrefix("##") && $0.hasSuffix("##") }, "\(view.size)")
        }
    }

    @Test func reportsHaveTheDataOfEveryPanel() async throws {
        let view = await BoardSnapshot.view(of: try Fixtures.sample("modern.json"), source: WaveSource(), columns: 120, theme: Theme(capabilities: Fixtures.rgb), clock: Self.clock, chosen: ["instance": ["web2"]])
        let text = BoardReport(view).text
        for part in ["\"title\" : \"Traffic\"", "\"state\" : \"unsupported\"", "\"text\" : \"DOWN\"", "\"columns\" : [", "\"version\" : 1"] { #expect(text.contains(part), "\(part)") }
        #expect(view.choices.values(of: "instance").map(\.value) == ["web2"])
        #expect(BoardSnapshot.text(view).split(separator: "\n").count > 40)
    }
}

@Suite struct SeriesReplyTests {
    @Test func matricesVectorsAndScalarsAreRead() {
        let matrix = #"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b\n\"x"},"values":[[1.5,"1"],[3,"NaN"],[4.25,"+Inf"]],"histograms":[[1,{"count":"2"}]]}]},"warnings":["w"]}"#
        let read = SeriesReply.series(Array(matrix.utf8))
        #expect(read?.count == 1 && read?[0].labels == ["a": "b\n\"x"] && read?[0].times == [1500, 3000, 4250] && read?[0].values[0] == 1 && read?[0].values[1].isNaN == true && read?[0].values[2] == .infinity)
        let vector = " { \"data\" : { \"result\" : [ { \"metric\" : { } , \"value\" : [ 7 , \"-0.5e1\" ] } ] } } "
        #expect(SeriesReply.series(Array((vector + "\n").utf8)) == [BoardSeries(labels: [:], times: [7000], values: [-5])])
        #expect(SeriesReply.series(Array(#"{"data":{"resultType":"scalar","result":[7,"3"]}}"#.utf8)) == [BoardSeries(labels: [:], times: [7000], values: [3])])
        #expect(SeriesReply.names(Array(#"{"data":["a","b"]}"#.utf8)) == ["a", "b"])
        #expect(SeriesReply.names(Array(#"{"data":[{"__name__":"up","x":"y"}]}"#.utf8)) == [#"up{x="y"}"#])
        #expect(SeriesReply.series(Array("[]".utf8)) == nil && SeriesReply.series([]) == nil && SeriesReply.names(Array("{}".utf8)) == nil)
    }
}
