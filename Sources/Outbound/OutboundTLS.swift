/// Which certificates are trusted and shown. TLS 1.2 or newer, and the host's name is always checked.
public struct OutboundTLS: Sendable {
    /// A PEM file of authorities to trust instead of the system's.
    public var caFile: String?
    /// The PEM file of a certificate to show, with its key's.
    public var clientCertificateFile: String?
    public var clientKeyFile: String?

    public init(caFile: String? = nil, clientCertificateFile: String? = nil, clientKeyFile: String? = nil) {
        self.caFile = caFile
        self.clientCertificateFile = clientCertificateFile
        self.clientKeyFile = clientKeyFile
    }

    /// The system's authorities, no certificate of our own.
    public static let system = OutboundTLS()
}
