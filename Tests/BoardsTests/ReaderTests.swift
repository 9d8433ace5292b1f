import Foundations
import Settings
import Testing

@testable import Boards

@Suite struct ReaderTests {
    @Test func aModernBoardIsReadWhole() throws {
        let board = try Fixtures.sample("modern.json")
        #expect(board.title == "Shop front" && board.range == .last(milliseconds: 10_800_000) && board.refreshSeconds == 30)
        let panels = Dictionary(uniqueKeysWithValues: board.panels.flatMap { [$0] + $0.rowPanels }.map { ($0.identifier, $0) })
        #expect(panels.count == 16)
        #expect(panels[6]?.overrides.first?.settings.isNegative == true && panels[6]?.settings.unit == "binBps")
        #expect(panels[6]?.options.legendCalculations == [.mean, .lastNotNull, .max] && panels[6]?.options.sort?.column == "max")
        #expect(panels[7]?.settings.stacking == .percent && panels[7]?.queries.last?.isHidden == true)
        #expect(panels[8]?.queries.map(\.shape) == [.instant, .instant] && panels[8]?.transformations.count == 3)
        #expect(panels[12]?.kind == .row && panels[12]?.isCollapsed == true && panels[12]?.repeating?.variable == "instance")
        #expect(panels[13]?.queries.first?.language == .logQL)
        #expect(panels[16]?.kind == .unsupported(type: "canvas"))
        #expect(board.notices.map(\.severity) == [.placeholder] && board.notices[0].line > 50)
        #expect(board.variables.map(\.name) == ["datasource", "region", "instance", "resolution", "percentile", "limit", "search", "DS_PROM", "VAR_LIMIT"])
        #expect(board.variables[5].options == [VariableValue("0.9")])
        #expect(board.variables[4].options.map(\.text) == ["median", "p95", "p99"] && board.variables[4].initial == ["0.95"])
    }

    @Test func anOldBoardOfRowsIsReadWhole() throws {
        let board = try Fixtures.sample("old.json")
        #expect(board.panels.map(\.kind) == [.row, .stat, .gauge, .timeSeries, .row, .table, .text, .table])
        #expect(board.panels[1].position == GridPosition(x: 0, y: 1, width: 6, height: 7))
        #expect(board.panels[1].options.calculation == .lastNotNull && board.panels[1].settings.thresholds?.steps.map(\.tone) == [.good, .warning, .critical])
        #expect(board.panels[2].settings.max == 100 && board.panels[2].options.calculation == .mean)
        let graph = board.panels[3]
        #expect(graph.settings.nulls == .zero && graph.settings.showsThresholds == true && graph.overrides[0].settings.isOnRightAxis == true && graph.overrides[0].settings.unit == "percent")
        #expect(board.panels[4].isCollapsed && board.panels[4].rowPanels.map(\.kind) == [.timeSeries] && board.panels[4].rowPanels[0].settings.stacking == .normal)
        #expect(board.panels[5].transformations == [.reduce([.mean, .max], keepsFields: false, labelsToFields: false)])
    }

    @Test func panelsOfTheYearsBetweenAreRead() throws {
        let json = """
            {"title":"t","panels":[
             {"type":"gauge","title":"g","gridPos":{"x":0,"y":0,"w":6,"h":4},"options":{"fieldOptions":{"calcs":["mean"],"defaults":{"unit":"percent","min":0,"max":100},"thresholds":[{"value":null,"color":"green"},{"value":80,"color":"red"}],"mappings":[{"id":0,"op":"=","text":"none","type":1,"value":"null"}]}},"targets":[{"expr":"x"}]},
             {"type":"timeseries","title":"s","timeFrom":"1d","timeShift":"1w","maxDataPoints":100,"interval":"1m","targets":[{"expr":"up","datasource":{"type":"prometheus","uid":"-- Mixed --"}},{"datasource":{"type":"__expr__","uid":"__expr__"},"type":"math","expression":"$A*2"},{"rawSql":"select 1","datasource":{"type":"mysql"}}]},
             {"type":"stat","title":"lib","libraryPanel":{"uid":"x","name":"n"}}]}
            """
        let board = try BoardFile.parse(Array(json.utf8), path: "x.json")
        #expect(board.panels[0].settings.unit == "percent" && board.panels[0].settings.thresholds?.steps.count == 2 && board.panels[0].settings.mappings == [ValueMapping(.null, text: "none")])
        #expect(board.panels[1].timeFromMilliseconds == 86_400_000 && board.panels[1].timeShiftMilliseconds == 604_800_000 && board.panels[1].queries.count == 1)
        #expect(board.panels[2].kind == .unsupported(type: "library panel"))
        #expect(board.panels[1].expressions == [PanelExpression(refID: "", kind: .math("$A*2"))])
        #expect(board.notices.map(\.severity) == [.partial, .placeholder])
        // As the API gives it.
        #expect(try BoardFile.parse(Array("{\"dashboard\":\(json),\"meta\":{}}".utf8), path: "x.json").title == "t")
    }

    @Test(arguments: [
        ("{", "x.json:1:1: this is no JSON: a name in quotes was expected"), ("{\"a\":\n1,}", "x.json:2:1: this is no JSON: a name in quotes was expected"), ("{\"a\":1}", "has neither `panels` nor `rows`"),
        ("{\"panels\":[1, \"x\" ]} x", "something follows"), (String(repeating: "{\"a\":", count: 70) + "1", "nested deeper than 64"),
    ])
    func whatIsNoDashboardIsRefusedWithItsLine(text: String, wanted: String) {
        do {
            _ = try BoardFile.parse(Array(text.utf8), path: "x.json")
            Issue.record("it was read")
        } catch {
            #expect("\(error)".contains(wanted), "\(error)")
        }
    }

    @Test(arguments: [
        ("title: t\npanels:\n  - {title: p, qery: up}", "b.yml:3:5: the panel `p` has no query"), ("title: t\npanels:\n  - {title: p, query: up, qery: x}", "`qery` is no key that is known here; did you mean `query`?"),
        ("panels: []", "`title` is missing"), ("title: t", "add `panels:` with a list of panels"), ("title: t\npanels:\n  - {query: up, type: grph}", "`grph` isn't known for `type`; "),
        ("title: t\npanels:\n  - {query: up, type: gauge, unit: parsec}", "write `suffix:parsec`"), ("title: t\npanels:\n  - {query: up, size: 30x4}", "write `WIDTHxHEIGHT`"),
        ("title: t\npanels:\n  - {query: up, thresholds: {}}", "needs `warning`, `critical` or both"), ("title: t\npanels:\n  - {query: up, calculation: avrg}", "the calculation `avrg` isn't known"),
        ("title: t\nvariables: [{name: a b, values: [x]}]\npanels: [{query: up}]", "no name of a variable"), ("title: t\nvariables: [{name: a}]\npanels: [{query: up}]", "needs one of `query`, `values`"),
        ("title: t\nvariables: [{name: a, query: '(x)'}]\npanels: [{query: up}]", "is no question for values"), ("title: t\npanels:\n  - {query: up, fields: [{regex: '('}]}", "is no regular expression"),
        ("title: [", "this is no YAML"), ("title: t\nrange: soon\npanels: [{query: up}]", "b.yml:2:8: `range` must be a duration"),
    ])
    func aMistakeIsNamedWithPlaceAndRemedy(text: String, wanted: String) {
        do {
            _ = try BoardFile.parse(Array(text.utf8), path: "b.yml")
            Issue.record("it was read: \(text)")
        } catch {
            #expect("\(error)".contains(wanted), "\(error)")
        }
    }

    @Test func theShortFormatSaysMuchInLittle() throws {
        let board = try Fixtures.yaml("""
            title: t
            range: 6h
            refresh: 5s
            variables:
              - {name: host, values: [a, 'two : 2'], multi: true, all: true, default: all}
              - {name: step, intervals: [auto, 1m]}
            panels:
              - {title: A, query: up, size: 6x4}
              - {title: B, query: up, size: 20x6, thresholds: {warning: 0.5, critical: 0.1}, mappings: {'0': DOWN critical, '1..3': some, '/x/': y warning, 'null': none}}
              - {row: More, collapsed: true}
              - {title: C, type: table, query: up, columns: {instance: Host}, sort: -Host, limit: 3, negative: ['out$'], repeat: host}
              - {text: '# Hello'}
            """)
        #expect(board.panels.map(\.position) == [
            GridPosition(x: 0, y: 0, width: 6, height: 4), GridPosition(x: 0, y: 4, width: 20, height: 6), GridPosition(x: 0, y: 10, width: 24, height: 1),
            GridPosition(x: 0, y: 11, width: 24, height: 8), GridPosition(x: 0, y: 19, width: 24, height: 3),
        ])
        #expect(board.panels[1].settings.thresholds?.steps.map(\.tone) == [.critical, .warning, .good])
        #expect(board.panels[1].settings.mappings == [
            ValueMapping(.value("0"), text: "DOWN", tone: .critical), ValueMapping(.range(from: 1, to: 3), text: "some"), ValueMapping(.pattern("/x/"), text: "y", tone: .warning), ValueMapping(.nullOrNotANumber, text: nil, tone: .neutral),
        ])
        #expect(board.panels[3].queries[0].shape == .instant && board.panels[3].transformations.count == 3 && board.panels[3].repeating?.variable == "host")
        #expect(board.panels[4].kind == .text)
        #expect(board.variables[0].options == [VariableValue("a"), VariableValue(text: "two", value: "2")] && board.variables[0].initial == [Variable.all])
    }

    @Test func queriesOfAPanelAreNamedByTheAlphabet() throws {
        let board = try Fixtures.yaml("title: t\npanels:\n  - {title: a, queries: [{query: x}, {query: y, id: Q}, {query: z}]}\n  - {title: b, query: w, queries: [{query: x}]}")
        #expect(board.panels.map { $0.queries.map(\.refID) } == [["A", "Q", "C"], ["A", "B"]])
    }

    @Test func jsonStringsKeepTheirEscapes() throws {
        let node = try JSONReader.read(Array(#"{"a":"\"\\\/\n\u00e9\ud83d\ude00\ud800x","b":[1,-2.5e3,true,null]}"#.utf8))
        #expect(node["a"]?.string == "\"\\/\né😀\u{FFFD}x")
        #expect(node["b"]?.elements.count == 4 && node["b"]?.elements[1].number == -2500 && node["c"] == nil)
    }

    @Test func aLibraryListsFilesAndSeesTheirChanges() throws {
        let folder = "/tmp/nightjar-boards-\(Fixtures.now.milliseconds)-\(UInt64.random(in: 0...UInt64.max))"
        let real = RealFileSystem()
        try real.createDirectory(folder)
        defer { do { try real.removeTree(folder) } catch { Issue.record("\(error)") } }
        try real.replace(folder + "/b.yml", with: Array("title: Beta\npanels: [{query: up}]".utf8))
        try real.replace(folder + "/a.json", with: Array("{".utf8))
        var library = BoardLibrary(globs: [folder + "/*.yml", folder + "/*.json"])
        #expect(library.entries.map(\.title) == ["a.json", "Beta"])
        #expect(library.entries[0].problem?.contains("no JSON") == true)
        #expect(library.refresh() == [])
        try real.replace(folder + "/b.yml", with: Array("title: Beta two\npanels: [{query: up}]".utf8))
        #expect(library.refresh() == [folder + "/b.yml"])
        #expect(try library.board(folder + "/b.yml").title == "Beta two")
    }
}
