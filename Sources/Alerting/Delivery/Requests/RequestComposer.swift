import Crypto
import Foundation
import Foundations

/// Makes the request of a message in the words of its receiver's kind. The same message and configuration give the same request.
struct RequestComposer: Sendable {
    var templates = TemplateLibrary.standard

    func request(_ message: OutboxMessage, for receiver: Receiver) async throws -> DeliveryRequest {
        switch receiver.kind {
        case .webhook(let webhook): return try Self.webhook(message, webhook)
        case .command(let command): return Self.command(message, command, receiver)
        case .escalation: return DeliveryRequest(url: "", headers: [], body: message.payload, timeoutSeconds: Limits.timeoutSecondsDefault)
        default: break
        }
        let body = try WebhookBody(payload: message.payload)
        let draft = RequestDraft(message: message, body: body, alias: GroupReference.alias(of: message.groupKey), templates: templates)
        var request =
            switch receiver.kind {
            case .pagerDuty(let settings): try await draft.pagerDuty(settings)
            case .opsgenie(let settings): try await draft.opsgenie(settings)
            case .slack(let settings): try await draft.slack(settings)
            case .teams(let settings): try await draft.teams(settings)
            case .telegram(let settings): try await draft.telegram(settings)
            case .email(let settings): try await draft.email(settings)
            case .webhook, .command, .escalation: preconditionFailure("made above")
            }
        if let http = receiver.http { try Self.complete(&request, message, http) }
        return request
    }

    /// Alertmanager's body as it was frozen.
    private static func webhook(_ message: OutboxMessage, _ webhook: Receiver.Webhook) throws -> DeliveryRequest {
        var request = DeliveryRequest(url: try url(webhook), headers: [("Content-Type", "application/json")], body: message.payload, timeoutSeconds: webhook.http.timeoutSeconds)
        if let key = try webhook.signature?.read() {
            let code = HMAC<SHA256>.authenticationCode(for: message.payload, using: SymmetricKey(data: Array(key.reveal().utf8)))
            request.headers.append(("X-Nightjar-Signature", "sha256=" + HexadecimalText.of(code)))
        }
        try complete(&request, message, webhook.http)
        return request
    }

    /// What all requests over HTTP carry.
    private static func complete(_ request: inout DeliveryRequest, _ message: OutboxMessage, _ http: HTTPSettings) throws {
        request.timeoutSeconds = http.timeoutSeconds
        request.headers.append(("Idempotency-Key", message.key))
        request.headers.append(("X-Nightjar-Attempt", String(message.attempt)))
        if message.mayBeRepeat { request.headers.append(("X-Nightjar-Possible-Repeat", "1")) }
        if message.operation == .drill { request.headers.append(("X-Nightjar-Drill", "1")) }
        request.headers += http.headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        guard !request.headers.contains(where: { $0.name == "Authorization" }) else { return }
        switch http.authorization {
        case .credentials(let type, let secret): request.headers.append(("Authorization", "\(type) " + (try secret.read()).reveal()))
        case .basic(let user, let secret):
            request.headers.append(("Authorization", "Basic " + Data("\(user):\(try secret.read().reveal())".utf8).base64EncodedString()))
        case nil: break
        }
    }

    private static func command(_ message: OutboxMessage, _ command: Receiver.Command, _ receiver: Receiver) -> DeliveryRequest {
        var environment = [
            "NIGHTJAR_RECEIVER": receiver.name, "NIGHTJAR_GROUP": message.groupKey, "NIGHTJAR_OPERATION": message.operation.rawValue,
            "NIGHTJAR_KEY": message.key, "NIGHTJAR_ATTEMPT": String(message.attempt),
        ]
        if message.mayBeRepeat { environment["NIGHTJAR_POSSIBLE_REPEAT"] = "1" }
        return DeliveryRequest(
            transport: .command(arguments: command.arguments, environment: environment), url: "", headers: [], body: message.payload,
            timeoutSeconds: command.timeoutSeconds)
    }

    private static func url(_ webhook: Receiver.Webhook) throws(AlertingError) -> String {
        switch webhook.address {
        case .url(let url): return url
        case .file(let file):
            let url = try SecretSource.file(file).read().reveal()
            if let problem = WebhookURL.problem(url, allowsPlainHTTP: webhook.http.allowsPlainHTTP) {
                throw AlertingError.secret(file: file, reason: "\(problem.reason); \(problem.remedy)")
            }
            return url
        }
    }
}

/// A message about to be put into words.
struct RequestDraft {
    let message: OutboxMessage
    let body: WebhookBody
    /// What keyed receivers know the group by.
    let alias: String
    let templates: TemplateLibrary

    func text(_ template: String?, escapesHTML: Bool = false) async -> String {
        guard let template, !template.isEmpty else { return "" }
        return await templates.text(template, body.templateData, escapesHTML: escapesHTML)
    }

    func texts(_ templates: [String: String]) async -> [String: String] {
        var texts: [String: String] = [:]
        for (name, template) in templates { texts[name] = await text(template) }
        return texts
    }

    func texts(_ list: [[String: String]]) async -> [[String: String]] {
        var all: [[String: String]] = []
        for map in list { all.append(await texts(map)) }
        return all
    }

    func json(_ url: String, _ value: JSONValue, method: String = "POST") -> DeliveryRequest {
        DeliveryRequest(method: method, url: url, headers: [("Content-Type", "application/json")], body: value.encoded(), timeoutSeconds: Limits.timeoutSecondsDefault)
    }

    /// At most `count` characters, the last an ellipsis where some were cut.
    static func cut(_ text: String, _ count: Int) -> String { text.count <= count ? text : text.prefix(count - 1) + "…" }
}
