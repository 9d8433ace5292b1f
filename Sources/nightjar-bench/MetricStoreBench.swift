import ArgumentParser
import Foundation
import Foundations
import MetricStore
import Model

/// Append, select and reopen of the metric store alone.
struct MetricStoreBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "metrics", abstract: "Append, select and reopen of the metric store alone.")

    @Option(help: "Hosts.") var hosts = 40
    @Option(help: "Series of each host.") var series = 500
    @Option(help: "Samples of each series, 10 s apart.") var steps = 1200

    func run() async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("nightjar-bench-\(getpid())").path
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let start = SystemClock().nowMilliseconds().milliseconds - Int64(steps) * 10_000
        var data = HostLikeData(hosts: hosts, seriesPerHost: series)
        let total = data.labels.count * steps
        print("\(data.labels.count) series x \(steps) steps = \(total) samples\n")

        let store = try MetricStore.open(directory: directory)
        var generating = 0.0
        let (_, appending) = try await Cost.of {
            for step in 0..<steps {
                let (batch, cost) = await Cost.of { data.step(at: start + Int64(step) * 10_000) }
                generating += cost.cpuSeconds
                _ = try await store.append(batch)
            }
        }
        row("append, samples a CPU second", perSecond(total, appending.cpuSeconds - generating))
        row("append, samples a second", perSecond(total, appending.wallSeconds))
        row("resident memory", ByteSizeText.format(bytes: Int64(residentBytes())))

        let query = MetricQuery(
            matchers: [Matcher("__name__", equals: "bench_metric_7_total")], start: Timestamp(milliseconds: start),
            end: Timestamp(milliseconds: start + Int64(steps) * 10_000))
        let (found, selecting) = try await Cost.of { try await store.select(query) }
        row("select \(found.count) series, samples a CPU second", perSecond(found.reduce(0) { $0 + $1.sampleCount }, selecting.cpuSeconds))
        await store.close()
        let bytes = try size(of: directory)
        row("bytes a sample on disk after close", String(format: "%.2f", Double(bytes) / Double(total)))

        let (reopened, opening) = try await Cost.of { try MetricStore.open(directory: directory) }
        row("reopen, seconds (CPU seconds)", String(format: "%.2f (%.2f)", opening.wallSeconds, opening.cpuSeconds))
        await reopened.close()
    }

    private func size(of directory: String) throws -> Int {
        let files = RealFileSystem()
        return try files.list(directory).reduce(0) { sum, name in
            let path = Paths.join(directory, name)
            let information = try files.information(path)
            return sum + (information?.isDirectory == true ? try size(of: path) : information?.sizeBytes ?? 0)
        }
    }
}
