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
}
