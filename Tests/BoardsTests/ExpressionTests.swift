import Foundations
import Testing

@testable import Boards

@Suite struct ExpressionTests {
    private let times: [Int64] = [0, 60_000, 120_000]

    private func series(_ labels: [String: String], _ values: [Double]) -> BoardSeries { BoardSeries(labels: labels, times: Array(times.prefix(values.count)), values: values) }

    /// Frames as text: the name and the values of each.
    private func shown(_ expressions: [PanelExpression], _ answers: [String: [BoardSeries]], instant: Set<String> = []) -> [String] {
        var evaluator = ExpressionEvaluator(answers.sorted { $0.key < $1.key }.map { name, series in
            var query = PanelQuery("x", refID: name)
            query.shape = instant.contains(name) ? .instant : .range
            return (query, .series(series))
        })
        return evaluator.frames(expressions, at: 9).map { frame in frame.fields[1].title + "=" + (frame.fields[1].numbers ?? []).map(NumberText.short).joined(separator: ",") }
    }
    private func math(_ text: String, _ answers: [String: [BoardSeries]], instant: Set<String> = []) -> [String] { shown([PanelExpression(refID: "Z", kind: .math(text))], answers, instant: instant) }

    @Test(arguments: [
        ("1 + 2 * 3", "7"), ("(1 + 2) * 3", "9"), ("2 ** 3 ** 2", "512"), ("-2 + 5", "3"), ("7 % 4 - 1", "2"), ("1 < 2 && 3 >= 4", "0"), ("!0 || 0", "1"), ("abs(-3) + round(1.6) + ceil(0.1) + floor(1.9)", "7"),
        ("is_nan(nan()) + is_inf(infn()) + is_number(4)", "3"), ("1e-1 * 10", "1"), ("1 == 1 != 0", "1"), ("log(1)", "0"),
    ]) func mathIsComputed(text: String, wanted: String) { #expect(math(text, [:]) == ["Z=" + wanted]) }

    @Test(arguments: ["", "1 +", "$", "${A", "(1", "f(1)", "A + 1", "1 2", String(repeating: "(", count: 200), "nan(1)", "abs(1", "1..2"]) func mathThatIsWrongIsRefused(text: String) {
        #expect(throws: MathFault.self) { _ = try MathParser.parse(text) }
    }

    @Test func seriesMeetTheirEqualsAndThoseWithFewerLabels() {
        let used = [series(["host": "a"], [1, 2, 3]), series(["host": "b"], [10, 20, 30])]
        #expect(math("$A / $B * 100", ["A": used, "B": [series(["host": "b"], [100, 100]), series(["host": "a"], [2, 4, 4])]]) == [#"{host="a"}=50,50,75"#, #"{host="b"}=10,20"#])
        #expect(math("$A * ${all}", ["A": used, "all": [series([:], [2])]], instant: ["all"]) == [#"{host="a"}=2,4,6"#, #"{host="b"}=20,40,60"#])
        #expect(math("$A > 2", ["A": used]) == [#"{host="a"}=0,0,1"#, #"{host="b"}=1,1,1"#])
        #expect(math("$A + $missing", ["A": used]).isEmpty)
    }

    @Test func reductionsAndThresholdsFollowEachOther() {
        let answers = ["A": [series(["host": "a"], [1, .nan, 5]), series(["host": "b"], [2, 2, 2])]]
        let reduced = PanelExpression(refID: "B", kind: .reduce(input: "A", .mean, .dropped), isHidden: true)
        #expect(shown([reduced, PanelExpression(refID: "C", kind: .threshold(input: "B", .greater(2)))], answers) == [#"{host="a"}=1"#, #"{host="b"}=0"#])
        #expect(shown([PanelExpression(refID: "B", kind: .reduce(input: "A", .sum, .replaced(10)))], answers) == [#"{host="a"}=16"#, #"{host="b"}=6"#])
        #expect(shown([PanelExpression(refID: "B", kind: .reduce(input: "A", .sum, .spreads))], answers) == [#"{host="a"}=NaN"#, #"{host="b"}=6"#])
        #expect(shown([PanelExpression(refID: "B", kind: .outside(input: "A", from: 2, to: 4))], answers) == [#"{host="a"}=1,NaN,1"#, #"{host="b"}=0,0,0"#])
    }

    @Test func resamplingReducesAndFills() {
        let answers = ["A": [BoardSeries(labels: [:], times: [0, 10_000, 20_000, 90_000], values: [1, 3, 5, 9])]]
        func resampled(_ fill: PanelExpression.Fill) -> [String] { shown([PanelExpression(refID: "B", kind: .resample(input: "A", stepMilliseconds: 30_000, .mean, fill))], answers) }
        #expect(resampled(.none) == ["B=1,4,NaN,9"] && resampled(.previous) == ["B=1,4,5,9"] && resampled(.next) == ["B=1,4,9,9"])
    }

    @Test func expressionsOfFilesAreReadAndHiddenInputsAreAsked() throws {
        let json = """
            {"title":"t","panels":[{"type":"stat","title":"p","targets":[{"refId":"A","expr":"a","hide":true,"instant":true},{"refId":"U","expr":"u","hide":true},
             {"refId":"B","datasource":{"type":"__expr__","uid":"__expr__"},"type":"reduce","expression":"A","reducer":"last","settings":{"mode":"dropNN"},"hide":true},
             {"refId":"C","datasource":{"uid":"__expr__"},"type":"math","expression":"$B * 2"},
             {"refId":"D","datasource":{"uid":"__expr__"},"type":"threshold","expression":"$C","conditions":[{"evaluator":{"type":"gt","params":[3,0]}}]},
             {"refId":"E","datasource":{"uid":"__expr__"},"type":"resample","expression":"A","window":"1m","downsampler":"mean","upsampler":"pad"},
             {"refId":"F","datasource":{"uid":"__expr__"},"type":"classic_conditions"}]}]}
            """
        let board = try BoardFile.parse(Array(json.utf8), path: "x.json")
        let panel = board.panels[0]
        #expect(panel.expressions.map(\.refID) == ["B", "C", "D", "E"] && panel.expressions[0].kind == .reduce(input: "A", .last, .dropped) && panel.expressions[2].kind == .threshold(input: "C", .greater(3)))
        #expect(panel.expressions[3].kind == .resample(input: "A", stepMilliseconds: 60_000, .mean, .previous))
        #expect(board.notices.map(\.severity) == [.partial] && board.notices[0].reason.contains("classic_conditions"))
        let question = BoardQuestion(entries: [], choices: VariableChoices([]), range: .last(milliseconds: 60_000), refreshSeconds: nil, generation: 0, moment: nil)
        let entry = BoardQuestion.Entry(instance: PanelInstance(key: PanelKey(place: 0), panel: panel, repeated: [:], position: panel.position), pointsMax: 100, evaluatedAt: nil)
        #expect(PanelEvaluation(entry, question, now: Fixtures.now).queries.map(\.query.refID) == ["A"])
    }

    @Test func theShortFormatComputesToo() throws {
        let board = try Fixtures.yaml("title: t\npanels:\n  - title: p\n    queries: [{id: A, query: used, hidden: true}, {id: B, query: size, hidden: true}, {math: '$A / $B'}]")
        #expect(board.panels[0].expressions == [PanelExpression(refID: "C", kind: .math("$A / $B"))] && board.panels[0].queries.count == 2)
        #expect(throws: (any Error).self) { try Fixtures.yaml("title: t\npanels:\n  - {title: p, queries: [{query: x}, {math: '$A /'}]}") }
    }

    /// Whatever is computed of whatever, nothing traps.
    @Test(arguments: 0..<40) func anyTextIsReadOrRefused(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let parts = ["$A", "${B}", "1", "-", "+", "*", "/", "**", "(", ")", "abs(", "&&", "!", "<=", " ", "$", "nan()", "2e3", "is_nan("]
        for _ in 0..<50 {
            let text = (0..<Int.random(in: 1...12, using: &random)).map { _ in parts.randomElement(using: &random)! }.joined()
            _ = math(text, ["A": [series(["x": "1"], [1, 2])], "B": [series([:], [0])]])
        }
    }
}
