import Foundations
import Outbound

/// Sends pages through libcurl. Each receiver has a client of its own, so that none waits for another's connections.
struct OutboundDeliverer: Deliverer {
    private let client: HTTPClient
    private let clock: any WallClock

    init(_ webhook: Receiver.Webhook, clock: any WallClock) {
        self.clock = clock
        client = HTTPClient(
            policy: OutboundPolicy(allowsPlainHTTP: webhook.allowsPlainHTTP, allowsPrivateAddresses: webhook.allowsPrivateAddresses),
            connectionsMax: Limits.requestsPerReceiverMax)
    }

    func send(_ request: DeliveryRequest) async throws -> DeliveryReply {
        do throws(OutboundError) {
            let reply = try await client.send(
                HTTPRequest(
                    method: "POST", url: request.url, headers: request.headers.map { ($0.name, $0.value) }, body: request.body,
                    timeoutSeconds: request.timeoutSeconds, replyBytesMax: Limits.replyBytesMax))
            return DeliveryReply(status: reply.status, body: reply.body, retryAfterSeconds: reply.retryAfterSeconds(now: clock.now()))
        } catch {
            throw DeliveryFailure(reason: error.description, mayHaveArrived: Self.mayHaveArrived(error))
        }
    }

    private static func mayHaveArrived(_ error: OutboundError) -> Bool {
        switch error {
        case .badRequest, .denied, .resolve, .connect, .tls, .closed: false
        case .timeout, .replyTooLarge, .broken, .cancelled: true
        }
    }
}
