import ArgumentParser
import Foundation
import Foundations
import LogStore
import Model

/// `nightjar-bench log-store`: the corpus through HTTP push into the real binary, then what it stored and how fast it is found.
struct LogBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "log-store", abstract: "Pushes a corpus of logs over HTTP and searches it.")

    @Option(help: "Megabytes of lines.") var megabytes = 1000
    @Option(help: "The release binary.") var program = NightjarPeer.pathDefault
    @Option(help: "A port on the loopback.") var port = 43_010
    @Option(help: "Where data is kept meanwhile.") var folder = WorkFolder.pathDefault + "/logs"
    @Option(help: "Lines of a push, in KB.") var pushKilobytes = 1000
    @Option(help: "How lines are pushed: \(LogPushFormat.allCases.map(\.rawValue).joined(separator: ", ")).") var format = LogPushFormat.lokiProtobuf
    @Option(help: "Connections that push at a time.") var connections = 2
    @Option(help: "MB a second that are pushed while single lines are waited for.") var steadyMegabytes = 5.0
    @Option(help: "How long single lines are waited for; 0 leaves it out.") var steadySeconds = 20.0
    @Flag(help: "Appends to a store in this process, without a server: what the store alone costs.") var embedded = false
    @Option(help: "How often a search runs; the middle one counts.") var repeats = 7
    @Option(help: "Only searches whose titles have this text.") var only = ""
    @Flag(help: "Leaves the day as it is, without closing it.") var open = false
    @Flag(help: "Closes the day that --reuse searches.") var close = false
    @Flag(help: "Leaves the folder, for --reuse.") var keep = false
    @Flag(help: "Searches the folder that --keep left, as it is.") var reuse = false
    @Flag(help: "Puts the table into Docs/Benchmarks.md.") var writes = false

    func validate() throws {
        guard megabytes > 0, pushKilobytes > 0, connections > 0, repeats > 0, steadyMegabytes > 0, steadySeconds >= 0 else {
            throw ValidationError("sizes, rates, repeats and connections are above 0")
        }
        guard !(reuse && writes) else { throw ValidationError("--reuse searches only") }
    }

    func run() async throws {
        let files = RealFileSystem()
        let kept: KeptCorpus
        var rows: [LogBenchRow] = []
        if reuse {
            kept = try KeptCorpus.read(folder)
            rows += try await search(kept, close ? ", closed day" : "", closes: close)
        } else {
            if try files.exists(folder) { try files.removeTree(folder) }
            try files.createDirectory(folder)
            (kept, rows) = try await fill()
            rows += try await search(kept, "", closes: false)
            if !open { rows += try await search(kept, ", closed day", closes: true) }
            if steadySeconds > 0, !embedded { rows += try await visibility() }
        }
        let table = LogBenchRow.table(rows)
        print(table)
        if writes {
            let way = embedded ? "appended to a store in the benchmark's own process" : "pushed as \(format.title) over \(connections) connections"
            try BenchmarksDocument(path: BenchmarksDocument.pathDefault).replace(
                .logs, with: "\(kept.megabytes) MB of lines, \(grouped(kept.lines)) of them, \(way). Measured on \(Machine.date), on \(Machine.description).\n\n\(table)")
        }
        if !keep, !reuse { try files.removeTree(folder) }
    }

    /// The corpus into a new store.
    private func fill() async throws -> (KeptCorpus, [LogBenchRow]) {
        // Today, of which nothing is too far ahead: the day isn't over for the server, so that it isn't merged meanwhile.
        let start = SystemClock().now().nanoseconds / 86_400_000_000_000 * 86_400_000_000_000
        let corpus = LogCorpus(bytes: megabytes * 1_000_000, start: start)
        let (lines, rows) = embedded ? try await append(corpus) : try await push(corpus)
        let kept = KeptCorpus(megabytes: megabytes, start: start, lines: lines)
        try kept.write(folder)
        return (kept, rows)
    }

    private func push(_ corpus: LogCorpus) async throws -> (lines: Int, rows: [LogBenchRow]) {
        let path = folder + "/corpus.bodies"
        let bodies = try await LogBodies.write(corpus, as: format, pushBytes: pushKilobytes * 1000, to: path)
        let server = try await LogServer.start(program: program, folder: folder, port: port)
        let rows = try await LogIngest(server: server, format: format, connections: connections, logs: logs).run(bodies)
        server.stop()
        try RealFileSystem().remove(path)
        return (bodies.lines, rows)
    }

    /// The same lines into a store of our own; making and parsing them isn't counted.
    private func append(_ corpus: LogCorpus) async throws -> (lines: Int, rows: [LogBenchRow]) {
        let store = try LogStore.open(directory: logs, clock: StandingClock(daysAfter: 0, corpus.start))
        let appending = try await LogAppending(store: store, pushBytes: pushKilobytes * 1000).run(corpus)
        await store.close()
        let rows = appending.rows + [LogBenchRow("bytes per raw byte, sealed", try LogIngest.ratio(logs, rawBytes: appending.rawBytes), "", goal: LogGoal(0.16, "0.200 VictoriaLogs"))]
        return (appending.lines, rows)
    }

    private var logs: String { folder + "/data/logs" }

    /// All searches in the store and through the server; `closes` the day before that.
    private func search(_ corpus: KeptCorpus, _ suffix: String, closes: Bool) async throws -> [LogBenchRow] {
        var rows: [LogBenchRow] = []
        if closes {
            rows.append(try await merge(corpus))
            rows.append(LogBenchRow("bytes per raw byte\(suffix)", try LogIngest.ratio(logs, rawBytes: corpus.megabytes * 1_000_000), "", goal: LogGoal(0.16, "0.200 VictoriaLogs")))
        }
        // The clock of that day's noon: the day isn't over for this store, so that it stays as it is.
        let store = try LogStore.open(directory: logs, clock: StandingClock(daysAfter: 0, corpus.start))
        let all = try LogSearch.all(start: corpus.start, needle: try await corpus.needle(store))
        let searches = LogSearchRun(searches: only.isEmpty ? all : all.filter { $0.title.contains(only) }, repeats: repeats, suffix: suffix)
        rows += try await searches.ask(store)
        await store.close()
        if embedded { return rows }
        let server = try await LogServer.start(program: program, folder: folder, port: port)
        rows += try await searches.ask(server)
        server.stop()
        return rows
    }

    /// Opens the stopped server's store, whose only day is over, and waits until it is merged.
    private func merge(_ corpus: KeptCorpus) async throws -> LogBenchRow {
        let (_, cost) = try await Cost.of {
            let store = try LogStore.open(directory: logs, clock: StandingClock(daysAfter: 2, corpus.start))
            while store.statistics().partitionsClosedTotal == 0 { try await Task.sleep(for: .milliseconds(100)) }
            await store.close()
        }
        return LogBenchRow("closing the day", Double(corpus.megabytes) / cost.cpuSeconds, "MB per CPU s")
    }

    /// On a server of its own, so that the corpus stays what it is.
    private func visibility() async throws -> [LogBenchRow] {
        let live = folder + "/live"
        let server = try await LogServer.start(program: program, folder: live, port: port)
        let rows = try await LogVisibility(
            server: server, format: format, megabytesPerSecond: steadyMegabytes, seconds: steadySeconds, pushBytes: pushKilobytes * 1000, folder: live
        ).run()
        server.stop()
        try RealFileSystem().removeTree(live)
        return rows
    }
}
