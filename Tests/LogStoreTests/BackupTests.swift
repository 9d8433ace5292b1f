import Foundations
import GRDB
import Model
import TestSupport
import Testing

@testable import LogStore

/// Copies of days, files of earlier versions, damage, classes and thinning.
@Suite struct BackupTests {
    private static let yesterday = -24 * 60 * minute

    @Test func aDayIsCopiedWhileItIsWrittenAndRestoredElsewhere() async throws {
        let directory = TemporaryDirectory()
        let store = try openStore(directory)
        _ = try await store.append((0..<1500).map { record($0, "sealed \($0)") })
        try await store.seal()
        _ = try await store.append([record(2000, "recent"), record(Self.yesterday, "yesterday")], origin: BatchOrigin(agent: "a", sequence: 4))
        let report = try LogStore.backUp(directory: directory.path("logs"), day: "2026-11-21", to: directory.path("backup"))
        #expect(report.files == ["logs-2026-11-21.sqlite"] && report.bytes > 0)
        _ = try await store.append([record(3000, "after")])
        #expect(throws: LogStoreError.self) { try LogStore.backUp(directory: directory.path("logs"), day: "2026-11-21", to: directory.path("backup")) }
        #expect(throws: LogStoreError.self) { try LogStore.backUp(directory: directory.path("logs"), day: "2026-11-01", to: directory.path("other")) }
        #expect(throws: LogStoreError.self, "the store is in use") { try LogStore.restore(backup: directory.path("backup"), to: directory.path("logs"), replaces: true) }
        await store.close()
        #expect(throws: LogStoreError.self, "the day is there") { try LogStore.restore(backup: directory.path("backup"), to: directory.path("logs")) }
        _ = try LogStore.restore(backup: directory.path("backup"), to: directory.path("logs"), replaces: true)
        let again = try openStore(directory)
        let found = try await bodies(again)
        #expect(found.prefix(2) == ["recent", "sealed 1499"] && found.count == 1502)
        #expect(try await again.append([record(0, "x")], origin: BatchOrigin(agent: "a", sequence: 4)).isDuplicateBatch)
        try await again.seal()
        #expect(try await bodies(again, LogQuery(lineFilters: [try LineFilter(.phrase, "sealed 77")])) == ["sealed 77"])
        await again.close()
        #expect(try LogStore.check(directory: directory.path("logs")) == [])
    }

    /// Overwrites a chunk's part, keeping the file whole for SQLite.
    private func damage(_ directory: TemporaryDirectory, table: String, id: Int) throws {
        try DatabaseQueue(path: directory.path("logs/logs-2026-11-21.sqlite")).write { database in
            try database.execute(sql: "UPDATE \(table) SET body = zeroblob(length(body)) WHERE id = ?", arguments: [id])
        }
    }

    @Test(arguments: ["heads", "texts"])
    func aDamagedChunkIsLeftOutAndTheRestAnswers(_ table: String) async throws {
        let directory = TemporaryDirectory()
        var store = try openStore(directory)
        _ = try await store.append((0..<2048).map { record($0, "line \($0)") })
        try await store.seal()
        await store.close()
        try damage(directory, table: table, id: 1)
        #expect(try LogStore.check(directory: directory.path("logs")).count == 1)
        try RealFileSystem().createDirectory(directory.path("copy"))
        store = try openStore(directory)
        #expect(try await bodies(store, LogQuery(lineFilters: [try LineFilter(.contains, "line ")])).count == 1024)
        #expect(store.statistics().chunksDamagedTotal > 0 && store.statistics().quarantined.isEmpty)
        #expect(try await store.append([record(5000, "after")]).stored == 1)
        await store.close()
    }

    @Test func aDamagedIndexIsMadeAnew() async throws {
        let directory = TemporaryDirectory()
        var store = try openStore(directory)
        _ = try await store.append((0..<3000).map { record($0, "line \($0)") })
        try await store.seal()
        await store.close()
        try RealFileSystem().replace(directory.path("logs/logs-2026-11-21.terms"), with: [UInt8](repeating: 0x5A, count: 50_000))
        store = try openStore(directory)
        let query = LogQuery(lineFilters: [try LineFilter(.phrase, "line 2345")])
        #expect(try await bodies(store, query) == ["line 2345"])
        _ = try await store.append((0..<10).map { record(4000 + $0, "more \($0)") })
        try await store.seal()
        #expect(try await bodies(store, query) == ["line 2345"])
        #expect(store.statistics().quarantined.isEmpty)
        await store.close()
    }

    @Test func filesOfTheFirstVersionAreConvertedWhenTheyAreOpened() async throws {
        let directory = TemporaryDirectory()
        try RealFileSystem().createDirectory(directory.path("logs"))
        let queue = try DatabaseQueue(path: directory.path("logs/logs-2026-11-21.sqlite"))
        let labels: Labels = ["job": "api"]
        try await queue.write { database in
            try database.execute(sql: """
                CREATE TABLE marks(agent TEXT PRIMARY KEY, sequence INTEGER NOT NULL) WITHOUT ROWID;
                CREATE TABLE streams(id INTEGER PRIMARY KEY, labels BLOB NOT NULL UNIQUE, oldest INTEGER NOT NULL, newest INTEGER NOT NULL);
                CREATE TABLE heads(id INTEGER PRIMARY KEY, timestamp INTEGER NOT NULL, stream INTEGER NOT NULL, level INTEGER NOT NULL);
                CREATE TABLE lines(id INTEGER PRIMARY KEY, body BLOB NOT NULL, fields BLOB);
                INSERT INTO marks VALUES('a', 7);
                PRAGMA application_id = \(PartitionSchema.applicationID);
                PRAGMA user_version = 1
                """)
            let insert = try RawStatement(database, "INSERT INTO streams VALUES(1, ?, ?, ?)")
            insert.bind(2, noon.nanoseconds)
            insert.bind(3, noon.nanoseconds + 99)
            try labels.encoded.withUnsafeBytes {
                insert.bind(1, blob: $0)
                try insert.run()
            }
            for index in 0..<100 {
                try database.execute(sql: "INSERT INTO heads VALUES(?, ?, 1, 17)", arguments: [index + 1, noon.nanoseconds + Int64(index)])
                try database.execute(sql: "INSERT INTO lines VALUES(?, CAST(? AS BLOB), NULL)", arguments: [index + 1, "old line \(index)"])
            }
        }
        try queue.close()
        let store = try openStore(directory)
        let found = try await store.search(LogQuery(direction: .oldestFirst), limit: .max)
        #expect(found.map(\.body) == (0..<100).map { "old line \($0)" } && found.allSatisfy { $0.level == .error && $0.stream == labels })
        #expect(try await store.append([record(0, "x")], origin: BatchOrigin(agent: "a", sequence: 7)).isDuplicateBatch)
        #expect(try await store.append([record(200, "new")]).stored == 1)
        try await store.seal()
        #expect(try await bodies(store, LogQuery(lineFilters: [try LineFilter(.phrase, "line 42")])) == ["old line 42"])
        #expect(try await bodies(store).count == 101)
        await store.close()
    }

    @Test func invalidLinesAreKeptByteForByteAndMarked() async throws {
        let directory = TemporaryDirectory()
        let store = try openStore(directory)
        let bytes = Array("bad ".utf8) + [0xFF, 0xC3] + Array(" end\r\0 word".utf8)
        let bad = bytes.withUnsafeBytes { LogRecord(timestamp: noon, stream: ["job": "api"], line: $0) }
        _ = try await store.append([bad, record(1, "good")])
        for _ in 0..<2 {
            let found = try await store.search(LogQuery(lineFilters: [try LineFilter(.phrase, "word")]), limit: 9)
            #expect(found == [bad] && found[0].invalidBody == bytes && found[0].body == "bad \u{FFFD}\u{FFFD} end\r\0 word")
            #expect(try await bodies(store, LogQuery(lineFilters: [try LineFilter(.contains, "\u{FFFD}")])).count == 1)
            try await store.seal()
        }
        await store.close()
    }

    @Test func classesHaveFilesAndARetentionOfTheirOwn() async throws {
        let directory = TemporaryDirectory()
        let audit = try #require(LogRetentionClass(name: "audit", selectors: [[Matcher("job", equals: "audit")]], retentionSeconds: nil))
        #expect(LogRetentionClass(name: "../x", selectors: [], retentionSeconds: nil) == nil)
        var store = try openStore(directory, options: LogStoreOptions(classes: [audit]))
        let records = (0..<60).map { record(Self.yesterday * ($0 % 3) + $0 / 7, "line \($0)", stream: ["job": $0 % 2 == 0 ? "audit" : "api"]) }
        _ = try await store.append(records)
        let ordered = records.sorted { $0.timestamp < $1.timestamp }
        #expect(try await store.search(LogQuery(direction: .oldestFirst), limit: .max).map(\.timestamp) == ordered.map(\.timestamp))
        #expect(try await Set(bodies(store)) == Set(records.map(\.body)))
        #expect(store.statistics().partitions.filter { $0.retentionClass == "audit" }.count == 3)
        await store.close()
        store = try openStore(directory, options: LogStoreOptions(retentionSeconds: 3600, classes: [audit]))
        try await waitUntil { store.statistics().partitionsDeletedTotal >= 2 }
        #expect(try await bodies(store).count == 40)
        await store.close()
    }

    @Test func theOldestDaysGoWhenThereIsTooMuch() async throws {
        let directory = TemporaryDirectory()
        var store = try openStore(directory)
        var generator = SeededGenerator(seed: 3)
        for day in 0..<3 {
            _ = try await store.append((0..<1500).map { record(Self.yesterday * Int64(day) + $0, "noise \(generator.next())\(generator.next())") })
        }
        try await store.seal()
        await store.close()
        let sizes = { (store: LogStore) in store.statistics().partitions.map(\.sizeBytes) }
        store = try openStore(directory)
        let bound = sizes(store).suffix(2).reduce(0, +) + 8192
        await store.close()
        store = try openStore(directory, options: LogStoreOptions(sizeBytesMax: bound))
        try await waitUntil { store.statistics().partitionsDeletedTotal != 0 }
        #expect(store.statistics().partitions.last?.day == "2026-11-21" && store.statistics().partitions.first?.day != "2026-11-19")
        await store.close()
    }

    @Test func oldDaysAreThinnedOnce() async throws {
        let directory = TemporaryDirectory()
        var store = try openStore(directory)
        _ = try await store.append((0..<1000).map { record(2 * Self.yesterday + $0, "line \($0)", level: $0 % 10 == 0 ? .error : .info) })
        await store.close()
        let options = LogStoreOptions(thinning: LogThinning(afterSeconds: 3600, keepOneOf: 10))
        for round in 0..<2 {
            store = try openStore(directory, options: options)
            try await waitUntil { !(round == 0 && store.statistics().recordsThinnedTotal == 0) }
            if round == 1 { try await Task.sleep(nanoseconds: 300_000_000) }
            let levels = try await store.search(LogQuery(), limit: .max).map(\.level)
            #expect(levels.filter { $0 == .error }.count == 100 && levels.filter { $0 == .info }.count == 100)
            await store.close()
        }
    }

    @Test func erasedTextIsNowhereInTheFolder() async throws {
        let directory = TemporaryDirectory()
        let store = try openStore(directory)
        _ = try await store.append((0..<1500).map { record($0, "user \($0 == 700 ? "secretname" : "other\($0)") logged in") })
        try await store.seal()
        #expect(try await store.delete(LogQuery(lineFilters: [try LineFilter(.contains, "secretname")])) == 1)
        try await store.seal()
        await store.close()
        let disk = RealFileSystem()
        for name in try disk.list(directory.path("logs")) {
            let bytes = try disk.readAll(directory.path("logs/\(name)"), bytesMax: 64 << 20)
            // The index keeps a long word's first five characters.
            #expect(Array("secre".utf8).withUnsafeBytes { word in bytes.withUnsafeBytes { firstOffset(of: word, in: $0) } } == nil, "\(name)")
        }
    }
}
