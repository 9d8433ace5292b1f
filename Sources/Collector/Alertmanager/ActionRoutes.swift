import Alerting
import Foundation
import Foundations
import HTTPTypes
import Hummingbird
import Model
import NIOCore

/// What people do to alerts, and what they ask about them: acknowledge, resolve, comment, explain. And PagerDuty's webhooks.
struct ActionRoutes: Sendable {
    private static let base = "/api/v1/nightjar/"
    let edge: Edge

    func register(_ routes: Routes) {
        routes.on(.get, Self.base + "alerts", scope: .read) { _, _ in try await alerts() }
        routes.on(.get, Self.base + "alerts/:alert/events", scope: .read) { request, context in try await events(request, context) }
        for name in ["acknowledge", "unacknowledge", "resolve", "comment"] {
            routes.on(.post, Self.base + "alerts/:alert/" + name, scope: .operate) { request, context in try await act(name, request, context) }
        }
        routes.on(.post, Self.base + "drill/:receiver", scope: .operate) { try await drill($0, $1) }
        routes.on(.post, Self.base + "pagerduty", scope: nil) { try await pagerDuty($0, $1) }
    }

    private struct Body: Decodable {
        let comment: String?
        /// Who does it; a token's own name goes before.
        let actor: String?
        let seconds: Int64?
    }

    private func act(_ name: String, _ request: Request, _ context: CollectorContext) async throws -> Response {
        let alert = RequestParameters.decode(context.parameters.get("alert") ?? "", plusIsSpace: false)
        let body = try await edge.bodies.withBody(of: request, context: context, bytesMax: edge.limits.formBytesMax) { try Self.body($0) }
        if let seconds = body.seconds, !(1...31_536_000).contains(seconds) { throw Refusal.malformed("`seconds` must be from 1 to 31536000") }
        let principal = try edge.access.authorize(AccessRequest(request.head, address: context.remoteAddress), .operate)
        // On loopback without tokens people say who they are.
        let actor = principal.name == "local" ? body.actor ?? "local" : principal.name
        let action = Action(actor: actor, comment: body.comment ?? "")
        let fingerprints: [String]
        do {
            switch name {
            case "acknowledge": fingerprints = try await edge.alerting.acknowledge(alert, action, forSeconds: body.seconds)
            case "unacknowledge": fingerprints = try await edge.alerting.unacknowledge(alert, action)
            case "resolve": fingerprints = try await edge.alerting.resolve(alert, action)
            default: fingerprints = try await edge.alerting.comment(alert, action)
            }
        } catch let error as ActionError {
            throw SilenceRoutes.refusal(error)
        }
        return Reply.success { writer in writer.object { $0.member("fingerprints", fingerprints) } }
    }

    private func drill(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let receiver = RequestParameters.decode(context.parameters.get("receiver") ?? "", plusIsSpace: false)
        let body = try await edge.bodies.withBody(of: request, context: context, bytesMax: edge.limits.formBytesMax) { try Self.body($0) }
        let principal = try edge.access.authorize(AccessRequest(request.head, address: context.remoteAddress), .operate)
        let outcomes: [DrillOutcome]
        do {
            outcomes = try await edge.alerting.drill(
                receiver, by: principal.name == "local" ? body.actor ?? "local" : principal.name, waitSeconds: Int(min(max(body.seconds ?? 30, 1), 50)))
        } catch let error as ActionError {
            throw SilenceRoutes.refusal(error)
        }
        return Reply.success { writer in
            writer.object { writer in
                writer.key("outcomes")
                writer.array(outcomes) { writer, outcome in
                    writer.object { writer in
                        writer.member("receiver", outcome.receiver)
                        writer.member("state", outcome.state)
                        writer.member("detail", outcome.detail)
                    }
                }
            }
        }
    }

    private static func body(_ buffer: ByteBuffer) throws(Refusal) -> Body {
        if buffer.readableBytes == 0 { return Body(comment: nil, actor: nil, seconds: nil) }
        do {
            return try JSONDecoder().decode(Body.self, from: Data(buffer.readableBytesView))
        } catch {
            throw .malformed("the body must be JSON with `comment`, `actor` or `seconds`, or empty")
        }
    }

    private func alerts() async throws -> Response {
        let alerts = try await edge.alerting.routedAlerts()
        return Reply.success { writer in
            writer.object { writer in
                writer.key("alerts")
                writer.array(alerts) { $0.routedAlert($1) }
            }
        }
    }

    private func events(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let alert = RequestParameters.decode(context.parameters.get("alert") ?? "", plusIsSpace: false)
        let limit = min(try RequestParameters(request.uri.query ?? "").limit() ?? 200, 10_000)
        let explanation: AlertExplanation
        do {
            explanation = try await edge.alerting.explain(alert, eventsMax: limit)
        } catch let error as ActionError {
            throw SilenceRoutes.refusal(error)
        }
        return Reply.success { $0.explanation(explanation) }
    }

    // PagerDuty

    private struct PagerDutyBody: Decodable {
        struct Event: Decodable {
            struct Agent: Decodable { let summary: String? }
            struct Incident: Decodable { let incident_key: String? }
            let event_type: String
            let agent: Agent?
            let data: Incident?
        }
        let event: Event
    }

    private func pagerDuty(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let signatures = request.headers[HTTPField.Name("X-PagerDuty-Signature")!] ?? ""
        let bytes = try await edge.bodies.withBody(of: request, context: context, bytesMax: edge.limits.formBytesMax) { Array($0.readableBytesView) }
        guard try edge.alerting.isPagerDutys(body: bytes, signatures: signatures) else {
            throw Refusal(
                status: .unauthorized, errorType: "unauthorized", reason: .unauthenticated,
                message: "the signature isn't that of the configured secret (pagerduty_webhook_secret_file)")
        }
        let event: PagerDutyBody.Event
        do {
            event = try JSONDecoder().decode(PagerDutyBody.self, from: Data(bytes)).event
        } catch {
            throw Refusal.malformed("the body is no event of PagerDuty's webhooks, version 3")
        }
        let done = try await edge.alerting.takePagerDutyEvent(
            type: event.event_type, incidentKey: event.data?.incident_key ?? "", actor: event.agent?.summary ?? "")
        return Reply.success { writer in writer.object { $0.member("fingerprints", done) } }
    }
}

extension JSONWriter {
    /// Who has an alert, as the member `acknowledgement`.
    mutating func acknowledgement(_ acknowledgement: RoutedAlert.Acknowledgement) {
        key("acknowledgement")
        object { writer in
            writer.member("kind", acknowledgement.kind.rawValue)
            writer.member("actor", acknowledgement.actor)
            writer.moment("at", acknowledgement.at)
            writer.member("comment", acknowledgement.comment)
            if let end = acknowledgement.expiresAt { writer.moment("expiresAt", end) }
        }
    }

    fileprivate mutating func routedAlert(_ alert: RoutedAlert) {
        object { writer in
            writer.member("fingerprint", alert.fingerprint)
            writer.key("labels")
            writer.labels(alert.labels)
            writer.key("annotations")
            writer.object { writer in for item in alert.annotations { writer.member(item.name, item.text) } }
            writer.moment("startsAt", alert.startsAt)
            writer.member("rule", alert.rule)
            writer.member("receivers", alert.receivers)
            writer.member("silencedBy", alert.silencedBy)
            writer.member("inhibitedBy", alert.inhibitedBy)
            writer.member("isFlapping", alert.isFlapping)
            if let acknowledgement = alert.acknowledgement { writer.acknowledgement(acknowledgement) }
            writer.key("groups")
            writer.array(alert.placements) { $0.placement($1) }
        }
    }

    fileprivate mutating func placement(_ placement: RoutedAlert.Placement) {
        object { writer in
            writer.member("receiver", placement.receiver)
            writer.member("groupKey", placement.groupKey)
            writer.member("isTold", placement.isTold)
            if let mute = placement.mute {
                writer.member("mutedBy", mute.kind.rawValue)
                writer.member("cause", mute.cause)
                writer.moment("mutedAt", placement.mutedAt)
            }
        }
    }

    fileprivate mutating func explanation(_ explanation: AlertExplanation) {
        object { writer in
            writer.member("fingerprint", explanation.fingerprint)
            writer.member("verdict", explanation.verdict)
            writer.key("alert")
            if let alert = explanation.alert { writer.routedAlert(alert) } else { writer.null() }
            writer.key("events")
            writer.array(explanation.lines) { writer, line in
                writer.object { writer in
                    writer.moment("at", line.at)
                    writer.member("step", line.step)
                    writer.member("text", line.text)
                }
            }
        }
    }
}
