import Foundation

/// What an answer means where its status alone doesn't say it.
enum ReplyReading {
    /// Slack's and Telegram's APIs answer 200 or 4xx with `ok: false` and why.
    static func corrected(_ reply: DeliveryReply, _ receiver: Receiver) -> DeliveryReply {
        struct Verdict: Decodable {
            struct Parameters: Decodable { let retry_after: Double? }
            let ok: Bool
            let error: String?
            let parameters: Parameters?
        }
        switch receiver.kind {
        case .slack, .telegram:
            let verdict: Verdict
            do {
                verdict = try JSONDecoder().decode(Verdict.self, from: Data(reply.body))
            } catch {
                return reply  // Incoming webhooks answer a word.
            }
            var corrected = reply
            if let seconds = verdict.parameters?.retry_after { corrected.retryAfterSeconds = seconds }
            if !verdict.ok, (200..<300).contains(reply.status) {
                corrected.status = ["ratelimited", "rate_limited"].contains(verdict.error ?? "") ? 429 : ["fatal_error", "internal_error"].contains(verdict.error ?? "") ? 503 : 400
            }
            return corrected
        default: return reply
        }
    }

    // Opsgenie: https://docs.opsgenie.com/docs/alert-api#get-request-status

    /// Opsgenie answers 202 before it has looked at a request: what became of it is asked for a while. Where that isn't known by then, or the
    /// service has no such page, the request counts as taken.
    static func followed(_ reply: DeliveryReply, of request: DeliveryRequest, _ receiver: Receiver, by deliverer: any Deliverer) async -> DeliveryReply {
        struct Queued: Decodable { let requestId: String }
        guard case .opsgenie(let settings) = receiver.kind, reply.status == 202,
            let identifier = (try? JSONDecoder().decode(Queued.self, from: Data(reply.body)))?.requestId, isPlain(identifier)
        else { return reply }
        let base = settings.url.hasSuffix("/") ? settings.url : settings.url + "/"
        let question = DeliveryRequest(
            method: "GET", url: base + "v2/alerts/requests/" + identifier, headers: request.headers.filter { $0.name == "Authorization" }, body: [],
            timeoutSeconds: request.timeoutSeconds)
        for pause in Limits.requestStatusPausesMilliseconds {
            do {
                try await Task.sleep(nanoseconds: pause * 1_000_000)
                if let known = outcome(try await deliverer.send(question), of: request) { return known }
            } catch {
                return reply  // Asking failed; the request itself was taken.
            }
        }
        return reply
    }

    private static func isPlain(_ identifier: String) -> Bool {
        (1...100).contains(identifier.utf8.count) && identifier.utf8.allSatisfy { $0 == UInt8(ascii: "-") || ($0 > 0x2F && $0 < 0x3A) || ($0 | 0x20 > 0x60 && $0 | 0x20 < 0x7B) }
    }

    /// What a request's status says; nil while it isn't known.
    private static func outcome(_ reply: DeliveryReply, of request: DeliveryRequest) -> DeliveryReply? {
        struct Status: Decodable {
            struct Details: Decodable {
                let success: Bool?
                let isSuccess: Bool?
                let status: String?
            }
            let data: Details
        }
        guard reply.status == 200, let details = (try? JSONDecoder().decode(Status.self, from: Data(reply.body)))?.data, let isWell = details.isSuccess ?? details.success
        else { return nil }
        if isWell { return DeliveryReply(status: 200, body: Array((details.status ?? "").utf8)) }
        // What is already closed or gone needs no close and no acknowledgement.
        let isOver = request.url.contains("/close?") || request.url.contains("/acknowledge?")
        return DeliveryReply(status: isOver ? 200 : 422, body: Array((details.status ?? "the request failed").utf8))
    }
}
