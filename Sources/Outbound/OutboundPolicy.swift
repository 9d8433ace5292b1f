/// Where requests may go. The default suits addresses that people enter, such as webhooks: HTTPS to public addresses alone.
///
/// The address is checked as the connection is made, so a name that resolves to an inner address doesn't get through.
public struct OutboundPolicy: Sendable {
    /// Allows `http://` beside `https://`.
    public var allowsPlainHTTP: Bool
    /// Allows loopback, link-local, private and reserved addresses.
    public var allowsPrivateAddresses: Bool
    /// Allowed though they are private.
    public var allowedNetworks: [CIDR]

    public init(allowsPlainHTTP: Bool = false, allowsPrivateAddresses: Bool = false, allowedNetworks: [CIDR] = []) {
        self.allowsPlainHTTP = allowsPlainHTTP
        self.allowsPrivateAddresses = allowsPrivateAddresses
        self.allowedNetworks = allowedNetworks
    }

    /// Everything, for addresses that the operator configured, such as a collector's.
    public static let unrestricted = OutboundPolicy(allowsPlainHTTP: true, allowsPrivateAddresses: true)

    /// Not to be reached from the public internet (IANA's special-purpose registries), with what each is.
    private static let inner: [(network: CIDR, kind: String)] = [
        ("0.0.0.0/8", "this host"), ("10.0.0.0/8", "private"), ("100.64.0.0/10", "shared"), ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"), ("172.16.0.0/12", "private"), ("192.0.0.0/24", "reserved"), ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "reserved"), ("224.0.0.0/4", "multicast"), ("240.0.0.0/4", "reserved"), ("::/128", "this host"),
        ("::1/128", "loopback"), ("fe80::/10", "link-local"), ("fec0::/10", "private"), ("fc00::/7", "private"), ("ff00::/8", "multicast"),
    ].map { (CIDR($0.0)!, $0.1) }

    /// Why an address is refused, or nil where it is allowed.
    public func refusal(of address: NetworkAddress) -> String? {
        if allowsPrivateAddresses || allowedNetworks.contains(where: { $0.contains(address) }) { return nil }
        guard let found = Self.inner.first(where: { $0.network.contains(address) }) else { return nil }
        return "\(address) is a \(found.kind) address; list its network as allowed if it is meant"
    }
}
