import Foundations
import Terminal
import Testing

@testable import Dashboard

@Suite struct LogTests {
    let size = Size(columns: 80, rows: 24)

    func model(_ keys: String = "") -> DashboardModel {
        var model = Fixtures.model(size)
        Fixtures.type("5", &model)
        _ = Reducer.reduce(&model, .logs(LogSearch(query: "", span: .standard), Fixtures.logs))
        Fixtures.type(keys, &model)
        return model
    }

    @Test func linesAreSearchedAndFollowed() {
        var model = model("serror\rf")
        #expect(model.needs.contains(.logs(LogSearch(query: "error", span: .standard))) && model.needs.contains(.tail(query: "error")))
        _ = Reducer.reduce(&model, .tail(query: "other", TailBatch(items: Fixtures.logs)))
        #expect(model.logs.items.isEmpty)
        _ = Reducer.reduce(&model, .tail(query: "error", TailBatch(items: Array(Fixtures.logs.prefix(3).reversed()), skipped: 4)))
        #expect(model.logs.items == Array(Fixtures.logs.prefix(3)) && model.logs.skipped == 4)
    }

    @Test func followingKeepsThePlaceOfWhoeverScrolledAway() {
        var model = model("fjjj")
        let selected = model.logs.visible[model.position.selected]
        _ = Reducer.reduce(&model, .tail(query: "", TailBatch(items: Array(Fixtures.logs.prefix(2)))))
        #expect(model.logs.visible[model.position.selected] == selected)
    }

    @Test func keptLinesAreBounded() {
        var model = model("f")
        for _ in 0..<60 { _ = Reducer.reduce(&model, .tail(query: "", TailBatch(items: Fixtures.logs))) }
        #expect(model.logs.items.count == Limits.logLinesKept && model.logs.visible.count == Limits.logLinesKept)
    }

    @Test func errorsWarningsAndMatchesAreJumpedTo() {
        var model = model("e")
        let first = model.position.selected
        #expect(first > 0 && Fixtures.logs[first].level >= .error)
        Fixtures.type("eE", &model)
        #expect(model.position.selected == first)
        Fixtures.type("gw", &model)
        #expect(Fixtures.logs[model.position.selected].level == .warn)
        Fixtures.type("g/cart/42\r", &model)
        #expect(model.position.selected == 42)
        Fixtures.type("n", &model)
        #expect(model.position.selected == 42 && model.notice.string.contains("no match"))
    }

    @Test func filtersKeepAndDropLinesAndFields() {
        var model = model("iinstance=web2\r")
        #expect(model.logs.visible.count == 20)
        Fixtures.type("i!cart/1\r", &model)
        #expect(model.logs.visible.allSatisfy { !$0.line.string.contains("cart/1") } && model.logs.visible.count < 20)
        Fixtures.type("I", &model)
        #expect(model.logs.visible.count == 60)
    }

    @Test func contextIsAskedForShownAndLeft() {
        var model = model("jj")
        #expect(Fixtures.type("c", &model).contains(.findContext(Fixtures.logs[2])))
        _ = Reducer.reduce(&model, .logContext(LogContext(lines: Array(Fixtures.logs.prefix(9)), hit: 4)))
        #expect(model.position.selected == 4)
        _ = Reducer.reduce(&model, .input(.key(.escape)))
        #expect(model.logs.context == nil)
    }

    @Test func bookmarksAreGoneThrough() {
        var model = model("jmjjjmg")
        Fixtures.type("M", &model)
        #expect(model.position.selected == 1)
        Fixtures.type("M", &model)
        #expect(model.position.selected == 4)
    }

    @Test func queriesAreCompletedAndRemembered() {
        var model = model()
        _ = Reducer.reduce(&model, .logLabels(["instance": ["web1", "web2"], "job": ["nginx"]]))
        Fixtures.type("s{inst\t", &model)
        guard case .prompt(let name) = model.mode else { return #expect(Bool(false)) }
        #expect(name.line.text == "{instance=")
        Fixtures.type("web\t", &model)
        guard case .prompt(let value) = model.mode else { return #expect(Bool(false)) }
        #expect(value.line.text == #"{instance="web1""#)
        Fixtures.type("}\r", &model)
        Fixtures.type("s", &model)
        for _ in 0..<30 { _ = Reducer.reduce(&model, .input(.key(.backspace))) }
        _ = Reducer.reduce(&model, .input(.key(.up)))
        guard case .prompt(let recalled) = model.mode else { return #expect(Bool(false)) }
        #expect(recalled.line.text == #"{instance="web1"}"#)
    }

    @Test func copyingGivesTheLineAsItIs() {
        var model = model("jj")
        #expect(Fixtures.type("y", &model) == [.copy(Fixtures.logs[2].line.string)])
    }
}
