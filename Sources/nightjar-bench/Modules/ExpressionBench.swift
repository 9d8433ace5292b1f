import ArgumentParser
import Foundations
import Model
import PromQL

/// PromQL expressions over series in memory: the engine without the store.
struct ExpressionBench: ModuleBench {
    let data: any DataSet

    var title: String { "PromQL: the query set in memory, \(data.title)" }

    func measure() async throws -> [Measure] {
        let reader = MemoryMetricReader(allSeries())
        let engine = Engine(reader: reader)
        var measures: [Measure] = []
        for entry in QuerySet(data.steps).entries {
            let query = entry.query
            let (result, cost) = try await Cost.of {
                try await engine.range(query.expression, start: query.start, end: query.end, stepMilliseconds: Int64(query.stepSeconds) * 1000)
            }
            guard case .matrix(let series) = result.value, !series.isEmpty else { throw BenchError("\(query.expression) has no result") }
            measures.append(Measure(title: "\(entry.title), CPU", unit: .milliseconds, value: cost.cpuSeconds * 1000))
        }
        return measures
    }

    private func allSeries() -> [Series] {
        var data = data
        var series = data.series.map { Series(labels: $0) }
        var values = [Double](repeating: 0, count: series.count)
        for step in 0..<data.steps.count {
            data.next(&values)
            for host in data.hosts {
                let timestamp = data.steps.moment(step).milliseconds + host.phaseMilliseconds
                for index in host.series {
                    series[index].timestamps.append(timestamp)
                    series[index].values.append(values[index])
                }
            }
        }
        return series
    }
}

/// `nightjar-bench promql`
struct ExpressionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "promql", abstract: "The query set over the TSBS-like data in memory.")

    @Option(help: "The part of the set's hosts.") var scale = 0.1

    func run() async throws { try await ExpressionBench(data: TSBSLikeData(scale: scale)).report() }
}
