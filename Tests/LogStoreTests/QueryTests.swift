import Foundations
import Model
import TestSupport
import Testing

@testable import LogStore

@Suite struct QueryTests {
    @Test(arguments: [
        "\"", "foo\" OR \"bar", "NEAR(a b)", "a AND b", "NOT x", "terms:error", "col : x", "err*", "^err", "(((", "-", "+ x", "{a b}", "a\0b", "'; DROP TABLE lines; --", "\\",
    ])
    func fullTextSyntaxInUsersWordsIsText(_ text: String) async throws {
        let directory = TemporaryDirectory()
        let store = try openStore(directory)
        let lines = ["error in foo", "say \(text) now", "bar a b x", "err"]
        _ = try await store.append(lines.enumerated().map { record(Int64($0.offset), $0.element) })
        let phrase = try await bodies(store, LogQuery(lineFilters: [try LineFilter(.phrase, text)]))
        #expect(phrase.contains("say \(text) now"))
        #expect(try await bodies(store, LogQuery(lineFilters: [try LineFilter(.contains, text)])).contains("say \(text) now"))
        _ = try await store.search(LogQuery(fieldMatchers: [Matcher(text, equals: text)]), limit: 3)
        await store.close()
    }

    @Test func aTailTellsWhatItSkipped() async throws {
        let directory = TemporaryDirectory()
        let store = try openStore(directory)
        let tail = store.tail(LogQuery(lineFilters: [try LineFilter(.phrase, "keep")]), bufferRecordsMax: 3)
        _ = try await store.append((0..<10).map { record(Int64($0), $0 % 2 == 0 ? "keep \($0)" : "drop \($0)") })
        try await waitUntil { store.statistics().tailRecordsSkippedTotal >= 2 }
        var seen: [String] = []
        for await event in tail {
            switch event {
            case .record(let record): seen.append(record.body)
            case .skipped(let count): seen.append("skipped \(count)")
            }
            if seen.count == 4 { break }
        }
        #expect(seen == ["keep 0", "keep 2", "keep 4", "skipped 2"])
        await store.close()
    }

    @Test func aTailEndsWithTheStore() async throws {
        let directory = TemporaryDirectory()
        let store = try openStore(directory)
        let tail = store.tail(LogQuery())
        let reader = Task { () -> Int in
            var count = 0
            for await _ in tail { count += 1 }
            return count
        }
        _ = try await store.append([record(0, "x")])
        await store.close()
        #expect(await reader.value <= 1)
    }

    @Test func aCancelledTailIsGone() async throws {
        let directory = TemporaryDirectory()
        let store = try openStore(directory)
        let tail = store.tail(LogQuery())
        let reader = Task { for await _ in tail {} }
        #expect(store.statistics().tails == 1)
        reader.cancel()
        await reader.value
        try await waitUntil { store.statistics().tails <= 0 }
        #expect(store.statistics().tails == 0)
        await store.close()
    }

    @Test func aQueryEndsAtItsDeadline() async throws {
        let directory = TemporaryDirectory()
        let store = try openStore(directory)
        _ = try await store.append((0..<5000).map { record(Int64($0), "line \($0)") })
        await #expect(throws: LogQueryError.self) {
            try await store.search(LogQuery(lineFilters: [try LineFilter(.matches, "nothing")], deadlineMonotonicNanoseconds: -1), limit: 1)
        }
        await store.close()
    }

    @Test func readersThatStopEarlyGiveTheirThreadsBack() async throws {
        let directory = TemporaryDirectory()
        let store = try openStore(directory)
        _ = try await store.append((0..<8000).map { record(Int64($0), "line \($0)") })
        for _ in 0..<40 { #expect(try await store.search(LogQuery(), limit: 1).count == 1) }
        struct Stop: Error {}
        for _ in 0..<10 { await #expect(throws: Stop.self) { try await store.scan(LogQuery()) { _ in throw Stop() } } }
        await store.close()
    }

    @Test func streamsLabelsAndValuesAreThoseOfTheRange() async throws {
        let directory = TemporaryDirectory()
        let store = try openStore(directory)
        _ = try await store.append([
            record(0, "a", stream: ["job": "api", "host": "a"]), record(10, "a", level: .error, stream: ["job": "api", "host": "a"]),
            record(5, "b", stream: ["job": "db"]), record(7 * minute, "c", stream: ["zone": "x"]),
        ])
        func at(_ offset: Int64) -> NanoTimestamp { noon.advanced(byNanoseconds: offset) }
        #expect(try await store.streams([], start: at(0), end: at(11)) == [["host": "a", "job": "api"], ["job": "db"]])
        // The stream has records before and behind this range, and none in it.
        #expect(try await store.streams([], start: at(1), end: at(6)) == [["job": "db"]])
        #expect(try await store.streams([[Matcher("level", equals: "error")]], start: at(0), end: at(11)) == [["host": "a", "job": "api"]])
        #expect(try await store.labelNames(start: at(0), end: at(6)) == ["host", "job"])
        #expect(try await store.labelValues("job", start: .distantPast, end: .distantFuture) == ["api", "db"])
        await store.close()
    }

    @Test(arguments: [
        ("connection refused", "Connection REFUSED by peer", true), ("connection refused", "connection was refused", false),
        ("refused connection", "connection refused", false), ("a a b", "a a a b", true), ("10.0.0.1", "from 10.0.0.1:80", true), ("rror", "error", false),
        ("日本", "東日本語", true), ("STRASSE", "straße", false), ("größe", "GRÖSSE die GRÖẞE", true), ("***", "a *** b", true), ("***", "a ** b", false), ("", "anything", true),
    ])
    func phrasesAreWordsInARowWhateverTheirCase(_ phrase: String, _ line: String, _ isThere: Bool) throws {
        var line = line
        let matcher = LineMatcher(try LineFilter(.phrase, phrase))
        #expect(line.withUTF8 { matcher.matches(UnsafeRawBufferPointer($0)) } == isThere)
    }
}
