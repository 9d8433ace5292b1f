/// What goes to a receiver.
struct DeliveryRequest: Sendable {
    enum Transport: Sendable {
        case http
        /// To a mail server; the body is the whole message.
        case mail(MailEnvelope)
        /// To a program's standard input.
        case command(arguments: [String], environment: [String: String])
    }

    var transport = Transport.http
    var method = "POST"
    var url: String
    var headers: [(name: String, value: String)]
    var body: [UInt8]
    var timeoutSeconds: Double
}

/// Between whom a message goes, and how its server is talked to.
struct MailEnvelope: Sendable {
    var from: String
    var recipients: [String]
    var hello: String
    var user: String
    /// Nil: without authentication.
    var password: SecretSource?
    var requiresTLS: Bool
    var authorityFile: String?
}

/// What came back, whatever its status.
struct DeliveryReply: Sendable {
    var status: Int
    var body: [UInt8]
    /// From Retry-After.
    var retryAfterSeconds: Double?

    init(status: Int, body: [UInt8] = [], retryAfterSeconds: Double? = nil) {
        self.status = status
        self.body = body
        self.retryAfterSeconds = retryAfterSeconds
    }
}

/// No answer came.
struct DeliveryFailure: Error, CustomStringConvertible {
    var reason: String
    /// The request may have reached the receiver: sending it again may be a repeat.
    var mayHaveArrived: Bool

    var description: String { reason }
}

/// Sends one request. Throws where there is no answer: a `DeliveryFailure` where it is known whether the request may have arrived.
protocol Deliverer: Sendable {
    func send(_ request: DeliveryRequest) async throws -> DeliveryReply
}
