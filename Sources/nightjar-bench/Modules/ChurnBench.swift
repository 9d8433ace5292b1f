import ArgumentParser
import Foundations
import MetricStore
import Model
import PromQL

/// Series that live for an hour, for a week: what a query for the last hour costs beside one in a store that knows nothing else, and
/// what the index takes beside the data.
struct ChurnBench: ModuleBench {
    /// At a time.
    let seriesCount: Int
    let hours: Int

    /// A sample each 15 s.
    private static let stepsPerHour = 240
    /// What the store that knows the last hours alone has: as many as the other has in memory.
    private static let hoursAlone = 3
    /// So often, so that what is read once doesn't decide.
    private static let repeats = 20

    var title: String { "Churn: \(grouped(seriesCount)) series replaced every hour for \(hours) hours, a sample each 15 s" }

    func measure() async throws -> [Measure] {
        try await withTemporaryFolder { directory in
            let alone = try await Self.open(Paths.join(directory, "alone"))
            for hour in max(0, hours - Self.hoursAlone)..<hours { try await add(hour, to: alone) }
            let few = try await query(alone)
            await alone.close()
            let store = try await Self.open(Paths.join(directory, "week"))
            let (_, writing) = try await Cost.of { for hour in 0..<hours { try await add(hour, to: store) } }
            let many = try await query(store)
            let figures = store.statistics()
            await store.close()
            return [
                Measure(title: "write, seal and merge, per CPU second", unit: .samplesPerSecond, value: Double(seriesCount * hours * Self.stepsPerHour) / writing.cpuSeconds),
                Measure(title: "rate over the last hour, CPU", unit: .milliseconds, value: many.rate),
                Measure(title: "the same in a store of \(Self.hoursAlone) hours", unit: .milliseconds, value: few.rate),
                Measure(title: "pods of the last hour (label values), CPU", unit: .milliseconds, value: many.values),
                Measure(title: "the same in a store of \(Self.hoursAlone) hours", unit: .milliseconds, value: few.values),
                Measure(title: "series in memory", unit: .count, value: Double(figures.headSeries)),
                Measure(title: "index in blocks", unit: .bytes, value: Double(figures.blockIndexBytes)),
                Measure(title: "data in blocks", unit: .bytes, value: Double(figures.blockBytes - figures.blockIndexBytes)),
                Measure(title: "index per series in blocks", unit: .bytesPerSeries, value: Double(figures.blockIndexBytes) / Double(max(1, figures.blockSeries))),
            ]
        }
    }

    private static func open(_ directory: String) async throws -> MetricStore {
        var options = MergedStore.keepingAll
        options.maintenanceIntervalSeconds = 0
        return try MetricStore.open(directory: directory, options: options)
    }

    /// An hour's series, none of which was there before.
    private func add(_ hour: Int, to store: MetricStore) async throws {
        var data = PodData(seriesCount: seriesCount, first: hour * seriesCount, steps: Self.stepsPerHour, firstStep: hour * Self.stepsPerHour)
        var values = [Double](repeating: 0, count: seriesCount)
        for step in 0..<Self.stepsPerHour {
            data.next(&values)
            for batch in data.batches(values, step: step, parts: 1) { _ = try await store.append(batch) }
        }
        try await store.maintain()
    }

    /// CPU of a rate, and of the values of a label, in milliseconds.
    private func query(_ store: MetricStore) async throws -> (rate: Double, values: Double) {
        let end = DataSteps.beginning.advanced(byMilliseconds: Int64(hours) * 3_600_000)
        let start = end.advanced(byMilliseconds: -3_600_000)
        let expression = "sum by (namespace) (rate(\(PodData.names[0])[5m]))"
        let engine = Engine(reader: store)
        let (_, rate) = try await Cost.of {
            for _ in 0..<Self.repeats {
                let result = try await engine.range(expression, start: start, end: end, stepMilliseconds: 60_000)
                guard case .matrix(let series) = result.value, !series.isEmpty else { throw BenchError("\(expression) has no result") }
            }
        }
        let matchers = [Matcher("__name__", equals: PodData.names[0])]
        let (_, values) = try await Cost.of {
            for _ in 0..<Self.repeats {
                let pods = try await store.labelValues("pod", [matchers], start: start, end: end, limit: nil)
                guard !pods.isEmpty else { throw BenchError("there are no pods") }
            }
        }
        return (rate.cpuSeconds * 1000 / Double(Self.repeats), values.cpuSeconds * 1000 / Double(Self.repeats))
    }
}

/// `nightjar-bench churn`
struct ChurnCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "churn", abstract: "Series replaced every hour for a week: queries for the last hour, and the index beside the data.")

    @Option(help: "Series at a time.") var series = 1000
    @Option(help: "Hours.") var hours = 168

    func validate() throws {
        if series < PodData.names.count || hours < 1 { throw ValidationError("--series must be \(PodData.names.count) or more, --hours 1 or more") }
    }

    func run() async throws { try await ChurnBench(seriesCount: series, hours: hours).report() }
}
