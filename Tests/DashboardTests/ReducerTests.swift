import Foundations
import Terminal
import Testing

@testable import Dashboard

@Suite struct ReducerTests {
    let size = Size(columns: 80, rows: 24)

    @Test func hostsAreSortedWorstFirst() {
        let model = Fixtures.model(size)
        #expect(model.hosts.items.map(\.state) == [.critical, .stale, .warning, .ok, .ok])
        #expect(model.hosts.items.map(\.instance) == ["db1.example.org", "cache1", "web2", "web1", "web3"])
        #expect(model.state == .critical)
    }

    @Test func theMatrixStandsWorstFirst() {
        let matrix = Fixtures.model(size).matrix
        #expect(matrix.rows.map { "\($0.environment)/\($0.region)" } == ["prod/eu", "prod/us", "staging/us"])
        #expect(matrix.rows[0].whole == .init(state: .critical, hosts: 3, hostsInTrouble: 3, alerts: 2))
        #expect(matrix.rows[0].cells["db"]?.state == .critical && matrix.tiers.first == "db")
    }

    @Test func aSilentHostBecomesStaleAsTimePasses() {
        var model = Fixtures.model(size)
        _ = Reducer.reduce(&model, .tick(Fixtures.now.advanced(byMilliseconds: 57_000)))
        #expect(model.hosts.items.first { $0.instance == "web1" }?.state == .stale)
    }

    @Test func theLinkGoesFromLiveToDisconnectedWithinTwoIntervalsAndBack() {
        var model = Fixtures.model(size)
        #expect(model.link.state(at: model.now) == .live)
        func later(_ seconds: Int64) -> Timestamp { Fixtures.now.advanced(byMilliseconds: seconds * 1000) }
        _ = Reducer.reduce(&model, .failed(.unreachable(reason: "refused"), at: later(2)))
        #expect(model.link.state(at: later(2)) == .live)
        _ = Reducer.reduce(&model, .failed(.unreachable(reason: "refused"), at: later(4)))
        #expect(model.link.state(at: later(4)) == .disconnected(seconds: 4))
        #expect(model.state == .unknown)
        _ = Reducer.reduce(&model, .status(Fixtures.status, at: later(6)))
        #expect(model.link.state(at: later(6)) == .live)
        #expect(model.link.state(at: later(13)) == .lagging(seconds: 7))
    }

    @Test func theSelectedAlertStaysSelectedWhenTheOrderChanges() {
        var model = Fixtures.model(size)
        Fixtures.type("2j", &model)
        #expect(model.selectedAlert?.name == "HostHighLoad")
        var more = Fixtures.alerts
        more.append(Fixtures.alert("Worse", "critical", "web9", secondsAgo: 900))
        _ = Reducer.reduce(&model, .board(AlertBoard(more), of: nil))
        #expect(model.selectedAlert?.name == "HostHighLoad" && model.position.selected == 2)
    }

    @Test func newAlertsStandAboveOldOnesAndWhatNobodyHasAboveWhatSomebodyDoes() {
        var taken = Fixtures.alert("Taken", "critical", "web1", secondsAgo: 5)
        taken.acknowledgement = .init(kind: .acked, actor: "ann", at: Fixtures.now, comment: "")
        let board = AlertBoard([
            Fixtures.alert("Old", "critical", "web1", secondsAgo: 900), taken, Fixtures.alert("New", "critical", "web1", secondsAgo: 10), Fixtures.alert("Newest", "warning", "web1", secondsAgo: 1),
        ])
        #expect(board.items.map(\.name) == ["New", "Old", "Taken", "Newest"])
    }

    @Test func theFirstAlertStaysUnderTheHandsOfWhoeverWorksWithItAndGivesWayToAWorseOneElse() {
        let worse = AlertBoard(Fixtures.alerts + [Fixtures.alert("Worse", "critical", "web9", secondsAgo: 1)])
        var model = Fixtures.model(size)
        Fixtures.type("2", &model)
        let first = model.selectedAlert?.name
        var watching = model
        _ = Reducer.reduce(&watching, .tick(Fixtures.now.advanced(byMilliseconds: 60_000)))
        _ = Reducer.reduce(&watching, .board(worse, of: nil))
        #expect(watching.selectedAlert?.name == "Worse" && watching.position.selected == 0)
        _ = Reducer.reduce(&model, .board(worse, of: nil))
        #expect(model.selectedAlert?.name == first && first != "Worse" && model.position.selected == 1)
        var asking = Fixtures.model(size)
        Fixtures.type("2s", &asking)
        _ = Reducer.reduce(&asking, .tick(Fixtures.now.advanced(byMilliseconds: 60_000)))
        _ = Reducer.reduce(&asking, .board(worse, of: nil))
        #expect(asking.selectedAlert?.name == first)
    }

    @Test func anAnswerWithNothingNewLooksTheSame() {
        var model = Fixtures.model(size)
        var status = Fixtures.status
        for index in status.agents.indices { status.agents[index].secondsSinceSeen += 2 }
        status.lastEvaluation = Fixtures.now
        #expect(model.shows(status))
        status.agents[0].state = "missing"
        #expect(!model.shows(status))
        Fixtures.type("0", &model)
        #expect(model.activeScreen != .health || !model.shows(Fixtures.status))
        _ = Reducer.reduce(&model, .failed(.unreachable(reason: "refused"), at: Fixtures.now))
        #expect(!model.shows(Fixtures.status))
    }

    @Test func theScreensOwnNeedsComeAndGoWithIt() {
        var model = Fixtures.model(size)
        Fixtures.type("4\r", &model)
        #expect(model.needs.contains(.host("db1.example.org", .summary, .standard, at: nil)))
        Fixtures.type("\t", &model)
        #expect(model.needs.contains(.host("db1.example.org", .cpu, .standard, at: nil)) && !model.needs.contains(.host("db1.example.org", .summary, .standard, at: nil)))
        Fixtures.type("5f", &model)
        #expect(model.needs.contains(.tail(query: "")) && !model.needs.contains { if case .host = $0 { true } else { false } })
        Fixtures.type("1", &model)
        #expect(!model.needs.contains(.tail(query: "")))
        Fixtures.type("p", &model)
        #expect(model.needs == [.status])
    }

    @Test func aRowOfTheMatrixLeadsToItsHosts() {
        var model = Fixtures.model(size)
        Fixtures.type("j\r", &model)
        #expect(model.screen == .hosts && model.hostRows.count == 1 && model.host(0)?.instance == "web1")
        _ = Reducer.reduce(&model, .input(.key(.escape)))
        #expect(model.hostRows.count == 5)
        _ = Reducer.reduce(&model, .input(.key(.escape)))
        #expect(model.screen == .overview)
    }

    @Test func theFilterNarrowsWhileItIsTypedAndEscapeClearsIt() {
        var model = Fixtures.model(size)
        Fixtures.type("4/WEB", &model)
        #expect(model.hostRows.count == 3)
        Fixtures.type("\r", &model)
        #expect(model.mode == .keys && model.hostRows.count == 3)
        _ = Reducer.reduce(&model, .input(.key(.escape)))
        #expect(model.hostRows.count == 5)
        Fixtures.type("2/severity=warning !acked", &model)
        #expect(model.alertRows.count == 2)
    }

    @Test func historyGoesBackAndForth() {
        var model = Fixtures.model(size)
        Fixtures.type("25[", &model)
        #expect(model.screen == .alerts)
        Fixtures.type("[", &model)
        #expect(model.screen == .overview)
        Fixtures.type("]]", &model)
        #expect(model.screen == .logs)
    }

    @Test(arguments: [("quit", [Effect.quit], ScreenKind.overview), ("logs error", [], .logs), ("alerts", [], .alerts), ("nonsense", [], .overview), ("host web1", [], .hosts)])
    func commandsAreRun(text: String, effects: [Effect], screen: ScreenKind) {
        var model = Fixtures.model(size)
        Fixtures.type(":" + text, &model)
        let made = Reducer.reduce(&model, .input(.key(.enter))).filter { if case .need = $0 { false } else { true } }
        #expect(made == [.remember(text, .command)] + effects)
        #expect(model.screen == screen)
        if text == "logs error" { #expect(model.logs.query == "error") }
    }

    @Test func aSmallScreenActsOnTheAlertsItShows() {
        var model = Fixtures.model(Size(columns: 50, rows: 10))
        #expect(Fixtures.type("a", &model).contains(.perform(.acknowledge(fingerprint: "HostOutOfDisk-db1.example.org", comment: "", by: "ann"))))
    }

    @Test(arguments: 0..<12) func anySequenceOfKeysKeepsSelectionsInTheirLists(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var model = Fixtures.model(Size(columns: Int.random(in: 20...150, using: &random), rows: Int.random(in: 3...50, using: &random)))
        let keys: [InputEvent] = "123456789 50jkgGtTprlsfieEcmMhnN?:/xau[]<>.P+-y".map { .key(.character($0)) }
            + [.key(.enter), .key(.escape), .key(.pageDown), .key(.pageUp), .key(.backspace), .key(.tab), .key(.up), .paste("some text"),
               .mouse(MouseEvent(action: .press(button: 0), x: 9, y: 5)), .mouse(MouseEvent(action: .release(button: 0), x: 30, y: 5)), .mouse(MouseEvent(action: .wheelDown, x: 1, y: 1))]
        for step in 0..<200 {
            _ = Reducer.reduce(&model, .input(keys.randomElement(using: &random)!))
            switch Int.random(in: 0..<12, using: &random) {
            case 0: _ = Reducer.reduce(&model, .logs(LogSearch(query: model.logs.query, span: model.span), Fixtures.logs))
            case 1: _ = Reducer.reduce(&model, .board(AlertBoard(Array(Fixtures.alerts.prefix(Int.random(in: 0...4, using: &random)))), of: model.moment.past))
            case 2: _ = Reducer.reduce(&model, .resized(Size(columns: Int.random(in: 1...150, using: &random), rows: Int.random(in: 1...50, using: &random))))
            case 3: _ = Reducer.reduce(&model, .tail(query: model.logs.query, TailBatch(items: Array(Fixtures.logs.prefix(3)))))
            case 4: _ = Reducer.reduce(&model, .incidents(Fixtures.incidents))
            case 5: _ = Reducer.reduce(&model, .host(Fixtures.detail(model.hostTab)))
            case 6: _ = Reducer.reduce(&model, .tick(model.now.advanced(byMilliseconds: 1000)))
            case 7: _ = Reducer.reduce(&model, .logContext(LogContext(lines: Fixtures.logs, hit: 7)))
            default: break
            }
            let position = model.position
            #expect(position.selected >= 0 && position.selected < max(1, Reducer.count(on: model.activeScreen, model)))
            #expect(position.offset >= 0 && position.offset <= position.selected)
            if step % 10 == 0 { _ = Frame.render(model) }
        }
    }
}
