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
            With a terminal it opens the dashboard (q ends everything); without one it prints a snapshot of this host's health and keeps serving. \
            SIGINT or SIGTERM stop it cleanly.

            Exit codes: 0 it was stopped, 1 it could not start or failed, 2 the configuration is wrong.
            """)

    @OptionGroup var server: ServerFlags

    @Flag(name: .customLong("no-dash"), help: "Serves without opening the dashboard.")
    var isWithoutDashboard = false

    func run() async throws {
        try await reportingFailures {
            let (configuration, path) = try server.configuration()
            let showsDashboard = isatty(0) == 1 && isatty(1) == 1 && !isWithoutDashboard
            let logPath = Paths.join(configuration.dataDirectory, "nightjar.log")
            bootstrapOwnLog(OwnLogSink(path: logPath, toStandardError: !showsDashboard), level: server.log.logLevel)
            let logger = Logger(label: "up")
            let collector = try await makeCollector(configuration, servesOwnProcess: true, logger: Logger(label: "collector"))
            reportRules(configuration, logger)
            try await untilStopped {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await collector.run() }
                    group.addTask { try await beside(collector, configuration, path, logPath, showsDashboard, logger) }
                    // Whoever ends first ends the other: the dashboard by q, the collector by an error.
                    try await group.next()
                    group.cancelAll()
                    try await group.waitForAll()
                }
            }
            logger.info("stopped")
        }
    }

    /// The agent, and what is shown, once the collector listens.
    private func beside(
        _ collector: CollectorService, _ configuration: Configuration, _ path: String?, _ logPath: String, _ showsDashboard: Bool, _ logger: Logger
    ) async throws {
        let local = try await collector.localEndpoint()
        let port = try await collector.listeningPort()
        logger.info("listening", metadata: ["address": "\(configuration.listen.host):\(port)", "data": "\(configuration.dataDirectory)", "configuration": "\(path ?? "defaults")"])
        var options = agentOptions(configuration, destinations: destinations(configuration, local))
        options.ownLogPath = logPath
        options.excludedDirectories = [configuration.dataDirectory]
        let agent = try AgentService(options: options, logger: Logger(label: "agent"))
        let dashboard = DashboardOptions(url: local.url, token: local.token)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await agent.run() }
            if showsDashboard {
                group.addTask { _ = try await Dashboard.run(dashboard) }
                try await group.next()
                group.cancelAll()
            } else {
                try await printSnapshot(dashboard)
            }
            try await group.waitForAll()
        }
    }

    /// This process's collector first, then those of the configuration.
    private func destinations(_ configuration: Configuration, _ local: CollectorService.LocalEndpoint) -> [AgentDestination] {
        [AgentDestination(name: "local", url: local.url, token: local.token)]
            + configuration.agent.collectors.map { AgentDestination(name: $0.name, url: $0.url, tokenFile: $0.tokenFile, caFile: $0.authorityFile) }
    }

    /// Waits until the agent's first samples can be seen, and prints a frame.
    private func printSnapshot(_ options: DashboardOptions) async throws {
        for _ in 0..<20 {
            try await Task.sleep(for: .milliseconds(500))
            let (frame, code) = try await Dashboard.once(options)
            guard code == 3 else {
                print(frame)
                return
            }
        }
        print(try await Dashboard.once(options).frame)
    }
}
