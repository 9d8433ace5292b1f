import ArgumentParser
import Foundation
import Foundations
import Model

/// `nightjar-bench compare-prometheus`: feeds Nightjar and a Prometheus the same data, asks both the same, and says where they differ.
struct ComparePrometheus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare-prometheus", abstract: "Compares answers with those of an installed Prometheus, query by query.",
        discussion: "Exit codes: 0 all agree but for what differs by design, 1 some don't.")

    @Option(help: "The nightjar binary.") var nightjar = ".build/release/nightjar"
    @Option(help: "The Prometheus binary.") var prometheus = "/usr/bin/prometheus"
    @Option(help: "A port on loopback for Nightjar.") var port = 19_998
    @Option(help: "A port on loopback for Prometheus.") var prometheusPort = 19_999
    @Option(help: "Relative difference of values that counts as none.") var tolerance = 1e-9
    @Option(help: "Takes every n-th query alone, for a quick look.") var every = 1
    @Option(help: "Seed of the data.") var seed: UInt64 = 1
    @Option(help: "Takes the queries alone that contain this text.") var only: String?

    private static let dataMilliseconds: Int64 = 75 * 60_000
    private static let rangeMilliseconds: Int64 = 600_000
    private static let stepSeconds: Int64 = 10
    /// What one request carries: a minute of all series.
    private static let batchMilliseconds: Int64 = 60_000

    func run() async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("nightjar-compare-\(getpid())").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let ours = try await startNightjar(directory)
        defer { ours.stop() }
        let theirs = try await startPrometheus(directory)
        defer { theirs.stop() }
        // Whole steps, so that aligned samples stand on the edges of ranges.
        let end = SystemClock().nowMilliseconds().milliseconds / 60_000 * 60_000
        try await feed([ours, theirs], end)
        let report = try await compare(ours, theirs, end)
        report.print()
        if !report.differences.isEmpty { throw ExitCode(1) }
    }

    private func startNightjar(_ directory: String) async throws -> ComparedServer {
        try await ComparedServer(
            "Nightjar", [nightjar, "collector", "--data", directory + "/nightjar", "--listen", "127.0.0.1:\(port)", "--rules", directory + "/none.yml"], port: port,
            log: directory + "/nightjar.log")
    }

    private func startPrometheus(_ directory: String) async throws -> ComparedServer {
        let configuration = directory + "/prometheus.yml"
        try RealFileSystem().replace(configuration, with: Array("global: {}\n".utf8))
        return try await ComparedServer(
            "Prometheus",
            [
                prometheus, "--config.file=\(configuration)", "--storage.tsdb.path=\(directory)/prometheus", "--web.listen-address=127.0.0.1:\(prometheusPort)",
                "--web.enable-remote-write-receiver", "--log.level=warn",
            ], port: prometheusPort, log: directory + "/prometheus.log")
    }

    /// The same requests to each, in order of time, as Prometheus wants them.
    private func feed(_ servers: [ComparedServer], _ end: Int64) async throws {
        var data = ComparedData(start: end - Self.dataMilliseconds, end: end, seed: seed)
        let entries = data.entries()
        var places = entries.map { _ in 0 }
        for until in stride(from: data.start, through: end, by: Int64.Stride(Self.batchMilliseconds)) {
            var batch = MetricBatch()
            for (index, entry) in entries.enumerated() {
                let first = places[index]
                while places[index] < entry.samples.count, entry.samples[places[index]].timestamp <= until { places[index] += 1 }
                if places[index] > first { batch.entries.append(MetricBatch.Entry(labels: entry.labels, samples: Array(entry.samples[first..<places[index]]))) }
            }
            if batch.entries.isEmpty { continue }
            for server in servers { try await server.write(batch) }
        }
    }

    private func compare(_ ours: ComparedServer, _ theirs: ComparedServer, _ end: Int64) async throws -> ComparisonReport {
        var report = ComparisonReport()
        let queries = ComparedQueries.all.enumerated().filter { index, query in index % every == 0 && only.map(query.text.contains) ?? true }.map(\.element)
        for query in queries {
            func asked(_ server: ComparedServer, _ text: String) async throws -> ComparedAnswer {
                try await server.range(text, start: end - Self.rangeMilliseconds, end: end, stepSeconds: Self.stepSeconds)
            }
            let answer = try await asked(ours, KnownDifferences.renamed.reduce(query.text) { $0.replacing($1.old, with: $1.new) })
            let expected = try await asked(theirs, query.text)
            guard let difference = report.difference(query, answer, expected, tolerance) else { continue }
            guard let rule = KnownDifferences.rules.first(where: { $0.applies(query.text) }) else {
                report.add(query, difference)
                continue
            }
            let older = rule.older?(query.text)
            let remaining = try await older.asyncFlatMap { answer.difference(from: try await asked(theirs, $0), tolerance: tolerance) }
            if let older, let remaining { report.add(query, "\(remaining), asked as \(older)") } else { report.add(query, rule, older) }
        }
        return report
    }
}

extension Optional {
    fileprivate func asyncFlatMap<Result>(_ body: (Wrapped) async throws -> Result?) async rethrows -> Result? {
        if let self { try await body(self) } else { nil }
    }
}

/// What a comparison came to.
struct ComparisonReport {
    private(set) var passed = 0
    private(set) var empty = 0
    private(set) var byDesign: [String: [(query: String, older: String?)]] = [:]
    private(set) var differences: [(query: String, what: String)] = []

    /// What is different; nil, and counted as passed, where nothing is.
    mutating func difference(_ query: ComparedQueries.Query, _ answer: ComparedAnswer, _ expected: ComparedAnswer, _ tolerance: Double) -> String? {
        switch expected {
        case .matrix where query.mustFail: return "Prometheus doesn't refuse it; the list of queries is wrong"
        case .failure(_, _, let message) where !query.mustFail: return "Prometheus refuses it: \(message); the list of queries is wrong"
        default: break
        }
        if let difference = answer.difference(from: expected, tolerance: tolerance) { return difference }
        passed += 1
        if expected.isEmpty { empty += 1 }
        return nil
    }

    mutating func add(_ query: ComparedQueries.Query, _ difference: String) { differences.append((query.text, difference)) }

    /// A difference by design; `older` gave the same answer.
    mutating func add(_ query: ComparedQueries.Query, _ rule: KnownDifferences.Rule, _ older: String?) {
        byDesign[rule.name, default: []].append((query.text, older))
    }

    func print() {
        let designed = byDesign.values.reduce(0) { $0 + $1.count }
        Swift.print("passed \(passed) of \(passed + designed + differences.count) (\(empty) of them with an empty answer), \(designed) differ by design")
        for rule in KnownDifferences.rules {
            guard let queries = byDesign[rule.name] else { continue }
            Swift.print("\n\(queries.count) by design, \(rule.name): \(rule.reason)")
            for (query, older) in queries { Swift.print("  \(query)\n    \(older.map { "equal when the older one is asked \($0)" } ?? "not comparable")") }
        }
        if differences.isEmpty { return }
        Swift.print("\n\(differences.count) differ:")
        for difference in differences { Swift.print("  \(difference.query)\n    \(difference.what)") }
    }
}
