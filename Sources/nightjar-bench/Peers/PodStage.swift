import Foundations
import Wire

/// Many new series: what one costs on the way in and in memory, and what a killed server knows of them afterwards.
struct PodStage {
    static let section = "many new series"
    /// Series after each of the steps at which memory is looked at.
    static let countsWhole = [100_000, 500_000, 1_000_000]
    private static let samplesEach = 3

    let scale: Double
    let work: String
    let port: Int

    private static let killSection = "kill -9 right after the last 2xx"
    static let fresh = FigureRow(section: section, title: "first samples of new series (\(grouped(countsWhole[0])) of them at full scale), per CPU second", unit: .samplesPerSecond)
    static let ready = FigureRow(section: killSection, title: "from start to the first answered query, all series", unit: .seconds)
    static let lost = FigureRow(section: killSection, title: "acknowledged samples lost", unit: .count)
    static func counts(_ scale: Double) -> [Int] { countsWhole.map { Int(Double($0) * scale) } }
    static func memory(_ series: Int) -> FigureRow { FigureRow(section: section, title: "RSS per active series at \(grouped(series))", unit: .bytesPerSeries) }
    var rows: [FigureRow] { [Self.fresh] + Self.counts(scale).map(Self.memory) + [Self.ready, Self.lost] }

    func run(_ peer: any Peer, _ results: inout Results) async throws {
        let directory = Paths.join(work, "pods-data")
        try RealFileSystem().removeTree(directory)
        let server = try await RunningServer.start(peer, directory: directory, port: port).server
        defer { server.process.kill() }
        var (sent, known) = (0, 0)
        for count in Self.counts(scale) {
            for step in 0..<Self.samplesEach {
                let data = PodData(seriesCount: count - known, first: known, steps: 1, firstStep: step)
                let before = server.process.cpuSeconds
                sent += try send(data, to: server)
                guard known == 0, step == 0 else { continue }
                try await server.settle()
                results[Self.fresh, peer.name] = .figures([Double(data.sampleCount) / (server.process.cpuSeconds - before)])
            }
            known = count
            try await server.settle()
            results[Self.memory(count), peer.name] = .figures([Double(server.process.residentBytes) / Double(count)])
        }
        sent += try send(PodData(seriesCount: known, steps: 1, firstStep: Self.samplesEach), to: server)
        server.process.kill()
        try await restart(server, sent: sent, &results)
    }

    private func send(_ data: PodData, to server: RunningServer) throws -> Int {
        let bodies = try BodyFolder.make(data, version: .v1, in: work)
        let outcome = try Feeder(port: port, path: server.peer.writePath).send(
            bodies.connections(), total: bodies.sampleCount, saying: "\(server.peer.name): \(data.title)")
        return outcome.samples
    }

    private func restart(_ killed: RunningServer, sent: Int, _ results: inout Results) async throws {
        let moment = DataSteps.beginning.advanced(byMilliseconds: 120_000)
        // One series of the first pod, so that the answer itself costs nothing.
        let query = "count(\(PodData.names[0]){pod=~\"checkout-0-0\"})"
        let (server, seconds) = try await RunningServer.start(killed.peer, directory: killed.directory, port: port, query: query, at: moment)
        defer { server.process.kill() }
        // Wall time swings with what else the machine does; what the server itself spent doesn't.
        results[Self.ready, killed.peer.name] = .remarked(seconds, "with \(decimal(server.process.cpuSeconds, 2)) s of CPU")
        try await server.settle()
        var found = 0
        for name in PodData.names {
            let reply = try await server.query("sum(count_over_time(\(name)[10m]))", at: moment.advanced(byMilliseconds: 180_000))
            found += Self.number(reply)
        }
        results[Self.lost, killed.peer.name] = .remarked(Double(sent - found), "of \(grouped(sent))")
        try server.discard()
    }

    /// The one number that an instant query answers with; 0 where it found nothing.
    private static func number(_ json: [UInt8]) -> Int {
        let text = String(decoding: json, as: UTF8.self)
        guard let match = text.firstMatch(of: /"value":\[[^,]*,"([0-9]+)"\]/) else { return 0 }
        return Int(match.output.1) ?? 0
    }
}
