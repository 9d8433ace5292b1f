import ArgumentParser
import Foundation
import Foundations
import LogStore
import Model
import Outbound

/// `nightjar-bench log-store`: the corpus through HTTP push into the real binary, then what it stored and how fast it is found.
struct LogBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "log-store", abstract: "Pushes a corpus of logs over HTTP and searches it.")

    @Option(help: "Megabytes of lines.") var megabytes = 1000
    @Option(help: "The release binary.") var program = NightjarPeer.pathDefault
    @Option(help: "A port on the loopback.") var port = 43_010
    @Option(help: "Where data is kept meanwhile.") var folder = WorkFolder.pathDefault + "/logs"
    @Option(help: "Lines of a push, in KB.") var pushKilobytes = 1000
    @Flag(help: "Puts the table into Docs/Benchmarks.md.") var writes = false

    /// Each search is done this often; the middle one counts.
    private static let repeats = 7
    private static let startSecondsMax = 30

    func run() async throws {
        let files = RealFileSystem()
        if try files.exists(folder) { try files.removeTree(folder) }
        try files.createDirectory(folder)
        // Yesterday: a whole day, of which nothing is refused.
        let start = (SystemClock().now().nanoseconds / 86_400_000_000_000 - 1) * 86_400_000_000_000
        let server = try await serve()
        let (lines, ingested) = try await ingest(server, start)
        server.stop()
        var rows = ingested
        rows.append(LogBenchRow("bytes per raw byte, sealed", try ratio(files), "", goal: "0.16"))
        rows += try await search(start, "")
        rows.append(try await merge())
        rows.append(LogBenchRow("bytes per raw byte, after the day was closed", try ratio(files), "", goal: "0.16"))
        rows += try await search(start, ", closed day")
        let table = LogBenchRow.table(rows)
        print(table)
        if writes { try BenchmarksDocument(path: BenchmarksDocument.pathDefault).replace(.logs, with: "\(megabytes) MB of lines, \(lines) of them.\n\n\(table)") }
        try files.removeTree(folder)
    }

    private var logs: String { folder + "/data/logs" }

    private func serve() async throws -> ServerProcess {
        try RealFileSystem().replace(folder + "/nightjar.yml", with: Array("own_metrics: false\n".utf8))
        let server = try ServerProcess.start(
            [program, "collector", "--config", folder + "/nightjar.yml", "--data", folder + "/data", "--listen", "127.0.0.1:\(port)", "--rules", folder + "/none", "--log-level", "warning"],
            log: folder + "/log")
        let client = HTTPClient(policy: .unrestricted)
        defer { client.close() }
        for _ in 0..<Self.startSecondsMax * 50 {
            if try await isReady(client) { return server }
            if server.hasExited { throw BenchError("the server ended at its start; see \(folder)/log") }
            try await Task.sleep(for: .milliseconds(20))
        }
        server.kill()
        throw BenchError("the server isn't ready after \(Self.startSecondsMax) s; see \(folder)/log")
    }

    private func isReady(_ client: HTTPClient) async throws -> Bool {
        do {
            return try await client.send(HTTPRequest(method: "GET", url: "http://127.0.0.1:\(port)/-/ready", timeoutSeconds: 2)).status == 200
        } catch {
            // Not listening yet.
            return false
        }
    }

    private func ingest(_ server: ServerProcess, _ start: Int64) async throws -> (lines: Int, rows: [LogBenchRow]) {
        var corpus = LogCorpus(bytes: megabytes * 1_000_000, start: start)
        let client = HTTPClient(policy: .unrestricted)
        defer { client.close() }
        try server.resetPeak()
        let before = server.cpuSeconds
        var latencies: [Double] = []
        while true {
            var body = LogPushBody()
            while body.bytes < pushKilobytes * 1000, let line = corpus.next() { body.add(line) }
            if body.bytes == 0 { break }
            let request = HTTPRequest(
                method: "POST", url: "http://127.0.0.1:\(port)/loki/api/v1/push", headers: [("Content-Type", "application/json")], body: body.encoded(), timeoutSeconds: 60)
            let began = ContinuousClock.now
            let reply = try await client.send(request)
            guard reply.status == 204 else { throw BenchError("the push was answered with \(reply.status): \(reply.excerpt())") }
            latencies.append((ContinuousClock.now - began).seconds)
        }
        let acknowledged = server.cpuSeconds - before
        let peak = server.peakBytes
        try await settle(server)
        let all = server.cpuSeconds - before
        latencies.sort()
        let rows = [
            LogBenchRow("ingest and index, all that it costs", Double(megabytes) / all, "MB per CPU s", goal: "50"),
            LogBenchRow("until the last push was acknowledged", Double(megabytes) / acknowledged, "MB per CPU s", goal: "150"),
            LogBenchRow("a push acknowledged, 99th percentile", latencies[latencies.count * 99 / 100] * 1000, "ms", goal: ""),
            LogBenchRow("peak memory while ingesting", Double(max(peak, server.peakBytes)) / 1e6, "MB", goal: "190"),
        ]
        return (corpus.lines, rows)
    }

    /// Waits until the server does nothing more: all is sealed and indexed, or left for later.
    private func settle(_ server: ServerProcess) async throws {
        var quiet = 0
        for _ in 0..<600 where quiet < 8 {
            let before = server.cpuSeconds
            try await Task.sleep(for: .seconds(1))
            quiet = server.cpuSeconds - before < 0.03 ? quiet + 1 : 0
        }
    }

    private func ratio(_ files: RealFileSystem) throws -> Double {
        let bytes = try files.list(logs).reduce(0) { try $0 + (files.information(Paths.join(logs, $1))?.sizeBytes ?? 0) }
        return Double(bytes) / Double(megabytes * 1_000_000)
    }

    /// Opens the stopped server's store, whose only day is over, and waits until it is merged.
    private func merge() async throws -> LogBenchRow {
        let (_, cost) = try await Cost.of {
            let store = try LogStore.open(directory: logs)
            while store.statistics().partitionsClosedTotal == 0 { try await Task.sleep(for: .milliseconds(100)) }
            await store.close()
        }
        return LogBenchRow("closing the day", Double(megabytes) / cost.cpuSeconds, "MB per CPU s", goal: "")
    }

    private func search(_ start: Int64, _ suffix: String) async throws -> [LogBenchRow] {
        // A clock of that day's noon: the day isn't over for this store, so that it stays as it is.
        let store = try LogStore.open(directory: logs, clock: FixedClock(NanoTimestamp(nanoseconds: start + 43_200_000_000_000)))
        let needle = try await needle(store, start)
        let day = (start: NanoTimestamp(nanoseconds: start), end: NanoTimestamp(nanoseconds: start + 86_400_000_000_000))
        let hour = (start: NanoTimestamp(nanoseconds: start + 43_200_000_000_000), end: NanoTimestamp(nanoseconds: start + 46_800_000_000_000))
        let lines = { (query: LogQuery) async throws -> Int in try await store.search(query, limit: 100).count }
        let counts = { (query: LogQuery) async throws -> Int in try await store.counts(query, stepNanoseconds: 300_000_000_000).reduce(0) { $0 + $1.count } }
        let patterns = { (query: LogQuery) async throws -> Int in try await store.patterns(query, stepNanoseconds: 3_600_000_000_000).count }
        let ofDay = LogQuery(start: day.start, end: day.end)
        let searches: [LogSearch] = [
            LogSearch("a needle in 24 h", goal: "1.2", try Self.with(ofDay, .contains, "\"\(needle)\""), lines),
            LogSearch("newest 100 of a level with a word, 1 h", goal: "7", try Self.with(LogQuery(start: hour.start, end: hour.end, levels: [.error]), .phrase, "timeout"), lines),
            LogSearch("count of a word over 24 h by 5 min", goal: "40", try Self.with(ofDay, .phrase, "error"), counts),
            LogSearch("count by level over 24 h by 5 min", goal: "40", ofDay, counts),
            LogSearch("templates over 24 h by 1 h", goal: "", ofDay, patterns),
            LogSearch("newest 100 with a prefix", goal: "8.5", try Self.with(ofDay, .contains, "\"\(needle.prefix(4))"), lines),
            LogSearch("a substring in 24 h", goal: "400", try Self.with(ofDay, .contains, "nnection refu"), counts),
        ]
        var rows: [LogBenchRow] = []
        for search in searches {
            var times: [Double] = []
            var found = 0
            for _ in 0..<Self.repeats {
                let began = ContinuousClock.now
                found = try await search.run(search.query)
                times.append((ContinuousClock.now - began).seconds * 1000)
            }
            rows.append(LogBenchRow("\(search.title)\(suffix) (\(found))", times.sorted()[Self.repeats / 2], "ms", goal: search.goal))
        }
        await store.close()
        return rows
    }

    private static func with(_ query: LogQuery, _ kind: LineFilter.Kind, _ text: String) throws -> LogQuery {
        var query = query
        query.lineFilters = [try LineFilter(kind, text)]
        return query
    }

    /// A trace identifier of a line in the day's middle.
    private func needle(_ store: LogStore, _ start: Int64) async throws -> String {
        let query = LogQuery(
            start: NanoTimestamp(nanoseconds: start + 40_000_000_000_000), end: .distantFuture, streamMatchers: [Matcher("job", equals: "app")], direction: .oldestFirst)
        guard let line = try await store.search(query, limit: 1).first?.body, let key = line.range(of: "\"trace_id\":\"") else { throw BenchError("no line of the corpus is found") }
        return String(line[key.upperBound...].prefix(32))
    }
}

/// A clock that stands still by day, and goes as the machine's for durations.
private struct FixedClock: WallClock {
    private let moment: NanoTimestamp
    init(_ moment: NanoTimestamp) { self.moment = moment }
    func now() -> NanoTimestamp { moment }
    func monotonicNanoseconds() -> Int64 { SystemClock().monotonicNanoseconds() }
}

/// A search that is timed.
private struct LogSearch {
    let title: String
    let goal: String
    let query: LogQuery
    /// Returns how much it found.
    let run: (LogQuery) async throws -> Int

    init(_ title: String, goal: String, _ query: LogQuery, _ run: @escaping (LogQuery) async throws -> Int) {
        (self.title, self.goal, self.query, self.run) = (title, goal, query, run)
    }
}

/// A line of the benchmark's table.
struct LogBenchRow {
    let title: String
    let value: Double
    let unit: String
    let goal: String

    init(_ title: String, _ value: Double, _ unit: String, goal: String) { (self.title, self.value, self.unit, self.goal) = (title, value, unit, goal) }

    static func table(_ rows: [LogBenchRow]) -> String {
        "| | measured | goal |\n|---|---|---|\n"
            + rows.map { "| \($0.title) | \(String(format: $0.value < 1 ? "%.3f" : $0.value < 100 ? "%.1f" : "%.0f", $0.value)) \($0.unit) | \($0.goal) |" }.joined(separator: "\n") + "\n"
    }
}
