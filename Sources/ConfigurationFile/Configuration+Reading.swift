import Alerting
import Foundations
import Glibc
import Model
import Settings

extension Configuration {
    /// Reads a file. Throws with everything that is wrong in it.
    public static func load(_ path: String, files: any FileSystem = RealFileSystem()) throws(SettingsProblems) -> Configuration {
        let bytes: [UInt8]
        do {
            bytes = try files.readAll(path, bytesMax: SettingsDocument.bytesMax)
        } catch {
            throw SettingsProblems([SettingsProblem(path: path, reason: "the file can't be read: \(String(cString: strerror(error.code)))")])
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SettingsProblems([SettingsProblem(path: path, reason: "the file is not UTF-8 text")])
        }
        return try parse(text, path: path)
    }

    public static func parse(_ text: String, path: String) throws(SettingsProblems) -> Configuration {
        let document = SettingsDocument(path: path)
        let configuration = read(document.parse(text))
        try document.check()
        return configuration
    }

    private static func read(_ root: SettingsSection) -> Configuration {
        var configuration = Configuration()
        if let data = root.string("data") { configuration.dataDirectory = data }
        if let text = root.string("listen") {
            if let address = ListenAddress(text) { configuration.listen = address } else {
                root.report("listen", "`listen` must be an address such as `127.0.0.1:9845`, not `\(SafeText(text))`")
            }
        }
        configuration.instance = root.string("instance")
        if let globs = root.strings("rules") { configuration.ruleGlobs = globs }
        configuration.tls = root.section("tls").flatMap(readTLS)
        configuration.tokenFile = root.string("token_file")
        if let allowed = root.bool("allow_plain_tokens") { configuration.allowsPlainTokens = allowed }
        configuration.diskReserveBytes = root.bytes("disk_reserve")
        if let stores = root.bool("own_metrics") { configuration.storesOwnMetrics = stores }
        if let section = root.section("retention") { configuration.retention = readRetention(section, configuration.retention) }
        if let section = root.section("limits") { configuration.limits = readLimits(section, configuration.limits) }
        configuration.tenants = readTenants(root, configuration)
        if let section = root.section("queries") { configuration.queries = readQueries(section) }
        if let section = root.section("agent") { configuration.agent = readAgent(section) }
        configuration.routingFile = root.string("routes")
        configuration.onCallFile = root.string("oncall")
        configuration.pagerDutyWebhookSecretFile = root.string("pagerduty_webhook_secret_file")
        configuration.heartbeats = Heartbeat.parse(root)
        configuration.paging = ReceiverConfiguration.parse(root)
        if configuration.routingFile != nil, configuration.paging.route != nil {
            root.report("routes", "there are both `routes` and `route`", remedy: "keep one of them")
        }
        root.finish()
        return configuration
    }

    private static func readTLS(_ section: SettingsSection) -> TLS? {
        let (certificate, key) = (section.requiredString("cert"), section.requiredString("key"))
        section.finish()
        guard let certificate, let key else { return nil }
        return TLS(certificateFile: certificate, keyFile: key)
    }

    private static func readRetention(_ section: SettingsSection, _ inherited: Retention) -> Retention {
        var retention = inherited
        let range: ClosedRange<Int64> = 3_600_000...(100 * 365 * 86_400_000)
        if let metrics = section.durationMilliseconds("metrics", in: range) { retention.metricsMilliseconds = metrics }
        if let logs = section.durationMilliseconds("logs", in: range) { retention.logsMilliseconds = logs }
        if let bytes = section.bytes("metrics_size") { retention.metricsBytes = bytes }
        if let bytes = section.bytes("logs_size") { retention.logsBytes = bytes }
        if let classes = section.namedSections("log_classes") { retention.logClasses = classes.compactMap { readLogClass($0.name, $0.section, in: range) } }
        if let thinning = section.section("logs_thinning") { retention.logThinning = readLogThinning(thinning, in: range) }
        section.finish()
        return retention
    }

    private static func readLogClass(_ name: String, _ section: SettingsSection, in range: ClosedRange<Int64>) -> Configuration.LogClass? {
        let labels = section.stringMap("labels") ?? [:]
        if labels.isEmpty { section.report("labels", "the class `\(name)` has no `labels`, so no stream belongs to it", remedy: "name some, such as `labels: {job: audit}`") }
        let isName = (1...32).contains(name.utf8.count) && name.utf8.allSatisfy { ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x5F }
        if !isName { section.report("labels", "`\(name)` can't be a class's name", remedy: "use up to 32 of a-z, 0-9 and _") }
        let found = Configuration.LogClass(name: name, labels: labels, keepMilliseconds: section.durationMilliseconds("keep", in: range), bytes: section.bytes("size"))
        section.finish()
        return isName && !labels.isEmpty ? found : nil
    }

    private static func readLogThinning(_ section: SettingsSection, in range: ClosedRange<Int64>) -> Configuration.LogThinning? {
        let (after, keep) = (section.durationMilliseconds("after", in: range), section.integer("keep_one_of", in: 2...1_000_000))
        let names = section.strings("levels")
        let levels = names?.compactMap { name -> LogLevel? in
            let level = LogLevel(name: name)
            if level == nil { section.report("levels", "`\(name)` is no level", remedy: "use trace, debug, info, warn, error, fatal or unknown") }
            return level
        }
        section.finish()
        guard let after, let keep else {
            section.report("after", "thinning needs `after` and `keep_one_of`", remedy: "write `logs_thinning: {after: 7d, keep_one_of: 10}`")
            return nil
        }
        return Configuration.LogThinning(afterMilliseconds: after, keepOneOf: keep, levels: levels)
    }

    private static func readQueries(_ section: SettingsSection) -> QueryLimits {
        var queries = QueryLimits()
        queries.memoryBytes = bytes("memory", section, in: 16 << 20...1 << 40)
        queries.samples = section.integer("samples", in: 1000...100_000_000_000)
        queries.timeoutSeconds = section.durationMilliseconds("timeout", in: 1000...3_600_000).map { Double($0) / 1000 }
        queries.concurrent = section.integer("concurrent", in: 1...1000)
        queries.cacheBytes = bytes("cache", section, in: 0...1 << 40)
        section.finish()
        return queries
    }

    private static func bytes(_ key: String, _ section: SettingsSection, in range: ClosedRange<Int64>) -> Int? {
        guard let bytes = section.bytes(key) else { return nil }
        guard range.contains(bytes) else {
            section.report(key, "`\(key)` must be from \(ByteSizeText.format(bytes: range.lowerBound)) to \(ByteSizeText.format(bytes: range.upperBound))")
            return nil
        }
        return Int(bytes)
    }

    private static func readLimits(_ section: SettingsSection, _ inherited: SeriesLimits) -> SeriesLimits {
        var limits = inherited
        limits.series = section.integer("series", in: 1...5_000_000) ?? inherited.series
        limits.newSeriesPerMinute = section.integer("new_series_per_minute", in: 1...100_000_000) ?? inherited.newSeriesPerMinute
        limits.newSeriesBurst = section.integer("new_series_burst", in: 1...5_000_000) ?? inherited.newSeriesBurst
        // Above these the reader of requests refuses before the store does.
        limits.labelsPerSeries = section.integer("labels_per_series", in: 1...64) ?? inherited.labelsPerSeries
        limits.labelNameBytes = section.integer("label_name_bytes", in: 8...128) ?? inherited.labelNameBytes
        limits.labelValueBytes = section.integer("label_value_bytes", in: 8...2048) ?? inherited.labelValueBytes
        section.finish()
        return limits
    }

    private static func readTenants(_ root: SettingsSection, _ configuration: Configuration) -> [Tenant] {
        let sections = root.namedSections("tenants") ?? []
        if sections.count > tenantsMax { root.report("tenants", "there are \(sections.count) tenants, more than \(tenantsMax)") }
        return sections.compactMap { text, section in
            var tenant: Tenant?
            if let name = TenantName(text), name != .standard {
                tenant = Tenant(name: name, retention: configuration.retention, limits: configuration.limits)
            } else if text == TenantName.standard.description {
                section.document.report(section.node, "`\(text)` is the tenant that everything else in this file is of", remedy: "set `retention` and `limits` at the top")
            } else {
                section.document.report(section.node, "a tenant's name is \(TenantName.form), not `\(SafeText(text.prefix(100)))`")
            }
            if let retention = section.section("retention").map({ readRetention($0, configuration.retention) }) { tenant?.retention = retention }
            if let limits = section.section("limits").map({ readLimits($0, configuration.limits) }) { tenant?.limits = limits }
            section.finish()
            return tenant
        }.sorted { $0.name < $1.name }
    }

    private static func readAgent(_ section: SettingsSection) -> Agent {
        var agent = Agent()
        agent.collectors = (section.sections("collectors") ?? []).enumerated().compactMap { index, entry in
            let url = entry.requiredString("url")
            let destination = Destination(
                name: entry.string("name") ?? "collector-\(index + 1)", url: url ?? "", tokenFile: entry.string("token_file"),
                tenant: readTenantName(entry), authorityFile: entry.string("ca_file"))
            if let url, !url.hasPrefix("http://"), !url.hasPrefix("https://") { entry.report("url", "`url` must begin with http:// or https://") }
            entry.finish()
            return url == nil ? nil : destination
        }
        agent.spoolDirectory = section.string("spool")
        agent.spoolBytesMax = section.bytes("spool_max")
        if let globs = section.strings("logs") { agent.logGlobs = globs }
        if let interval = section.durationMilliseconds("interval", in: 1000...3_600_000) { agent.intervalMilliseconds = interval }
        agent.labels = section.stringMap("labels") ?? [:]
        agent.textfileDirectory = section.string("textfile_directory")
        section.finish()
        return agent
    }

    private static func readTenantName(_ section: SettingsSection) -> TenantName? {
        guard let text = section.string("tenant") else { return nil }
        if let name = TenantName(text) { return name }
        section.report("tenant", "a tenant's name is \(TenantName.form), not `\(SafeText(text.prefix(100)))`")
        return nil
    }
}
