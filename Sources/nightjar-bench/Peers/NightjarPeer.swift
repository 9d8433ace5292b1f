import Foundations
import MetricStore
import Model

/// Nightjar itself, by its release binary.
struct NightjarPeer: Peer {
    static let pathDefault = ".build/release/nightjar"
    let path: String
    let name: String

    init(path: String) throws {
        self.path = path
        name = "Nightjar " + (try ProgramVersion.of([path, "--version"]) ?? "")
    }

    let writePath = "/api/v1/write"

    func command(data: String, port: Int) throws -> [String] {
        let file = data + ".yml"
        // The data lies in the past: kept for ever, and no samples of now that would make it late.
        try RealFileSystem().replace(file, with: Array("retention: {metrics: 36500d}\nown_metrics: false\n".utf8))
        return [
            path, "collector", "--config", file, "--data", data, "--listen", "127.0.0.1:\(port)", "--rules", data + "/no-rules", "--log-level", "warning",
        ]
    }

    func compact(_ server: RunningServer, samples: Int) async throws -> CompactSize {
        server.process.stop()
        let metrics = Paths.join(server.directory, "metrics")
        let (statistics, cost) = try await Cost.of { try await MergedStore.seal(metrics) }
        guard statistics.headSamples == 0 else { throw BenchError("\(statistics.headSamples) samples weren't sealed") }
        // Data and index stand in one file a block.
        return CompactSize(dataBytes: statistics.blockBytes, indexBytes: 0, samples: statistics.blockSamples, cpuSeconds: cost.cpuSeconds)
    }

    func scan(_ server: RunningServer) async throws -> Double? {
        let store = try MetricStore.open(directory: Paths.join(server.directory, "metrics"), options: MergedStore.keepingAll)
        var (samples, cpuSeconds) = (0, 0.0)
        for name in try await store.labelValues("__name__", [], start: .distantPast, end: .distantFuture, limit: nil) {
            let query = MetricQuery(matchers: [Matcher("__name__", equals: name)], start: .distantPast, end: .distantFuture)
            let (read, cost) = try await Cost.of { try await MergedStore.scan(store, query) }
            samples += read
            cpuSeconds += cost.cpuSeconds
        }
        await store.close()
        return Double(samples) / cpuSeconds
    }

    let notes = [
        "Compacted by opening the stopped server's store with the delay before sealing and the out-of-order window at nothing, so that all that is due later is done at once. Data and index are one file.",
        "`own_metrics: false`, so that nothing of now makes the set's samples late; no rules.",
    ]
}
