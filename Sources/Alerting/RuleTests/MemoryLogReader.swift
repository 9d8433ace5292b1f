import Foundations
import Model

/// The lines of a rule test.
struct MemoryLogReader: LogReader {
    private let records: [LogRecord]

    init(_ records: [LogRecord]) { self.records = records.sorted { $0.timestamp < $1.timestamp } }

    func scan(_ query: LogQuery, _ visit: (LogRecord) throws -> Bool) async throws {
        let matcher = LogQueryMatcher(query)
        let found = records.filter { matcher.matches($0) }
        for record in query.direction == .oldestFirst ? found : found.reversed() where try !visit(record) { return }
    }

    func counts(_ query: LogQuery, stepNanoseconds: Int64) async throws -> [LogCount] {
        struct Step: Hashable {
            var start: Int64
            var level: LogLevel
        }
        let matcher = LogQueryMatcher(query)
        var counts: [Step: Int] = [:]
        for record in records where matcher.matches(record) {
            let nanoseconds = record.timestamp.nanoseconds
            let quotient = nanoseconds >= 0 ? nanoseconds / stepNanoseconds : -((-nanoseconds + stepNanoseconds - 1) / stepNanoseconds)
            counts[Step(start: quotient * stepNanoseconds, level: record.level), default: 0] += 1
        }
        return counts.map { LogCount(start: NanoTimestamp(nanoseconds: $0.key.start), level: $0.key.level, count: $0.value) }
            .sorted { ($0.start, $0.level) < ($1.start, $1.level) }
    }

    func streams(_ selectors: [[Matcher]], start: NanoTimestamp, end: NanoTimestamp) async throws -> [Labels] {
        Set(within(start, end).map(\.stream)).filter { stream in selectors.contains { $0.matches(stream) } }.sorted()
    }

    func labelNames(start: NanoTimestamp, end: NanoTimestamp) async throws -> [String] {
        Set(within(start, end).flatMap { $0.stream.pairs.map(\.name) }).sorted()
    }

    func labelValues(_ name: String, start: NanoTimestamp, end: NanoTimestamp) async throws -> [String] {
        Set(within(start, end).compactMap { $0.stream[name] }).sorted()
    }

    private func within(_ start: NanoTimestamp, _ end: NanoTimestamp) -> [LogRecord] { records.filter { $0.timestamp >= start && $0.timestamp < end } }
}
