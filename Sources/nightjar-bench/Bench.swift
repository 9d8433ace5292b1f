import ArgumentParser

/// Load generators and benchmarks: figures in CPU seconds, not in wall time, since machines are shared.
@main
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nightjar-bench", abstract: "Measures Nightjar and its peers.",
        subcommands: [GenerateCommand.self, ScrapeCommand.self, MetricStoreBench.self, LogStoreBench.self, RemoteWriteBench.self, AlertBench.self])
}
