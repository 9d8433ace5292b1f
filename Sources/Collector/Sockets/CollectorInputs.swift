import Model

/// The sockets beside the HTTP server on which log shippers are listened to. Each is off until it is given an address.
///
/// These protocols carry no token: whoever reaches the address may write to the logs of the tenant that the input belongs to. Fluent forward can ask for a shared key.
public struct CollectorInputs: Sendable, Equatable {
    /// RFC 5424 and RFC 3164, a message a datagram.
    public var syslogUDP: ServerAddress?
    /// The same, with octet counting or a line feed behind each message (RFC 6587).
    public var syslogTCP: ServerAddress?
    /// The same over TLS (RFC 5425), with the server's certificate.
    public var syslogTLS: ServerAddress?
    /// GELF, plain, compressed and in chunks.
    public var gelfUDP: ServerAddress?
    /// GELF with a zero byte behind each message.
    public var gelfTCP: ServerAddress?
    /// Fluent forward.
    public var fluent: ServerAddress?
    /// A file with the key that senders of Fluent forward must know; nil asks for none.
    public var fluentSharedKeyFile: String?
    /// Whose logs each protocol writes.
    public var syslogTenant = TenantName.standard
    public var gelfTenant = TenantName.standard
    public var fluentTenant = TenantName.standard

    public init() {}

    /// Those that are on.
    var addresses: [(kind: InputKind, address: ServerAddress)] {
        [
            (InputKind.syslogUDP, syslogUDP), (.syslogTCP, syslogTCP), (.syslogTLS, syslogTLS), (.gelfUDP, gelfUDP), (.gelfTCP, gelfTCP), (.fluent, fluent),
        ].compactMap { kind, address in address.map { (kind, $0) } }
    }

    func tenant(of kind: InputKind) -> TenantName {
        switch kind {
        case .syslogUDP, .syslogTCP, .syslogTLS: syslogTenant
        case .gelfUDP, .gelfTCP: gelfTenant
        case .fluent: fluentTenant
        }
    }
}

/// A socket input; the raw value is the label `input` of its metrics.
public enum InputKind: String, CaseIterable, Sendable {
    case syslogUDP = "syslog_udp"
    case syslogTCP = "syslog_tcp"
    case syslogTLS = "syslog_tls"
    case gelfUDP = "gelf_udp"
    case gelfTCP = "gelf_tcp"
    case fluent

    /// The flag that turns it on.
    var flag: String { "--" + rawValue.replacing("_", with: "-") }
    /// The flag that says whose logs it writes.
    var tenantFlag: String { "--\(rawValue.prefix { $0 != "_" })-tenant" }
    var isDatagram: Bool { self == .syslogUDP || self == .gelfUDP }
}
