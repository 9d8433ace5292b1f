import Foundations
import Model
import Testing

@testable import Boards

@Suite struct VariableTests {
    private func scope(_ values: [String], isMulti: Bool = true, all: String? = nil, isAll: Bool = false) -> VariableScope {
        var variable = Variable(name: "host", kind: .custom)
        variable.options = values.map { VariableValue(text: $0.uppercased(), value: $0) }
        variable.isMulti = isMulti
        variable.includesAll = isMulti
        variable.allValue = all
        var choices = VariableChoices([variable])
        choices.choose(isAll ? [Variable.all] : values, for: "host")
        return VariableScope(choices, range: .last(milliseconds: 3_600_000), now: Fixtures.now)
    }

    @Test(arguments: [
        ("up{h=~\"$host\"}", "up{h=~\"(a\\\\.b|c)\"}"), ("${host:regex}", "(a\\.b|c)"), ("${host:pipe}", "a.b|c"), ("${host:csv}", "a.b,c"), ("${host:raw}", "a.b,c"), ("${host:glob}", "{a.b,c}"),
        ("${host:text}", "A.B + C"), ("${host:json}", "[\"a.b\",\"c\"]"), ("${host:doublequote}", "\"a.b\",\"c\""), ("${host:singlequote}", "'a.b','c'"), ("${host:lucene}", "(\"a.b\" OR \"c\")"),
        ("[[host:csv]]", "a.b,c"), ("[[host]]", "(a\\\\.b|c)"), ("${host:percentencode}", "%7Ba.b%2Cc%7D"), ("$hostname $other", "$hostname $other"), ("label_replace(x, \"$1\", \"${2}\")", "label_replace(x, \"$1\", \"${2}\")"),
        ("rate(x[$__range]) $__range_s $__range_ms", "rate(x[3600s]) 3600 3600000"), ("$__from ${__to:date:seconds}", "1799996400000 1800000000"), ("${__from:date}", "2027-01-15T07:00:00.000Z"), ("$", "$"), ("${", "${"), ("[[", "[["), ("${}", "${}"),
    ])
    func aReferenceIsFilledIn(text: String, wanted: String) {
        #expect(Interpolation.fill(text, scope(["a.b", "c"]), for: .promQL) == wanted)
    }

    @Test func oneValueAndAllAreWrittenAsTheFileAsks() {
        #expect(Interpolation.fill("$host", scope(["a.b"]), for: .promQL) == "a\\\\.b")
        #expect(Interpolation.fill("$host", scope(["a\"b"], isMulti: false), for: .promQL) == "a\\\"b")
        #expect(Interpolation.fill("$host", scope(["a", "b"], all: ".*", isAll: true), for: .promQL) == ".*")
        #expect(Interpolation.fill("$host", scope(["a", "b"], isAll: true), for: .promQL) == "(a|b)")
        #expect(Interpolation.fill("Of $host", scope(["a", "b"], isAll: true), for: .text) == "Of All")
    }

    /// What a pattern of values is filled into matches exactly those values, whatever is in them.
    @Test(arguments: 0..<100) func aPatternOfValuesMatchesThemAndNothingElse(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let parts = ["a", ".", "*", "(", ")", "[", "]", "{", "}", "|", "\\", "\"", "$", "^", "+", "?", "ü", " ", "-", "/", "$host", "\n"]
        let values = Set((0..<Int.random(in: 1...4, using: &random)).map { _ in (0..<Int.random(in: 1...6, using: &random)).map { _ in parts.randomElement(using: &random)! }.joined() }).sorted()
        guard !values.contains(where: { $0.contains("$host") || $0.contains("[[") }) else { return }
        let regex = Interpolation.fill("${host:regex}", scope(values), for: .text)
        let expression = try RegularExpression(regex)
        for value in values {
            #expect(expression.matchesWhole(value), "\(regex) \(value)")
            #expect(!expression.matchesWhole(value + "x") && !expression.matchesWhole("x" + value))
        }
        // In a query it stands within quotes: reading them gives the pattern back.
        let quoted = Interpolation.fill("$host", scope(values), for: .promQL)
        let unquoted = quoted.replacing("\\\\", with: "\u{1}").replacing("\\\"", with: "\"").replacing("\\n", with: "\n").replacing("\u{1}", with: "\\")
        #expect(unquoted == regex)
    }

    @Test(arguments: 0..<50) func anyTextCanBeFilledIn(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let parts = ["$", "{", "}", "[", "]", "host", ":", "regex", "__interval", "a", " ", ".", "1", "ü"]
        let text = (0..<20).map { _ in parts.randomElement(using: &random)! }.joined()
        let filled = Interpolation.fill(text, scope(["x"]), for: .promQL)
        // Where nothing is known, nothing changes.
        #expect(Interpolation.fill(text, VariableScope(), for: .promQL) == text)
        #expect(filled.utf8.count < 1000)
        _ = Interpolation.names(in: text)
    }

    @Test(arguments: [
        ("label_values(up, instance)", VariableQuery.labelValues(selector: "up", label: "instance")), ("label_values(instance)", .labelValues(selector: "", label: "instance")),
        ("label_values(up{a=\"x,y\", b=~\"$c\"},  host)", .labelValues(selector: "up{a=\"x,y\", b=~\"$c\"}", label: "host")), ("label_names()", .labelNames(selector: "")),
        ("metrics(node_.*)", .metrics(pattern: "node_.*")), ("query_result(topk(3, sum by (a) (x)))", .queryResult(expression: "topk(3, sum by (a) (x))")), ("up{a=\"b\"}", .series(selector: "up{a=\"b\"}")),
    ])
    func aQueryForValuesIsUnderstood(text: String, wanted: VariableQuery) { #expect(VariableQuery(text) == wanted) }

    @Test func aPatternCutsTextAndValueOutOfAnswers() {
        let values = VariableLoader.narrowed(["web2:9100", "web10:9100", "db:1", "web2:9100"], pattern: "/(web.*):\\d+/", sort: .number)
        #expect(values.map(\.value) == ["web2", "web10"])
        let named = VariableLoader.narrowed(["x{id=\"7\",name=\"seven\"} 1 2"], pattern: "/id=\"(?P<value>[^\"]+)\",name=\"(?P<text>[^\"]+)/", sort: .none)
        #expect(named == [VariableValue(text: "seven", value: "7")])
        #expect(VariableLoader.narrowed(["a", "b"], pattern: "", sort: .textDescending).map(\.value) == ["b", "a"])
    }

    @Test func listsOfFilesHaveTextsAndEscapes() {
        #expect(CommaList.values("a, two : 2,c\\,d,") == [VariableValue("a"), VariableValue(text: "two", value: "2"), VariableValue("c,d")])
    }

    @Test func chainedVariablesAreAskedInTheirOrder() async throws {
        let board = try Fixtures.yaml("""
            title: t
            variables:
              - {name: host, query: 'label_values(up{region=~"$region"}, instance)', all: true, multi: true}
              - {name: region, query: 'label_values(up, region)', multi: true}
            panels:
              - {title: p, query: 'up{instance=~"$host"}'}
            """)
        let source = RecordingSource()
        let loader = VariableLoader(source: source, range: board.range, now: Fixtures.now)
        var choices = await loader.load(VariableChoices(board.variables))
        #expect(source.asked.map(\.selector) == ["up", "up{region=~\"eu\"}"])
        #expect(choices.values(of: "region").map(\.value) == ["eu"] && choices.isAll("host"))
        // A change asks for what depends on it alone.
        choices.choose(["us"], for: "region")
        _ = await loader.load(choices, changed: "region")
        #expect(source.asked.map(\.selector).suffix(1) == ["up{region=~\"us\"}"] && source.asked.count == 3)
    }

    @Test func variablesThatNeedEachOtherDontWaitForEver() async throws {
        let board = try Fixtures.yaml("""
            title: t
            variables:
              - {name: a, query: 'label_values(up{x="$b"}, region)'}
              - {name: b, query: 'label_values(up{x="$a"}, region)'}
            panels:
              - {title: p, query: up}
            """)
        let choices = await VariableLoader(source: WaveSource(), range: board.range, now: Fixtures.now).load(VariableChoices(board.variables))
        #expect(choices.values(of: "a").map(\.value) == ["eu"] && choices.values(of: "b").map(\.value) == ["eu"])
    }

    @Test func anAutomaticIntervalFollowsTheRange() {
        var variable = Variable(name: "step", kind: .interval(autoSteps: 60, autoMinimumMilliseconds: 30_000))
        variable.options = [VariableValue("1m")]
        variable.initial = [VariableChoices.auto]
        func text(_ milliseconds: Int64) -> String {
            Interpolation.fill("[$step]", VariableScope(VariableChoices([variable]), range: .last(milliseconds: milliseconds), now: Fixtures.now), for: .promQL)
        }
        #expect(text(60_000) == "[30s]")
        #expect(text(6 * 3_600_000) == "[10m]")
    }
}

/// Notes what it was asked for, and answers like the other.
final class RecordingSource: BoardSource {
    private let requests = Locked<[BoardRequest]>([])

    var asked: [(label: String, selector: String)] {
        requests.withLock { $0 }.compactMap { if case .labelValues(let label, let selector, _, _) = $0 { (label, selector) } else { nil } }
    }
    var all: [BoardRequest] { requests.withLock { $0 } }

    func answer(_ request: BoardRequest) async throws -> BoardAnswer {
        requests.withLock { $0.append(request) }
        return try await WaveSource().answer(request)
    }
}
