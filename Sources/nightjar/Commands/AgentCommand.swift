import Agent
import ArgumentParser
import ConfigurationFile
import Foundation
import Foundations
import Logging
import OwnLog

/// `nightjar agent`: this host's metrics and logs to one collector or several.
struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent", abstract: "Ships this host's metrics and log files to collectors.",
        discussion: """
            Everything goes through a spool on disk: what a collector hasn't acknowledged yet survives restarts and outages. Each --collector gets everything.

            Exit codes: 0 it was stopped, 1 it could not start or failed, 2 the configuration is wrong.
            """)

    @OptionGroup var file: ConfigurationFlag

    @Option(name: .customLong("collector"), parsing: .singleValue, help: ArgumentHelp("A collector's address, such as https://nightjar.example.net:9845; may be given several times.", valueName: "url"))
    var collectors: [String] = []

    @Option(help: ArgumentHelp("The folder of the spool; by default ./data/spool.", valueName: "directory"), completion: .directory)
    var spool: String?

    @Option(name: .customLong("logs"), parsing: .singleValue, help: ArgumentHelp("Log files to follow; may be given several times. By default those below /var/log.", valueName: "glob"))
    var logGlobs: [String] = []

    @Option(help: ArgumentHelp("This machine's name in the label `instance`; by default its host name.", valueName: "name"))
    var instance: String?

    @Option(help: ArgumentHelp("A file with the token for the collectors.", valueName: "file"), completion: .file())
    var tokenFile: String?

    @Option(help: ArgumentHelp("A file of certificates to trust instead of the system's.", valueName: "file"), completion: .file())
    var caFile: String?

    @Option(help: ArgumentHelp("Time between two samples of the host's metrics.", valueName: "duration"))
    var interval: DurationArgument?

    @OptionGroup var log: LogFlags

    func run() async throws {
        try await reportingFailures {
            let (configuration, _) = try file.load()
            var options = agentOptions(configuration, destinations: try destinations(configuration))
            if let spool { options.spoolDirectory = spool }
            if !logGlobs.isEmpty { options.logGlobs = logGlobs }
            if let instance { options.instance = instance }
            if let interval { options.metricsIntervalSeconds = max(1, Int(interval.milliseconds / 1000)) }
            let logPath = Paths.join(options.spoolDirectory, "agent.log")
            options.ownLogPath = logPath
            bootstrapOwnLog(OwnLogSink(path: logPath, toStandardError: true), level: log.logLevel)
            let logger = Logger(label: "agent")
            let agent = try AgentService(options: options, logger: logger)
            logger.info("started", metadata: ["collectors": "\(options.destinations.map(\.url).joined(separator: " "))", "spool": "\(options.spoolDirectory)", "instance": "\(options.instance)"])
            try await untilStopped { await agent.run() }
            logger.info("stopped")
        }
    }

    private func destinations(_ configuration: Configuration) throws -> [AgentDestination] {
        let named = collectors.map { AgentDestination(url: $0, tokenFile: tokenFile, caFile: caFile) }
        let configured = configuration.agent.collectors.map { AgentDestination(name: $0.name, url: $0.url, tokenFile: $0.tokenFile ?? tokenFile, caFile: $0.authorityFile ?? caFile) }
        let destinations = named.isEmpty ? configured : named
        if destinations.isEmpty { throw Failure("no collector to send to; name one with --collector URL, or under `agent: collectors:` in nightjar.yml", code: 64) }
        return destinations
    }
}

/// The agent's options from the configuration.
func agentOptions(_ configuration: Configuration, destinations: [AgentDestination]) -> AgentOptions {
    var options = AgentOptions(
        destinations: destinations, spoolDirectory: configuration.agent.spoolDirectory ?? Paths.join(configuration.dataDirectory, "spool"),
        instance: configuration.instance ?? AgentOptions.hostName, logGlobs: configuration.agent.logGlobs,
        metricsIntervalSeconds: Int(configuration.agent.intervalMilliseconds / 1000), labels: configuration.agent.labels,
        textfileDirectory: configuration.agent.textfileDirectory, version: Version.text)
    if let bytes = configuration.agent.spoolBytesMax { options.spoolBytesMax = Int(bytes) }
    return options
}
