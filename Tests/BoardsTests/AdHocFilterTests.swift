import Foundations
import Model
import Settings
import Terminal
import Testing

@testable import Boards

/// Conditions that are added to all queries of a board.
@Suite struct AdHocFilterTests {
    private static let yaml = """
        title: t
        variables:
          - {name: only, filters: 'env=prod'}
        panels:
          - {title: a, query: up, size: 12x8}
          - {title: l, type: logs, query: '{app="web"}', size: 12x8}
          - {title: i, type: stat, query: 'sum(load{$only})', instant: true, size: 12x4}
        """

    @Test(arguments: [
        (#"instance=~"web.*""#, [#"instance=~"web.*""#]), ("instance=~web.*,env != test", [#"instance=~"web.*""#, #"env!="test""#]), ("", []), ("  ", []),
        (#"{a="b,c", d='e'}"#, [#"a="b,c""#, #"d="e""#]), (#"path=~"a\\.b""#, [#"path=~"a\\.b""#]), (#"path=~a\.b"#, [#"path=~"a\\.b""#]), ("a=", [#"a="""#]), (#"a="x\"y""#, [#"a="x\"y""#]),
    ])
    func conditionsAreReadAsPeopleTypeThem(text: String, expected: [String]) throws {
        let matchers = try AdHocFilters.parse(text)
        #expect(matchers.map(\.description) == expected)
        #expect(try AdHocFilters.parse(AdHocFilters.text(matchers)) == matchers)
    }

    @Test(arguments: ["instance", "=x", "a=~(", #"a="b"#, "a.b=c", "a=\"b\" c=d", "🦉=x"]) func whatIsNoConditionIsRefused(text: String) {
        #expect(throws: AdHocFilters.Fault.self) { _ = try AdHocFilters.parse(text) }
    }

    @Test func theyAreAddedToEveryQueryOfTheBoard() async throws {
        let source = RecordingSource()
        _ = await Fixtures.view(try Fixtures.yaml(Self.yaml), Size(columns: 120, rows: 40), source: source)
        let filters = source.all.map { if case .filtered(_, let selector) = $0 { selector } else { "" } }
        #expect(filters == Array(repeating: #"{env="prod"}"#, count: 3))
        #expect(source.all.contains { if case .filtered(.instant(let text, _, _), _) = $0 { text == #"sum(load{env="prod"})"# } else { false } })
    }

    @Test func theyAreTypedInThePickerAndClearedByNothing() async throws {
        let source = RecordingSource()
        let runner = BoardRunner(source: source, clock: ViewTests.clock)
        var view = await Fixtures.view(try Fixtures.yaml(Self.yaml), Size(columns: 100, rows: 30), source: source)
        #expect(Fixtures.draw(view).text.contains(#"only=env="prod""#))
        await Fixtures.perform(view.reduce(.command(.variables)), runner, &view)
        func type(_ text: String) async { for character in text { await Fixtures.perform(view.reduce(.input(.key(.character(character), []))), runner, &view) } }
        func press(_ key: Key) async { await Fixtures.perform(view.reduce(.input(.key(key, []))), runner, &view) }
        await type(", mo")
        #expect(Fixtures.draw(view).text.contains("mode"))
        await press(.tab)
        await type("=")
        #expect(["user", "system", "idle"].allSatisfy(Fixtures.draw(view).text.contains))
        await type("sy")
        await press(.tab)
        await press(.enter)
        #expect(view.choices.filters(for: .promQL) == #"{env="prod",mode="system"}"#)
        #expect(source.all.contains { if case .filtered(_, #"{env="prod",mode="system"}"#) = $0 { true } else { false } })
        await type(", x")
        await press(.enter)
        let text = Fixtures.draw(view).text
        #expect(text.contains("needs = != =~ or !~") && view.choices.filters(for: .promQL) == #"{env="prod",mode="system"}"#)
        for _ in 0..<80 { await press(.backspace) }
        await press(.enter)
        #expect(view.choices.filters(for: .promQL).isEmpty && view.choices.failures.isEmpty)
        await press(.escape)
        #expect(!view.takesInput && Fixtures.draw(view).text.contains("only=(none)"))
        if case .range? = source.all.last(where: \.isRange) {} else { Issue.record("filters are still asked with") }
    }

    @Test func grafanaStoresThemInThreeForms() throws {
        func board(_ variable: String) throws -> Board {
            try BoardFile.parse(Array(#"{"title":"g","templating":{"list":[\#(variable)]},"panels":[{"type":"timeseries","title":"p","targets":[{"expr":"up"}]}]}"#.utf8), path: "g.json")
        }
        let plain = try board(#"{"type":"adhoc","name":"f","datasource":{"type":"prometheus"},"filters":[{"key":"job","operator":"=~","value":"a|b"},{"key":"x","operator":"=|","value":"1","values":["1","2.0"]}],"baseFilters":[{"key":"env","operator":"=","value":"prod"}]}"#)
        let choices = VariableChoices(plain.variables)
        #expect(choices.filters(for: .promQL) == #"{env="prod",job=~"a|b",x=~"1|2\\.0"}"# && choices.filters(for: .logQL).isEmpty && plain.notices.isEmpty)
        #expect(choices.title(of: "f") == #"job=~"a|b", x=~"1|2\\.0""#)
        let odd = try board(#"{"type":"adhoc","name":"f","filters":[{"key":"n","operator":"<","value":"3"},{"key":"a b","operator":"=","value":"3"},{"key":"ok","value":"1"}]}"#)
        #expect(VariableChoices(odd.variables).filters(for: .logQL) == #"{ok="1"}"# && odd.notices.count == 2 && odd.notices.allSatisfy { $0.reason.contains("isn't applied") })
        let group = try board(#"{"type":"groupby","name":"g","current":{"value":["x"]}}"#)
        #expect(group.notices.count == 1 && VariableChoices(group.variables).filters(for: .promQL).isEmpty)
        let second = #"{"kind":"DashboardWithAccessInfo","spec":{"title":"s","elements":{"p":{"kind":"Panel","spec":{"title":"P","data":{"spec":{"queries":[{"spec":{"query":{"kind":"prometheus","spec":{"expr":"up"}}}}]}},"vizConfig":{"kind":"timeseries"}}}},"layout":{"kind":"AutoGridLayout","spec":{"items":[{"spec":{"element":{"name":"p"}}}]}},"variables":[{"kind":"AdhocVariable","spec":{"name":"f","baseFilters":[{"key":"a","operator":"=","value":"b"}],"filters":[{"key":"c","operator":"!~","value":"d"}]}}]}}"#
        let new = try BoardFile.parse(Array(second.utf8), path: "s.json")
        #expect(VariableChoices(new.variables).filters(for: .promQL) == #"{a="b",c!~"d"}"#)
    }

    @Test func wrongFiltersOfAFileAreSaidWithTheirLine() {
        #expect { try Fixtures.yaml("title: t\nvariables:\n  - {name: f, filters: 'env'}\npanels:\n  - {title: a, query: up}") } throws: { "\($0)".contains("board.yml:3") && "\($0)".contains("needs = != =~ or !~") }
    }

    @Test func whatIsTypedNeverReachesTheTerminalAsControls() async throws {
        var view = await Fixtures.view(try Fixtures.yaml(Self.yaml), Size(columns: 100, rows: 30))
        _ = view.choose(["env=\u{1B}[2Jx"], for: "only")
        #expect(!Fixtures.draw(view).text.contains("\u{1B}"))
        _ = view.choose(["\u{1B}[2J"], for: "only")
        #expect(!Fixtures.draw(view).text.contains("\u{1B}"))
    }
}
