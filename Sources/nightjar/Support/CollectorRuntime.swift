import Agent
import Alerting
import Collector
import ConfigurationFile
import Foundation
import Foundations
import LogStore
import Logging
import MetricStore
import Model

/// A collector made from the configuration; with `remoteRules` one whose rules another server evaluates.
func makeCollector(_ configuration: Configuration, servesOwnProcess: Bool, remoteRules: RemoteRules? = nil, logger: Logger) async throws -> CollectorService {
    let instance = configuration.instance ?? AgentOptions.hostName
    var options = CollectorOptions(
        dataDirectory: configuration.dataDirectory, listen: ServerAddress(host: configuration.listen.host, port: configuration.listen.port),
        tls: configuration.tls.map { CollectorTLS(certificatePath: $0.certificateFile, keyPath: $0.keyFile) }, tokenFile: configuration.tokenFile,
        allowsPlainTokens: configuration.allowsPlainTokens, instance: instance, version: Version.text, diskReserveBytes: configuration.diskReserveBytes)
    options.servesOwnProcess = servesOwnProcess
    options.storesOwnMetrics = configuration.storesOwnMetrics
    options.redaction = configuration.redaction
    options.inputs = collectorInputs(configuration.inputs)
    let queries = configuration.queries
    if let value = queries.memoryBytes { options.limits.queryMemoryBytesMax = value }
    if let value = queries.samples { options.limits.querySamplesMax = value }
    if let value = queries.timeoutSeconds { options.limits.querySeconds = value }
    if let value = queries.concurrent { options.limits.queriesConcurrentMax = value }
    if let value = queries.cacheBytes { options.limits.resultCacheBytesMax = value }
    let scheme = configuration.tls == nil ? "http" : "https"
    let stores = tenantOptions(.standard, configuration.retention, configuration.limits)
    let tenants = configuration.tenants.map { tenantOptions($0.name, $0.retention, $0.limits) }
    return try await CollectorService.open(
        options: options, metricStore: stores.metricStore, logStore: stores.logStore, tenants: tenants, remoteRules: remoteRules, logger: logger
    ) { directory in
        var alerting = AlertingOptions(
            ruleGlobs: configuration.ruleGlobs, databasePath: Paths.join(directory, "alerts.db"), externalURL: "\(scheme)://\(configuration.listen)",
            receivers: configuration.paging.receivers, route: configuration.paging.route)
        alerting.routingFile = configuration.routingFile
        alerting.onCallFile = configuration.onCallFile
        alerting.heartbeats = configuration.heartbeats
        alerting.inhibitions = configuration.paging.dependencies
        if let groups = configuration.paging.stormGroupsPerMinuteMax { alerting.stormGroupsPerMinuteMax = groups }
        alerting.pagerDutyWebhookSecret = configuration.pagerDutyWebhookSecretFile.map { .file($0) }
        return alerting
    }
}

/// The sockets for log shippers.
private func collectorInputs(_ configured: Configuration.Inputs) -> CollectorInputs {
    func address(_ address: ListenAddress?) -> ServerAddress? { address.map { ServerAddress(host: $0.host, port: $0.port) } }
    var inputs = CollectorInputs()
    inputs.syslogUDP = address(configured.syslogUDP)
    inputs.syslogTCP = address(configured.syslogTCP)
    inputs.syslogTLS = address(configured.syslogTLS)
    inputs.gelfUDP = address(configured.gelfUDP)
    inputs.gelfTCP = address(configured.gelfTCP)
    inputs.fluent = address(configured.fluent)
    inputs.fluentSharedKeyFile = configured.fluentSharedKeyFile
    inputs.syslogTenant = configured.syslogTenant ?? .standard
    inputs.gelfTenant = configured.gelfTenant ?? .standard
    inputs.fluentTenant = configured.fluentTenant ?? .standard
    return inputs
}

/// How a tenant's stores behave.
private func tenantOptions(_ name: TenantName, _ retention: Configuration.Retention, _ limits: Configuration.SeriesLimits) -> TenantOptions {
    var metricStore = MetricStoreOptions()
    metricStore.retentionMilliseconds = retention.metricsMilliseconds
    metricStore.retentionBytes = retention.metricsBytes
    metricStore.fiveMinuteRetentionMilliseconds = retention.fiveMinutesMilliseconds
    metricStore.hourRetentionMilliseconds = retention.hoursMilliseconds
    if let value = limits.series { metricStore.seriesMax = value }
    metricStore.newSeriesPerMinuteMax = limits.newSeriesPerMinute
    if let value = limits.newSeriesBurst { metricStore.newSeriesBurst = value }
    if let value = limits.labelsPerSeries { metricStore.labelsPerSeriesMax = value }
    if let value = limits.labelNameBytes { metricStore.labelNameBytesMax = value }
    if let value = limits.labelValueBytes { metricStore.labelValueBytesMax = value }
    let logSeconds = retention.logsMilliseconds / 1000
    var logStore = LogStoreOptions(retentionSeconds: logSeconds, acceptedPastSeconds: logSeconds, sizeBytesMax: retention.logsBytes.map { Int(clamping: $0) })
    logStore.classes = retention.logClasses.compactMap { entry in
        LogRetentionClass(
            name: entry.name, selectors: [entry.labels.sorted { $0.key < $1.key }.map { Matcher($0.key, equals: $0.value) }],
            retentionSeconds: entry.keepMilliseconds.map { $0 / 1000 }, sizeBytesMax: entry.bytes.map { Int(clamping: $0) })
    }
    // What is kept longer may come later.
    for entry in logStore.classes { logStore.acceptedPastSeconds = max(logStore.acceptedPastSeconds, entry.retentionSeconds ?? logSeconds) }
    logStore.thinning = retention.logThinning.map { thinning in
        var options = LogThinning(afterSeconds: thinning.afterMilliseconds / 1000, keepOneOf: thinning.keepOneOf)
        if let levels = thinning.levels { options.levels = Set(levels) }
        return options
    }
    return TenantOptions(name: name, metricStore: metricStore, logStore: logStore)
}

/// Says what rules there are, since none means that nobody is paged.
func reportRules(_ configuration: Configuration, _ logger: Logger) {
    let files = ruleFiles(configuration.ruleGlobs)
    if files.isEmpty {
        logger.warning("no rule file was found, so nothing is alerted on; name some with --rules", metadata: ["rules": "\(configuration.ruleGlobs.joined(separator: " "))"])
    }
}

/// What SIGHUP asks for: rules and tokens are read again. What is wrong in them is logged.
func reload(_ collector: CollectorService, _ logger: Logger) async {
    if let problem = await collector.reload() {
        logger.warning("not everything could be read again", metadata: ["reason": "\(problem)"])
    } else {
        logger.info("rules and tokens were read again")
    }
}

/// The files that globs name, sorted.
func ruleFiles(_ globs: [String]) -> [String] {
    var found: Set<String> = []
    for pattern in globs {
        var result = glob_t()
        defer { globfree(&result) }
        guard glob(pattern, 0, nil, &result) == 0 else { continue }
        for index in 0..<Int(result.gl_pathc) { if let path = result.gl_pathv[index] { found.insert(String(cString: path)) } }
    }
    return found.sorted()
}
