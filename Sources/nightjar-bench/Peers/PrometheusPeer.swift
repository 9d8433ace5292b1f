import Foundation
import Foundations

/// Prometheus with its remote-write receiver.
struct PrometheusPeer: Peer {
    let path: String
    let name: String

    init(path: String) throws {
        self.path = path
        name = "Prometheus " + (try ProgramVersion.of([path, "--version"]) ?? "")
    }

    let writePath = "/api/v1/write"

    func command(data: String, port: Int) throws -> [String] {
        let file = data + ".yml"
        try RealFileSystem().replace(file, with: Array("global: {}\n".utf8))
        return [
            path, "--config.file=\(file)", "--storage.tsdb.path=\(data)", "--storage.tsdb.retention.time=100y", "--web.listen-address=127.0.0.1:\(port)",
            "--web.enable-remote-write-receiver", "--web.enable-admin-api", "--query.max-samples=200000000", "--log.level=warn",
        ]
    }

    /// The parts of a block's own description that are needed.
    private struct BlockDescription: Decodable {
        struct Statistics: Decodable { let numSamples: Int }
        let stats: Statistics
    }

    func compact(_ server: RunningServer, samples: Int) async throws -> CompactSize {
        let before = server.process.cpuSeconds
        try await server.post("/api/v1/admin/tsdb/snapshot")
        let cost = server.process.cpuSeconds - before
        let files = RealFileSystem()
        let snapshots = Paths.join(server.directory, "snapshots")
        var (data, index, count) = (0, 0, 0)
        for snapshot in try files.list(snapshots) {
            let directory = Paths.join(snapshots, snapshot)
            for block in try files.list(directory) {
                let block = Paths.join(directory, block)
                let description = try files.readAll(Paths.join(block, "meta.json"), bytesMax: 1 << 20)
                count += try JSONDecoder().decode(BlockDescription.self, from: Data(description)).stats.numSamples
                data += try bytes(under: Paths.join(block, "chunks"))
                index += try bytes(under: Paths.join(block, "index"))
            }
        }
        return CompactSize(dataBytes: data, indexBytes: index, samples: count, cpuSeconds: cost)
    }

    let notes = [
        "Compacts by itself as its head's time passes 3 hours; the rest of the head is written as a block by a snapshot, and the snapshot's blocks are weighed by the samples that they say they hold.",
        "`--web.enable-remote-write-receiver`, `--query.max-samples` 200 million, retention 100 years.",
    ]
}
