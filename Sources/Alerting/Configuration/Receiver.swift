import Foundations

/// Where pages go.
public struct Receiver: Sendable, Hashable {
    /// The name that routes use.
    public var name: String
    public var kind: Kind
    /// Whether it is told of an alert's end.
    public var sendsResolved: Bool

    public enum Kind: Sendable, Hashable {
        case webhook(Webhook)
    }

    /// A URL that takes Alertmanager's webhook body, version 4.
    public struct Webhook: Sendable, Hashable {
        public var address: Address
        /// A file whose first line goes out as `Authorization: Bearer …`; read anew for each request.
        public var bearerTokenFile: String?
        public var headers: [String: String]
        public var timeoutSeconds: Double
        /// Allows http:// in place of https://.
        public var allowsPlainHTTP: Bool
        /// Allows loopback, link-local and private addresses.
        public var allowsPrivateAddresses: Bool
        /// Alerts in one message; the rest is counted.
        public var alertsMax: Int

        public init(
            address: Address, bearerTokenFile: String? = nil, headers: [String: String] = [:], timeoutSeconds: Double? = nil,
            allowsPlainHTTP: Bool = false, allowsPrivateAddresses: Bool = false, alertsMax: Int? = nil
        ) {
            self.address = address
            self.bearerTokenFile = bearerTokenFile
            self.headers = headers
            self.timeoutSeconds = timeoutSeconds ?? Limits.timeoutSecondsDefault
            self.allowsPlainHTTP = allowsPlainHTTP
            self.allowsPrivateAddresses = allowsPrivateAddresses
            self.alertsMax = alertsMax ?? Limits.alertsPerMessageMax
        }
    }

    /// A URL, or the file that holds it where it is a secret itself.
    public enum Address: Sendable, Hashable {
        case url(String)
        case file(String)
    }

    public init(name: String, kind: Kind, sendsResolved: Bool = true) {
        self.name = name
        self.kind = kind
        self.sendsResolved = sendsResolved
    }

    /// Alerts that one message lists.
    var alertsPerMessageMax: Int {
        switch kind {
        case .webhook(let webhook): webhook.alertsMax
        }
    }
}
