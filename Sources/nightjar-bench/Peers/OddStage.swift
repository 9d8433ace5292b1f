import Foundations

/// Whether values that stores get wrong come back as they were sent.
struct OddStage {
    static let section = "values bit for bit"
    static let queries = FigureRow(section: section, title: "of \(OddValues.cases.count) odd values, wrong in the query API", unit: .count)
    static let remoteRead = FigureRow(
        section: section, title: "the same and \(OddValues.payloads.count) NaNs with payloads, wrong in remote read", unit: .count)
    static let rows = [queries, remoteRead]

    let work: String
    let port: Int

    func run(_ peer: any Peer, _ results: inout Results) async throws {
        let directory = Paths.join(work, "odd-data")
        try RealFileSystem().removeTree(directory)
        let server = try await RunningServer.start(peer, directory: directory, port: port).server
        defer { server.process.kill() }
        let start = DataSteps.beginning
        try await server.post(
            peer.writePath, OddValues.body(at: start).bytes,
            headers: [("Content-Type", "application/x-protobuf"), ("Content-Encoding", "snappy"), ("X-Prometheus-Remote-Write-Version", "0.1.0")])
        try await peer.flush(server)
        results[Self.queries, peer.name] = Self.cell(try await OddValues.wrongInQueries(server, at: start))
        do {
            results[Self.remoteRead, peer.name] = Self.cell(try await OddValues.wrongInRemoteRead(server, at: start))
        } catch let error as RequestRefused where error.status == 404 || error.status == 400 {
            results[Self.remoteRead, peer.name] = .missing("it has no remote read")
        }
        try server.discard()
    }

    private static func cell(_ wrong: [String]) -> Cell { wrong.isEmpty ? .figures([0]) : .remarked(Double(wrong.count), "(\(wrong.joined(separator: ", ")))") }
}
