import Foundations
import Model

/// A log reader over a plain list: what the store is measured against, too.
struct ListReader: LogReader {
    /// In order of time.
    let records: [LogRecord]

    init(_ records: [LogRecord]) { self.records = records.sorted { $0.timestamp < $1.timestamp } }

    func scan(_ query: LogQuery, _ visit: (LogRecord) throws -> Bool) async throws {
        let found = records.filter { Self.matches($0, query) }
        for record in query.direction == .oldestFirst ? found : found.reversed() where try !visit(record) { return }
    }

    static func matches(_ record: LogRecord, _ query: LogQuery) -> Bool {
        record.timestamp >= query.start && record.timestamp < query.end && query.streamMatchers.matches(record.stream)
            && query.levels?.contains(record.level) ?? true
            && query.lineFilters.allSatisfy { filter in
                switch filter.kind {
                case .contains: return record.body.contains(filter.text)
                case .containsNot: return !record.body.contains(filter.text)
                case .matches: return filter.pattern!.matchesPart(record.body)
                case .matchesNot: return !filter.pattern!.matchesPart(record.body)
                case .phrase: return record.body.lowercased().contains(filter.text.lowercased())
                case .phraseNot: return !record.body.lowercased().contains(filter.text.lowercased())
                }
            }
            && query.fieldMatchers.allSatisfy { $0.matches(record.field($0.name)?.description ?? "") }
    }

    func counts(_ query: LogQuery, stepNanoseconds: Int64) async throws -> [LogCount] { [] }
    func streams(_ selectors: [[Matcher]], start: NanoTimestamp, end: NanoTimestamp) async throws -> [Labels] {
        let found = records.filter { record in
            guard record.timestamp >= start, record.timestamp < end else { return false }
            return selectors.isEmpty || selectors.contains { $0.allSatisfy { $0.name == "level" ? $0.matches(record.level.name) : $0.matches(record.stream) } }
        }
        return Set(found.map(\.stream)).sorted()
    }
    func labelNames(start: NanoTimestamp, end: NanoTimestamp) async throws -> [String] { Array(Set(records.flatMap { $0.stream.pairs.map(\.name) })).sorted() }
    func labelValues(_ name: String, start: NanoTimestamp, end: NanoTimestamp) async throws -> [String] { Array(Set(records.compactMap { $0.stream[name] })).sorted() }
}

/// `second` from 0; a stream of `job="app"` unless another is given.
func record(_ second: Int64, _ body: String, _ stream: Labels = ["job": "app"], level: LogLevel = .unknown, fields: [LogField] = []) -> LogRecord {
    LogRecord(timestamp: NanoTimestamp(nanoseconds: second * 1_000_000_000), stream: stream, level: level, body: body, fields: fields)
}

func moment(_ second: Int64) -> NanoTimestamp { NanoTimestamp(nanoseconds: second * 1_000_000_000) }
