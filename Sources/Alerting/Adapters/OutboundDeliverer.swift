import Foundations
import Outbound

/// Sends pages through libcurl. Each receiver has a client of its own, so that none waits for another's connections.
struct OutboundDeliverer: Deliverer {
    private let client: HTTPClient
    private let clock: any WallClock

    init(_ receiver: Receiver, clock: any WallClock) {
        self.clock = clock
        let settings = receiver.http ?? HTTPSettings()
        client = HTTPClient(
            policy: OutboundPolicy(allowsPlainHTTP: settings.allowsPlainHTTP, allowsPrivateAddresses: settings.allowsPrivateAddresses),
            tls: OutboundTLS(caFile: settings.authorityFile, clientCertificateFile: settings.certificateFile, clientKeyFile: settings.keyFile),
            connectionsMax: Limits.requestsPerReceiverMax)
    }

    func send(_ request: DeliveryRequest) async throws -> DeliveryReply {
        do throws(OutboundError) {
            switch request.transport {
            case .http: return try await sendHTTP(request)
            case .mail(let envelope): return try await Self.sendMail(request, envelope, password: envelope.password.map { source in Result { () throws(AlertingError) in try source.read() } })
            case .command(let arguments, let environment):
                return await CommandRun(arguments: arguments, environment: environment, input: request.body, timeoutSeconds: request.timeoutSeconds).reply()
            }
        } catch {
            throw DeliveryFailure(reason: error.description, mayHaveArrived: Self.mayHaveArrived(error))
        }
    }

    private func sendHTTP(_ request: DeliveryRequest) async throws(OutboundError) -> DeliveryReply {
        let reply = try await client.send(
            HTTPRequest(
                method: request.method, url: request.url, headers: request.headers.map { ($0.name, $0.value) }, body: request.body,
                timeoutSeconds: request.timeoutSeconds, replyBytesMax: Limits.replyBytesMax))
        return DeliveryReply(status: reply.status, body: reply.body, retryAfterSeconds: reply.retryAfterSeconds(now: clock.now()))
    }

    /// 4yz of a mail server is for later, 5yz for good; they become the statuses that mean the same.
    private static func sendMail(
        _ request: DeliveryRequest, _ envelope: MailEnvelope, password: Result<Secret, AlertingError>?
    ) async throws(OutboundError) -> DeliveryReply {
        var secret: Secret?
        switch password {
        case .success(let read): secret = read
        case .failure(let error): throw .badRequest(place: request.url, reason: error.description)
        case nil: break
        }
        let (code, answer) = try await MailClient.send(
            MailRequest(
                server: request.url, hello: envelope.hello, sender: envelope.from, recipients: envelope.recipients, message: request.body, user: envelope.user,
                password: secret, requiresTLS: envelope.requiresTLS, tls: OutboundTLS(caFile: envelope.authorityFile), timeoutSeconds: request.timeoutSeconds))
        return DeliveryReply(status: code < 400 ? 200 : code < 500 ? 503 : 400, body: Array(answer.utf8))
    }

    private static func mayHaveArrived(_ error: OutboundError) -> Bool {
        switch error {
        case .badRequest, .denied, .resolve, .connect, .tls, .closed: false
        case .timeout, .replyTooLarge, .broken, .cancelled: true
        }
    }
}
