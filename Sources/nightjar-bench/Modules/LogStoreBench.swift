import ArgumentParser
import Foundations
import LogStore
import Model

/// Ingest and search of the log store alone.
struct LogStoreBench: ModuleBench {
    let lines: Int
    /// Lines in a batch.
    var batch = 1000

    var title: String { "Log store: \(grouped(lines)) lines of some 110 bytes" }

    func measure() async throws -> [Measure] {
        try await withTemporaryFolder { directory in
            let store = try LogStore.open(directory: directory)
            let rawBytes = Locked(0)
            var measures = try await ingest(store, rawBytes)
            let onDisk = try bytes(under: directory)
            measures.append(Measure(title: "bytes on disk per raw byte", unit: .bytesPerSample, value: Double(onDisk) / Double(rawBytes.withLock { $0 })))
            for (name, query) in try queries() {
                let (found, cost) = try await Cost.of { try await store.search(query, limit: 100) }
                guard !found.isEmpty else { throw BenchError("\(name) found nothing") }
                measures.append(Measure(title: "find \(name), wall", unit: .milliseconds, value: cost.wallSeconds * 1000))
            }
            await store.close()
            return measures
        }
    }

    private func ingest(_ store: LogStore, _ rawBytes: Locked<Int>) async throws -> [Measure] {
        var random = SeededGenerator(seed: 2)
        let start = SystemClock().now().nanoseconds - Int64(lines) * 1_000_000
        var generating = 0.0
        let (_, ingesting) = try await Cost.of {
            for first in stride(from: 0, to: lines, by: batch) {
                let (records, cost) = await Cost.of { (first..<min(first + batch, lines)).map { record($0, start, &random) } }
                generating += cost.cpuSeconds
                rawBytes.withLock { $0 += records.reduce(0) { $0 + $1.body.utf8.count + 1 } }
                _ = try await store.append(records)
            }
        }
        let cpu = ingesting.cpuSeconds - generating
        return [
            Measure(title: "append, lines per CPU second", unit: .linesPerSecond, value: Double(lines) / cpu),
            Measure(title: "append, MB per CPU second", unit: .megabytesPerSecond, value: Double(rawBytes.withLock { $0 }) / 1e6 / cpu),
        ]
    }

    private func record(_ number: Int, _ start: Int64, _ random: inout SeededGenerator) -> LogRecord {
        let status = random.next() % 50 == 0 ? 503 : 200
        let level: LogLevel = status == 503 ? .error : .info
        let body = "level=\(level.name) path=/api/orders/\(random.next() % 100_000) status=\(status) duration_ms=\(random.next() % 900) request=\(String(random.next(), radix: 16)) number=\(number)"
        return LogRecord(
            timestamp: NanoTimestamp(nanoseconds: start + Int64(number) * 1_000_000), stream: ["instance": "web-\(number % 20)", "job": "app"], level: level,
            body: body, fields: [LogField("status", .integer(Int64(status)))])
    }

    private func queries() throws -> [(String, LogQuery)] {
        [
            ("a word that stands once", LogQuery(lineFilters: [try LineFilter(.phrase, "number \(lines / 4)")])),
            ("the newest 100 errors", LogQuery(levels: [.error])),
            ("the newest 100 of one stream", LogQuery(streamMatchers: [Matcher("instance", equals: "web-7")])),
        ]
    }
}

/// `nightjar-bench logs`
struct LogStoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "logs", abstract: "Ingest and search of the log store alone.")

    @Option(help: "Lines.") var lines = 500_000
    @Option(help: "Lines in a batch.") var batch = 1000

    func run() async throws { try await LogStoreBench(lines: lines, batch: batch).report() }
}
