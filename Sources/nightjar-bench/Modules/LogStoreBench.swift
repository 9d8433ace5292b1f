import ArgumentParser
import Foundation
import Foundations
import LogStore
import Model

/// Ingest and search of the log store alone.
struct LogStoreBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "logs", abstract: "Ingest and search of the log store alone.")

    @Option(help: "Lines.") var lines = 500_000
    @Option(help: "Lines in a batch.") var batch = 1000

    func run() async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("nightjar-bench-\(getpid())").path
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let store = try LogStore.open(directory: directory)
        var random = SeededGenerator(seed: 2)
        let start = SystemClock().now().nanoseconds - Int64(lines) * 1_000_000
        var rawBytes = 0
        var generating = 0.0
        let (_, ingesting) = try await Cost.of {
            for first in stride(from: 0, to: lines, by: batch) {
                let (records, cost) = await Cost.of { (first..<min(first + batch, lines)).map { Self.record($0, start, &random) } }
                generating += cost.cpuSeconds
                rawBytes += records.reduce(0) { $0 + $1.body.utf8.count + 1 }
                _ = try await store.append(records)
            }
        }
        let cpu = ingesting.cpuSeconds - generating
        row("ingest, lines a CPU second", perSecond(lines, cpu))
        row("ingest, MB a CPU second", String(format: "%.1f", Double(rawBytes) / 1e6 / cpu))
        let files = RealFileSystem()
        let onDisk = try files.list(directory).reduce(0) { $0 + (try files.information(Paths.join(directory, $1))?.sizeBytes ?? 0) }
        row("bytes on disk per raw byte", String(format: "%.2f", Double(onDisk) / Double(rawBytes)))
        for (name, query) in try Self.queries() {
            let (found, cost) = try await Cost.of { try await store.search(query, limit: 100) }
            row("\(name): \(found.count) lines, ms", String(format: "%.2f", cost.wallSeconds * 1000))
        }
        await store.close()
    }

    private static func record(_ number: Int, _ start: Int64, _ random: inout SeededGenerator) -> LogRecord {
        let status = random.next() % 50 == 0 ? 503 : 200
        let level: LogLevel = status == 503 ? .error : .info
        let body = "level=\(level.name) path=/api/orders/\(random.next() % 100_000) status=\(status) duration_ms=\(random.next() % 900) request=\(String(random.next(), radix: 16)) number=\(number)"
        return LogRecord(
            timestamp: NanoTimestamp(nanoseconds: start + Int64(number) * 1_000_000), stream: ["instance": "web-\(number % 20)", "job": "app"], level: level,
            body: body, fields: [LogField("status", .integer(Int64(status)))])
    }

    private static func queries() throws -> [(String, LogQuery)] {
        [
            ("a word that stands once", LogQuery(lineFilters: [try LineFilter(.phrase, "number 123456")])),
            ("newest 100 errors", LogQuery(levels: [.error])),
            ("newest 100 of one stream", LogQuery(streamMatchers: [Matcher("instance", equals: "web-7")])),
        ]
    }
}
