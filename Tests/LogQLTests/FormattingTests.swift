import Foundations
import Model
import Testing

@testable import LogQL

@Test(arguments: [
    (#"{ job="a",host!~"b.*" }|="x"|json|n>5"#, #"{job="a", host!~"b.*"} |= "x" | json | n>5"#),
    (#"sum  by(a,b)(rate({job="a"}|="x"[5m]offset 1h))>bool 2"#, #"sum by (a, b)(rate({job="a"} |= "x" [5m] offset 1h)) > bool 2"#),
    (#"sum(rate({a="b"}[1m]))/on(x)group_left(y)sum by(x)(rate({a="b"}[1m]))"#, #"sum(rate({a="b"}[1m])) / on (x) group_left (y) sum by (x)(rate({a="b"}[1m]))"#),
    (#"{a="b"} | json != "x" | logfmt |= "y""#, #"{a="b"} | json != "x" | logfmt |= "y""#),
    (#"quantile_over_time(0.99,{a="b"}|logfmt --strict|unwrap duration(d)|__error__=""[5m])by(x)"#, #"quantile_over_time(0.99,{a="b"} | logfmt --strict | unwrap duration(d) | __error__="" [5m]) by (x)"#),
    (#"{a="b"} |~ "a\\d" or "c" | line_format "{{.x}}\"" | drop a, b="c" # remark"#, #"{a="b"} |~ `a\d` or "c" | line_format `{{.x}}"` | drop a, b="c""#),
    (#"topk(3, vector(1)) or approx_topk(2, vector(2))"#, "topk(3,vector(1)) or approx_topk(2,vector(2))"),
])
func queriesAreWrittenInOneWay(_ query: String, _ expected: String) throws {
    #expect(try LogEngine.formatted(query) == expected)
    #expect(try LogEngine.formatted(expected) == expected)
}

@Test func longQueriesAreBrokenWhereTheirPartsAre() throws {
    let query = #"sum by (service) (rate({namespace="production", service=~"cart|checkout"} |= "connection refused" | json | status >= 500 [5m]))"#
    let text = try LogEngine.formatted(query)
    #expect(
        text == """
            sum by (service)(
              rate(
                {namespace="production", service=~"cart|checkout"}
                  |= "connection refused"
                  | json
                  | status>=500 [5m]
              )
            )
            """, "\(text)")
    #expect(LogQLText.oneLine(try Parser.parse(text)) == LogQLText.oneLine(try Parser.parse(query)))
}
