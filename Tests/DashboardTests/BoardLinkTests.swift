import Foundations
import Terminal
import Testing

@testable import Boards
@testable import Dashboard

/// Links from one dashboard to another, and the way back.
@Suite struct BoardLinkTests {
    private static func board(_ text: String) throws -> Board { try BoardFile.parse(Array(text.utf8), path: "b.yml") }
    private static let first = "title: First\nvariables:\n  - {name: host, values: [a, b]}\nlinks:\n  - {title: Second, dashboard: Second, time: false}\n  - {title: Docs, url: 'https://docs.example/$host'}\npanels:\n  - {title: p, query: up}"
    private static let second = "title: Second\nvariables:\n  - {name: host, values: [a, b]}\npanels:\n  - {title: q, query: down}"

    private static func model() throws -> DashboardModel {
        var model = Fixtures.model(Size(columns: 100, rows: 30))
        _ = Reducer.reduce(&model, .boards(.listed([
            BoardLibrary.Entry(path: "first.yml", title: "First", identifier: "first", tags: [], problem: nil),
            BoardLibrary.Entry(path: "second.yml", title: "Second", identifier: "second", tags: [], problem: nil),
        ])))
        Fixtures.type("6", &model)
        _ = Reducer.reduce(&model, .boards(.opened(path: "first.yml", try board(first))))
        return model
    }

    private static func press(_ key: Key, _ model: inout DashboardModel) -> [Effect] { Reducer.reduce(&model, .input(.key(key, []))) }

    @Test func aLinkOpensTheOtherBoardWithItsVariablesAndEscapeLeadsBack() throws {
        var model = try Self.model()
        _ = model.boards.view?.choose(["b"], for: "host")
        Fixtures.type("o", &model)
        let effects = Self.press(.enter, &model)
        #expect(effects.contains(.openBoard(path: "second.yml")))
        _ = Reducer.reduce(&model, .boards(.opened(path: "second.yml", try Self.board(Self.second))))
        #expect(model.boards.path == "second.yml" && model.boards.view?.board.title == "Second" && model.boards.view?.choices.chosen["host"] == ["b"])
        #expect(Self.press(.escape, &model).contains(.openBoard(path: "first.yml")))
        _ = Reducer.reduce(&model, .boards(.opened(path: "first.yml", try Self.board(Self.first))))
        #expect(model.boards.view?.board.title == "First" && model.boards.view?.choices.chosen["host"] == ["b"] && model.boards.trail.isEmpty)
        _ = Self.press(.escape, &model)
        #expect(model.boards.view == nil)
    }

    @Test(arguments: [(true, 900), (false, 21_600)]) func aRangeIsHandedOnAndTheOwnOneIsThereOnTheWayBack(isHandedOn: Bool, seconds: Int64) throws {
        var model = Fixtures.model(Size(columns: 100, rows: 30))
        _ = Reducer.reduce(&model, .boards(.listed(["First", "Second"].map { BoardLibrary.Entry(path: $0, title: $0, identifier: $0, tags: [], problem: nil) })))
        Fixtures.type("6", &model)
        let first = try Self.board("title: First\nrange: 15m\nlinks:\n  - {dashboard: Second, time: \(isHandedOn)}\npanels:\n  - {title: p, query: up}")
        _ = Reducer.reduce(&model, .boards(.opened(path: "First", first)))
        Fixtures.type("o", &model)
        _ = Self.press(.enter, &model)
        _ = Reducer.reduce(&model, .boards(.opened(path: "Second", try Self.board("title: Second\nrange: 6h\npanels:\n  - {title: q, query: down}"))))
        #expect(model.boards.path == "Second" && model.span == .last(seconds: seconds))
        _ = Self.press(.escape, &model)
        _ = Reducer.reduce(&model, .boards(.opened(path: "First", first)))
        #expect(model.boards.path == "First" && model.span == .last(seconds: 900))
    }

    @Test func anotherAddressIsCopied() throws {
        var model = try Self.model()
        Fixtures.type("o", &model)
        _ = Self.press(.down, &model)
        #expect(Self.press(.enter, &model).contains(.copy("https://docs.example/a")))
        #expect(model.notice.string == "copied https://docs.example/a")
    }

    @Test func keysOfLinksAndEventsAreNamedWhereThereAreSome() throws {
        var model = try Self.model()
        func hints() -> String { Frame.render(model).text.split(separator: "\n").last.map(String.init) ?? "" }
        #expect(hints().contains("o links") && !hints().contains("m events"), "\(hints())")
        let plain = "title: Third\npanels:\n  - {title: p, query: up}\n  - {title: q, query: up, links: [{title: x, url: 'https://x.example'}]}"
        _ = Reducer.reduce(&model, .boards(.opened(path: "third.yml", try Self.board(plain))))
        #expect(!hints().contains("o links") && hints().contains("v variables"), "\(hints())")
        _ = Self.press(.tab, &model)
        #expect(!hints().contains("o links"))
        _ = Self.press(.tab, &model)
        #expect(hints().contains("o links"))
    }

    @Test func anEventThatIsChosenMovesTheRangeOfEverythingToIt() throws {
        var model = try Self.model()
        let marked = "title: Marked\nrange: 1h\nannotations:\n  - {name: deploy, query: up}\npanels:\n  - {title: p, query: up}"
        _ = Reducer.reduce(&model, .boards(.opened(path: "marked.yml", try Self.board(marked))))
        var marks = BoardMarks()
        let moment = model.now.milliseconds - 600_000
        marks.marks = [BoardMark(annotation: 0, from: moment, to: moment, title: "deploy", text: "", tags: [])]
        let generation = try #require(model.boards.view?.marksGeneration)
        _ = Reducer.reduce(&model, .boards(.answered(.marks(marks, generation: generation))))
        Fixtures.type("m", &model)
        #expect(model.boards.view?.takesInput == true)
        let before = try #require(model.boards.view?.range.milliseconds)
        _ = Self.press(.enter, &model)
        let from = Timestamp(milliseconds: moment - before / 4 * 3)
        #expect(model.span == .between(from, from.advanced(byMilliseconds: before)) && model.boards.view?.range == .absolute(from: from, to: from.advanced(byMilliseconds: before)))
    }

    @Test func whoOpensABoardFromTheListHasNoWayBack() throws {
        var model = try Self.model()
        Fixtures.type("o", &model)
        _ = Self.press(.enter, &model)
        _ = Reducer.reduce(&model, .boards(.failed(path: "second.yml", reason: "it is gone")))
        #expect(model.boards.view?.board.title == "First")
        _ = Reducer.reduce(&model, .boards(.opened(path: "third.yml", try Self.board(Self.second))))
        #expect(model.boards.trail.isEmpty && model.boards.destination == nil)
    }
}
