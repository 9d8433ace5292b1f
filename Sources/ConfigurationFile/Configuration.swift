import Alerting
import Foundations
import Model
import Settings

/// What `nightjar.yml` says. Every key has a default; the command line's flags go before the file.
public struct Configuration: Sendable {
    /// Where metrics, logs, alert states, the spool and the own log are kept.
    public var dataDirectory = "data"
    public var listen = ListenAddress(host: "127.0.0.1", port: ListenAddress.defaultPort)
    /// This machine's name in the label `instance`; nil is the host name.
    public var instance: String?
    /// Files of rules, as globs.
    public var ruleGlobs = Configuration.defaultRuleGlobs
    public var tls: TLS?
    /// Tokens of those who may use the collector; needed on any address but loopback.
    public var tokenFile: String?
    /// Serves tokens without TLS, for use behind a proxy that ends TLS.
    public var allowsPlainTokens = false
    /// Below this much free space the collector refuses to store; nil chooses by the size of the disk.
    public var diskReserveBytes: Int64?
    public var retention = Retention()
    /// Whether the collector's own metrics are written to its store; `/metrics` serves them either way.
    public var storesOwnMetrics = true
    public var limits = SeriesLimits()
    /// Tenants beside the default one, by name; each has stores of its own.
    public var tenants: [Tenant] = []
    public var queries = QueryLimits()
    public var agent = Agent()
    /// A file of routes and receivers in Alertmanager's format, in place of `receivers` and `route`.
    public var routingFile: String?
    /// A file of people, schedules and escalation policies.
    public var onCallFile: String?
    /// The file with the secret of PagerDuty's webhooks.
    public var pagerDutyWebhookSecretFile: String?
    /// Jobs that are expected to say that they ran.
    public var heartbeats: [Heartbeat] = []
    /// Who is told: the keys `receivers`, `route` and `dependencies`.
    public var paging = ReceiverConfiguration()

    public static let defaultRuleGlobs = ["AlertRules/*.yml", "/etc/nightjar/rules/*.yml"]

    /// Each has eight threads and open files of its own; a fleet of more is a job for more than one collector.
    public static let tenantsMax = 100

    public struct TLS: Sendable, Equatable {
        public var certificateFile: String
        public var keyFile: String

        public init(certificateFile: String, keyFile: String) {
            self.certificateFile = certificateFile
            self.keyFile = keyFile
        }
    }

    /// How long data is kept, in milliseconds.
    public struct Retention: Sendable, Equatable {
        public var metricsMilliseconds: Int64 = 15 * 86_400_000
        public var logsMilliseconds: Int64 = 30 * 86_400_000
        /// Bytes of all blocks of metrics together; nil is without bound.
        public var metricsBytes: Int64?
        /// The same for logs that belong to no class.
        public var logsBytes: Int64?
        public var logClasses: [LogClass] = []
        public var logThinning: LogThinning?
    }

    /// Streams of logs that are kept for a time of their own.
    public struct LogClass: Sendable, Equatable {
        public var name: String
        /// All of them must be the stream's.
        public var labels: [String: String]
        /// Nil is for ever.
        public var keepMilliseconds: Int64?
        public var bytes: Int64?

        public init(name: String, labels: [String: String], keepMilliseconds: Int64? = nil, bytes: Int64? = nil) {
            self.name = name
            self.labels = labels
            self.keepMilliseconds = keepMilliseconds
            self.bytes = bytes
        }
    }

    /// Keeps one of so many old log lines.
    public struct LogThinning: Sendable, Equatable {
        public var afterMilliseconds: Int64
        public var keepOneOf: Int
        /// Names of the levels that are thinned; nil is trace, debug and info.
        public var levels: [LogLevel]?

        public init(afterMilliseconds: Int64, keepOneOf: Int, levels: [LogLevel]? = nil) {
            self.afterMilliseconds = afterMilliseconds
            self.keepOneOf = keepOneOf
            self.levels = levels
        }
    }

    /// What series of metrics may be; nil is what the store ships with.
    public struct SeriesLimits: Sendable, Equatable {
        /// Series in memory at once.
        public var series: Int?
        public var newSeriesPerMinute: Int?
        /// New series taken at once where there were few before.
        public var newSeriesBurst: Int?
        public var labelsPerSeries: Int?
        public var labelNameBytes: Int?
        public var labelValueBytes: Int?
    }

    /// A tenant, with what isn't said of it taken from the settings of all.
    public struct Tenant: Sendable, Equatable {
        public var name: TenantName
        public var retention: Retention
        public var limits: SeriesLimits
    }

    /// What one query may cost, and what is kept of results.
    public struct QueryLimits: Sendable, Equatable {
        public var memoryBytes: Int?
        public var samples: Int?
        public var timeoutSeconds: Double?
        public var concurrent: Int?
        /// Room for results that dashboards ask for again; 0 keeps none.
        public var cacheBytes: Int?
    }

    public struct Agent: Sendable {
        public var collectors: [Destination] = []
        /// Nil is the folder `spool` of the data folder.
        public var spoolDirectory: String?
        public var spoolBytesMax: Int64?
        public var logGlobs = Agent.defaultLogGlobs
        public var intervalMilliseconds: Int64 = 10_000
        /// Labels for everything that this agent sends.
        public var labels: [String: String] = [:]
        /// A folder of `*.prom` files whose metrics are sent too.
        public var textfileDirectory: String?

        public static let defaultLogGlobs = ["/var/log/**/*.log", "/var/log/syslog", "/var/log/messages"]
    }

    /// A collector that an agent sends to.
    public struct Destination: Sendable, Equatable {
        public var name: String
        public var url: String
        public var tokenFile: String?
        /// Nil leaves it to the token.
        public var tenant: TenantName?
        /// A file of certificates to trust instead of the system's.
        public var authorityFile: String?

        public init(name: String, url: String, tokenFile: String? = nil, tenant: TenantName? = nil, authorityFile: String? = nil) {
            self.name = name
            self.url = url
            self.tokenFile = tokenFile
            self.tenant = tenant
            self.authorityFile = authorityFile
        }
    }

    public init() {}
}

/// A host and a port to listen on: `127.0.0.1:9845`, `[::1]:9845`, `0.0.0.0:0`.
public struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
    public static let defaultPort = 9845

    public var host: String
    public var port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Nil where `text` is no address; a missing port is 9845, a missing host (`:9845`) every address.
    public init?(_ text: String) {
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            host = String(text[text.index(after: text.startIndex)..<end])
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":"), let port = Self.port(rest.dropFirst()) else { return nil }
            self.port = port
            return
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, !text.isEmpty, let port = Self.port(parts.count == 2 ? parts[1] : "") else { return nil }
        host = parts[0].isEmpty ? "0.0.0.0" : String(parts[0])
        self.port = port
    }

    private static func port(_ text: Substring) -> Int? {
        if text.isEmpty { return defaultPort }
        return Int(text).flatMap { (0...65535).contains($0) ? $0 : nil }
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
