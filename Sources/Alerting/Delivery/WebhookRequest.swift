import Foundations

/// Makes the request of a message.
enum WebhookRequest {
    static func make(_ message: OutboxMessage, for webhook: Receiver.Webhook) throws(AlertingError) -> DeliveryRequest {
        var headers: [(name: String, value: String)] = [
            ("Content-Type", "application/json"), ("Idempotency-Key", message.key), ("X-Nightjar-Attempt", String(message.attempt)),
        ]
        if message.mayBeRepeat { headers.append(("X-Nightjar-Possible-Repeat", "1")) }
        headers += webhook.headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        if let file = webhook.bearerTokenFile { headers.append(("Authorization", "Bearer " + (try secret(file)).reveal())) }
        return DeliveryRequest(url: try url(webhook), headers: headers, body: message.payload, timeoutSeconds: webhook.timeoutSeconds)
    }

    private static func secret(_ file: String) throws(AlertingError) -> Secret {
        do {
            return try SecretFile.read(file, readers: .ownerAndGroup)
        } catch {
            throw .secret(file: error.path, reason: error.reason)
        }
    }

    private static func url(_ webhook: Receiver.Webhook) throws(AlertingError) -> String {
        switch webhook.address {
        case .url(let url): return url
        case .file(let file):
            let url = try secret(file).reveal()
            if let problem = WebhookURL.problem(url, allowsPlainHTTP: webhook.allowsPlainHTTP) {
                throw AlertingError.secret(file: file, reason: "\(problem.reason); \(problem.remedy)")
            }
            return url
        }
    }
}
