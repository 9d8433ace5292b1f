import Alerting
import Foundation
import Foundations
import HTTPTypes
import Hummingbird
import Model

/// Incidents: listed, shown, exported, led and ended; and marks of deployments.
struct IncidentRoutes: Sendable {
    private static let listedDefault = 100
    let edge: Edge

    func register(_ routes: Routes) {
        let base = IncidentPath.base
        routes.on(.get, base, scope: .read) { request, _ in try await list(request) }
        routes.on(.get, base + "/:id", scope: .read) { _, context in try await show(context) }
        routes.on(.get, base + "/:id/export", scope: .read) { _, context in
            let id = try Self.id(context)
            let text = try await Self.refusing { try await edge.alerting.exportIncident(id) }
            return Reply.bytes(Array(text.utf8), contentType: "text/markdown; charset=utf-8")
        }
        for name in ["note", "role", "resolve", "merge"] {
            routes.on(.post, base + "/:id/" + name, scope: .operate) { request, context in try await act(name, request, context) }
        }
        routes.on(.post, IncidentPath.deployments, scope: .ingest) { request, context in try await deployment(request, context) }
    }

    private static func id(_ context: CollectorContext) throws(Refusal) -> Int64 {
        guard let id = Int64(context.parameters.get("id") ?? ""), id > 0 else { throw .badParameter("an incident's id is a number from 1") }
        return id
    }

    private static func refusing<Result>(_ work: () async throws -> Result) async throws -> Result {
        do {
            return try await work()
        } catch let error as IncidentError {
            if case .unknown = error { throw Refusal(status: .notFound, errorType: "not_found", reason: .notFound, message: error.description) }
            throw Refusal.badParameter(error.description)
        }
    }

    private func list(_ request: Request) async throws -> Response {
        let parameters = RequestParameters(request.uri.query ?? "")
        let text = parameters["state"] ?? "all"
        let state = Incident.State(rawValue: text)
        if state == nil, text != "all" { throw Refusal.badParameter("`state` is open, resolved, merged or all") }
        let incidents = try await edge.alerting.incidents(state, limit: try parameters.limit() ?? Self.listedDefault)
        return Reply.success { writer in
            writer.object { writer in
                writer.key("incidents")
                writer.array(incidents) { writer, incident in writer.object { $0.incident(incident) } }
            }
        }
    }

    private func show(_ context: CollectorContext) async throws -> Response {
        let id = try Self.id(context)
        let (incident, timeline) = try await Self.refusing { try await edge.alerting.incident(id) }
        return Reply.success { writer in
            writer.object { writer in
                writer.incident(incident)
                writer.key("timeline")
                writer.array(timeline) { writer, entry in
                    writer.object { writer in
                        writer.moment("at", entry.at)
                        writer.member("kind", entry.kind)
                        writer.member("actor", entry.actor)
                        writer.member("text", entry.text)
                    }
                }
            }
        }
    }

    private struct Body: Decodable {
        let comment: String?
        let actor: String?
        let role: String?
        let person: String?
        let into: Int64?
    }

    private func act(_ name: String, _ request: Request, _ context: CollectorContext) async throws -> Response {
        let id = try Self.id(context)
        let bytes = try await edge.bodies.withBody(of: request, context: context, bytesMax: edge.limits.formBytesMax) { Array($0.readableBytesView) }
        let body: Body
        do {
            body = try JSONDecoder().decode(Body.self, from: Data(bytes.isEmpty ? Array("{}".utf8) : bytes))
        } catch {
            throw Refusal.malformed("the body must be JSON with `comment`, `actor`, `role`, `person` or `into`")
        }
        let principal = try edge.access.authorize(AccessRequest(request.head, address: context.remoteAddress), .operate)
        // On loopback without tokens people say who they are.
        let action = Action(actor: principal.name == "local" ? body.actor ?? "local" : principal.name, comment: body.comment ?? "")
        try await Self.refusing {
            switch name {
            case "note": try await edge.alerting.noteIncident(id, action)
            case "role": try await edge.alerting.setIncidentRole(id, role: body.role ?? "", person: body.person ?? "", by: action.actor)
            case "resolve": try await edge.alerting.resolveIncident(id, action)
            default: try await edge.alerting.mergeIncident(id, into: body.into ?? 0, action)
            }
        }
        return Reply.success { $0.object { _ in } }
    }

    private struct Deployment: Decodable {
        let labels: [String: String]
        /// RFC 3339; without it now.
        let at: String?
    }

    private func deployment(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let bytes = try await edge.bodies.withBody(of: request, context: context, bytesMax: edge.limits.formBytesMax) { Array($0.readableBytesView) }
        let deployment: Deployment
        do {
            deployment = try JSONDecoder().decode(Deployment.self, from: Data(bytes))
        } catch {
            throw Refusal.malformed("the body must be JSON such as {\"labels\": {\"service\": \"cart\", \"version\": \"1.2.3\"}, \"at\": \"2026-01-31T12:00:00Z\"}")
        }
        let moment = try deployment.at.map { text throws(Refusal) in
            guard let moment = TimestampText.parseRFC3339(text) else { throw .badParameter("`at` must be a time such as 2026-01-31T12:00:00Z") }
            return moment.milliseconds
        }
        if let wrong = deployment.labels.keys.first(where: { !LabelName.isLegacy($0) }) { throw Refusal.badParameter("\(quoted(wrong)) can't be a label") }
        try await Self.refusing { try await edge.alerting.markDeployment(Labels(deployment.labels.map { (name: $0.key, value: $0.value) }), at: moment) }
        return Reply.success { $0.object { _ in } }
    }
}

extension JSONWriter {
    /// The members of an incident, within an object.
    fileprivate mutating func incident(_ incident: Incident) {
        member("id", incident.id)
        member("state", incident.state.rawValue)
        member("severity", incident.severity)
        member("title", incident.title)
        member("groupKey", incident.groupKey)
        member("runbook", incident.runbook)
        moment("openedAt", incident.openedAt)
        if let end = incident.resolvedAt { moment("resolvedAt", end) }
        member("resolvedBy", incident.resolvedBy)
        if let into = incident.mergedInto { member("mergedInto", into) }
        key("roles")
        object { writer in for role in incident.roles { writer.member(role.role, role.person) } }
        key("alerts")
        array(incident.alerts) { writer, alert in
            writer.object { writer in
                writer.member("fingerprint", alert.fingerprint)
                writer.key("labels")
                writer.labels(alert.labels)
                writer.moment("firedAt", alert.firedAt)
                if let end = alert.resolvedAt { writer.moment("resolvedAt", end) }
            }
        }
    }
}
