import Alerting
import ArgumentParser
import Collector
import Foundation
import Foundations
import Logging
import Model
import OwnLog

/// `nightjar evaluator`: rules, paging and on call over the data of another server.
struct EvaluatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluator", abstract: "Evaluates rules over another server's data, and pages: alerting without the stores.",
        discussion: """
            The source is a Prometheus, a cluster that speaks its API (Mimir, Thanos, VictoriaMetrics), or another Nightjar; log rules ask \
            --logs, a Loki or a Nightjar. Recorded series and ALERTS go back by remote write. All else is as with `collector`: routes, people, \
            Alertmanager's API, silences, incidents and heartbeats, with a data folder of its own, where pages wait that can't be delivered.

            SIGINT or SIGTERM stop it cleanly, SIGHUP makes it read rules, routes, people and tokens again.

            Exit codes: 0 it was stopped, 1 it could not start or failed, 2 the configuration is wrong.

            Examples:
              nightjar evaluator --source http://prometheus:9090 --rules 'rules/*.yml' \\
                --routes alertmanager.yml
              nightjar evaluator --source https://mimir/prometheus --source-tenant shop \\
                --write https://mimir/api/v1/push
            """)

    @Option(help: ArgumentHelp("The server that is asked, up to /api/v1.", valueName: "url"))
    var source: String

    @Option(help: ArgumentHelp("The server that log rules ask, up to /loki. (default: none)", valueName: "url"))
    var logs: String?

    @Option(help: ArgumentHelp("Where recorded series and ALERTS are written; `none` writes none. (default: the source's /api/v1/write)", valueName: "url"))
    var write: String?

    @Option(help: ArgumentHelp("A file with the token for the source, readable by its owner and group alone.", valueName: "file"), completion: .file())
    var sourceTokenFile: String?

    @Option(help: ArgumentHelp("A PEM file of certificates to trust at the source.", valueName: "file"), completion: .file())
    var sourceCaFile: String?

    @Option(help: ArgumentHelp("The tenant at the source, sent as X-Scope-OrgID.", valueName: "name"))
    var sourceTenant: String?

    @OptionGroup var server: ServerFlags

    func validate() throws {
        try Self.check(source, "--source")
        if let logs { try Self.check(logs, "--logs") }
        if let write, write != "none" { try Self.check(write, "--write") }
        if let sourceTenant, TenantName(sourceTenant) == nil { throw ValidationError("--source-tenant must be \(TenantName.form), not `\(SafeText(sourceTenant))`") }
    }

    private static func check(_ text: String, _ flag: String) throws {
        guard let parts = URLComponents(string: text), ["http", "https"].contains(parts.scheme ?? ""), parts.host?.isEmpty == false, parts.query == nil else {
            throw ValidationError("\(flag) must be an address such as http://prometheus:9090, not `\(SafeText(text))`")
        }
    }

    func run() async throws {
        try await reportingFailures {
            let (configuration, path) = try server.configuration()
            bootstrapOwnLog(OwnLogSink(path: Paths.join(configuration.dataDirectory, "nightjar.log"), toStandardError: true), level: server.log.level)
            let logger = Logger(label: "evaluator")
            let evaluator = try await makeCollector(configuration, servesOwnProcess: false, remoteRules: remoteRules, logger: logger)
            reportRules(configuration, logger)
            try await serve(evaluator, configuration, path: path, logger)
            logger.info("stopped")
        }
    }

    private var remoteRules: RemoteRules {
        let tenant = sourceTenant.flatMap { TenantName($0) }
        let metrics = RemoteSource(url: source, tokenFile: sourceTokenFile, authorityFile: sourceCaFile, tenant: tenant)
        let lines = logs.map { RemoteSource(url: $0, tokenFile: sourceTokenFile, authorityFile: sourceCaFile, tenant: tenant) }
        if write == "none" { return RemoteRules(metrics: metrics, logs: lines) { _ in } }
        let writer = RemoteWriter(address: write ?? metrics.url + "/api/v1/write", source: metrics)
        return RemoteRules(metrics: metrics, logs: lines) { try await writer.write($0) }
    }
}
