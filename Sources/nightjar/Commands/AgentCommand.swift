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
            Everything goes through a spool on disk: what a collector hasn't acknowledged yet survives restarts and outages. Each --collector gets everything. \
            SIGINT or SIGTERM stop it cleanly. Flags go before the configuration file.

            Exit codes: 0 it was stopped, 1 it could not start or failed, 2 the configuration is wrong.

            Examples:
              nightjar agent --collector http://127.0.0.1:9845
              nightjar agent --collector https://a.example.net:9845 \\
                --collector https://b.example.net:9845 --token-file agent.token
              nightjar agent --collector http://127.0.0.1:9845 --logs '/srv/**/*.log'
            """)

    @OptionGroup var file: ConfigurationFlag

    @Option(
        name: .customLong("collector"), parsing: .singleValue,
        help: ArgumentHelp("A collector's address, such as https://nightjar.example.net:9845; may be given several times.", valueName: "url"))
    var collectors: [String] = []

    @Option(help: ArgumentHelp("The folder of the spool. (default: ./data/spool)", valueName: "directory"), completion: .directory)
    var spool: String?

    @Option(
        name: .customLong("logs"), parsing: .singleValue,
        help: ArgumentHelp(
            "Log files to follow, in quotes, with *, ?, [a-z] and **; may be given several times. (default: \(Configuration.Agent.defaultLogGlobs.joined(separator: ", ")))",
            valueName: "glob"))
    var logGlobs: [String] = []

    @Option(help: ArgumentHelp("This machine's name in the label `instance`. (default: its host name)", valueName: "name"))
    var instance: String?

    @Option(help: ArgumentHelp("A file with the token for the collectors, readable by its owner alone.", valueName: "file"), completion: .file())
    var tokenFile: String?

    @Option(help: ArgumentHelp("A PEM file of certificates to trust instead of the system's, as for a self-signed one.", valueName: "file"), completion: .file())
    var caFile: String?

    @Option(help: ArgumentHelp("Time between two samples of the host's metrics, in whole seconds. (default: 10s)", valueName: "duration"))
    var interval: DurationArgument?

    @OptionGroup var log: LogFlags

    func validate() throws {
        for url in collectors where !url.hasPrefix("http://") && !url.hasPrefix("https://") {
            throw ValidationError("--collector must begin with http:// or https://, not `\(SafeText(url))`")
        }
        if let interval, interval.milliseconds < 1000 || interval.milliseconds % 1000 != 0 || interval.milliseconds > 3_600_000 {
            throw ValidationError("--interval must be in whole seconds from 1s to 1h, such as 10s")
        }
    }

    func run() async throws {
        try await reportingFailures {
            let (configuration, _) = try file.load()
            var options = agentOptions(configuration, destinations: try destinations(configuration))
            if let spool { options.spoolDirectory = spool }
            if !logGlobs.isEmpty { options.logGlobs = logGlobs }
            if let instance { options.instance = instance }
            if let interval { options.metricsIntervalSeconds = Int(interval.milliseconds / 1000) }
            let logPath = Paths.join(options.spoolDirectory, "agent.log")
            options.ownLogPath = logPath
            bootstrapOwnLog(OwnLogSink(path: logPath, toStandardError: true), level: log.level)
            let logger = Logger(label: "agent")
            let agent = try AgentService(options: options, logger: logger)
            let urls = options.destinations.map(\.url).joined(separator: " ")
            logger.info("sending to collectors", metadata: ["collectors": "\(urls)", "spool": "\(options.spoolDirectory)"])
            try await untilStopped { await agent.run() }
        }
    }

    private func destinations(_ configuration: Configuration) throws -> [AgentDestination] {
        let named = collectors.map { AgentDestination(url: $0, tokenFile: tokenFile, caFile: caFile) }
        let configured = configuration.agent.collectors.map { AgentDestination(name: $0.name, url: $0.url, tokenFile: $0.tokenFile ?? tokenFile, tenant: $0.tenant, caFile: $0.authorityFile ?? caFile) }
        let destinations = named.isEmpty ? configured : named
        if destinations.isEmpty { throw Failure("no collector to send to; name one with --collector URL, or under `agent: collectors:` in nightjar.yml", code: Failure.usageCode) }
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
    options.redaction = configuration.redaction
    switch configuration.agent.multiline {
    case .automatic: options.multiline = .automatic
    case .off: options.multiline = .off
    case .start(let expression): options.multiline = .start(expression)
    }
    if let bytes = configuration.agent.spoolBytesMax { options.spoolBytesMax = Int(bytes) }
    return options
}
