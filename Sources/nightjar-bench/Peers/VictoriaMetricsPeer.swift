import Foundations

/// VictoriaMetrics, single-node.
struct VictoriaMetricsPeer: Peer {
    let path: String
    let name: String

    init(path: String) throws {
        self.path = path
        // Debian's build doesn't know its version.
        name = "VictoriaMetrics " + (try ProgramVersion.of([path, "-version"]) ?? ProgramVersion.ofPackage("victoria-metrics") ?? "")
    }

    let writePath = "/api/v1/write"

    func command(data: String, port: Int) throws -> [String] {
        [
            path, "-storageDataPath=\(data)", "-httpListenAddr=127.0.0.1:\(port)", "-retentionPeriod=100y", "-search.maxUniqueTimeseries=3000000",
            "-loggerLevel=ERROR",
        ]
    }

    func flush(_ server: RunningServer) async throws { try await server.get("/internal/force_flush") }

    func compact(_ server: RunningServer, samples: Int) async throws -> CompactSize {
        let before = server.process.cpuSeconds
        try await server.get("/internal/force_flush")
        try await server.get("/internal/force_merge")
        try await server.settle()
        let cost = server.process.cpuSeconds - before
        return CompactSize(
            dataBytes: try bytes(under: Paths.join(server.directory, "data")), indexBytes: try bytes(under: Paths.join(server.directory, "indexdb")),
            samples: samples, cpuSeconds: cost)
    }

    let notes = [
        "Compacted by `/internal/force_flush` and `/internal/force_merge`; weighed by the samples sent, since it counts none it drops.",
        "`-retentionPeriod=100y`, `-search.maxUniqueTimeseries` 3 million; queries with `nocache=1`, else its cache of results answers.",
    ]
}
