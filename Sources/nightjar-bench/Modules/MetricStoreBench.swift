import ArgumentParser
import Foundation
import Foundations
import MetricStore
import Model

/// Append, seal and merge, select and reopen of the metric store alone.
struct MetricStoreBench: ModuleBench {
    let data: any DataSet
    /// Batches of each step; nil makes them as large as bodies of remote write.
    var batches: Int?

    var title: String { "Metric store: \(data.title)" }

    func measure() async throws -> [Measure] {
        try await withTemporaryFolder { directory in try await append(directory) + merge(directory) + read(directory) }
    }

    private func append(_ directory: String) async throws -> [Measure] {
        var data = data
        let before = residentBytes()
        let store = try MetricStore.open(directory: directory, options: MergedStore.keepingAll)
        var values = [Double](repeating: 0, count: data.series.count)
        let parts = batches ?? max(1, data.series.count / BodyWriter.samplesPerBodyMax)
        var generating = 0.0
        let (_, appending) = try await Cost.of {
            for step in 0..<data.steps.count {
                let (made, cost) = await Cost.of {
                    data.next(&values)
                    return data.batches(values, step: step, parts: parts)
                }
                generating += cost.cpuSeconds
                for batch in made { _ = try await store.append(batch) }
            }
        }
        let resident = residentBytes() - before
        await store.close()
        return [
            Measure(title: "append, per CPU second", unit: .samplesPerSecond, value: Double(data.sampleCount) / (appending.cpuSeconds - generating)),
            Measure(title: "resident memory beyond the start", unit: .bytes, value: Double(max(0, resident))),
        ]
    }

    private func merge(_ directory: String) async throws -> [Measure] {
        let (sealed, cost) = try await Cost.of { try await MergedStore.seal(directory) }
        guard sealed.blockSamples == data.sampleCount else { throw BenchError("of \(data.sampleCount) samples \(sealed.blockSamples) are in blocks") }
        return [
            Measure(title: "encode (seal the rest, merge all), per CPU second", unit: .samplesPerSecond, value: Double(sealed.blockSamples) / cost.cpuSeconds),
            Measure(title: "bytes per sample, merged", unit: .bytesPerSample, value: Double(sealed.blockBytes) / Double(sealed.blockSamples)),
        ]
    }

    private func read(_ directory: String) async throws -> [Measure] {
        let (store, opening) = try await Cost.of { try MetricStore.open(directory: directory, options: MergedStore.keepingAll) }
        var measures = [Measure(title: "open, wall", unit: .milliseconds, value: opening.wallSeconds * 1000)]
        let name = data.series[0].metricName ?? ""
        let queries = [("one metric", [Matcher("__name__", equals: name)]), ("everything", try [Matcher("__name__", .regex, ".+")])]
        for (what, matchers) in queries {
            let query = MetricQuery(matchers: matchers, start: data.steps.start, end: data.steps.end)
            let (found, selecting) = try await Cost.of { try await store.select(query) }
            let samples = found.reduce(0) { $0 + $1.sampleCount }
            measures.append(Measure(title: "select and decode \(what), per CPU second", unit: .samplesPerSecond, value: Double(samples) / selecting.cpuSeconds))
        }
        let everything = MetricQuery(matchers: queries[1].1, start: data.steps.start, end: data.steps.end)
        let (scanned, scanning) = try await Cost.of {
            var samples = 0
            for _ in 0..<Self.scans { samples += try await MergedStore.scan(store, everything) }
            return samples
        }
        measures.append(Measure(title: "scan everything, per CPU second", unit: .samplesPerSecond, value: Double(scanned) / scanning.cpuSeconds))
        await store.close()
        return measures
    }

    /// Enough of them that what is read once only, page checks above all, doesn't decide.
    private static let scans = 10
}

/// `nightjar-bench metrics`
struct MetricStoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "metrics", abstract: "Append, merge, select and reopen of the metric store alone.")

    @OptionGroup var options: DataOptions
    @Option(help: "Batches of each step. (default: as large as bodies of remote write)") var batches: Int?

    func run() async throws { try await MetricStoreBench(data: try options.make(), batches: batches).report() }
}
