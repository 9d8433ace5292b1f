import Foundations
import Model
import Testing

@testable import LogQL

private let labels: Labels = [
    "path": "/api/v1/orders", "method": "post", "n": "7", "d": "1m30s", "size": "3KiB", "text": "  hello world  ", "json": #"{"a":[1,2.5,"x"],"b":{"c":true}}"#,
    "list": #"[{"query":"one"},{"query":"two"}]"#, "when": "2023-03-14 15:09:26", "epoch": "1679577215",
]

private func rendered(_ template: String) throws -> String {
    let record = LogRecord(timestamp: NanoTimestamp(nanoseconds: 1_700_000_000_123_456_789), stream: labels, body: "the line")
    return try LineTemplate(template).render(LogEntry(record))
}

/// Of the public documentation of LogQL's template functions and of Go's text/template.
@Test(arguments: [
    ("plain", "plain"), ("{{.method}} {{ .path }}", "post /api/v1/orders"), ("{{.missing}}|", "|"), ("a {{- .n -}} b", "a7b"), ("{{/* a remark */}}x", "x"),
    ("{{ .path | replace \"/\" \"_\" | trunc 5 | upper }}", "_API_"), ("{{ __line__ | title }}", "The Line"), ("{{ ToUpper .method }}", "POST"),
    ("{{ default \"-\" .missing }}{{ .n | default \"-\" }}", "-7"), ("{{ trunc -6 .path }}", "orders"), ("{{ substr 1 4 .path }}", "api"), ("{{ .path | substr 5 -1 }}", "v1/orders"),
    ("{{ trim .text }}|{{ TrimSpace .text }}", "hello world|hello world"), ("{{ trimAll \"/s\" .path }}", "api/v1/order"), ("{{ Trim .path \"/\" }}", "api/v1/orders"),
    ("{{ TrimLeft .path \"/\" }}{{ TrimRight .path \"s\" }}", "api/v1/orders/api/v1/order"), ("{{ .path | trimPrefix \"/api\" }}", "/v1/orders"),
    ("{{ TrimSuffix .path \"/orders\" }}", "/api/v1"), ("{{ Replace .path \"/\" \".\" 2 }}", ".api.v1/orders"), ("{{ repeat 3 .n }}", "777"),
    ("{{ indent 2 \"a\\nb\" }}", "  a\n  b"), ("{{ nindent 1 \"a\" }}", "\n a"), ("[{{ alignLeft 5 \"hi\" }}][{{ alignRight 5 \"hi\" }}][{{ alignLeft 2 .path }}][{{ alignRight 3 .path }}]", "[hi   ][   hi][/a][ers]"),
    ("{{ if and (contains \"he\" \"hello\") (hasPrefix \"/api\" .path) }}yes{{ else }}no{{ end }}", "yes"), ("{{ if hasSuffix \"x\" .path }}a{{ else if eq .n \"7\" }}b{{ end }}", "b"),
    ("{{ if not .missing }}none{{ end }}", "none"), ("{{ with .missing }}x{{ else }}y{{ end }}", "y"), ("{{ $x := .n }}{{ $x }}{{ $x }}", "77"),
    ("{{ b64enc .method }}{{ b64dec \"cG9zdA==\" }}", "cG9zdA==post"), ("{{ urlencode \"a b/c\" }} {{ urldecode \"a+b%2Fc\" }}", "a+b%2Fc a b/c"),
    ("{{ bytes .size }} {{ duration .d }} {{ duration_seconds \"250ms\" }}", "3072 90 0.25"), ("{{ count \"[aeiou]\" .path }}", "4"),
    ("{{ regexReplaceAll \"v(\\\\d)\" .path \"V${1}x\" }}", "/api/V1x/orders"), ("{{ regexReplaceAllLiteral \"/\" .path \"$1\" }}", "$1api$1v1$1orders"),
    ("{{ add 3 2 5 }} {{ sub .n 2 }} {{ mul 5 2 3 }} {{ div 10 3 }} {{ mod 10 3 }} {{ max 1 2 3 }} {{ min 1 .n }}", "10 5 30 3 1 3 1"),
    ("{{ addf 3.5 2 5 }} {{ subf 5.5 2 1.5 }} {{ mulf 5.5 2 2.5 }} {{ divf 10 2 4 }} {{ maxf 1 2.5 }} {{ minf 1 2.5 }}", "10.5 2 27.5 1.25 2.5 1"),
    ("{{ ceil 123.001 }} {{ floor 123.9999 }} {{ round 123.555555 3 }} {{ round 123.88571428571 5 .2 }}", "124 123 123.556 123.88572"),
    ("{{ int \"3\" }} {{ float64 \"3.5\" }} {{ lt (int .n) 8 }} {{ len .method }}", "3 3.5 true 4"), ("{{ printf \"%-6s|%5.1f|%03d\" .method (float64 .n) (int .n) }}", "post  |  7.0|007"),
    ("{{ $j := fromJson .json }}{{ index $j.a 2 }} {{ $j.b.c }} {{ $j.missing }}", "x true <no value>"), ("{{ range $q := fromJson .list }}{{ $q.query }};{{ end }}", "one;two;"),
    ("{{ range $i, $q := fromJson .list }}{{ $i }}={{ $q.query }} {{ end }}", "0=one 1=two "), ("{{ fromJson \"none\" }}|", "|"),
    ("{{ __timestamp__ | unixEpoch }} {{ __timestamp__ | unixEpochMillis }} {{ __timestamp__ | unixEpochNanos }}", "1700000000 1700000000123 1700000000123456789"),
    ("{{ __timestamp__ | date \"2006-01-02T15:04:05.000Z07:00\" }}", "2023-11-14T22:13:20.123Z"), ("{{ __timestamp__ }}", "2023-11-14 22:13:20.123456789 +0000 UTC"),
    ("{{ .when | toDateInZone \"2006-01-02 15:04:05\" \"America/New_York\" | unixEpoch }}", "1678820966"), ("{{ .when | toDateInZone \"2006-01-02 15:04:05\" \"UTC\" | date \"Jan _2, 3:04PM\" }}", "Mar 14, 3:09PM"),
    ("{{ date \"2006-01-02\" (unixToTime .epoch) }}", "2023-03-23"), ("{{ toDateInZone \"2006-01-02\" \"UTC\" \"no date\" }}", "0001-01-01 00:00:00 +0000 UTC"),
    ("{{ html \"<a&b>\" }}", "&lt;a&amp;b&gt;"),
])
func templatesGiveWhatGoAndLokiGive(_ template: String, _ expected: String) throws { #expect(try rendered(template) == expected) }

@Test(arguments: ["{{ div 1 0 }}", "{{ b64dec \"?\" }}", "{{ lt .n 8 }}", "{{ repeat 100000000 .path }}", "{{ index (fromJson .json) 1 }}", "{{ toDateInZone \"2006\" \"Nowhere/Land\" \"2020\" }}"])
func whatATemplateCanNotDoIsAFailure(_ template: String) { #expect(throws: LineTemplateFailure.self) { try rendered(template) } }

@Test(arguments: ["{{", "{{ nosuch .x }}", "{{ if }}", "{{ end }}", "{{ .a | .b }}", "{{ $y }}", "{{ \"open }}", "{{ define \"x\" }}{{ end }}"])
func whatIsNoTemplateIsAMistake(_ template: String) { #expect(throws: LineTemplate.Mistake.self) { try LineTemplate(template) } }
