import Foundations
import Model
import PromQL
import TestSupport
import Testing

@testable import Boards

/// Queries that are written for VictoriaMetrics, and what of PromQL they become.
@Suite struct MetricsQLTests {
    private static let window = MetricsQL.Window(stepMilliseconds: 30_000, rangeMilliseconds: 900_000)

    @Test(arguments: [
        ("sum(rate(x))", "sum(rate(x[1m]))"), ("increase(x{a=\"b\"}) > 0", "increase(x{a=\"b\"}[1m]) > 0"), ("rate(x offset 5m)", "rate(x[1m] offset 5m)"),
        ("sum(x[5m]) by (a)", "sum by (a) (last_over_time(x[5m]))"), ("x[5m]", "last_over_time(x[5m])"), ("max(x[30s] or y[5m])", "max(last_over_time(x[30s]) or last_over_time(y[5m]))"),
        ("sum(increase(x)[2m]) by (a) > 0", "sum by (a) (last_over_time((increase(x[1m]))[2m:30s])) > 0"), ("max_over_time(sum(x))", "max_over_time((sum(x))[1m:30s])"), ("rate(x[3i])", "rate(x[1m30s])"),
        ("count(x < 1) or 0", "count(x < 1) or vector(0)"), ("(sum(x) or 0) + (sum(y) or 0)", "(sum(x) or vector(0)) + (sum(y) or vector(0))"), ("count(last_over_time(x))", "count(last_over_time(x[1m]))"),
        ("min by (a,b) (x[1m])*0 + on(a) group_left(b) y", "(min by (a, b) (last_over_time(x[1m])) * 0) + on(a) group_left(b) y"), ("x * on(a) group_left(a, b) y[1m]", "x * on(a) group_left(b) last_over_time(y[1m])"),
        ("x * on (a) group_left (a) y", "x * on(a) group_left() y"), ("histogram_quantile(0.9, sum(rate(x)) by (le))", "histogram_quantile(0.9, sum by (le) (rate(x[1m])))"),
        ("WITH (f = {a=~\"b\",c=\"d\"}) count(min(x{f}) without (e) >= 1.0) by (c)", "count by (c) (min without (e) (x{a=~\"b\",c=\"d\"}) >= 1.0)"),
        ("with (w = 5m, n = \"v\", m = x{a=\"b\"}, r(q, by_) = rate(q[w]) * by_,) r(m{c=n}, 2) ^ r(y, m)", "(rate(x{a=\"b\",c=\"v\"}[5m]) * 2) ^ (rate(y[5m]) * x{a=\"b\"})"),
        ("WITH (x = y) sum(x) + WITH (x = z + x) x", "sum(y) + (z + y)"), ("-x[1m] ^ 2", "-(last_over_time(x[1m]) ^ 2)"),
        ("topk_max(3, sum(x) by (a)) > 0", "((sum by (a) (x)) and topk(3, max_over_time((sum by (a) (x))[15m:30s] @ end()))) > 0"),
        ("bottomk_median(1, x)", "(x) and bottomk(1, quantile_over_time(0.5, (x)[15m:30s] @ end()))"),
        // Left as they are: PromQL, what is neither, and what MetricsQL has beyond.
        ("sum by (a) (rate(x[5m]))", nil), ("sum(rate(x[5m]) without(a))", nil), ("x{a=\\\"b\\\"}", nil), ("sum(rollup_rate(x[1m])) by (rollup)", nil), ("x default 0", nil), ("sum(x[5m]) limit 3", nil),
        ("topk_max(3, x, \"rest\")", nil), ("WITH (f(a) = a) f", nil), ("WITH (f(a) = a) f(1, 2)", nil), ("WITH (f = f) f[5m]", "last_over_time(f[5m])"), ("WITH (f = x + y) f{a=\"b\"}", nil), ("WITH (f = x) y{f}", nil), ("", nil), ("sum(", nil), ("\"", nil),
    ] as [(String, String?)]) func aQueryIsSaidInPromQL(text: String, expected: String?) {
        #expect(MetricsQL.promQL(text, Self.window) == expected ?? text)
    }

    @Test(arguments: [
        ("sum by (a) (rate(x{b=~\"[a-z]+\"}[5m])) / on (a) sum by (a) (increase(y_bytes_Total[5m] offset 1h))", false), ("max_over_time((rate(x[5m]))[1h:1m])", false),
        ("max_over_time(rate(x[5m])[1h:1m])", false), ("increase(x)[2m]", true), ("rate(x)", true), ("x[5m]", true), ("RATE(x[5m])", true), ("x or y", true), ("topk(5, x)", false), ("topk_max(5, x)", true),
        ("x{", false), ("\"", true),
    ]) func plainQueriesNeedNoParser(text: String, mayBeMore: Bool) { #expect(MetricsQLHint.mayBeMore(text) == mayBeMore) }

    @Test func atOneMomentTheGreatestAreThoseOfTheMoment() {
        var window = Self.window
        window.isInstant = true
        #expect(MetricsQL.promQL("topk_avg(2, rate(x))", window) == "topk(2, rate(x[1m]))")
        #expect(MetricsQL.Window(stepMilliseconds: 300_000, rangeMilliseconds: 0).rollupMilliseconds == 300_000)
    }

    @Test func templatesThatDoubleAndBracketsWithoutEndAreRefused() {
        let doubling = "WITH (a0 = rate(x)" + (1...40).map { ", a\($0) = a\($0 - 1) + a\($0 - 1)" }.joined() + ") a40"
        let deep = "WITH (a0 = rate(x)" + (1...90).map { ", a\($0) = " + String(repeating: "abs(", count: 40) + "a\($0 - 1)" + String(repeating: ")", count: 40) }.joined() + ") a90"
        let choosing = String(repeating: "topk_max(1, ", count: 60) + "x" + String(repeating: ")", count: 60)
        for text in [doubling, deep, choosing, String(repeating: "(", count: 10_000), String(repeating: "-", count: 10_000) + "x[1m]", "rate(x)" + String(repeating: "+x", count: 5000), "rate(x)" + String(repeating: "[1m]", count: 5000)] {
            #expect(MetricsQL.promQL(text, Self.window) == text)
        }
    }

    /// Random queries in both languages, which must give the same.
    private struct Generator {
        var random: SeededGenerator

        mutating func pick<Element>(_ elements: [Element]) -> Element { elements.randomElement(using: &random)! }

        private mutating func selector() -> String { pick(["c", "a_total", "b_total"]) + pick(["", "", "{x=\"1\"}", "{x=~\"1|2\",y!=\"q\"}"]) }

        /// A part that gives series, as VictoriaMetrics and as Prometheus take it.
        mutating func series(_ depth: Int) -> (metricsQL: String, promQL: String) {
            let rollup = pick(["rate", "increase", "irate", "delta", "max_over_time", "sum_over_time", "last_over_time"])
            if depth == 0 {
                let selector = selector()
                switch Int.random(in: 0..<4, using: &random) {
                case 0: return (selector, selector)
                case 1: return ("\(selector)[2m]", "last_over_time(\(selector)[2m])")
                case 2: return ("\(rollup)(\(selector) offset 1m)", "\(rollup)(\(selector)[1m] offset 1m)")
                default: return ("\(rollup)(\(selector))", "\(rollup)(\(selector)[1m])")
                }
            }
            let (m, p) = series(depth - 1)
            let (other, plain) = series(depth - 1)
            switch Int.random(in: 0..<10, using: &random) {
            case 0: return ("sum(\(m)) by (x)", "sum by (x) (\(p))")
            case 1: return ("\(rollup)(max by (x, y) (\(m)))", "\(rollup)((max by (x, y) (\(p)))[1m:30s])")
            case 2: return ("max(\(m))[3m:1m]", "last_over_time((max(\(p)))[3m:1m])")
            case 3: return ("(\(m)) or 3", "(\(p)) or vector(3)")
            case 4: return ("sum by (x) (\(m)) / on (x) sum by (x) (\(other))", "sum by (x) (\(p)) / on (x) sum by (x) (\(plain))")
            case 5: return ("clamp_max(abs(\(m)), 2) * 2 ^ -1", "clamp_max(abs(\(p)), 2) * 2 ^ -1")
            case 6: return ("(WITH (t = \(m), u = \(other)) sum(t) by (x) unless u)", "(sum by (x) (\(p)) unless (\(plain)))")
            case 7: return ("(WITH (f(q, n) = topk(n, q) + 1) f(\(m), 2))", "(topk(2, \(p)) + 1)")
            case 8: return ("(WITH (w = {x=\"1\"}, m = c{w}, z = {y=\"p\"}) m{z} or avg(\(m)) by (y))", "(c{x=\"1\",y=\"p\"} or avg by (y) (\(p)))")
            default: return ("topk_max(1, sum(\(m)) by (x))", "sum by (x) (\(p)) and topk(1, max_over_time((sum by (x) (\(p)))[15m:30s] @ end()))")
            }
        }
    }

    private static func answer(_ reader: MemoryMetricReader, _ query: String) async -> String {
        do {
            let found = try await Engine(reader: reader).range(query, start: Timestamp(seconds: 600), end: Timestamp(seconds: 1500), stepMilliseconds: window.stepMilliseconds)
            return "\(found.value)"
        } catch {
            return "refused: \(error)"
        }
    }

    @Test(arguments: 0..<8 as Range<UInt64>) func whatIsSaidGivesTheSame(seed: UInt64) async throws {
        var generator = Generator(random: SeededGenerator(seed: 4400 + seed))
        let reader = MemoryMetricReader()
        for name in ["a_total", "b_total", "c"] {
            for (x, y) in [("1", "p"), ("1", "q"), ("2", "p"), ("3", "q")] {
                var value = 0.0
                let times = stride(from: Int64(0), to: 1_500_000, by: 15_000).filter { _ in Int.random(in: 0..<20, using: &generator.random) > 0 }
                let values = times.map { _ in
                    value = name == "c" ? Double(Int.random(in: -5...5, using: &generator.random)) : value + Double(Int.random(in: 0...4, using: &generator.random))
                    return value
                }
                reader.append(Series(labels: ["__name__": name, "x": x, "y": y], timestamps: times, values: values))
            }
        }
        var said = 0
        for _ in 0..<40 {
            let (metricsQL, promQL) = generator.series(Int.random(in: 0...3, using: &generator.random))
            let text = MetricsQL.promQL(metricsQL, Self.window)
            let (found, expected) = (await Self.answer(reader, text), await Self.answer(reader, promQL))
            #expect(found == expected, "\(metricsQL) became \(text), not \(promQL)")
            if text != metricsQL, !expected.hasPrefix("refused") { said += 1 }
            #expect(MetricsQL.promQL(promQL, Self.window) == promQL)
        }
        #expect(said > 15)
    }

    @Test(arguments: 0..<4 as Range<UInt64>) func anyTextIsSaidOrLeftAsItIs(seed: UInt64) {
        var random = SeededGenerator(seed: 4500 + seed)
        let pieces = ["WITH", "(", ")", "f", "=", ",", "{", "}", "a=\"b\"", "rate", "sum", "by", "[", "]", "5m", ":", "1", "-", "^", "or", "offset", "@", "end()", "topk_max", "\"", "#", "\n", "é", "x", "default"]
        for _ in 0..<3000 {
            let text = (0..<Int.random(in: 1...14, using: &random)).map { _ in pieces.randomElement(using: &random)! }.joined(separator: Bool.random(using: &random) ? " " : "")
            let said = MetricsQL.promQL(text, Self.window)
            if said != text { #expect(throws: Never.self, "\(text)") { _ = try PromQLParser.parse(said) } }
        }
    }
}
