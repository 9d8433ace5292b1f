import ArgumentParser
import Foundation
import Foundations

/// `nightjar-bench peers`: Nightjar, Prometheus and VictoriaMetrics side by side.
struct PeersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peers", abstract: "Measures Nightjar beside Prometheus and VictoriaMetrics on the same data, and writes Docs/Benchmarks.md.",
        discussion: """
            Every figure of cost is processor time of the server's process, so that a busy machine shows little in it. The servers run one \
            after another on loopback, each on a new data folder in the work folder; Ctrl-C ends them.
            """)

    @Option(help: "Nightjar's binary.") var nightjar = NightjarPeer.pathDefault
    @Option(help: "Prometheus's binary.") var prometheus = "prometheus"
    @Option(help: "VictoriaMetrics's binary.") var victoria = "victoria-metrics"
    @Option(help: "Which of nightjar, prometheus and victoria to measure; may be given several times. (default: all)") var only: [String] = []
    @Option(help: "The part of the hosts and series.") var scale: Double?
    @Flag(help: "A tenth of the series and a fifth of the scrapes: some minutes.") var quick = false
    @Option(help: "Scrapes for the node-like data set. (default: collected now, \(Self.scrapeIntervalMilliseconds) ms apart)") var scrapes: String?
    @Option(help: "The folder for bodies and data; several GiB.") var work = WorkFolder.pathDefault
    @Option(help: "The port that servers listen on.") var port = 9945
    @Option(help: "The document to write; `none` writes none.") var document = BenchmarksDocument.pathDefault

    private static let scrapeIntervalMilliseconds = 200
    private static let scrapesWhole = 1260

    func run() async throws {
        let scale = scale ?? (quick ? 0.1 : 1)
        guard scale > 0, scale <= 10 else { throw ValidationError("--scale must be over 0 and at most 10") }
        let start = ContinuousClock.now
        let peers = try chosenPeers()
        try RealFileSystem().createDirectory(work)
        let connections = max(1, Int(Double(BodyFolder.connectionsWhole) * scale))
        let tsbs = try BodyFolder.make(TSBSLikeData(scale: scale), version: .v1, in: work, connections: connections)
        let node = try BodyFolder.make(NodeLikeData(try await hostScrapes(), scale: scale), version: .v1, in: work, connections: connections)
        var run = PeerRun(peers: peers, tsbs: tsbs, node: node, scale: scale, work: work, port: port)
        await run.run()
        let report = ServersReport(results: run.results, peers: peers, scale: scale, tsbs: tsbs.title, node: node.title, seconds: (ContinuousClock.now - start).seconds)
        print(report.text)
        if document != "none" { try BenchmarksDocument(path: document).replace(.servers, with: report.text) }
    }

    private func chosenPeers() throws -> [any Peer] {
        let all: [(String, () throws -> any Peer)] = [
            ("nightjar", { try NightjarPeer(path: nightjar) }), ("prometheus", { try PrometheusPeer(path: prometheus) }),
            ("victoria", { try VictoriaMetricsPeer(path: victoria) }),
        ]
        if let unknown = only.first(where: { name in !all.contains { $0.0 == name } }) { throw ValidationError("--only takes nightjar, prometheus or victoria, not `\(SafeText(unknown))`") }
        return try all.filter { only.isEmpty || only.contains($0.0) }.map { try $0.1() }
    }

    /// The scrapes of the file, those that an earlier run kept, or new ones.
    private func hostScrapes() async throws -> Scrapes {
        let count = quick ? Self.scrapesWhole / 5 : Self.scrapesWhole
        let kept = Paths.join(work, "node-\(count).scrapes")
        if let scrapes { return try Scrapes(file: scrapes) }
        if try RealFileSystem().exists(kept) { return try Scrapes(file: kept) }
        let made = try await Scraper(count: count, intervalMilliseconds: Self.scrapeIntervalMilliseconds, port: port).run()
        try made.write(to: kept)
        return made
    }
}
