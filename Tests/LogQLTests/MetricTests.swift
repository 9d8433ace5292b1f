import Foundations
import Model
import Testing

@testable import LogQL

private let records: [LogRecord] = (0..<60).map { second in
    let host: Labels = ["job": "app", "host": second % 2 == 0 ? "a" : "b"]
    return record(Int64(second), "n=\(second) d=\(second)ms", host, level: second % 10 == 0 ? .error : .info)
}

/// Series of an instant query at second 59, by their labels' text.
private func instant(_ query: String, at second: Int64 = 59) async throws -> [String: Double] {
    let engine = LogEngine(reader: ListReader(records))
    guard case .vector(let elements) = try await engine.run(query, start: moment(second), end: moment(second), stepNanoseconds: nil, limit: 10, direction: .newestFirst) else { return [:] }
    return Dictionary(uniqueKeysWithValues: elements.map { ($0.0.description, $0.1.value) })
}

private let metricCases: [(String, [String: Double])] = [
    (#"sum(count_over_time({job="app"}[10s]))"#, ["{}": 10.0]),
    (#"count_over_time({job="app"}[10s])"#, [#"{host="a", job="app"}"#: 5, #"{host="b", job="app"}"#: 5]),
    (#"sum by (host) (rate({job="app"} |= "n=5" [10s]))"#, [#"{host="a"}"#: 0.5, #"{host="b"}"#: 0.5]),
    (#"sum(rate({job="app"}[1m] offset 30s))"#, ["{}": 0.5]),
    (#"sum(count_over_time({job="app"} | level="error" [1m]))"#, ["{}": 6]),
    (#"sum by (level) (count_over_time({job="app"}[1m]))"#, [#"{level="error"}"#: 6, #"{level="info"}"#: 54]),
    (#"sum(bytes_over_time({job="app"}[2s]))"#, ["{}": 22]),
    (#"sum_over_time({job="app"} | logfmt | unwrap n [3s]) by (job)"#, [#"{job="app"}"#: 174]),
    (#"max_over_time({job="app"} | logfmt | unwrap duration(d) [10s]) by (host)"#, [#"{host="a"}"#: 0.058, #"{host="b"}"#: 0.059]),
    (#"quantile_over_time(0.5, {job="app"} | logfmt | unwrap n [11s]) by ()"#, ["{}": 54]),
    (#"first_over_time({host="a"} | logfmt | unwrap n [4s]) without (d)"#, [#"{host="a", job="app"}"#: 56]),
    (#"topk(1, sum by (host) (sum_over_time({job="app"} | logfmt | unwrap n [2s])))"#, [#"{host="b"}"#: 59]),
    (#"sum(count_over_time({job="app"}[10s])) * 2 + 1"#, ["{}": 21]),
    (#"sum(count_over_time({job="app"}[10s])) > 100"#, [:]),
    (#"sum(count_over_time({job="app"}[10s])) > bool 100"#, ["{}": 0]),
    (#"sum by (host) (count_over_time({job="app"}[10s])) / on() group_left() sum(count_over_time({job="app"}[10s]))"#, [#"{host="a"}"#: 0.5, #"{host="b"}"#: 0.5]),
    (#"count_over_time({host="a"}[10s]) or count_over_time({host="b"}[10s])"#, [#"{host="a", job="app"}"#: 5, #"{host="b", job="app"}"#: 5]),
    (#"absent_over_time({job="gone"}[10s])"#, [#"{job="gone"}"#: 1]),
    (#"vector(1)+vector(1)"#, ["{}": 2]),
    (#"label_replace(count_over_time({host="a"}[10s]), "short", "$1", "job", "(.).*")"#, [#"{host="a", job="app", short="a"}"#: 5]),
]

@Test(arguments: metricCases)
func metricQueriesCountLines(_ query: String, _ expected: [String: Double]) async throws {
    let found = try await instant(query)
    #expect(Set(found.keys) == Set(expected.keys), "\(found)")
    for (labels, value) in expected { #expect(abs((found[labels] ?? .nan) - value) < 1e-9, "\(labels): \(found)") }
}

@Test func aRangeQueryEqualsAnInstantQueryAtEachStep() async throws {
    let engine = LogEngine(reader: ListReader(records))
    for query in [#"sum by (host) (count_over_time({job="app"}[7s]))"#, #"max_over_time({job="app"} | logfmt | unwrap n [5s]) by (host)"#] {
        guard case .matrix(let series) = try await engine.run(query, start: moment(-3), end: moment(70), stepNanoseconds: 3_000_000_000, limit: 1, direction: .newestFirst) else {
            Issue.record("no matrix")
            return
        }
        for second in stride(from: Int64(-3), through: 70, by: 3) {
            let expected = try await instant(query, at: second)
            let found = Dictionary(uniqueKeysWithValues: series.compactMap { one in
                one.timestamps.firstIndex(of: second * 1000).map { (one.labels.description, one.values[$0]) }
            })
            #expect(found == expected, "\(query) at \(second)")
        }
    }
}

@Test func twoSeriesForOneMatchAreAnErrorThatSaysWhatToDo() async throws {
    await #expect(throws: LogQLError.self) { try await instant(#"count_over_time({job="app"}[1m]) / on(job) count_over_time({job="app"}[1m])"#) }
}

@Test func numbersAloneAreAScalar() async throws {
    let engine = LogEngine(reader: ListReader([]))
    guard case .scalar(let sample) = try await engine.run("1 + 2 * 3 ^ 2", start: moment(0), end: moment(5), stepNanoseconds: nil, limit: 1, direction: .newestFirst) else {
        Issue.record("no scalar")
        return
    }
    #expect(sample.value == 19 && sample.timestamp == 5000)
}
