import ArgumentParser
import Collector
import ConfigurationFile
import Foundation
import Foundations
import Logging
import OwnLog

/// `nightjar collector`: stores, evaluator and API, without an agent.
struct CollectorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "collector", abstract: "Runs the collector alone: stores, rules, paging and the HTTP API.",
        discussion: """
            Agents send to it with `nightjar agent --collector URL`. SIGINT or SIGTERM stop it cleanly, SIGHUP makes it read rules and \
            tokens again. Flags go before the configuration file.

            Exit codes: 0 it was stopped, 1 it could not start or failed, 2 the configuration is wrong.

            Examples:
              nightjar collector --data /var/lib/nightjar
              nightjar collector --listen 0.0.0.0:9845 --token-file tokens \\
                --tls-cert cert.pem --tls-key key.pem
            """)

    @OptionGroup var server: ServerFlags

    func run() async throws {
        try await reportingFailures {
            let (configuration, path) = try server.configuration()
            bootstrapOwnLog(OwnLogSink(path: Paths.join(configuration.dataDirectory, "nightjar.log"), toStandardError: true), level: server.log.level)
            let logger = Logger(label: "collector")
            let collector = try await makeCollector(configuration, servesOwnProcess: false, logger: logger)
            reportRules(configuration, logger)
            try await serve(collector, configuration, path: path, logger)
            logger.info("stopped")
        }
    }
}

/// Runs a collector until it is stopped.
func serve(_ collector: CollectorService, _ configuration: Configuration, path: String?, _ logger: Logger) async throws {
    try await untilStopped(hangup: { await reload(collector, logger) }) {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await collector.run() }
            group.addTask {
                let port = try await collector.listeningPort()
                logger.info("listening", metadata: ["address": "\(configuration.listen.host):\(port)", "data": "\(configuration.dataDirectory)", "configuration": "\(path ?? "defaults")"])
            }
            try await group.waitForAll()
        }
    }
}
