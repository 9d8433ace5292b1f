import Foundations

/// One place where pages go. A receiver of alertmanager.yml with several integrations is several of these.
public struct Receiver: Sendable, Hashable {
    /// Unique: the configured name, with the integration's kind and place where the file allows several: `team/slack[0]`.
    public var name: String
    /// The name that routes use.
    public var configuredName: String
    public var kind: Kind
    /// Whether it is told of an alert's end.
    public var sendsResolved: Bool

    public enum Kind: Sendable, Hashable {
        case webhook(Webhook)
        case pagerDuty(PagerDuty)
        case opsgenie(Opsgenie)
        case slack(Slack)
        case teams(Teams)
        case telegram(Telegram)
        case email(Email)
        case command(Command)
        /// Stands for an escalation policy where a bound receiver has no destination of its own; nothing is sent to it.
        case escalation
    }

    public init(name: String, configuredName: String? = nil, kind: Kind, sendsResolved: Bool = true) {
        self.name = name
        self.configuredName = configuredName ?? name
        self.kind = kind
        self.sendsResolved = sendsResolved
    }

    /// Alerts that one message lists.
    var alertsPerMessageMax: Int {
        switch kind {
        case .webhook(let webhook): webhook.alertsMax
        default: Limits.alertsPerMessageMax
        }
    }

    /// Whether a message that can't list all alerts is followed by others that list the rest.
    var listsAll: Bool {
        if case .webhook(let webhook) = kind { webhook.listsAll } else { false }
    }

    /// Whether it merges messages by a key of ours, so that a repeat after a crash is no second page.
    public var isKeyed: Bool {
        switch kind {
        case .pagerDuty, .opsgenie: true
        default: false
        }
    }

    /// The kind's word in names and messages: `slack`.
    public var kindName: String {
        switch kind {
        case .webhook: "webhook"
        case .pagerDuty: "pagerduty"
        case .opsgenie: "opsgenie"
        case .slack: "slack"
        case .teams: "msteams"
        case .telegram: "telegram"
        case .email: "email"
        case .command: "command"
        case .escalation: "escalation"
        }
    }

    /// How its requests go out; nil for what isn't HTTP.
    var http: HTTPSettings? {
        switch kind {
        case .webhook(let webhook): webhook.http
        case .pagerDuty(let settings): settings.http
        case .opsgenie(let settings): settings.http
        case .slack(let settings): settings.http
        case .teams(let settings): settings.http
        case .telegram(let settings): settings.http
        case .email, .command, .escalation: nil
        }
    }
}

extension Receiver {
    /// A URL that takes Alertmanager's webhook body, version 4.
    public struct Webhook: Sendable, Hashable {
        public var address: Address
        public var http: HTTPSettings
        /// Alerts in one message.
        public var alertsMax: Int
        /// Whether further messages list what is over `alertsMax`; otherwise it is only counted, as Alertmanager does.
        public var listsAll: Bool
        /// Signs the body: `X-Nightjar-Signature: sha256=` and the HMAC-SHA256 in hexadecimal.
        public var signature: SecretSource?

        /// `bearerTokenFile`: its first line goes out as `Authorization: Bearer …`.
        public init(
            address: Address, bearerTokenFile: String? = nil, headers: [String: String] = [:], timeoutSeconds: Double? = nil,
            allowsPlainHTTP: Bool = false, allowsPrivateAddresses: Bool = false, alertsMax: Int? = nil, signature: SecretSource? = nil
        ) {
            self.address = address
            http = HTTPSettings()
            http.authorization = bearerTokenFile.map { .credentials(type: "Bearer", .file($0)) }
            http.headers = headers
            http.timeoutSeconds = timeoutSeconds ?? Limits.timeoutSecondsDefault
            http.allowsPlainHTTP = allowsPlainHTTP
            http.allowsPrivateAddresses = allowsPrivateAddresses
            self.alertsMax = alertsMax ?? Limits.alertsPerMessageMax
            listsAll = alertsMax == nil
            self.signature = signature
        }
    }

    /// A URL, or the file that holds it where it is a secret itself.
    public enum Address: Sendable, Hashable {
        case url(String)
        case file(String)
    }

    /// PagerDuty's Events API, version 2. Texts are templates, here and below.
    public struct PagerDuty: Sendable, Hashable {
        public var routingKey: SecretSource
        public var url: String
        public var texts: [String: String]
        public var details: [String: String]
        public var images: [[String: String]]
        public var links: [[String: String]]
        public var http: HTTPSettings
    }

    /// Opsgenie's alert API, which others speak too.
    public struct Opsgenie: Sendable, Hashable {
        public var key: SecretSource
        /// Up to the path: `https://api.opsgenie.com/`.
        public var url: String
        public var texts: [String: String]
        public var details: [String: String]
        public var responders: [[String: String]]
        public var http: HTTPSettings
    }

    /// An incoming webhook of Slack, or its API with a token.
    public struct Slack: Sendable, Hashable {
        public var address: SecretSource
        public var texts: [String: String]
        public var fields: [[String: String]]
        public var actions: [[String: String]]
        public var markdownIn: [String]
        public var linksNames: Bool
        public var isShortFields: Bool
        public var http: HTTPSettings
    }

    public struct Teams: Sendable, Hashable {
        public enum Form: Sendable, Hashable {
            /// The older connector's message card.
            case card
            /// An adaptive card, for workflows.
            case adaptiveCard
        }

        public var address: SecretSource
        public var form: Form
        public var texts: [String: String]
        public var http: HTTPSettings
    }

    public struct Telegram: Sendable, Hashable {
        public var token: SecretSource
        public var url: String
        public var chat: String
        public var threadID: Int?
        public var message: String
        /// `HTML`, `MarkdownV2`, `Markdown` or empty.
        public var parseMode: String
        public var isQuiet: Bool
        public var http: HTTPSettings
    }

    public struct Email: Sendable, Hashable {
        public var to: String
        public var from: String
        public var host: String
        public var port: Int
        /// The name this side greets with.
        public var hello: String
        public var user: String
        public var password: SecretSource?
        public var requiresTLS: Bool
        public var authorityFile: String?
        public var headers: [String: String]
        public var html: String
        public var text: String
        public var timeoutSeconds: Double
    }

    /// A program that gets the webhook body on its standard input; exit code 0 is delivered, 75 to be tried again.
    public struct Command: Sendable, Hashable {
        public var arguments: [String]
        public var timeoutSeconds: Double

        public init(arguments: [String], timeoutSeconds: Double = 30) {
            self.arguments = arguments
            self.timeoutSeconds = timeoutSeconds
        }
    }
}
