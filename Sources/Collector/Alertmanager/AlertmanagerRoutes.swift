import Alerting
import Foundations
import HTTPTypes
import Hummingbird
import Model

/// Alertmanager's API, version 2: what Prometheus posts alerts to and what amtool talks to. Its errors are JSON texts, as theirs are.
struct AlertmanagerRoutes: Sendable {
    /// The Alertmanager whose API this is, for clients that switch features on by version.
    static let compatibleVersion = "0.27.0"
    let edge: Edge

    func register(_ routes: Routes) {
        func on(_ method: HTTPRequest.Method, _ path: String, scope: AccessScope, _ handler: @escaping Routes.Handler) {
            routes.on(method, "/api/v2/" + path, scope: scope, refusalBody: { refusal, _ in Self.refusal(refusal) }, handler)
        }
        on(.get, "status", scope: .read) { _, _ in status() }
        on(.get, "receivers", scope: .read) { _, _ in receivers() }
        on(.get, "alerts", scope: .read) { request, _ in try await alerts(request) }
        on(.get, "alerts/groups", scope: .read) { request, _ in try await groups(request) }
        on(.post, "alerts", scope: .ingest) { try await post($0, $1) }
        let silences = SilenceRoutes(edge: edge)
        on(.get, "silences", scope: .read) { request, _ in try await silences.list(request) }
        on(.post, "silences", scope: .operate) { try await silences.set($0, $1) }
        on(.get, "silence/:id", scope: .read) { _, context in try await silences.show(context) }
        on(.delete, "silence/:id", scope: .operate) { _, context in try await silences.expire(context) }
    }

    static func refusal(_ refusal: Refusal) -> Response {
        var writer = JSONWriter()
        writer.string(refusal.message)
        var response = Reply.json(writer, status: refusal.status)
        Reply.addHeaders(of: refusal, to: &response)
        return response
    }

    private func status() -> Response {
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("cluster")
            writer.object { writer in
                writer.member("name", edge.options.instance)
                writer.member("status", "ready")
                writer.key("peers")
                writer.array([String]()) { $0.string($1) }
            }
            writer.key("config")
            writer.object { $0.member("original", edge.alerting.routingText) }
            writer.member("uptime", TimestampText.rfc3339(edge.startedAt))
            writer.key("versionInfo")
            writer.object { writer in
                writer.member("version", Self.compatibleVersion)
                writer.member("revision", "nightjar \(edge.options.version)")
                for name in ["branch", "buildDate", "buildUser", "goVersion"] { writer.member(name, "") }
            }
        }
        return Reply.json(writer)
    }

    private func receivers() -> Response {
        var writer = JSONWriter()
        writer.array(edge.alerting.receiverNames) { writer, name in writer.object { $0.member("name", name) } }
        return Reply.json(writer)
    }

    // Alerts

    private func alerts(_ request: Request) async throws -> Response {
        let filter = try AlertFilter(RequestParameters(request.uri.query ?? ""))
        let alerts = try await edge.alerting.routedAlerts().filter(filter.takes)
        var writer = JSONWriter(reservingBytes: 512 * alerts.count + 2)
        writer.array(alerts) { $0.alert($1, now: edge.clock.nowMilliseconds()) }
        return Reply.json(writer)
    }

    private func groups(_ request: Request) async throws -> Response {
        let filter = try AlertFilter(RequestParameters(request.uri.query ?? ""))
        let alerts = Dictionary(try await edge.alerting.routedAlerts().map { ($0.fingerprint, $0) }, uniquingKeysWith: { $1 })
        let groups = try await edge.alerting.routedGroups().compactMap { group -> (group: RoutedGroup, alerts: [RoutedAlert])? in
            guard filter.takes(receiver: group.receiver) else { return nil }
            let members = group.fingerprints.compactMap { alerts[$0] }.filter(filter.takes)
            return members.isEmpty ? nil : (group, members)
        }
        var writer = JSONWriter(reservingBytes: 1024)
        writer.array(groups) { writer, entry in
            writer.object { writer in
                writer.key("labels")
                writer.labels(entry.group.labels)
                writer.key("receiver")
                writer.object { $0.member("name", entry.group.receiver) }
                writer.key("alerts")
                writer.array(entry.alerts) { $0.alert($1, now: edge.clock.nowMilliseconds()) }
            }
        }
        return Reply.json(writer)
    }

    /// 200 once the alerts are durable. Invalid ones are refused with 400 and why, the valid ones beside them are stored.
    private func post(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let (alerts, problems) = try await edge.bodies.withBody(of: request, context: context, bytesMax: edge.limits.bodyBytesMax) { body in
            try PostedAlertReading.alerts(body)
        }
        var all = problems
        do {
            all += try await edge.alerting.post(alerts)
        } catch let error as ActionError {
            throw Refusal.malformed(error.description)
        }
        if !all.isEmpty { throw Refusal(status: .badRequest, errorType: "bad_data", reason: .rejectedData, message: all.joined(separator: "; ")) }
        return Response(status: .ok)
    }
}

/// Which alerts are asked for.
private struct AlertFilter {
    let isActive: Bool
    let isSilenced: Bool
    let isInhibited: Bool
    let isUnprocessed: Bool
    let matchers: [Matcher]
    let receiver: RegularExpression?

    init(_ parameters: RequestParameters) throws(Refusal) {
        func flag(_ name: String) -> Bool { parameters[name] != "false" }
        isActive = flag("active")
        isSilenced = flag("silenced")
        isInhibited = flag("inhibited")
        isUnprocessed = flag("unprocessed")
        matchers = try parameters.matchers()
        do {
            receiver = try parameters["receiver"].map { pattern throws(RegularExpression.SyntaxError) in try RegularExpression(pattern) }
        } catch {
            throw .badParameter("failed to parse receiver param: \(error)")
        }
    }

    func takes(receiver name: String) -> Bool { receiver?.matchesWhole(name) ?? true }

    func takes(_ alert: RoutedAlert) -> Bool {
        if !isActive, !alert.isSuppressed { return false }
        if !isSilenced, !alert.silencedBy.isEmpty { return false }
        if !isInhibited, !alert.inhibitedBy.isEmpty { return false }
        return matchers.matches(alert.labels) && (receiver == nil || alert.receivers.contains(where: takes(receiver:)))
    }
}

extension RequestParameters {
    /// The matchers of all `filter` parameters.
    func matchers() throws(Refusal) -> [Matcher] {
        var matchers: [Matcher] = []
        for text in all("filter") where !text.isEmpty {
            do throws(MatcherText.Problem) {
                matchers += try MatcherText.parse(text)
            } catch {
                throw .badParameter("bad matcher format: \(error)")
            }
        }
        return matchers
    }
}

extension JSONWriter {
    fileprivate mutating func alert(_ alert: RoutedAlert, now: Timestamp) {
        object { writer in
            writer.key("annotations")
            writer.object { writer in
                for item in alert.annotations { writer.member(item.name, item.text) }
            }
            // Alerts of rules end when their rule says so; clients want a time.
            writer.moment("endsAt", alert.endsAt ?? now.advanced(byMilliseconds: 240_000))
            writer.member("fingerprint", alert.fingerprint)
            writer.key("receivers")
            writer.array(alert.receivers) { writer, name in writer.object { $0.member("name", name) } }
            writer.moment("startsAt", alert.startsAt)
            writer.key("status")
            writer.object { writer in
                writer.member("inhibitedBy", alert.inhibitedBy)
                writer.member("mutedBy", Set(alert.placements.compactMap { $0.mute?.kind == .muted ? $0.mute?.cause : nil }).sorted())
                writer.member("silencedBy", alert.silencedBy)
                writer.member("state", alert.isSuppressed ? "suppressed" : "active")
            }
            writer.moment("updatedAt", now)
            writer.member("generatorURL", alert.generatorURL)
            writer.key("labels")
            writer.labels(alert.labels)
        }
    }
}
