/// What goes to a receiver: method POST.
struct DeliveryRequest: Sendable {
    var url: String
    var headers: [(name: String, value: String)]
    var body: [UInt8]
    var timeoutSeconds: Double
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
