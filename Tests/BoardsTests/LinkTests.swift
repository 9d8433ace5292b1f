import Foundations
import Settings
import Terminal
import Testing

@testable import Boards

/// Links of boards and panels, with what is chosen filled in.
@Suite struct LinkTests {
    private static let entries = [
        BoardLibrary.Entry(path: "a/nodes.json", title: "Node Exporter Full", identifier: "rYdd", tags: ["linux", "node"], problem: nil),
        BoardLibrary.Entry(path: "a/redis.yml", title: "Redis", identifier: "redis", tags: ["cache", "linux"], problem: nil),
        BoardLibrary.Entry(path: "a/broken.yml", title: "broken", identifier: "rYdd2", tags: ["linux"], problem: "it is wrong"),
    ]

    private static func filling(_ variables: [Variable] = [], _ chosen: [String: [String]] = [:], repeated: [String: VariableValue] = [:]) -> LinkFilling {
        var choices = VariableChoices(variables)
        for (name, values) in chosen { choices.choose(values, for: name) }
        return LinkFilling(choices: choices, range: .last(milliseconds: 3_600_000), now: Fixtures.now, repeated: repeated, entries: entries)
    }

    private static func variable(_ name: String, _ values: [String], isMulti: Bool = false) -> Variable {
        var variable = Variable(name: name, kind: .custom)
        variable.options = values.map { VariableValue($0) }
        (variable.isMulti, variable.includesAll) = (isMulti, isMulti)
        return variable
    }

    private static let host = variable("host", ["web1:9100", "web 2"]), job = variable("job", ["a", "b", "c"], isMulti: true)

    private static func destination(_ url: String, includesVariables: Bool = false, keepsTime: Bool = false, repeated: [String: VariableValue] = [:]) -> BoardDestination? {
        let filling = filling([host, job], ["host": ["web1:9100"], "job": ["a", "c"]], repeated: repeated)
        let link = BoardLink(title: "t", target: .address(url), includesVariables: includesVariables, keepsTime: keepsTime)
        if case .board(let destination, _)? = filling.filled([link]).first?.target { return destination }
        return nil
    }

    @Test(arguments: [
        "/d/rYdd/any-slug", "d/rYdd", "/d/unknown/node-exporter-full", "https://grafana.example/grafana/d/rYdd?orgId=1", "/dashboard/db/node-exporter-full", "/graph/d/node-exporter-full", "/d/nodes",
        "/d/rYdd/x#part",
    ])
    func anAddressOfADashboardLeadsToItsFile(url: String) {
        #expect(Self.destination(url) == BoardDestination(path: "a/nodes.json"))
    }

    @Test func variablesAndRangesOfAnAddressAreTaken() {
        func variables(_ query: String) -> [String: [String]]? { Self.destination("/d/redis/redis?" + query)?.variables }
        #expect(variables("var-instance=$host&var-jobs=${job}&var-x=1") == ["instance": ["web1:9100"], "jobs": ["a", "c"], "x": ["1"]])
        #expect(variables("var-a=one%20two+three&var-a=four&b=5") == ["a": ["one two three", "four"]])
        #expect(variables("${job:queryparam}&$__all_variables") == ["job": ["a", "c", "a", "c"], "host": ["web1:9100"]])
        // Nobody pointed at a series or a row.
        #expect(variables("var-pod=${__data.fields.Pod}&var-ins=${__field.labels.ins}&var-s=${__series.name}&var-host=x-$host") == ["host": ["x-web1:9100"]])
        #expect(variables("var-job=All") == ["job": [Variable.all]])
        #expect(Self.destination("/d/redis?from=now-6h&to=now")?.range == .last(milliseconds: 21_600_000))
        #expect(Self.destination("/d/redis?from=1000&to=5000")?.range == .absolute(from: Timestamp(milliseconds: 1000), to: Timestamp(milliseconds: 5000)))
        let now = Fixtures.now
        #expect(Self.destination("/d/redis?${__url_time_range}")?.range == .absolute(from: now.advanced(byMilliseconds: -3_600_000), to: now))
        #expect(Self.destination("/d/redis?from=yesterday")?.range == nil)
        let all = Self.destination("/d/redis?var-host=z", includesVariables: true, keepsTime: true, repeated: ["job": VariableValue("b")])
        #expect(all == BoardDestination(path: "a/redis.yml", variables: ["host": ["z"], "job": ["b"]], range: .last(milliseconds: 3_600_000)))
    }

    @Test func linksOfFieldsStandForEachSeriesOrRow() {
        let filling = Self.filling([Self.host], ["host": ["web1:9100"]])
        func variables(_ url: String, _ rows: [LinkRow], title: String = "t") -> [[String: [String]]] {
            filling.filled([BoardLink(title: title, target: .address("/d/redis?" + url))], rows: rows).map { if case .board(let destination, _) = $0.target { destination.variables } else { [:] } }
        }
        let series = [LinkRow(name: "a b", labels: ["ins": "x&y=1"]), LinkRow(name: "c", labels: ["ins": "$host"]), LinkRow(name: "d")]
        #expect(variables("var-ins=${__field.labels.ins}&var-h=$host", series) == [["ins": ["x&y=1"], "h": ["web1:9100"]], ["ins": ["$host"], "h": ["web1:9100"]]])
        #expect(variables("var-s=${__series.name}", series) == [["s": ["a b"]], ["s": ["c"]], ["s": ["d"]]])
        let rows = [LinkRow(fields: [("Pod", "p1"), ("Run Id", "7/8")]), LinkRow(fields: [("Pod", "p1"), ("Run Id", "7/8")])]
        #expect(variables(#"var-pod=${__data.fields.Pod}&var-run=${__data.fields["Run Id"]:percentencode}&var-first=${__data.fields[0]}"#, rows) == [["pod": ["p1"], "run": ["7/8"], "first": ["p1"]]])
        let titled = filling.filled([BoardLink(title: "S ${__field.labels.ins}", target: .address("https://e.example/${__field.labels.ins}"))], rows: series)
        #expect(titled.map(\.title) == ["S x&y=1", "S host"] && titled.map(\.detail) == ["https://e.example/x%26y%3D1", "https://e.example/%24host"])
        #expect(variables("var-ins=${__field.labels.none}&var-h=$host", series) == [["h": ["web1:9100"]]])
        let many = (0..<500).map { LinkRow(name: "s\($0)") }
        #expect(variables("var-s=${__series.name}", many).count == Limits.linkRows)
        // Nothing that a row brings, or a file has, ends the program.
        for template in ["${__data.fields", "${__data.fields[", "${__data.fields[\"x}", "${__field.labels.}", "${__", "${__field.}", "}${__series.name", ""] { _ = series[0].filled(template, for: .address) }
    }

    @Test func whatNothingIsChosenForIsLeftToTheOtherBoard() {
        let filters = Variable(name: "only", kind: .adHoc([.promQL]))
        let link = BoardLink(title: "t", target: .board("Redis"), includesVariables: true)
        #expect(Self.filling([filters, Self.host]).filled([link]).map(\.detail) == ["Redis  host=web1:9100"])
        #expect(Self.filling([filters], ["only": ["env=prod"]]).filled([link]).map(\.detail) == [#"Redis  only=env="prod""#])
    }

    @Test func linksByTagsAreADashboardEach() {
        let links = Self.filling().filled([BoardLink(title: "Others", target: .tags(["linux"])), BoardLink(title: "", target: .tags(["linux", "cache"])), BoardLink(title: "x", target: .tags(["none"]))])
        #expect(links.map(\.title) == ["Others: Node Exporter Full", "Others: Redis", "Redis"] && links.allSatisfy(\.isBoard))
    }

    @Test func otherAddressesAreTextWithoutControls() {
        let filling = Self.filling([Self.host], ["host": ["web 2"]])
        let links = filling.filled([
            BoardLink(title: "docs \u{1B}]0;x\u{7}", target: .address(" https://docs.example/x?h=$host\n\u{1B}[2J ")), BoardLink(title: "", target: .address("https://e.example")),
            BoardLink(title: "gone", target: .board("No such board")), BoardLink(title: "broken", target: .address("/d/rYdd2/broken")),
        ])
        #expect(links.map(\.detail) == ["https://docs.example/x?h=web%202␊␛[2J", "https://e.example", "No such board", "/d/rYdd2/broken"])
        #expect(links[1].title == "https://e.example" && links.allSatisfy { !$0.isBoard })
    }

    @Test func theyAreListedFilteredAndFollowed() async throws {
        let board = try Fixtures.yaml("""
            title: t
            links:
              - {title: Node, dashboard: Node Exporter Full}
              - {title: "Docs \\e[2J", url: 'https://docs.example/$host'}
            variables:
              - {name: host, values: [web1, web2]}
            panels:
              - {title: a, query: up, size: 12x8, links: [{title: Own, url: '/d/redis?var-host=$host'}]}
              - {title: b, query: up, size: 12x8}
            """)
        var view = await Fixtures.view(board, Size(columns: 100, rows: 30))
        _ = view.reduce(.command(.nextPanel))
        _ = view.reduce(.command(.open))
        _ = view.reduce(.links(Self.entries))
        #expect(view.takesInput)
        let text = Fixtures.draw(view).text
        #expect(text.contains("Own") && text.contains("Node Exporter Full") && text.contains("https://docs.example/web1") && !text.contains("\u{1B}"), "\(text)")
        func press(_ key: Key) -> [BoardEffect] { view.reduce(.input(.key(key, []))) }
        guard case .open(let first)? = press(.enter).first else { throw BoardSourceError.cancelled }
        #expect(first == BoardDestination(path: "a/redis.yml", variables: ["host": ["web1"]]))
        // The panel is in full again.
        if case .panel = view.mode {} else { Issue.record("the panel in full is gone") }
        _ = view.reduce(.links(Self.entries))
        for character in "docs" { _ = press(.character(character)) }
        guard case .copy(let address)? = press(.enter).first else { throw BoardSourceError.cancelled }
        #expect(address == "https://docs.example/web1")
        _ = view.reduce(.command(.back))
        _ = view.reduce(.links(Self.entries))
        guard case .links(let picker) = view.mode else { throw BoardSourceError.cancelled }
        #expect(picker.links.count == 3 && picker.panel == nil)
        _ = press(.escape)
        #expect(view.mode == .board)
        let plain = await Fixtures.view(try Fixtures.yaml("title: t\npanels:\n  - {title: b, query: up}"), Size(columns: 80, rows: 24))
        var none = plain
        _ = none.reduce(.links(Self.entries))
        #expect(Fixtures.draw(none).text.contains("no links"))
    }

    @Test func grafanaStoresThemInManyPlaces() throws {
        let text = #"""
            {"title":"g","uid":"u","links":[{"type":"dashboards","tags":["k8s"],"title":"K","includeVars":true,"keepTime":true},{"type":"link","url":"https://e.example","title":"E"},{"type":"link","url":"","title":"none"}],
             "panels":[{"type":"table-old","title":"p","links":[{"type":"dashboard","dashboard":"Redis","title":"R"},{"type":"dashboard","dashUri":"db/redis","title":"S"},{"url":"/d/x","title":"X"}],
              "fieldConfig":{"defaults":{"links":[{"title":"D","url":"/d/y?var-a=${__field.labels.a}"}]},"overrides":[{"matcher":{"id":"byName","options":"c"},"properties":[{"id":"links","value":[{"title":"O","url":"/d/z"}]}]}]},
              "styles":[{"pattern":"a","link":true,"linkUrl":"/d/w?var-p=$__cell","linkTooltip":"W"}],"targets":[{"expr":"up"}]}]}
            """#
        let board = try BoardFile.parse(Array(text.utf8), path: "g.json")
        #expect(board.links == [BoardLink(title: "K", target: .tags(["k8s"]), includesVariables: true, keepsTime: true), BoardLink(title: "E", target: .address("https://e.example"))])
        #expect(board.panels[0].links.map(\.title) == ["R", "S", "X", "D", "O", "W"] && board.panels[0].links[1].target == .board("redis"))
    }

    @Test func mistakesOfTheShortFormatAreSaid() {
        #expect { try Fixtures.yaml("title: t\nlinks:\n  - {title: a}\npanels:\n  - {title: a, query: up}") } throws: { "\($0)".contains("board.yml:3") && "\($0)".contains("one of `url`, `dashboard` or `tags`") }
        #expect { try Fixtures.yaml("title: t\nlinks:\n  - {url: x, tags: [a]}\npanels:\n  - {title: a, query: up}") } throws: { "\($0)".contains("not 2 of them") }
    }
}
