import Foundations
import Model
import Testing

@testable import Alerting

private struct Case: CustomTestStringConvertible {
    let template: String
    let text: String
    var value = 0.0

    init(_ template: String, _ text: String, value: Double = 0) {
        self.template = template
        self.text = text
        self.value = value
    }
    var testDescription: String { template }
}

private func expand(_ template: String, value: Double = 0) async -> String {
    await Template.text(
        template,
        Template.Context(
            labels: ["instance": "db1.example.org:9100", "job": "node"], value: value, externalLabels: ["region": "eu"],
            externalURL: "http://nightjar.example",
            query: { expression in
                if expression == "fails" { throw TemplateError(line: 1, reason: "no such metric") }
                if expression == "none" { return [] }
                return [(labels: ["instance": "b"], value: 2), (labels: ["instance": "a"], value: 1.5)]
            }))
}

@Test(arguments: [
    Case("plain", "plain"),
    Case("{{ $labels.instance }} is {{ $value }}", "db1.example.org:9100 is 0.25", value: 0.25),
    Case("{{ .Labels.job }}{{ .Value }}{{ .ExternalLabels.region }}", "node1eu", value: 1),
    Case("{{ $labels.missing }}|", "|"),
    Case("{{ $externalLabels.region }} {{ $externalURL }}", "eu http://nightjar.example"),
    Case("{{ $value }}", "1.234567e+06", value: 1_234_567),
    Case("{{ $value }}", "123456", value: 123_456),
    Case("{{ $value }}", "1e-05", value: 0.00001),
    Case("{{ $value }}", "+Inf", value: .infinity),
    Case("{{ $value }}", "NaN", value: .nan),
    Case("{{ $value | humanize }}", "1.235k", value: 1234.567),
    Case("{{ humanize $value }}", "12.3m", value: 0.0123),
    Case("{{ $value | humanize }}", "0", value: 0),
    Case("{{ $value | humanize1024 }}Bytes", "1.5MiBytes", value: 1_572_864),
    Case("{{ $value | humanizeDuration }}", "1d 3h 46m 40s", value: 100_000),
    Case("{{ $value | humanizeDuration }}", "59m 59s", value: 3599.9),
    Case("{{ $value | humanizeDuration }}", "12.35s", value: 12.345678),
    Case("{{ $value | humanizeDuration }}", "1.5ms", value: 0.0015),
    Case("{{ $value | humanizePercentage }}", "12.35%", value: 0.12345),
    Case("{{ $value | humanizeTimestamp }}", "2015-02-18 15:30:00.5 +0000 UTC", value: 1424273400.5),
    Case("{{ printf \"%.2f|%5.1f|%-6s|%06.2f|%d|%q|%v\" $value $value \"ab\" $value 7 \"x\\ty\" true }}", "3.14|  3.1|ab    |003.14|7|\"x\\ty\"|true", value: 3.14159),
    Case("{{ printf \"%d\" $value }}", "%!d(float64=3)", value: 3),
    Case("{{ printf \"%s %s\" \"one\" }}", "one %!s(MISSING)"),
    Case("{{ $labels.job | toUpper }} {{ title \"disk full\" }} {{ toLower \"ABC\" }}", "NODE Disk Full abc"),
    Case("{{ reReplaceAll \"(.*):(\\\\d+)\" \"$1 port ${2}\" $labels.instance }}", "db1.example.org port 9100"),
    Case("{{ if match \"^db\" $labels.instance }}database{{ else }}other{{ end }}", "database"),
    Case("{{ if gt $value 0.9 }}high{{ else if gt $value 0.5 }}middle{{ else }}low{{ end }}", "middle", value: 0.7),
    Case("{{ if and (gt $value 1.0) (eq $labels.job \"node\") }}yes{{ end }}", "yes", value: 2),
    Case("{{ with $labels.missing }}has{{ else }}hasn't{{ end }}", "hasn't"),
    Case("{{ with query \"up\" }}{{ . | first | value }}{{ end }}", "2"),
    Case("{{ range query \"up\" }}{{ .Labels.instance }}={{ .Value }};{{ end }}", "b=2;a=1.5;"),
    Case("{{ range $i, $e := sortByLabel \"instance\" (query \"up\") }}{{ $i }}{{ $e | label \"instance\" }} {{ end }}", "0a 1b "),
    Case("{{ range query \"none\" }}x{{ else }}nothing{{ end }}", "nothing"),
    Case("{{ range query \"up\" }}{{ if eq .Labels.instance \"b\" }}{{ continue }}{{ end }}{{ .Labels.instance }}{{ end }}", "a"),
    Case("{{ $x := 1 }}{{ range query \"up\" }}{{ $x = .Value }}{{ end }}{{ $x }}", "1.5"),
    Case("{{ (query \"up\" | first).Labels.instance }}", "b"),
    Case("a {{- /* nothing */ -}} b", "ab"),
    Case("a {{- \" x \" -}}  b", "a x b"),
    Case("{{ stripPort $labels.instance }} {{ stripDomain $labels.instance }}", "db1.example.org db1:9100"),
    Case("{{ len $labels.job }} {{ index $labels \"job\" }} {{ print 1 2 \"a\" }}", "4 node 1 2a"),
    Case("{{ ne 1 2 }} {{ le 1 1.0 }} {{ not true }} {{ or \"\" \"b\" }}", "true true false b"),
    Case("{{ first (query \"none\") }}", "<error expanding template: first() called on vector with no elements>"),
    Case("{{ query \"fails\" }}", "<error expanding template: no such metric>"),
    Case("{{ $labels.job | humanize }}", "<error expanding template: \"node\" is no number>"),
    Case("{{ $nothing }}", "<error expanding template: variable $nothing isn't known>"),
    Case("{{ nonsense 1 }}", "<error expanding template: function \"nonsense\" isn't known>"),
    Case("{{ if true }}x", "<error expanding template: if without its end>"),
    Case("line\n{{ .Nothing }}", "<error expanding template: line 2: can't evaluate field Nothing>"),
    Case("{{ range 1000000000 }}x{{ end }}", "<error expanding template: a range of 1000000000 steps>"),
    Case("{{ printf \"%1000000000d\" 1 | len }}", "256"),
])
private func templateSays(_ sample: Case) async {
    #expect(await expand(sample.template, value: sample.value) == sample.text)
}

@Test func longTextsAreCut() async {
    let text = await expand("{{ range 90000 }}0123456789{{ end }}")
    #expect(text == "<error expanding template: the text is longer than 65536 bytes>")
}

/// Any bytes are a template or an error, never a trap.
@Test func randomTemplatesNeverTrap() async {
    var random = SeededGenerator(seed: 7)
    let parts = ["{{", "}}", "if ", "else", "end", "range ", "$x", ":=", "|", "(", ")", ".", ".Labels", "\"", "`", "1e", "-", " -}}", "{{- ", "/*", "*/", "'a'", "é", "\n", "printf ", "$labels.a", ",", "\\"]
    for _ in 0..<3000 {
        let text = (0..<Int.random(in: 1...12, using: &random)).map { _ in parts.randomElement(using: &random)! }.joined()
        _ = await expand(text)
    }
}
