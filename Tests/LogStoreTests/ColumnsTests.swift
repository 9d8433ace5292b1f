import Foundations
import Model
import TestSupport
import Testing

@testable import LogStore

/// What becomes of a batch of columns within the limits.
@Suite struct ColumnsTests {
    private func stored(_ records: [LogRecord], options: LogStoreOptions = .init(), seals: Bool = true) async throws -> (found: [LogRecord], statistics: LogStoreStatistics, outcome: LogAppendOutcome) {
        let directory = TemporaryDirectory()
        let store = try openStore(directory, options: options)
        let outcome = try await store.append(LogColumns(records))
        let found = try await store.search(LogQuery(direction: .oldestFirst), limit: .max)
        if seals { try await store.seal() }
        let isSame = try await store.search(LogQuery(direction: .oldestFirst), limit: .max).map(\.body) == found.map(\.body)
        #expect(isSame)
        let statistics = store.statistics()
        await store.close()
        return (found, statistics, outcome)
    }

    @Test func longLinesAndFieldsAreCutBetweenCharactersAndCounted() async throws {
        let long = String(repeating: "x", count: (1 << 20) - 1) + "éé"
        let invalid = Array(repeating: UInt8(0xFF), count: (1 << 20) + 3)
        let fields = (0..<130).map { LogField("f\($0)", .integer(Int64($0))) }
        let records = [
            record(0, long, fields: [LogField(String(repeating: "é", count: 129), String(repeating: "ü", count: 40_000))]),
            invalid.withUnsafeBytes { LogRecord(timestamp: noon.advanced(byNanoseconds: 1), stream: ["job": "api"], line: $0) },
            record(2, "many", fields: fields), record(3, String(repeating: "y", count: 1 << 20)),
        ]
        let (found, statistics, _) = try await stored(records, seals: false)
        // Compared outside of the macro, which would show a megabyte of differences.
        let isCut = found[0].body == String(repeating: "x", count: (1 << 20) - 1)
        let areFieldsCut = found[0].fields == [LogField(String(repeating: "é", count: 128), String(repeating: "ü", count: 32_768)), LogField("truncated_bytes", .integer(4))]
        let isInvalidCut = found[1].invalidBody == Array(invalid.prefix(1 << 20))
        let isLongestKept = found[3] == records[3]
        #expect(isCut && areFieldsCut && isInvalidCut && isLongestKept)
        #expect(found[1].fields == [LogField("truncated_bytes", .integer(3))])
        #expect(found[2].fields == Array(fields.prefix(128)))
        #expect(statistics.linesCutTotal == 2 && statistics.fieldsDroppedTotal == 2)
    }

    @Test(arguments: 0..<4) func rowsOfManyDaysStreamsAndClassesComeBack(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let audit = try #require(LogRetentionClass(name: "audit", selectors: [[Matcher("job", equals: "audit")]], retentionSeconds: nil))
        let streams: [Labels] = [["job": "api"], ["job": "audit"], ["job": "audit", "host": "a"], [:]]
        let records = (0..<200).map { index -> LogRecord in
            let day = Int64.random(in: -2...2, using: &random) * 86_400_000_000_000
            let fields = index % 3 == 0 ? [LogField("n", .integer(Int64(index))), LogField("word", "line \(index)"), LogField("r", .double(.nan))] : []
            return record(day + Int64(index), "line \(index)", stream: streams.randomElement(using: &random)!, fields: fields)
        }
        let (found, _, outcome) = try await stored(records, options: LogStoreOptions(acceptedPastSeconds: 86_400, classes: seed % 2 == 0 ? [audit] : []))
        let oldest = noon.advanced(byNanoseconds: -86_400_000_000_000)
        let newest = noon.advanced(byNanoseconds: 86_400_000_000_000)
        let kept = records.filter { $0.timestamp >= oldest && $0.timestamp <= newest }.sorted { $0.timestamp < $1.timestamp }
        #expect(found.map(\.body) == kept.map(\.body) && found.map(\.stream) == kept.map(\.stream) && found.map(\.timestamp) == kept.map(\.timestamp))
        #expect(found.map { $0.fields.map(\.name) } == kept.map { $0.fields.map(\.name) })
        #expect(outcome.stored == kept.count && outcome.refused.reduce(0) { $0 + $1.count } == records.count - kept.count)
    }

    @Test func aTailSeesWhatTheColumnsHeld() async throws {
        let directory = TemporaryDirectory()
        let store = try openStore(directory)
        var events = store.tail(LogQuery(), bufferRecordsMax: 10).makeAsyncIterator()
        let records = [record(0, "a", fields: [LogField("n", .integer(1)), LogField("w", "a")]), record(1, "b", level: .error, stream: ["job": "db"])]
        _ = try await store.append(LogColumns(records))
        for expected in records {
            guard case .record(let found)? = await events.next() else {
                Issue.record("no record")
                return
            }
            #expect(found == expected)
        }
        await store.close()
    }
}
