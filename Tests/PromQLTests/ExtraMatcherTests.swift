import Foundations
import Model
import Testing

@testable import PromQL

/// Conditions that are added to a query, against a store that has only the series which fulfil them.
@Suite struct ExtraMatcherTests {
    private static func matcher(_ name: String, _ op: Matcher.Operator, _ value: String) throws -> Matcher { try Matcher(name, op, value) }

    private static func additions() throws -> [LabelConditions] {
        let one: [[Matcher]] = [
            [Matcher("x", equals: "1")], [try matcher("x", .regex, "1|2"), try matcher("y", .notEqual, "q")], [try matcher("z", .notEqual, "none")], [Matcher("x", equals: "none")],
            [try matcher("__name__", .notRegex, "b.*")], [Matcher("y", equals: "p"), Matcher("x", equals: "2")],
        ]
        let several: [[[Matcher]]] = [
            [[Matcher("x", equals: "1")], [Matcher("x", equals: "2")]],
            [[Matcher("x", equals: "1")], [Matcher("y", equals: "p")]],
            [[Matcher("x", equals: "1"), try matcher("y", .notEqual, "q")], [try matcher("x", .regex, "2|3"), Matcher("y", equals: "q")]],
            [[try matcher("x", .notEqual, "1")], [Matcher("y", equals: "p")], [try matcher("__name__", .regex, "c|target_info")]],
            [[Matcher("x", equals: "none")], [try matcher("y", .notRegex, ".+")]],
        ]
        let joined = LabelConditions(alternatives: [[Matcher("x", equals: "1")], [try matcher("y", .notEqual, "p")]], and: [try matcher("__name__", .notRegex, "b.*")])
        return one.map { LabelConditions($0) } + several.map { LabelConditions(alternatives: $0) } + [joined]
    }

    private static func only(_ conditions: LabelConditions, of reader: MemoryMetricReader) async throws -> MemoryMetricReader {
        let narrowed = MemoryMetricReader()
        let query = MetricQuery(matchers: [try matcher("__name__", .regex, ".+")], start: .distantPast, end: .distantFuture, samplesMax: .max)
        for series in try await reader.select(query) where conditions.matches(series.labels) { narrowed.append(series) }
        return narrowed
    }

    /// The answer as text, errors by their kind: what is too much or can't be matched is so in both.
    private static func text(_ engine: Engine, _ query: String) async -> String {
        do {
            let range = try await engine.range(query, start: .init(milliseconds: 300_000), end: .init(milliseconds: 1_260_000), stepMilliseconds: 60_000)
            let instant = try await engine.instant(query, at: .init(milliseconds: 700_000))
            return "\(range.value) \(instant.value)"
        } catch {
            return "\(error)"
        }
    }

    @Test(arguments: 0..<8 as Range<UInt64>) func theAnswerIsThatOfAStoreWithOnlyTheMatchingSeries(seed: UInt64) async throws {
        let all = EnginePropertyTests.randomData(seed: 40 + seed)
        for labels in [["__name__": "target_info", "x": "1", "version": "a"], ["__name__": "target_info", "x": "2", "version": "b"]] as [Labels] {
            all.append(Series(labels: labels, timestamps: stride(from: 0, to: 1_200_000, by: 30_000).map { Int64($0) }, values: Array(repeating: 1, count: 40)))
        }
        let cache = ResultCache()
        var generator = ExpressionGenerator(seed: 1300 + seed)
        let queries = (0..<12).map { _ in generator.vector(3) } + [
            "info(c)", "absent(c{x=\"1\"})", "absent_over_time(c{x=~\"1\"}[5m])", "sum by (x) (rate(a_total[5m])) / on (x) group_left sum by (x) (b_total)",
            "max_over_time(sum(rate(a_total[2m]))[10m:1m])", "topk(1, c) or c offset 1m", "count({__name__=~\".+\"})", "scalar(c) + vector(1)",
        ]
        for conditions in try Self.additions() {
            var options = EngineOptions()
            options.extraConditions = conditions
            // One cache for all: what was kept for other conditions must never be an answer.
            options.resultCache = cache
            let narrowing = Engine(reader: all, options: options)
            let narrowed = Engine(reader: try await Self.only(conditions, of: all))
            for query in queries {
                let (found, expected) = (await Self.text(narrowing, query), await Self.text(narrowed, query))
                #expect(found == expected, "\(query) with \(conditions)")
            }
        }
    }

    @Test func keptResultsAreThoseOfTheSameConditions() async throws {
        let reader = CountingReader()
        let cache = ResultCache()
        func count(_ matchers: [Matcher]) async throws -> Double? {
            var options = EngineOptions()
            (options.extraConditions, options.resultCache) = (LabelConditions(matchers), cache)
            let result = try await Engine(reader: reader, options: options).range("sum(m)", start: .init(milliseconds: 0), end: .init(milliseconds: 60_000), stepMilliseconds: 30_000)
            guard case .matrix(let series) = result.value else { return nil }
            return series.first?.values.last
        }
        #expect(try await count([]) == 3)
        #expect(try await count([Matcher("x", equals: "1")]) == 1)
        #expect(try await count([Matcher("x", equals: "2")]) == 2)
        #expect(try await count([]) == 3)
        #expect(cache.figures.hits == 1)
    }

    @Test func conditionsAreReadAsASelector() throws {
        #expect(try PromQLParser.parseConditions(#"{env!="test", "a.b"=~"x|y"}"#).map(\.description) == [#"env!="test""#, #""a.b"=~"x|y""#])
        #expect(try PromQLParser.parseConditions("up{}").map(\.description) == [#"__name__="up""#])
        for wrong in ["", "{}", "{a=\"b\"}[5m]", "{a=\"b\"} offset 1m", "sum(up)", "{a=\"b\"} or {c=\"d\"}", "{a=~\"(\"}", "a=b", "{a=\"b\"} {c=\"d\"}"] {
            #expect(throws: PromQLSyntaxError.self, "\(wrong)") { _ = try PromQLParser.parseConditions(wrong) }
        }
    }

    /// Two series that never change.
    private final class CountingReader: MetricReader {
        private let inner = MemoryMetricReader()
        init() {
            for (x, value) in [("1", 1.0), ("2", 2.0)] {
                inner.append(Series(labels: ["__name__": "m", "x": x], timestamps: [0, 30_000, 60_000], values: [value, value, value]))
            }
        }
        func changeMark() -> ChangeMark? { ChangeMark(number: 0) }
        func earliestChange(since mark: ChangeMark) -> Timestamp? { nil }
        func select(_ query: MetricQuery) async throws -> [Series] { try await inner.select(query) }
        func series(_ selectors: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int?) async throws -> [Labels] { [] }
        func labelNames(_ selectors: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int?) async throws -> [String] { [] }
        func labelValues(_ name: String, _ selectors: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int?) async throws -> [String] { [] }
        func metadata() async throws -> [String: Metadata] { [:] }
    }
}
