import Foundations

/// Measures one server after another with the same bodies and queries.
struct PeerRun {
    let peers: [any Peer]
    let tsbs: BodyFolder
    let node: BodyFolder
    let queries: QuerySet
    let scale: Double
    let work: String
    let port: Int

    private(set) var results = Results()
    private var answers: [String: [String: MatrixReply]] = [:]

    init(peers: [any Peer], tsbs: BodyFolder, node: BodyFolder, scale: Double, work: String, port: Int) {
        (self.peers, self.tsbs, self.node, self.scale, self.work, self.port) = (peers, tsbs, node, scale, work, port)
        queries = QuerySet(tsbs.steps)
    }

    mutating func run() async {
        for peer in peers {
            await measure(peer, IngestStage(rows: IngestRows(section: "TSBS-like"), bodies: tsbs), withQueries: true)
            await measure(peer, IngestStage(rows: IngestRows(section: "node-like"), bodies: node), withQueries: false)
            let pods = PodStage(scale: scale, work: work, port: port)
            do { try await pods.run(peer, &results) } catch { results.fail(pods.rows, peer.name, error) }
            do { try await OddStage(work: work, port: port).run(peer, &results) } catch { results.fail(OddStage.rows, peer.name, error) }
        }
        compareAnswers()
    }

    private mutating func measure(_ peer: any Peer, _ stage: IngestStage, withQueries: Bool) async {
        let directory = Paths.join(work, "data")
        do {
            try RealFileSystem().removeTree(directory)
            let server = try await RunningServer.start(peer, directory: directory, port: port).server
            defer { server.process.kill() }
            try await stage.feed(server, &results)
            if withQueries { await runQueries(server) }
            try await stage.compact(server, &results)
            await stage.scan(server, &results)
            try server.discard()
        } catch {
            results.fail(stage.rows.all, peer.name, error)
            if withQueries { results.fail(QueryStage(queries: queries).rows, peer.name, error) }
        }
    }

    private mutating func runQueries(_ server: RunningServer) async {
        let stage = QueryStage(queries: queries)
        do {
            for (title, answer) in try await stage.run(server, &results) { answers[title, default: [:]][server.peer.name] = answer }
        } catch { results.fail(stage.rows, server.peer.name, error) }
    }

    /// Every server's answers beside Prometheus's, or the first one's where it isn't there.
    private mutating func compareAnswers() {
        guard let base = peers.first(where: { $0 is PrometheusPeer }) ?? peers.first else { return }
        for entry in queries.entries {
            guard let byServer = answers[entry.title], let expected = byServer[base.name] else { continue }
            for peer in peers where peer.name != base.name {
                guard let answer = byServer[peer.name] else { continue }
                let comparison = entry.picksSeries ? AnswerComparison(answer.ranked, with: expected.ranked) : AnswerComparison(answer, with: expected)
                results.answers.append("\(entry.title): \(peer.name) beside \(base.name), \(grouped(expected.pointCount)) points: \(comparison).")
            }
        }
    }
}
