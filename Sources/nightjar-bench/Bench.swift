import ArgumentParser

/// Load generators and benchmarks: figures in CPU seconds, not in wall time, since machines are shared.
@main
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nightjar-bench", abstract: "Measures Nightjar and its peers.",
        subcommands: [
            PeersCommand.self, ModulesCommand.self, GenerateCommand.self, ScrapeCommand.self, MetricStoreCommand.self, ChurnCommand.self, RemoteWriteCommand.self,
            ExpressionCommand.self, LogStoreCommand.self, LogInputCommand.self, LogBench.self, LogCorpusCommand.self, ComparePrometheus.self, AlertBench.self, RulesCommand.self,
            BoardBench.self, DashboardCommand.self,
        ])
}
