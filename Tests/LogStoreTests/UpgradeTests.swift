import Foundation
import Foundations
import GRDB
import Model
import TestSupport
import Testing

@testable import LogStore

/// Files of earlier versions.
@Suite struct UpgradeTests {
    /// A chunk as version 2 wrote it, by parts, and its lines with their fields.
    private static func golden() throws -> (parts: [ChunkPart: [UInt8]], lines: [String]) {
        let folder = try #require(Bundle.module.resourceURL).appending(path: "Goldens")
        let bytes = [UInt8](try Data(contentsOf: folder.appending(path: "chunk-version-2.bin")))
        var parts: [ChunkPart: [UInt8]] = [:]
        try bytes.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            while !reader.isAtEnd {
                let (part, content) = (reader.readUInt8().flatMap { ChunkPart(rawValue: Int64($0)) }, reader.readLengthPrefixed())
                parts[try #require(part)] = Array(try #require(content))
            }
        }
        let text = String(decoding: try Data(contentsOf: folder.appending(path: "chunk-version-2.txt")), as: UTF8.self)
        return (parts, text.split(separator: "\n").map(String.init))
    }

    private static func described(_ record: LogRecord) -> String {
        record.body.replacingOccurrences(of: "\n", with: "\\n") + record.fields.map { "\t\($0.name)=\($0.value.description)" }.joined()
    }

    @Test func chunksOfVersion2AreReadAndIndexedAnew() async throws {
        let (parts, lines) = try Self.golden()
        let directory = TemporaryDirectory()
        var store = try openStore(directory)
        // A chunk of today with as many rows, whose parts are then replaced.
        _ = try await store.append(lines.indices.map { record(Int64($0) * 61_001_000_000, "x\($0)") })
        try await store.seal()
        await store.close()
        let queue = try DatabaseQueue(path: directory.path("logs/logs-2026-11-21.sqlite"))
        try await queue.write { database in
            for (part, bytes) in parts {
                try database.execute(sql: "INSERT OR REPLACE INTO \(part.table) SELECT id, ? FROM chunks", arguments: [Data(bytes)])
            }
            try database.execute(
                sql: "UPDATE chunks SET bytes = ?, levels = ?; PRAGMA user_version = 2",
                arguments: [lines.count, 1 << 9 | 1 << 13 | 1 << 17])
        }
        try queue.close()
        // An index with other terms, of that version.
        let index = try DatabaseQueue(path: directory.path("logs/logs-2026-11-21.terms"))
        try await index.write { try $0.execute(sql: "PRAGMA user_version = 2") }
        try index.close()
        store = try openStore(directory)
        let found = try await store.search(LogQuery(direction: .oldestFirst), limit: .max)
        #expect(found.map(Self.described) == lines)
        #expect(Set(found.map(\.level)) == [.info, .warn, .error])
        for _ in 0..<2 {
            #expect(try await bodies(store, LogQuery(lineFilters: [try LineFilter(.phrase, "daa66d2c7ddf743f")])).count == 1)
            #expect(try await bodies(store, LogQuery(lineFilters: [try LineFilter(.phrase, "x7")])).isEmpty)
            #expect(try await store.search(LogQuery(fieldMatchers: [try Matcher("thread", .equal, "worker-2")]), limit: .max).count == lines.filter { $0.contains("worker-2") }.count)
            try await store.seal()
        }
        #expect(store.statistics().quarantined.isEmpty && store.statistics().chunksDamagedTotal == 0)
        let tallies = try await store.tally(LogQuery(), stepNanoseconds: minute, by: [.level])
        #expect(tallies.reduce(0) { $0 + $1.count } == lines.count)
        await store.close()
    }
}
