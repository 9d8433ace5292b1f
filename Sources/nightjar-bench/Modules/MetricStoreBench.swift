import ArgumentParser
import Foundation
import Foundations
import MetricStore
import Model

/// Append, seal and merge, select and reopen of the metric store alone, in this process.
struct MetricStoreBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "metrics", abstract: "Append, merge, select and reopen of the metric store alone.")

    @OptionGroup var options: DataOptions
    @Option(help: "Batches of each step.") var batches = 8
    @Flag(help: "Keeps the store's folder, and says where it is.") var keep = false

    func run() async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("nightjar-bench-\(getpid())").path
        defer { if !keep { try? FileManager.default.removeItem(atPath: directory) } }
        let data = try options.make()
        print("\(data.title) = \(grouped(data.sampleCount)) samples\n")
        try await append(data, directory)
        try await merge(data, directory)
        try await read(data, directory)
        if keep { row("kept in", directory) }
    }

    private func append(_ data: any DataSet, _ directory: String) async throws {
        var data = data
        let before = residentBytes()
        let store = try MetricStore.open(directory: directory)
        var values = [Double](repeating: 0, count: data.series.count)
        var generating = 0.0
        let (_, appending) = try await Cost.of {
            for step in 0..<data.steps.count {
                let (made, cost) = await Cost.of {
                    data.next(&values)
                    return data.batches(values, step: step, parts: batches)
                }
                generating += cost.cpuSeconds
                for batch in made { _ = try await store.append(batch) }
            }
        }
        row("append, samples a CPU second", perSecond(data.sampleCount, appending.cpuSeconds - generating))
        row("append, samples a second", perSecond(data.sampleCount, appending.wallSeconds - generating))
        row("resident memory beyond the start", mebibytes(residentBytes() - before))
        await store.close()
    }

    private func merge(_ data: any DataSet, _ directory: String) async throws {
        let (sealed, cost) = try await Cost.of { try await MergedStore.seal(directory, keepsMilliseconds: nil) }
        row("seal and merge all, CPU seconds", decimal(cost.cpuSeconds, 2))
        row("bytes a sample in blocks", decimal(Double(sealed.blockBytes) / Double(max(1, sealed.blockSamples)), 3))
        row("blocks, samples in them", "\(sealed.blockCount), \(grouped(sealed.blockSamples))")
    }

    private func read(_ data: any DataSet, _ directory: String) async throws {
        let (store, opening) = try await Cost.of { try MetricStore.open(directory: directory) }
        row("reopen, seconds (CPU seconds)", "\(decimal(opening.wallSeconds, 2)) (\(decimal(opening.cpuSeconds, 2)))")
        let name = data.series[0].metricName ?? ""
        let queries = [("one metric", [Matcher("__name__", equals: name)]), ("everything", try [Matcher("__name__", .regex, ".+")])]
        for (what, matchers) in queries {
            let query = MetricQuery(matchers: matchers, start: data.steps.start, end: data.steps.end)
            let (found, selecting) = try await Cost.of { try await store.select(query) }
            let samples = found.reduce(0) { $0 + $1.sampleCount }
            row("select \(what): \(grouped(found.count)) series, samples/CPU s", perSecond(samples, selecting.cpuSeconds))
        }
        await store.close()
    }
}
