import Foundations
import Glibc
import Model
import Wire

/// A collector that gets everything the agent reads.
public struct AgentDestination: Sendable {
    /// Names its cursor in the spool and its metrics; keep it when the address changes, so that nothing is sent twice.
    public var name: String
    /// Scheme, host and port: `https://nightjar.example.net:9845`.
    public var url: String
    /// A file with a bearer token, not readable by others.
    public var tokenFile: String?
    /// A bearer token that is in no file: that of a collector in the same process. Goes before `tokenFile`.
    public var token: Secret?
    /// The tenant that it is sent as; nil leaves it to the token.
    public var tenant: TenantName?
    /// A PEM file of authorities to trust instead of the system's.
    public var caFile: String?
    /// A certificate to show and its key, as PEM files.
    public var clientCertificateFile: String?
    public var clientKeyFile: String?

    /// `name`: the host and port of `url` where it is nil.
    public init(
        name: String? = nil, url: String, tokenFile: String? = nil, token: Secret? = nil, tenant: TenantName? = nil, caFile: String? = nil, clientCertificateFile: String? = nil, clientKeyFile: String? = nil
    ) {
        var trimmed = Substring(url)
        while trimmed.last == "/" { trimmed.removeLast() }
        self.url = String(trimmed)
        self.name = name ?? trimmed.split(separator: "/").last.map(String.init) ?? url
        self.tokenFile = tokenFile
        self.token = token
        self.tenant = tenant
        self.caFile = caFile
        self.clientCertificateFile = clientCertificateFile
        self.clientKeyFile = clientKeyFile
    }
}

/// What an agent reads, keeps and sends.
public struct AgentOptions: Sendable {
    public var destinations: [AgentDestination]
    public var spoolDirectory: String
    /// The label `instance` of all that it sends.
    public var instance: String
    /// Paths with `*`, `?`, `[a-z]` within a name and `**` for any folders.
    public var logGlobs: [String]
    /// The log of this program, read like the others; its lines have the job `nightjar`.
    public var ownLogPath: String?
    /// Folders of which nothing is read, as a collector's data on the same machine. The spool's is always one.
    public var excludedDirectories: [String]
    public var metricsIntervalSeconds: Int
    /// Labels for everything; they don't replace what a source says itself.
    public var labels: [String: String]
    /// Of the spool's segments; metrics have a quarter of it.
    public var spoolBytesMax: Int
    /// A folder of `*.prom` files in the exposition format.
    public var textfileDirectory: String?
    /// What `X-Nightjar-Version` and `nightjar_agent_info` say.
    public var version: String
    /// What is taken out of lines before they are kept.
    public var redaction = RedactionRules()
    /// Which lines belong to the record before them.
    public var multiline = MultilineRules.automatic
    /// East of UTC, for lines whose time has no zone; nil is this machine's at start.
    public var zoneOffsetSeconds: Int?

    public init(
        destinations: [AgentDestination], spoolDirectory: String, instance: String = AgentOptions.hostName, logGlobs: [String] = AgentOptions.defaultLogGlobs,
        ownLogPath: String? = nil, excludedDirectories: [String] = [], metricsIntervalSeconds: Int = 10, labels: [String: String] = [:],
        spoolBytesMax: Int = 1 << 30, textfileDirectory: String? = nil, version: String = "dev", zoneOffsetSeconds: Int? = nil
    ) {
        self.destinations = destinations
        self.spoolDirectory = spoolDirectory
        self.instance = instance
        self.logGlobs = logGlobs
        self.ownLogPath = ownLogPath
        self.excludedDirectories = excludedDirectories
        self.metricsIntervalSeconds = metricsIntervalSeconds
        self.labels = labels
        self.spoolBytesMax = spoolBytesMax
        self.textfileDirectory = textfileDirectory
        self.version = version
        self.zoneOffsetSeconds = zoneOffsetSeconds
    }

    public static let defaultLogGlobs = ["/var/log/**/*.log", "/var/log/syslog", "/var/log/messages"]

    /// The machine's name, or `localhost` where it has none.
    public static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0, name[0] != 0 else { return "localhost" }
        return name.withUnsafeBytes { SafeText(bytes: $0.prefix { $0 != 0 }).string }
    }

    /// Throws `AgentError.options` with what is to be changed.
    func check() throws(AgentError) {
        if destinations.isEmpty { throw .options(reason: "an agent needs at least one collector to send to") }
        if Set(destinations.map(\.name)).count != destinations.count { throw .options(reason: "two collectors have the same name; give them different ones") }
        for destination in destinations where !destination.url.hasPrefix("http://") && !destination.url.hasPrefix("https://") {
            throw .options(reason: "the collector's address must begin with http:// or https://, not `\(SafeText(destination.url))`")
        }
        if !(1...3600).contains(metricsIntervalSeconds) { throw .options(reason: "the interval must be 1 s to 3600 s, not \(metricsIntervalSeconds)") }
        if spoolBytesMax < 16 << 20 { throw .options(reason: "the spool needs at least 16 MiB") }
        if instance.isEmpty { throw .options(reason: "the instance's name is empty") }
    }
}
