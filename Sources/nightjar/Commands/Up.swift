import Agent
import ArgumentParser
import Collector
import ConfigurationFile
import Dashboard
import Foundation
import Foundations
import Logging
import OwnLog
import Terminal

/// `nightjar up`: everything in one process, and the dashboard where there is a terminal.
struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Starts collector, rules, paging and an agent for this host in one process.",
        discussion: """
            With a terminal it opens the dashboard (q ends everything); without one it prints a snapshot of this host's health once there \
            are two samples, and keeps serving. SIGINT or SIGTERM stop it cleanly; SIGHUP makes it read rules and tokens again, or, with \
            the dashboard open, stops it too. Flags go before the configuration file.

            Exit codes: 0 it was stopped, 1 it could not start or failed, 2 the configuration is wrong.

            Examples:
              nightjar up
              nightjar up --data /var/lib/nightjar --rules '/etc/nightjar/rules/*.yml'
              nightjar up --no-dash --listen 127.0.0.1:9945 --log-level debug
            """)

    @OptionGroup var server: ServerFlags

    @Flag(name: .customLong("no-dash"), help: "Serves without opening the dashboard.")
    var isWithoutDashboard = false

    func run() async throws {
        try await reportingFailures {
            let (configuration, path) = try server.configuration()
            let showsDashboard = Output.isScreen && !isWithoutDashboard
            let logPath = Paths.join(configuration.dataDirectory, "nightjar.log")
            bootstrapOwnLog(OwnLogSink(path: logPath, toStandardError: !showsDashboard), level: server.log.level)
            let logger = Logger(label: "up")
            let collector = try await makeCollector(configuration, servesOwnProcess: true, logger: Logger(label: "collector"))
            reportRules(configuration, logger)
            let everything = Everything(
                collector: collector, configuration: configuration, configurationPath: path, logPath: logPath,
                display: showsDashboard ? .dashboard : .snapshot, logger: logger)
            let hangup: @Sendable () async -> Void = { await reload(collector, logger) }
            // With the dashboard open a hang-up means that the terminal is gone.
            try await untilStopped(hangup: showsDashboard ? nil : hangup) { try await everything.run() }
            logger.info("stopped")
            if showsDashboard { Output.message("Nightjar has stopped. Its data is in \(configuration.dataDirectory), its log in \(logPath).") }
        }
    }
}

/// The parts of `up`, together.
private struct Everything: Sendable {
    enum Display { case dashboard, snapshot }

    let collector: CollectorService
    let configuration: Configuration
    let configurationPath: String?
    let logPath: String
    let display: Display
    let logger: Logger

    /// Whoever ends first ends the others: the dashboard by q, the collector by an error.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await collector.run() }
            group.addTask { try await besideCollector() }
            try await group.next()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    /// The agent, and what is shown, once the collector listens.
    private func besideCollector() async throws {
        let local = try await collector.localEndpoint()
        let port = try await collector.listeningPort()
        let address = ListenAddress(host: configuration.listen.host, port: port)
        logger.info("listening", metadata: ["address": "\(address)", "data": "\(configuration.dataDirectory)", "configuration": "\(configurationPath ?? "defaults")"])
        var options = agentOptions(configuration, destinations: destinations(local))
        options.ownLogPath = logPath
        options.excludedDirectories = [configuration.dataDirectory]
        let agent = try AgentService(options: options, logger: Logger(label: "agent"))
        let dashboard = DashboardOptions(url: local.url, token: local.token, actor: userName())
        let instance = options.instance
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await agent.run() }
            switch display {
            case .dashboard:
                group.addTask { _ = try await Dashboard.run(dashboard) }
                try await group.next()
                group.cancelAll()
                Output.message("Stopping …")
            case .snapshot:
                try await Snapshot(options: dashboard, instance: instance).print()
            }
            try await group.waitForAll()
        }
    }

    /// This process's collector first, then those of the configuration.
    private func destinations(_ local: CollectorService.LocalEndpoint) -> [AgentDestination] {
        [AgentDestination(name: "local", url: local.url, token: local.token)]
            + configuration.agent.collectors.map { AgentDestination(name: $0.name, url: $0.url, tokenFile: $0.tokenFile, tenant: $0.tenant, caFile: $0.authorityFile) }
    }
}

/// The health of this host as one frame, for where there is no terminal.
private struct Snapshot {
    /// Rates need two samples, 10 s apart by default, and the dashboard reads them on a grid of 15 s; after that long it's printed with
    /// what is there.
    private static let waitSecondsMax: Int64 = 30
    private static let size = Size(columns: 120, rows: 16)

    let options: DashboardOptions
    let instance: String

    func print() async throws {
        let clock = SystemClock()
        let end = clock.monotonicNanoseconds() + Self.waitSecondsMax * 1_000_000_000
        while clock.monotonicNanoseconds() < end, try await !isComplete() { try await Task.sleep(for: .milliseconds(500)) }
        Output.text(try await Dashboard.once(options, size: Self.size, screen: "hosts").frame, lostReader: .isIgnored)
    }

    /// Whether this host's values are there, those that need two samples too.
    private func isComplete() async throws -> Bool {
        struct Report: Decodable {
            struct Host: Decodable {
                let instance: String
                let cpuFraction: Double?
                let memoryFraction: Double?
                let receiveBytesPerSecond: Double?
            }
            let hosts: [Host]
        }
        let text = try await Dashboard.json(options).text
        let host = try JSONDecoder().decode(Report.self, from: Data(text.utf8)).hosts.first { $0.instance == instance }
        return host?.cpuFraction != nil && host?.memoryFraction != nil && host?.receiveBytesPerSecond != nil
    }
}
