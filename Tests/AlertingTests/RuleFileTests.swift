import Foundations
import Model
import Settings
import TestSupport
import Testing

@testable import Alerting

private func problems(_ yaml: String) -> [String] {
    do throws(RuleFileError) {
        _ = try RuleFile.parse(yaml, path: "r.yml")
        return []
    } catch {
        return error.problems.map { "\($0.line): \($0.reason)" }
    }
}

@Test func aRuleFileIsReadWithAllItsFields() throws {
    let file = try RuleFile.parse(
        """
        groups:
          - name: g
            interval: 30s
            limit: 7
            query_offset: 1m
            labels: {team: db, tier: "1"}
            rules:
              - record: job:up:sum
                expr: sum by (job) (up)
                labels: {tier: "2"}
              - alert: Down
                expr: up == 0
                for: 1m30s
                keep_firing_for: 5m
                labels: {severity: critical}
                annotations:
                  summary: "{{ $labels.instance }} is down"
          - name: empty
        """, path: "r.yml")
    #expect(file.groups.map(\.name) == ["g", "empty"])
    let group = file.groups[0]
    #expect(group.intervalMilliseconds == 30_000 && group.limit == 7 && group.queryOffsetMilliseconds == 60_000)
    #expect(group.rules[0].kind == .record && group.rules[0].labels.map { "\($0.name)=\($0.text)" } == ["team=db", "tier=2"])
    #expect(group.rules[1].labels.map(\.name) == ["team", "tier", "severity"] && group.rules[1].line == 11)
    guard case .alert(90_000, 300_000, let annotations) = group.rules[1].kind else {
        Issue.record("no alert: \(group.rules[1].kind)")
        return
    }
    #expect(annotations.map(\.text) == ["{{ $labels.instance }} is down"] && annotations[0].line == 17)
}

@Test func everyProblemOfAFileIsNamedWithItsLine() {
    let found = problems(
        """
        groups:
          - name: g
            intervall: 5m
            rules:
              - alert: A
                expr: sum(
              - alert: B
                expr: up
                for: 5 minutes
                labels: {__name__: x}
              - record: r
                expr: up
                annotations: {a: b}
              - expr: up
              - alert: C
                record: C
                expr: up
              - alert: D
              - alert: E
                expr: up
                annotations:
                  good: text
                  bad: "{{ $labels.x"
                  1st: x
              - alert: F
                expr: "up[5m]"
          - rules: []
          - name: g
        """)
    let expected: [(line: Int, part: String)] = [
        (3, "intervall"), (6, "PromQL"), (9, "for"), (10, "__name__"), (13, "annotations"), (14, "neither"), (15, "both"), (18, "expr"), (23, "template"),
        (24, "1st"), (26, "vector"), (27, "name"), (28, "twice"),
    ]
    for (line, part) in expected {
        #expect(found.contains { $0.hasPrefix("\(line): ") && $0.contains(part) }, "line \(line), \(part)\n\(found.joined(separator: "\n"))")
    }
    #expect(found.count == expected.count, "\(found.joined(separator: "\n"))")
}

@Test(arguments: ["", "groups:", "groups: []", "# nothing\n"])
func aFileWithoutRulesIsFine(yaml: String) { #expect(problems(yaml) == []) }

@Test(arguments: ["groups: 5", "- a", "groups:\n  - name: [a]\n", "groups:\n\t- name: a", "a: &a [*a]", "groups: {", "groups:\n - name: a\n   name: b\n"])
func whatIsNoRuleFileIsAnError(yaml: String) { #expect(!problems(yaml).isEmpty) }

@Test func aBrokenFileKeepsItsOldRulesAndTheOthersGoOn() throws {
    let folder = TemporaryDirectory("rules")
    write("groups: [{name: a, rules: [{alert: A, expr: a}]}]", to: folder.path("a.yml"))
    write("groups: [{name: b, rules: [{alert: B, expr: b}]}]", to: folder.path("b.yml"))
    var library = RuleLibrary(globs: [folder.path("*.yml")], evaluator: FakeEvaluator())
    let update1 = library.update(isForced: false)
    #expect(update1)
    let update2 = library.update(isForced: false)
    #expect(!update2)
    write("groups: [{name: a, rules: [{alert: A, expr: '((' }]}]", to: folder.path("a.yml"))
    write("groups: [{name: b, rules: [{alert: B2, expr: b}]}]", to: folder.path("b.yml"))
    let update3 = library.update(isForced: false)
    #expect(update3)
    #expect(library.groups.flatMap(\.rules).map(\.name) == ["A", "B2"])
    #expect(library.problems.count == 1 && library.problems[0].path == folder.path("a.yml") && library.problems[0].line == 1)
    write("groups: [{name: a, rules: [{alert: A3, expr: a}]}]", to: folder.path("a.yml"))
    try RealFileSystem().remove(folder.path("b.yml"))
    let update4 = library.update(isForced: false)
    #expect(update4)
    #expect(library.groups.flatMap(\.rules).map(\.name) == ["A3"] && library.problems.isEmpty)
}

@Test func aMissingFileThatIsNamedIsAProblemAndAnEmptyPatternIsNot() {
    #expect(AlertingService.check(["/nonexistent/rules/*.yml"]).isEmpty)
    #expect(AlertingService.check(["/nonexistent/rules.yml"]).count == 1)
}

@Test func theShippedRulesParseAndSayWhatToDo() throws {
    let pattern = Paths.join(repositoryFolder("AlertRules"), "*.yml")
    #expect(AlertingService.check([pattern]).map(\.description) == [])
    let paths = RuleGlob.paths(pattern)
    #expect(paths.count >= 4)
    for path in paths {
        for group in try RuleLibrary.read(path, SyntaxChecker()).groups {
            for rule in group.rules where rule.kind != .record {
                #expect(["critical", "warning", "info", "none"].contains(rule.labels.first { $0.name == "severity" }?.text), "\(path) \(rule.name)")
                let names = Set(rule.annotations.map(\.name))
                #expect(names.isSuperset(of: ["summary", "description", "runbook"]), "\(path) \(rule.name)")
                let runbook = rule.annotations.first { $0.name == "runbook" }?.text ?? ""
                #expect(runbook.hasPrefix("Docs/Operations.md#") || runbook.hasPrefix("Docs/Runbooks/"), "\(path) \(rule.name)")
            }
        }
    }
}

@Test(arguments: [
    ("up == 0", "(up)"), ("rate(errors[5m]) > 0.1", "(rate(errors[5m]))"), ("5 < a", "(a)"), ("count by (job) (up == 0) > 2", "(count by (job) ((up)))"),
    ("a > 1 and b > 2", "(a)"), ("a unless b", "a"), ("(a > 1) or (b > 1)", "((a)) or ((b))"), ("topk(3, a) > 1", "(a)"), ("a / (b > 0) > 2", "(a / ((b)))"),
])
func dataStandBehindACondition(expression: String, data: String) { #expect(DataExpression.text(of: expression) == data) }

@Test(arguments: ["vector(1)", "absent(up)", "up", "absent(up) == 1", "count_values(\"v\", up) > 3", "a > bool 1", "1 > bool 2"])
func someConditionsHaveNoDataBehindThem(expression: String) { #expect(DataExpression.text(of: expression) == nil) }
