import Foundations
import Wire

/// Where the collector listens: a host name or address (IPv6 without brackets) and a port.
public struct ServerAddress: Hashable, Sendable, CustomStringConvertible {
    public static let portDefault = 9845

    public let host: String
    /// 0 lets the system choose.
    public let port: Int

    public init(host: String = "127.0.0.1", port: Int = portDefault) {
        self.host = host
        self.port = port
    }

    /// Whether only this machine can reach it.
    public var isLoopback: Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// The certificate chain and the private key of the server, both PEM files.
public struct CollectorTLS: Hashable, Sendable {
    public var certificatePath: String
    /// Refused where others than its owner and group can read it.
    public var keyPath: String

    public init(certificatePath: String, keyPath: String) {
        self.certificatePath = certificatePath
        self.keyPath = keyPath
    }
}

/// What a collector is told at its start.
public struct CollectorOptions: Sendable {
    /// Holds `metrics`, `logs`, `alerting` and the list of agents.
    public var dataDirectory: String
    public var listen: ServerAddress
    public var tls: CollectorTLS?
    /// A line per token: `name scope[,scope] sha256-hex`. Without it only loopback is served.
    public var tokenFile: String?
    /// Lets tokens cross a network without TLS: for a proxy that ends TLS on another machine.
    public var allowsPlainTokens: Bool
    /// This host's name, the label `instance` of the collector's own metrics.
    public var instance: String
    public var version: String
    /// Free bytes under which ingestion is refused; nil is the limit's default, less on small disks.
    public var diskReserveBytes: Int64?
    public var limits: CollectorLimits
    /// Whether other parts of this process, such as its own agent, need an address that they can always reach: see `localEndpoint`.
    public var servesOwnProcess = false
    /// How long the metric store keeps samples, as the API tells it. `CollectorService.open` sets it.
    public var metricRetentionMilliseconds: Int64?
    /// Whether the collector writes its own metrics to its store every few seconds; `/metrics` serves them either way.
    public var storesOwnMetrics = true
    /// What is taken out of log records before they are stored.
    public var redaction = RedactionRules()
    /// The sockets on which log shippers are listened to.
    public var inputs = CollectorInputs()

    public init(
        dataDirectory: String, listen: ServerAddress = ServerAddress(), tls: CollectorTLS? = nil, tokenFile: String? = nil,
        allowsPlainTokens: Bool = false, instance: String, version: String, diskReserveBytes: Int64? = nil,
        limits: CollectorLimits = CollectorLimits()
    ) {
        self.dataDirectory = dataDirectory
        self.listen = listen
        self.tls = tls
        self.tokenFile = tokenFile
        self.allowsPlainTokens = allowsPlainTokens
        self.instance = instance
        self.version = version
        self.diskReserveBytes = diskReserveBytes
        self.limits = limits
    }
}
