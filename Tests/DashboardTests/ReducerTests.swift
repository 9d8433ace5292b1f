import Foundations
import Terminal
import Testing

@testable import Dashboard

@Suite struct ReducerTests {
    @Test func hostsAreSortedWorstFirst() {
        let model = Fixtures.model(Size(columns: 80, rows: 24))
        #expect(model.hosts.map(\.state) == [.critical, .stale, .warning, .ok, .ok])
        #expect(model.hosts.map(\.instance) == ["db1.example.org", "cache1", "web2", "web1", "web3"])
        #expect(model.state == .critical)
    }

    @Test func aSilentHostBecomesStaleAsTimePasses() {
        var model = Fixtures.model(Size(columns: 80, rows: 24))
        _ = Reducer.reduce(&model, .tick(Fixtures.now.advanced(byMilliseconds: 57_000)))
        #expect(model.hosts.first { $0.instance == "web1" }?.state == .stale)
    }

    @Test func theLinkGoesFromLiveToDisconnectedWithinTwoIntervalsAndBack() {
        var model = Fixtures.model(Size(columns: 80, rows: 24))
        #expect(model.link.state(at: model.now) == .live)
        func later(_ seconds: Int64) -> Timestamp { Fixtures.now.advanced(byMilliseconds: seconds * 1000) }
        _ = Reducer.reduce(&model, .failed(.unreachable(reason: "refused"), at: later(2)))
        #expect(model.link.state(at: later(2)) == .live)
        _ = Reducer.reduce(&model, .failed(.unreachable(reason: "refused"), at: later(4)))
        #expect(model.link.state(at: later(4)) == .disconnected(seconds: 4))
        #expect(model.state == .unknown)
        _ = Reducer.reduce(&model, .status(Fixtures.status, alerts: [], at: later(6)))
        #expect(model.link.state(at: later(6)) == .live)
        #expect(model.link.state(at: later(13)) == .lagging(seconds: 7))
    }

    @Test func theSelectedHostStaysSelectedWhenTheOrderChanges() {
        var model = Fixtures.model(Size(columns: 80, rows: 24))
        _ = Fixtures.type("jj", &model)
        #expect(model.visibleHosts[model.position.selected].instance == "web2")
        _ = Reducer.reduce(&model, .status(Fixtures.status, alerts: [], at: Fixtures.now))
        #expect(model.visibleHosts[model.position.selected].instance == "web2")
    }

    @Test func enterOpensTheHostAndEscapeGoesBack() {
        var model = Fixtures.model(Size(columns: 80, rows: 24))
        #expect(Reducer.reduce(&model, .input(.key(.enter))) == [.watchHost("db1.example.org", .minutes15)])
        #expect(model.screen == .host)
        #expect(Reducer.reduce(&model, .input(.key(.escape))) == [.leaveHost])
        #expect(model.screen == .overview)
    }

    @Test func theFilterNarrowsWhileItIsTypedAndEscapeClearsIt() {
        var model = Fixtures.model(Size(columns: 80, rows: 24))
        _ = Fixtures.type("/WEB", &model)
        #expect(model.visibleHosts.count == 3)
        _ = Reducer.reduce(&model, .input(.key(.enter)))
        #expect(model.mode == .keys && model.visibleHosts.count == 3)
        _ = Reducer.reduce(&model, .input(.key(.escape)))
        #expect(model.visibleHosts.count == 5)
    }

    @Test func logsAreSearchedFollowedAndLeft() {
        var model = Fixtures.model(Size(columns: 80, rows: 24))
        #expect(Fixtures.type("5", &model) == [.searchLogs("", .minutes15)])
        _ = Fixtures.type("serror", &model)
        #expect(Reducer.reduce(&model, .input(.key(.enter))) == [.searchLogs("error", .minutes15)])
        #expect(Fixtures.type("f", &model) == [.followLogs("error")])
        _ = Reducer.reduce(&model, .tail(query: "other", TailBatch(items: Fixtures.logs)))
        #expect(model.logs.items.isEmpty)
        _ = Reducer.reduce(&model, .tail(query: "error", TailBatch(items: Array(Fixtures.logs.prefix(3).reversed()), skipped: 4)))
        #expect(model.logs.items == Array(Fixtures.logs.prefix(3)) && model.logs.skipped == 4)
        #expect(Fixtures.type("1", &model) == [.stopFollowing])
    }

    @Test func followingKeepsThePlaceOfWhoeverScrolledAway() {
        var model = Fixtures.model(Size(columns: 80, rows: 24))
        _ = Fixtures.type("5", &model)
        _ = Reducer.reduce(&model, .logs(query: "", Fixtures.logs))
        _ = Fixtures.type("fjjj", &model)
        let selected = model.visibleLogs[model.position.selected]
        _ = Reducer.reduce(&model, .tail(query: "", TailBatch(items: Array(Fixtures.logs.prefix(2)))))
        #expect(model.visibleLogs[model.position.selected] == selected)
    }

    @Test func keptLogLinesAreBounded() {
        var model = Fixtures.model(Size(columns: 80, rows: 24))
        _ = Fixtures.type("5f", &model)
        for _ in 0..<60 { _ = Reducer.reduce(&model, .tail(query: "", TailBatch(items: Fixtures.logs))) }
        #expect(model.logs.items.count == Limits.logLinesKept)
    }

    @Test func errorsAreFoundInBothDirections() {
        var model = Fixtures.model(Size(columns: 80, rows: 24))
        _ = Fixtures.type("5", &model)
        _ = Reducer.reduce(&model, .logs(query: "", Fixtures.logs))
        _ = Fixtures.type("e", &model)
        let first = model.position.selected
        #expect(first > 0 && Fixtures.logs[first].level >= .warn)
        _ = Fixtures.type("eE", &model)
        #expect(model.position.selected == first)
    }

    @Test func pauseStopsAndGoesOn() {
        var model = Fixtures.model(Size(columns: 80, rows: 24))
        #expect(Fixtures.type("p", &model) == [.stopAll])
        #expect(Fixtures.type("p", &model) == [.watch(.minutes15)])
        #expect(Fixtures.type("t", &model) == [.watch(.hour1)])
    }

    @Test(arguments: [("quit", [Effect.quit], ScreenKind.overview), ("logs error", [.searchLogs("", .minutes15), .searchLogs("error", .minutes15)], .logs), ("al", [], .alerts), ("nonsense", [], .overview)])
    func commandsAreRun(text: String, effects: [Effect], screen: ScreenKind) {
        var model = Fixtures.model(Size(columns: 80, rows: 24))
        _ = Fixtures.type(":" + text, &model)
        #expect(Reducer.reduce(&model, .input(.key(.enter))) == effects)
        #expect(model.screen == screen)
    }

    @Test func noKeyStandsTwiceOnAScreen() {
        for screen in ScreenKind.allCases {
            let keys = KeyMap.sections.flatMap(\.bindings).filter { $0.screens?.contains(screen) ?? true }.flatMap(\.keys)
            #expect(Set(keys).count == keys.count)
        }
    }

    @Test(arguments: 0..<12) func anySequenceOfKeysKeepsSelectionsInTheirLists(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var model = Fixtures.model(Size(columns: Int.random(in: 20...150, using: &random), rows: Int.random(in: 3...50, using: &random)))
        let keys: [InputEvent] = "1240 5jkgGtTprlsfieE?:/x".map { .key(.character($0)) } + [.key(.enter), .key(.escape), .key(.pageDown), .key(.pageUp), .key(.backspace), .paste("some text")]
        for step in 0..<200 {
            _ = Reducer.reduce(&model, .input(keys.randomElement(using: &random)!))
            switch Int.random(in: 0..<12, using: &random) {
            case 0: _ = Reducer.reduce(&model, .logs(query: model.logs.query, Fixtures.logs))
            case 1: _ = Reducer.reduce(&model, .status(Fixtures.status, alerts: Array(Fixtures.alerts.prefix(Int.random(in: 0...4, using: &random))), at: Fixtures.now))
            case 2: _ = Reducer.reduce(&model, .resized(Size(columns: Int.random(in: 1...150, using: &random), rows: Int.random(in: 1...50, using: &random))))
            case 3: _ = Reducer.reduce(&model, .tail(query: model.logs.query, TailBatch(items: Array(Fixtures.logs.prefix(3)))))
            default: break
            }
            for screen in ScreenKind.allCases {
                let position = model.position(of: screen)
                #expect(position.selected >= 0 && position.selected < max(1, Reducer.count(on: screen, model)))
                #expect(position.offset >= 0 && position.offset <= position.selected)
            }
            if step % 10 == 0 { _ = Frame.render(model) }
        }
    }
}
