import Foundations
import Model
import Testing

@Suite struct LogTallyTests {
    /// Records in order of time.
    private struct Plain: LogReader {
        let records: [LogRecord]

        func scan(_ query: LogQuery, _ visit: (LogRecord) throws -> Bool) async throws {
            let matcher = LogQueryMatcher(query)
            for record in records where matcher.matches(record) { if try !visit(record) { return } }
        }
        func counts(_ query: LogQuery, stepNanoseconds: Int64) async throws -> [LogCount] { [] }
        func streams(_ selectors: [[Matcher]], start: NanoTimestamp, end: NanoTimestamp) async throws -> [Labels] { [] }
        func labelNames(start: NanoTimestamp, end: NanoTimestamp) async throws -> [String] { [] }
        func labelValues(_ name: String, start: NanoTimestamp, end: NanoTimestamp) async throws -> [String] { [] }
    }

    private static let reader = Plain(records: [
        LogRecord(timestamp: NanoTimestamp(nanoseconds: -1), stream: ["job": "a"], level: .info, body: "took 5 ms", fields: [LogField("status", .integer(200))]),
        LogRecord(timestamp: NanoTimestamp(nanoseconds: 3), stream: ["job": "b"], level: .error, body: "took 77 ms", fields: [LogField("status", .integer(503))]),
        LogRecord(timestamp: NanoTimestamp(nanoseconds: 4), stream: ["job": "a"], level: .info, body: "took 6 ms"),
        LogRecord(timestamp: NanoTimestamp(nanoseconds: 12), stream: ["job": "a"], level: .info, body: "started"),
    ])
    private static func moment(_ nanoseconds: Int64) -> NanoTimestamp { NanoTimestamp(nanoseconds: nanoseconds) }

    @Test func recordsAreCountedByStepAndGroup() async throws {
        let all = try await Self.reader.tally(LogQuery(), stepNanoseconds: 10, by: [])
        #expect(all == [LogTally(start: Self.moment(-10), count: 1, bytes: 9), LogTally(start: Self.moment(0), count: 2, bytes: 19), LogTally(start: Self.moment(10), count: 1, bytes: 7)])
        let grouped = try await Self.reader.tally(LogQuery(), stepNanoseconds: 10, by: [.stream, .level, .template, .field("status")])
        #expect(grouped[1] == LogTally(
            start: Self.moment(0), stream: ["job": "a"], level: .info, template: LogTemplate("took 1 ms"), fields: ["status": ""], count: 1, bytes: 9))
        #expect(grouped[2].fields == ["status": "503"] && grouped[2].stream == ["job": "b"] && grouped.count == 4)
    }

    @Test func patternsComeMostFrequentFirstWithTheirSteps() async throws {
        let patterns = try await Self.reader.patterns(LogQuery(), stepNanoseconds: 10)
        #expect(patterns.map { "\($0.count) \($0.level) \($0.template)" } == ["2 info took <_> ms", "1 error took <_> ms", "1 info started"])
        #expect(patterns[0].steps == [.init(start: Self.moment(-10), count: 1), .init(start: Self.moment(0), count: 1)])
    }

    @Test func volumesAreThoseOfTheMatchingRecords() async throws {
        let volumes = try await Self.reader.volumes(LogQuery(start: Self.moment(0)))
        #expect(volumes == [LogVolume(stream: ["job": "a"], chunks: 1, entries: 2, bytes: 16), LogVolume(stream: ["job": "b"], chunks: 1, entries: 1, bytes: 10)])
    }

    @Test func tooManyGroupsAreAnError() {
        var tallies = LogTallies(LogCells(stepNanoseconds: 1), by: [])
        #expect(throws: LogQueryError.self) { for step in 0..<Int64(LogTallies.groupsMax + 1) { try tallies.add(.init(step: step), count: 1, bytes: 1) } }
    }
}
