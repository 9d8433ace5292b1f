import Foundation
import Foundations
import LogStore
import Model

/// What is asked of the pushed lines: of the store in this process, and of the server in LogQL.
struct LogSearch: Sendable {
    enum Request: Sendable {
        /// `/loki/api/v1/query_range`: the newest 100 lines, or a number each five minutes.
        case query(String)
        /// `/loki/api/v1/patterns`
        case patterns(String)
    }

    enum Wanted: Sendable { case lines, counts, patterns }

    let title: String
    let goal: LogGoal?
    let query: LogQuery
    let wanted: Wanted
    let request: Request

    private init(_ title: String, _ goal: LogGoal?, _ query: LogQuery, _ wanted: Wanted, _ request: Request) {
        (self.title, self.goal, self.query, self.wanted, self.request) = (title, goal, query, wanted, request)
    }

    /// `needle`: a trace identifier of the corpus, which `start` is the first moment of.
    static func all(start: Int64, needle: String) throws -> [LogSearch] {
        let day = LogQuery(start: NanoTimestamp(nanoseconds: start), end: NanoTimestamp(nanoseconds: start + 86_400_000_000_000))
        var hour = LogQuery(start: NanoTimestamp(nanoseconds: start + 43_200_000_000_000), end: NanoTimestamp(nanoseconds: start + 46_800_000_000_000))
        hour.levels = [.error]
        let prefix = String(needle.prefix(4))
        return [
            LogSearch("needle over 24 h: a trace identifier", LogGoal(1.2, "19 ms VictoriaLogs"), try with(day, .contains, "\"\(needle)\""), .lines, .query(#"{job=~".+"} |= `"\#(needle)"`"#)),
            LogSearch("the same without its quotes", nil, try with(day, .contains, needle), .lines, .query(#"{job=~".+"} |= "\#(needle)""#)),
            LogSearch(
                "newest 100 with level error and `timeout`, 1 h", LogGoal(7, "36 ms Loki"), try with(hour, .contains, "timeout"), .lines,
                .query(#"{job=~".+"} | detected_level="error" |= "timeout""#)),
            LogSearch(
                "count of `error` over 24 h at 5 min", LogGoal(40, "813 ms VictoriaLogs"), try with(day, .contains, "error"), .counts,
                .query(#"sum(count_over_time({job=~".+"} |= "error" [5m]))"#)),
            LogSearch("count by level over 24 h at 5 min", LogGoal(40, ""), day, .counts, .query(#"sum by (detected_level) (count_over_time({job=~".+"}[5m]))"#)),
            LogSearch("patterns over 24 h at 1 h", nil, day, .patterns, .patterns(#"{job=~".+"}"#)),
            LogSearch("prefix over 24 h: 100 lines", LogGoal(8.5, "744 ms VictoriaLogs"), try with(day, .contains, "\"\(prefix)"), .lines, .query(#"{job=~".+"} |= `"\#(prefix)`"#)),
            LogSearch(
                "substring over 24 h, counted at 5 min", LogGoal(400, "769 ms VictoriaLogs"), try with(day, .contains, "nnection refu"), .counts,
                .query(#"sum(count_over_time({job=~".+"} |= "nnection refu" [5m]))"#)),
        ]
    }

    private static func with(_ query: LogQuery, _ kind: LineFilter.Kind, _ text: String) throws -> LogQuery {
        var query = query
        query.lineFilters.append(try LineFilter(kind, text))
        return query
    }

    /// Asks the store; returns how much it found.
    func ask(_ store: LogStore) async throws -> Int {
        switch wanted {
        case .lines: try await store.search(query, limit: 100).count
        case .counts: try await store.counts(query, stepNanoseconds: 300_000_000_000).reduce(0) { $0 + $1.count }
        case .patterns: try await store.patterns(query, stepNanoseconds: 3_600_000_000_000).count
        }
    }

    /// Asks the server; returns the size of its answer.
    func ask(_ server: LogServer) async throws -> Int {
        let window = [("start", String(query.start.nanoseconds)), ("end", String(query.end.nanoseconds))]
        switch request {
        case .query(let text): return try await server.get("/loki/api/v1/query_range", window + [("query", text), ("limit", "100"), ("step", "300")]).count
        case .patterns(let text): return try await server.get("/loki/api/v1/patterns", window + [("query", text), ("step", "3600")]).count
        }
    }
}

/// Asks all searches several times; the middle one counts.
struct LogSearchRun {
    let searches: [LogSearch]
    let repeats: Int
    /// Of which state of the store.
    let suffix: String

    func ask(_ store: LogStore) async throws -> [LogBenchRow] {
        try await rows("in the store", { try await $0.ask(store) }, cpuSeconds: { Cost.processorSeconds() }, found: { "\($0) found" })
    }

    func ask(_ server: LogServer) async throws -> [LogBenchRow] {
        try await rows("through HTTP", { try await $0.ask(server) }, cpuSeconds: { server.process.cpuSeconds }, found: { "\($0) bytes" })
    }

    private func rows(_ way: String, _ ask: (LogSearch) async throws -> Int, cpuSeconds: () -> Double, found: (Int) -> String) async throws -> [LogBenchRow] {
        var rows: [LogBenchRow] = []
        for search in searches {
            var times: [Double] = []
            var costs: [Double] = []
            var result = 0
            for _ in 0..<repeats {
                let (cpu, began) = (cpuSeconds(), ContinuousClock.now)
                result = try await ask(search)
                times.append((ContinuousClock.now - began).seconds * 1000)
                costs.append((cpuSeconds() - cpu) * 1000)
            }
            rows.append(
                LogBenchRow(
                    "\(search.title), \(way)\(suffix) (\(found(result)))", times.sorted()[repeats / 2], "ms", goal: search.goal, cpuMilliseconds: costs.sorted()[repeats / 2]))
        }
        return rows
    }
}
