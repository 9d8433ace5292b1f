import Foundations
import Model
import TestSupport
import Testing

@testable import LogStore

/// The store against a plain list that is filtered one condition after the other.
@Suite struct PropertyTests {
    private static let vocabulary = [
        "error", "Error", "timeout", "GET", "/api/v1/cart", "user=42", "status=503", "connection", "refused", "größe", "日本", "id-7f3a", "0.25", "\"q\"", "x_y", "***",
        "averyveryverylongwordthatgoesbeyondfortybytesinall", "averyveryverylongwordthatgoesbeyondfortybytesinAnother", "true", "503",
    ]

    private static func line(_ generator: inout SeededGenerator) -> String {
        (0..<Int.random(in: 0...7, using: &generator)).map { _ in vocabulary.randomElement(using: &generator)! }
            .joined(separator: [" ", " ", "", ", ", "="].randomElement(using: &generator)!)
    }

    private static func value(_ generator: inout SeededGenerator) -> FieldValue {
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: .integer(Int64([503, 42, 0, -7].randomElement(using: &generator)!))
        case 1: .double([0.25, 1.5, -0.0].randomElement(using: &generator)!)
        case 2: .bool(Bool.random(using: &generator))
        default: .string((vocabulary + ["", "—", "a b"]).randomElement(using: &generator)!)
        }
    }

    static func records(_ count: Int, _ generator: inout SeededGenerator) -> [LogRecord] {
        (0..<count).map { index in
            // Mostly in order, at times late by minutes or a day, with many equal moments.
            let late: Int64 = [0, 0, 0, 0, 0, -3, -400, -86_400].randomElement(using: &generator)!
            let fields = (0..<Int.random(in: 0...3, using: &generator)).map { _ in
                LogField(["status", "user.id", "trace"].randomElement(using: &generator)!, value(&generator))
            }
            let stream: Labels = [["job": "api"], ["job": "db", "host": "a"], ["job": "db", "host": "b"]].randomElement(using: &generator)!
            return record(
                (Int64(index / 5) + late) * 1_000_000_000, line(&generator), level: LogLevel.allCases.randomElement(using: &generator)!, stream: stream, fields: fields)
        }
    }

    static func query(_ span: Int64, _ generator: inout SeededGenerator) throws -> LogQuery {
        var query = LogQuery()
        if Bool.random(using: &generator) {
            query.start = noon.advanced(byNanoseconds: Int64.random(in: -500...span, using: &generator) * 1_000_000_000)
            query.end = query.start.advanced(byNanoseconds: Int64.random(in: 0...span, using: &generator) * 1_000_000_000)
        }
        if Int.random(in: 0..<3, using: &generator) == 0 {
            query.streamMatchers = [
                try Matcher("job", Matcher.Operator.allCases.randomElement(using: &generator)!, ["api", "db", "", "a.*"].randomElement(using: &generator)!)
            ]
            if Bool.random(using: &generator) { query.streamMatchers.append(try Matcher("level", .regex, "warn|error|fatal")) }
        }
        if Int.random(in: 0..<3, using: &generator) == 0 { query.levels = Set((0..<2).map { _ in LogLevel.allCases.randomElement(using: &generator)! }) }
        for _ in 0..<Int.random(in: 0...2, using: &generator) {
            let kind = [LineFilter.Kind.contains, .containsNot, .matches, .matchesNot, .phrase, .phrase, .phraseNot].randomElement(using: &generator)!
            var text = vocabulary.randomElement(using: &generator)!
            if Bool.random(using: &generator) { text += " " + vocabulary.randomElement(using: &generator)! }
            if Bool.random(using: &generator) { text = String(text.dropFirst(Int.random(in: 0...2, using: &generator)).dropLast(Int.random(in: 0...2, using: &generator))) }
            if kind == .matches || kind == .matchesNot { text = ["err.r", "[0-9]{3}", "^GET", "(?i)ERROR", "refused$"].randomElement(using: &generator)! }
            query.lineFilters.append(try LineFilter(kind, text))
        }
        if Int.random(in: 0..<3, using: &generator) == 0 {
            let name = ["status", "user.id", "trace", "none"].randomElement(using: &generator)!
            let text = (vocabulary + ["", "—", "-7", "-0.0", "false"]).randomElement(using: &generator)!
            query.fieldMatchers = [
                Bool.random(using: &generator)
                    ? try Matcher(name, .regex, ["503|42", "error|Error|", "t.*"].randomElement(using: &generator)!)
                    : try Matcher(name, Bool.random(using: &generator) ? .equal : .notEqual, text)
            ]
        }
        query.direction = Bool.random(using: &generator) ? .newestFirst : .oldestFirst
        return query
    }

    /// Words as Swift's own characters and properties give them.
    private static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        for scalar in text.unicodeScalars {
            let isIdeograph = (0x4E00...0x9FFF).contains(scalar.value)
            let isWord = scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "_"
            if !isWord || isIdeograph {
                if !word.isEmpty { words.append(word) }
                word = ""
                if isIdeograph { words.append(String(scalar)) }
            } else {
                word += String(scalar).lowercased()
            }
        }
        return word.isEmpty ? words : words + [word]
    }

    private static func holds(_ filter: LineFilter, _ line: String) -> Bool {
        let hasText = filter.text.isEmpty || !line.ranges(of: filter.text).isEmpty
        let wanted = words(filter.text)
        let found = words(line)
        let hasPhrase =
            wanted.isEmpty ? hasText : found.count >= wanted.count && (0...found.count - wanted.count).contains { Array(found[$0..<$0 + wanted.count]) == wanted }
        return switch filter.kind {
        case .contains: hasText
        case .containsNot: !hasText
        case .matches: filter.pattern!.matchesPart(line)
        case .matchesNot: !filter.pattern!.matchesPart(line)
        case .phrase: hasPhrase
        case .phraseNot: !hasPhrase
        }
    }

    private static func answer(_ query: LogQuery, _ records: [LogRecord]) -> [LogRecord] {
        let kept = records.enumerated().filter { _, record in
            record.timestamp >= query.start && record.timestamp < query.end && query.levels?.contains(record.level) != false
                && query.streamMatchers.allSatisfy { $0.matches($0.name == "level" ? record.level.name : record.stream[$0.name] ?? "") }
                && query.lineFilters.allSatisfy { holds($0, record.body) }
                && query.fieldMatchers.allSatisfy { $0.matches(record.field($0.name)?.description ?? "") }
        }.sorted { ($0.element.timestamp, $0.offset) < ($1.element.timestamp, $1.offset) }.map(\.element)
        return query.direction == .oldestFirst ? kept : kept.reversed()
    }

    /// Small blocks of rows come from few records; the larger run has several blocks, indexed and not.
    @Test(arguments: [(seed: UInt64(1), count: 60), (2, 900), (3, 2600)])
    func anyQueryGivesTheAnswerOfAPlainList(_ seed: UInt64, _ count: Int) async throws {
        var generator = SeededGenerator(seed: seed)
        let directory = TemporaryDirectory()
        var store = try openStore(directory)
        let records = Self.records(count, &generator)
        var rest = records[...]
        while !rest.isEmpty {
            let size = Int.random(in: 1...700, using: &generator)
            _ = try await store.append(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        try await compare(store, records, count, &generator)
        // Half in chunks, half in recent blocks; then all in chunks, after another opening.
        try await store.seal()
        let more = Self.records(count / 2, &generator)
        _ = try await store.append(more)
        try await compare(store, records + more, count, &generator)
        await store.close()
        store = try openStore(directory)
        try await store.seal()
        try await compare(store, records + more, count, &generator)
        await store.close()
    }

    @Test func whatIsDeletedIsGoneAndTheRestStays() async throws {
        var generator = SeededGenerator(seed: 12)
        let directory = TemporaryDirectory()
        var store = try openStore(directory)
        var records = Self.records(2000, &generator)
        _ = try await store.append(Array(records[..<1200]))
        try await store.seal()
        _ = try await store.append(Array(records[1200...]))
        for _ in 0..<6 {
            let query = try Self.query(400, &generator)
            let doomed = Self.answer(query, records)
            let removed = try await store.delete(query)
            try #require(removed == doomed.count)
            records = records.filter { Self.answer(query, [$0]).isEmpty }
            try await compare(store, records, 2000, &generator, rounds: 8)
        }
        await store.close()
        store = try openStore(directory)
        try await compare(store, records, 2000, &generator, rounds: 8)
        await store.close()
    }

    private func compare(_ store: LogStore, _ records: [LogRecord], _ count: Int, _ generator: inout SeededGenerator, rounds: Int = 20) async throws {
        for _ in 0..<rounds {
            let query = try Self.query(Int64(count / 5), &generator)
            let expected = Self.answer(query, records)
            let found = try await store.search(query, limit: .max)
            try #require(found == expected, "\(query.lineFilters.map { ($0.kind, $0.text) }) \(query.fieldMatchers) \(query.streamMatchers): \(found.count) instead of \(expected.count)")
            let step: Int64 = 7_000_000_000
            let counts = try await store.counts(query, stepNanoseconds: step)
            let expectedCounts = Dictionary(grouping: expected) { LogCount(start: NanoTimestamp(nanoseconds: $0.timestamp.nanoseconds / step * step), level: $0.level, count: 0) }
                .map { LogCount(start: $0.key.start, level: $0.key.level, count: $0.value.count) }.sorted { ($0.start, $0.level) < ($1.start, $1.level) }
            try #require(counts == expectedCounts)
            try await compareTallies(store, query, expected, &generator)
        }
    }

    private func compareTallies(_ store: LogStore, _ query: LogQuery, _ expected: [LogRecord], _ generator: inout SeededGenerator) async throws {
        let step: Int64 = [7_000_000_000, 60_000_000_000, 300_000_000_000, .max].randomElement(using: &generator)!
        let grouping = Set<LogGrouping>([.stream, .level, .template, .field("status")].filter { _ in Bool.random(using: &generator) })
        var tallies = LogTallies(LogCells(stepNanoseconds: step), by: grouping)
        for record in expected { try tallies.add(record) }
        let found = try await store.tally(query, stepNanoseconds: step, by: grouping)
        try #require(found == tallies.tallies(), "\(grouping), step \(step), \(query.lineFilters.map { ($0.kind, $0.text) })")
        let volumes = try await store.volumes(query)
        try #require(volumes.map(\.stream) == Set(expected.map(\.stream)).sorted())
        try #require(volumes.reduce(0) { $0 + $1.entries } == expected.count && volumes.reduce(0) { $0 + $1.bytes } == expected.reduce(0) { $0 + $1.body.utf8.count })
    }
}
