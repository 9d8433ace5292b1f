import Foundations
import Model
import PromQL

/// Where a replay finds what was: a collector behind HTTP, or a reader in this process.
public protocol ReplaySource: Sendable {
    /// The values of an expression from `start` to at most `end`, one a step. Throws where it can't be evaluated.
    func range(_ expression: String, _ source: RuleSource, start: Timestamp, end: Timestamp, stepMilliseconds: Int64) async throws -> [Series]
    /// Raw samples of the series that satisfy all matchers, with `start <= t <= end`.
    func select(_ matchers: [Matcher], start: Timestamp, end: Timestamp) async throws -> [Series]
}

/// Stored series, and over them those that the replayed rules record.
struct ReplayReader: MetricReader {
    let source: any ReplaySource
    let recorded: MemoryMetricReader
    /// Names of series that the rules record: what is stored under them is of the rules in force.
    let recordedNames: Set<String>

    func select(_ query: MetricQuery) async throws -> [Series] {
        let name = query.matchers.first { $0.name == LabelName.metricName && $0.op == .equal }?.value
        if let name, recordedNames.contains(name) { return try await recorded.select(query) }
        return try await source.select(query.matchers, start: query.start, end: query.end).sorted { $0.labels < $1.labels }
    }

    func series(_ selectors: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int?) async throws -> [Labels] { [] }
    func labelNames(_ selectors: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int?) async throws -> [String] { [] }
    func labelValues(_ name: String, _ selectors: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int?) async throws -> [String] { [] }
    func metadata() async throws -> [String: Metadata] { [:] }
}
