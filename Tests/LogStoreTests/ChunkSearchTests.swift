import Foundations
import Model
import TestSupport
import Testing

@testable import LogStore

/// Texts that are looked for in templates and columns, and the newest of what is found.
@Suite struct ChunkSearchTests {
    private static let names = ["bob", "alice", "terror7", "error_code", "größe", "ZZtop", "a-b.c", "10:20", "x1"]

    /// Lines of few templates with varying parts of all kinds; some look like templates themselves, some go on for several lines.
    private static func line(_ number: Int, _ generator: inout SeededGenerator) -> String {
        let name = names.randomElement(using: &generator)!
        let id = String(UInt64.random(in: 0 ... .max, using: &generator), radix: 16)
        return switch Int.random(in: 0..<8, using: &generator) {
        case 0: "user=\(name) did \(number) of \(number % 7)"
        case 1: "{\"trace_id\":\"\(id)\",\"user\":\"\(name)\",\"level\":\"error\"}"
        case 2: "\(number) \(number) \(id):\(name)"
        case 3: "connection refused by 10.0.0.\(number % 256)"
        case 4: "literal <_> and \(number)<_>\(id)"
        case 5: "ERROR \(number) failed\n\tat error.Handler(\(name).java:\(number % 90))\n\tat \(id)"
        case 6: String(repeating: "long piece \(number % 3) ", count: 45) + name
        default: name
        }
    }

    private static func records(_ count: Int, _ generator: inout SeededGenerator) -> [LogRecord] {
        (0..<count).map { number in
            record(
                Int64(number / 9) * 1_000_000_000, line(number, &generator), level: [.info, .error].randomElement(using: &generator)!,
                stream: [["job": "a"], ["job": "b"]].randomElement(using: &generator)!)
        }
    }

    /// A part of some line, at times with a byte changed.
    private static func part(_ records: [LogRecord], _ generator: inout SeededGenerator) -> String {
        let line = Array(records.randomElement(using: &generator)!.body.unicodeScalars)
        guard !line.isEmpty else { return "" }
        let start = Int.random(in: 0..<line.count, using: &generator)
        var part = String.UnicodeScalarView(line[start..<min(line.count, start + Int.random(in: 1...18, using: &generator))])
        if Int.random(in: 0..<4, using: &generator) == 0 { part.append("7") }
        return String(part)
    }

    @Test func anyPartOfALineIsFoundWhereverItStands() async throws {
        var generator = SeededGenerator(seed: 41)
        let directory = TemporaryDirectory()
        let store = try openStore(directory)
        let records = Self.records(2500, &generator)
        _ = try await store.append(Array(records[..<2300]))
        try await store.seal()
        _ = try await store.append(Array(records[2300...]))
        for round in 0..<70 {
            let text = Self.part(records, &generator)
            let kind = [LineFilter.Kind.contains, .contains, .containsNot].randomElement(using: &generator)!
            var query = LogQuery(lineFilters: [try LineFilter(kind, text)])
            if round % 3 == 0 { query.lineFilters.append(try LineFilter(.contains, Self.part(records, &generator))) }
            if round % 4 == 0 { query.levels = [.error] }
            let matcher = LogQueryMatcher(query)
            let expected = records.filter { matcher.matches($0) }
            let found = try await store.search(query, limit: .max)
            try #require(found.count == expected.count && Set(found.map(\.body)) == Set(expected.map(\.body)), "\(kind) \(query.lineFilters.map(\.text))")
            // Twice: the second time with what was learned of the chunks.
            for _ in 0..<2 {
                let counts = try await store.tally(query, LogCells(stepNanoseconds: minute, border: 1), by: [.level])
                var tallies = LogTallies(LogCells(stepNanoseconds: minute, border: 1), by: [.level])
                for record in expected { try tallies.add(record) }
                let isEqual = counts == tallies.tallies()
                try #require(isEqual, "counts of \(kind) \(query.lineFilters.map(\.text))")
            }
        }
        await store.close()
    }

    /// Many records of one moment, in chunks and blocks that overlap.
    @Test func theFirstOfASearchAreThoseOfAllInOrder() async throws {
        var generator = SeededGenerator(seed: 42)
        let directory = TemporaryDirectory()
        let store = try openStore(directory)
        var records: [LogRecord] = []
        for part in 0..<6 {
            let some = (0..<Int.random(in: 200...600, using: &generator)).map { _ in
                record(
                    Int64.random(in: 0..<30, using: &generator) * 1_000_000_000, Self.line(records.count + Int.random(in: 0..<1000, using: &generator), &generator),
                    level: [.info, .error].randomElement(using: &generator)!, stream: [["job": "a"], ["job": "b"], ["job": "c"]].randomElement(using: &generator)!)
            }
            records += some
            _ = try await store.append(some)
            if part < 5 { try await store.seal() }
        }
        for _ in 0..<30 {
            var query = LogQuery(direction: Bool.random(using: &generator) ? .newestFirst : .oldestFirst)
            if Bool.random(using: &generator) { query.lineFilters = [try LineFilter(.contains, ["error", "a", "10", "ref"].randomElement(using: &generator)!)] }
            if Bool.random(using: &generator) { query.levels = [.error] }
            if Bool.random(using: &generator) { query.end = noon.advanced(byNanoseconds: Int64.random(in: 0..<30, using: &generator) * 1_000_000_000) }
            let matcher = LogQueryMatcher(query)
            let sorted = records.enumerated().filter { matcher.matches($0.element) }.sorted { ($0.element.timestamp, $0.offset) < ($1.element.timestamp, $1.offset) }.map(\.element)
            let all = query.direction == .oldestFirst ? sorted : sorted.reversed()
            let limit = Int.random(in: 1...150, using: &generator)
            let isEqual = try await store.search(query, limit: limit) == Array(all.prefix(limit))
            try #require(isEqual, "\(query.direction), \(limit) of \(all.count)")
        }
        await store.close()
    }
}
