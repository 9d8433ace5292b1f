import Foundations
import LogStore
import Model
import Wire

/// Pushes the corpus into a server, and says what that cost it.
struct LogIngest {
    let server: LogServer
    let format: LogPushFormat
    let connections: Int
    /// The folder of its log store.
    let logs: String

    /// The store's threads that work for requests; its others work behind acknowledgements.
    private static let requestThreads = ["log-writer", "log-tail", "log-reader"]

    func run(_ bodies: LogBodies) async throws -> [LogBenchRow] {
        try server.process.resetPeak()
        let megabytes = Double(bodies.rawBytes) / 1e6
        let isBehind = { (name: String) in name.hasPrefix("log-") && !Self.requestThreads.contains { name.hasPrefix($0) } }
        let (before, behind) = (server.process.cpuSeconds, server.process.cpuSeconds(ofThreads: isBehind))
        let (latencies, client) = try await Cost.of { try await LogPushing(port: server.port, format: format, connections: connections).run(bodies.list) }
        let acknowledged = server.process.cpuSeconds - before
        let sealedMeanwhile = server.process.cpuSeconds(ofThreads: isBehind) - behind
        try await server.settle()
        let all = server.process.cpuSeconds - before
        return [
            LogBenchRow("ingest and index: all that it cost", megabytes / all, "MB per CPU s", goal: LogGoal(50, isRate: true, "31.1 Loki")),
            LogBenchRow("acknowledged durably: without the threads that seal and index", megabytes / (acknowledged - sealedMeanwhile), "MB per CPU s", goal: LogGoal(150, isRate: true, "24.6 VictoriaLogs")),
            LogBenchRow("until the last push was acknowledged, with what was sealed meanwhile", megabytes / acknowledged, "MB per CPU s"),
            LogBenchRow("pushed, wall time", megabytes / client.wallSeconds, "MB per s"),
            LogBenchRow("the sender, with bodies made before (\(decimal(Double(bodies.bodyBytes) / Double(bodies.rawBytes), 2)) bytes a raw byte)", megabytes / client.cpuSeconds, "MB per CPU s"),
            LogBenchRow("a push acknowledged, median", latencies[latencies.count / 2], "ms"),
            LogBenchRow("a push acknowledged, 99th percentile", latencies[latencies.count * 99 / 100], "ms"),
            LogBenchRow("peak memory while ingesting", Double(server.process.peakBytes) / 1e6, "MB", goal: LogGoal(190, "372 MB VictoriaLogs")),
            LogBenchRow("bytes per raw byte, sealed, with index and write-ahead logs", try Self.ratio(logs, rawBytes: bodies.rawBytes), "", goal: LogGoal(0.16, "0.200 VictoriaLogs")),
        ]
    }

    /// All files of a store's folder.
    static func ratio(_ logs: String, rawBytes: Int) throws -> Double { Double(try bytes(under: logs)) / Double(rawBytes) }
}

/// Appends the corpus to a store of this process.
struct LogAppending {
    let store: LogStore
    let pushBytes: Int

    func run(_ corpus: LogCorpus) async throws -> (lines: Int, rawBytes: Int, rows: [LogBenchRow]) {
        var corpus = corpus
        let streams = LogCorpus.streams.map { Labels($0.map { (name: $0.0, value: $0.1) }) }
        let before = Cost.processorSeconds()
        var making = 0.0
        while true {
            let began = Cost.threadSeconds()
            let records = corpus.batch(bytes: pushBytes).map { line in
                let moment = NanoTimestamp(nanoseconds: line.nanoseconds)
                let parsed = LogLine.parse(line.text, receivedAt: moment)
                return LogRecord(timestamp: moment, stream: streams[line.stream], level: parsed.level, body: line.text, fields: parsed.fields)
            }
            making += Cost.threadSeconds() - began
            if records.isEmpty { break }
            _ = try await store.append(records)
        }
        let appended = Cost.processorSeconds() - before - making
        try await store.seal()
        let all = Cost.processorSeconds() - before - making
        let megabytes = Double(corpus.bytes) / 1e6
        return (
            corpus.lines, corpus.bytes,
            [
                LogBenchRow("append, seal and index, the store alone", megabytes / all, "MB per CPU s", goal: LogGoal(50, isRate: true, "31.1 Loki")),
                LogBenchRow("until the last batch was acknowledged, with what was sealed meanwhile", megabytes / appended, "MB per CPU s", goal: LogGoal(150, isRate: true, "24.6 VictoriaLogs")),
                LogBenchRow("resident memory of all, with the generator", Double(residentBytes()) / 1e6, "MB"),
            ]
        )
    }
}
