import Foundations
import Settings
import TestSupport
import Testing

@testable import ConfigurationFile

private func problems(_ yaml: String) -> [String] {
    do {
        _ = try Configuration.parse(yaml, path: "nightjar.yml")
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

@Test func anEmptyFileGivesTheDefaults() throws {
    let configuration = try Configuration.parse("", path: "nightjar.yml")
    #expect(configuration.listen.description == "127.0.0.1:9845")
    #expect(configuration.agent.intervalMilliseconds == 10_000)
    #expect(configuration.paging.receivers.isEmpty)
}

@Test func allKeysAreRead() throws {
    let configuration = try Configuration.parse(
        """
        data: /srv/nightjar
        listen: "[::1]:9000"
        instance: web-1
        rules: [a.yml, b/*.yml]
        tls: {cert: c.pem, key: k.pem}
        token_file: tokens
        disk_reserve: 1GiB
        retention: {metrics: 30d, logs: 7d}
        own_metrics: false
        agent:
          interval: 5s
          logs: /srv/*.log
          labels: {environment: staging}
          spool_max: 10MiB
          collectors:
            - url: https://a.example:9845
              token_file: t
        receivers:
          - name: ops
            webhook: {url: "https://hooks.example/x"}
        route: {receiver: ops}
        """, path: "nightjar.yml")
    #expect(configuration.dataDirectory == "/srv/nightjar" && configuration.listen == ListenAddress(host: "::1", port: 9000))
    #expect(configuration.tls == Configuration.TLS(certificateFile: "c.pem", keyFile: "k.pem") && configuration.diskReserveBytes == 1 << 30)
    #expect(!configuration.storesOwnMetrics && Configuration().storesOwnMetrics)
    #expect(configuration.retention.metricsMilliseconds == 30 * 86_400_000 && configuration.retention.logsMilliseconds == 7 * 86_400_000)
    #expect(configuration.agent.collectors == [Configuration.Destination(name: "collector-1", url: "https://a.example:9845", tokenFile: "t")])
    #expect(configuration.agent.logGlobs == ["/srv/*.log"] && configuration.agent.spoolBytesMax == 10 << 20)
    #expect(configuration.paging.route?.receiver == "ops")
}

@Test func everythingThatIsWrongIsSaidAtOnceWithItsLine() {
    let found = problems("listen: nowhere:at:all\nagnet: {}\nagent:\n  interval: 1ms\n  collectors:\n    - url: ftp://x\n")
    #expect(found.count == 4, "\(found)")
    #expect(found.contains { $0.hasPrefix("nightjar.yml:1:") && $0.contains("nowhere:at:all") })
    #expect(found.contains { $0.hasPrefix("nightjar.yml:2:") && $0.contains("did you mean `agent`?") })
    #expect(found.contains { $0.hasPrefix("nightjar.yml:4:") && $0.contains("1ms") })
    #expect(found.contains { $0.hasPrefix("nightjar.yml:6:") && $0.contains("http://") })
}

@Test(arguments: [
    ("127.0.0.1:80", "127.0.0.1:80"), ("localhost", "localhost:9845"), (":80", "0.0.0.0:80"), ("[::1]:9", "[::1]:9"), ("[::]", "[::]:9845"), ("0.0.0.0:0", "0.0.0.0:0"),
])
func addressesAreRead(_ text: String, _ expected: String) { #expect(ListenAddress(text)?.description == expected) }

@Test(arguments: ["", "a:b", "a:70000", "::1", "[::1", "[::1]x", "a:-1"])
func whatIsNoAddressIsRefused(_ text: String) { #expect(ListenAddress(text) == nil) }

@Test func theShippedExampleIsCorrect() throws {
    let root = Paths.directory(of: Paths.directory(of: Paths.directory(of: #filePath)))
    let configuration = try Configuration.load(Paths.join(root, "Docs/nightjar.yml"))
    #expect(configuration.dataDirectory == "./data")
}

@Test func heartbeatsAreReadAndWrongOnesAreToldWithTheirLines() throws {
    let configuration = try Configuration.parse(
        "heartbeats:\n  - {name: dump, cron: 30 4 * * *, zone: Europe/Berlin, max: 2h, severity: critical}\n  - {name: sync, every: 15m, labels: {team: data}}\n",
        path: "nightjar.yml")
    #expect(configuration.heartbeats.map(\.name) == ["dump", "sync"])
    #expect(configuration.heartbeats.map(\.scheduleText) == ["30 4 * * * (Europe/Berlin)", "every 15m"])
    let found = problems(
        "heartbeats:\n  - {name: a}\n  - {name: b, every: soon}\n  - {name: c, cron: 61 * * * *}\n  - {name: d d, every: 1h}\n  - {name: e, every: 1h, zone: UTC}\n  - {name: f, cron: 0 0 * * *, zone: Mars/Base}\n  - {name: f, every: 1h}\n")
    #expect(found.count == 7, "\(found)")
    for line in 2...8 { #expect(found.contains { $0.hasPrefix("nightjar.yml:\(line):") }, "\(line) in \(found)") }
}

@Test func tenantsInheritWhatIsNotSaidOfThem() throws {
    let configuration = try Configuration.parse(
        """
        tenants:
          shop:
            retention: {metrics: 90d, metrics_size: 10GiB}
            limits: {series: 1000, new_series_per_minute: 50}
          bank:
        retention: {metrics: 30d, logs: 7d}
        limits: {series: 2000, labels_per_series: 20}
        agent: {collectors: [{url: "http://localhost:1", tenant: shop}]}
        """, path: "nightjar.yml")
    #expect(configuration.tenants.map(\.name.description) == ["bank", "shop"])
    let (bank, shop) = (configuration.tenants[0], configuration.tenants[1])
    #expect(bank.retention == configuration.retention && bank.limits == configuration.limits)
    #expect(shop.retention.metricsMilliseconds == 90 * 86_400_000 && shop.retention.logsMilliseconds == 7 * 86_400_000)
    #expect(shop.retention.metricsBytes == 10 << 30 && configuration.retention.metricsBytes == nil)
    #expect(shop.limits.series == 1000 && shop.limits.newSeriesPerMinute == 50 && shop.limits.labelsPerSeries == 20)
    #expect(configuration.agent.collectors.map(\.tenant?.description) == ["shop"])
}

@Test(arguments: [
    ("tenants: {Shop: {}}", "a tenant's name is"), ("tenants: {../x: {}}", "a tenant's name is"), ("tenants: {-x: {}}", "a tenant's name is"),
    ("tenants: {default: {}}", "is the tenant that everything else in this file is of"), ("tenants: [shop]", "must be a section of `name:` lines"),
    ("tenants: {shop: 5}", "must be a name and a section"), ("tenants: {shop: {retention: {metrics: 1s}}}", "`metrics` must be a duration"),
    ("tenants: {shop: {limit: {series: 1}}}", "did you mean `limits`?"), ("agent: {collectors: [{url: \"http://x\", tenant: A}]}", "a tenant's name is"),
])
func aWrongTenantIsToldWithItsReason(yaml: String, reason: String) {
    let found = problems(yaml)
    #expect(found.count == 1 && found[0].contains(reason), "\(found)")
}

@Test func stepsOfMetricsAreKeptForLongerThanSamples() throws {
    let configuration = try Configuration.parse(
        "retention: {metrics: 30d, five_minutes: 180d, hours: 5y}\ntenants: {shop: {retention: {hours: 1y}}, bank: {retention: {five_minutes: 0s}}}\n", path: "nightjar.yml")
    #expect(configuration.retention.fiveMinutesMilliseconds == 180 * 86_400_000 && configuration.retention.hoursMilliseconds == 5 * 365 * 86_400_000)
    let (bank, shop) = (configuration.tenants[0].retention, configuration.tenants[1].retention)
    #expect(bank.fiveMinutesMilliseconds == 0 && bank.hoursMilliseconds == configuration.retention.hoursMilliseconds)
    #expect(shop.hoursMilliseconds == 365 * 86_400_000 && shop.fiveMinutesMilliseconds == 180 * 86_400_000)
    #expect(Configuration().retention.fiveMinutesMilliseconds == 0 && Configuration().retention.hoursMilliseconds == nil)
    let found = problems("retention: {metrics: 30d, five_minutes: 7d, hours: 5x}\n")
    #expect(found.count == 2 && found[0].contains("`five_minutes` is shorter than `metrics`") || found[1].contains("`five_minutes` is shorter than `metrics`"), "\(found)")
}

@Test func inputsRedactionAndRecordsOfManyLinesAreRead() throws {
    let configuration = try Configuration.parse(
        """
        logs:
          redact:
            kinds: [cards, keys]
            patterns:
              - {name: employee, regex: "EMP-[0-9]{6}"}
        inputs: {syslog_udp: "0.0.0.0:514", syslog_tls: "[::1]:6514", fluent: ":24224", fluent_shared_key_file: /k, syslog_tenant: shop}
        agent: {multiline_start: "^[0-9]"}
        """, path: "nightjar.yml")
    #expect(configuration.redaction.kinds == [.cards, .keys, .patterns])
    #expect(configuration.redaction.patterns.map(\.name) == ["employee"])
    #expect(configuration.inputs.syslogUDP == ListenAddress(host: "0.0.0.0", port: 514))
    #expect(configuration.inputs.syslogTLS == ListenAddress(host: "::1", port: 6514))
    #expect(configuration.inputs.fluent == ListenAddress(host: "0.0.0.0", port: 24224))
    #expect(configuration.inputs.syslogTenant?.description == "shop" && configuration.inputs.gelfTenant == nil)
    #expect(configuration.inputs.gelfUDP == nil && configuration.inputs.fluentSharedKeyFile == "/k")
    guard case .start(let expression) = configuration.agent.multiline else { return #expect(Bool(false), "no start") }
    #expect(expression.pattern == "^[0-9]")
    #expect(try Configuration.parse("logs: {redact: {enabled: false}}", path: "nightjar.yml").redaction.kinds.isEmpty)
    #expect(Configuration().redaction.kinds.count == 7)
}

@Test(arguments: [
    ("logs: {redact: {kinds: [card]}}", "`card` is no kind of secret"), ("logs: {redact: {patterns: [{regex: \"(\"}]}}", "is no regular expression"),
    ("inputs: {syslog_udp: nowhere}", "must be an address with a port"), ("inputs: {gelf_udp: \"127.0.0.1:\"}", "must be an address with a port"),
    ("inputs: {syslog: \"127.0.0.1:1\"}", "syslog"), ("inputs: {gelf_tenant: \"a b\"}", "`gelf_tenant` must be"), ("agent: {multiline: maybe}", "`multiline` is `auto` or `off`"),
    ("agent: {multiline: off, multiline_start: x}", "keep one of them"),
])
func aWrongInputIsToldWithItsReason(yaml: String, reason: String) {
    let found = problems(yaml)
    #expect(found.count == 1 && found[0].contains(reason), "\(found)")
}

@Test func logsHaveClassesASizeAndThinning() throws {
    let configuration = try Configuration.parse(
        """
        retention:
          logs: 14d
          logs_size: 2GiB
          log_classes:
            audit: {labels: {job: audit, env: prod}, keep: 365d, size: 1GiB}
            raw: {labels: {job: raw}}
          logs_thinning: {after: 3d, keep_one_of: 20, levels: [debug]}
        """, path: "nightjar.yml")
    let day: Int64 = 86_400_000
    #expect(configuration.retention.logsBytes == 2 << 30)
    #expect(configuration.retention.logClasses == [
        .init(name: "audit", labels: ["job": "audit", "env": "prod"], keepMilliseconds: 365 * day, bytes: 1 << 30), .init(name: "raw", labels: ["job": "raw"]),
    ])
    #expect(configuration.retention.logThinning == .init(afterMilliseconds: 3 * day, keepOneOf: 20, levels: [.debug]))
    #expect(throws: SettingsProblems.self) {
        _ = try Configuration.parse("retention:\n  log_classes:\n    Bad-Name: {labels: {a: b}}\n  logs_thinning: {after: 3d}\n", path: "nightjar.yml")
    }
}
