import PromQL
import Testing

@Suite struct ParserPropertyTests {
    /// A text that parses prints as one that parses to the same tree, and prints the same again.
    private func expectPrintingKeeps(_ text: String) {
        let problem = ParserCheck.problem(text.utf8)
        #expect(problem == nil, "\(text)")
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func wordsInAnyOrderNeverTrap(seed: UInt64) {
        var generator = ExpressionGenerator(seed: seed)
        for _ in 0..<1500 { expectPrintingKeeps(generator.soup()) }
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func bytesInAnyOrderNeverTrap(seed: UInt64) {
        var generator = ExpressionGenerator(seed: 1000 + seed)
        for _ in 0..<1000 { expectPrintingKeeps(generator.noise()) }
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func expressionsOfTheGrammarParseAndPrintAsTheSameTree(seed: UInt64) throws {
        var generator = ExpressionGenerator(seed: 2000 + seed)
        for _ in 0..<200 {
            let text = generator.vector(4)
            #expect(throws: Never.self, "\(text)") { try PromQLParser.parse(text) }
            expectPrintingKeeps(text)
        }
    }

    @Test(arguments: [
        #"{"http.requests","a.b"="c", d=~"e.*"}"#, "foo[5m] offset -1h @ end()", "sum without (a, \"b c\") (x) / on () group_left (\"d e\") y",
        "foo offset (step() * 2)", "rate(x[max(step(), 5m)])", "rate(foo[1h:] @ 12.5)", "rate(x[5m] anchored)", "increase(x[5m] smoothed)", "x smoothed",
        "a + fill_left(-1) fill_right(Inf) b", "a > bool fill(0) b", "-x ^ 2", "(-x) ^ 2", "-1", "0x_ff", "1h30m", "'it''s'", "limit_ratio(-0.5, x)",
        "count_values(\"v\", x)", "sum", "sum{}", "by", "offset offset 5m", "and and and", "start", "x @ -1", "+-+x", "a or b and c unless d", "2 ^ 3 ^ 2",
        "sort_by_label(x)", "info(x, {a=~\".+\"})", "histogram_quantiles(x, \"q\", 0.5, 0.9)", "hour()", "\"\\xff\\n\"", "max(a) by (b)",
    ])
    func oddFormsPrintAsTheSameTree(text: String) {
        if (try? PromQLParser.parse(text)) == nil { #expect(text == "'it''s'" || text == "sum{}", "\(text)") }
        expectPrintingKeeps(text)
    }

    @Test func deepAndLongQueriesAreErrorsNotTraps() {
        for text in [
            String(repeating: "(", count: 100_000), String(repeating: "-", count: 100_000) + "1", String(repeating: "1+", count: 50_000) + "1",
            String(repeating: "2^", count: 50_000) + "1", String(repeating: "abs(", count: 20_000), "x[" + String(repeating: "(", count: 10_000),
            "x[" + String(repeating: "1+", count: 10_000) + "1]", "x" + String(repeating: "[5m:1m]", count: 5000), String(repeating: "x", count: 1 << 20),
            "x offset " + String(repeating: "-", count: 10_000) + "1",
        ] {
            #expect(throws: PromQLSyntaxError.self) { try PromQLParser.parse(text) }
        }
    }
}
