import Alerting
import Foundations
import HTTPTypes
import Hummingbird
import Model

/// What dashboards are made of: the alerts now or at a moment of the past, and a wait for the next change.
struct BoardRoutes: Sendable {
    private static let base = "/api/v1/nightjar/"
    /// The longest wait for a change; proxies close connections that are silent for longer.
    private static let waitMillisecondsMax: Int64 = 25_000
    let edge: Edge

    func register(_ routes: Routes) {
        routes.on(.get, Self.base + "board", scope: .read) { request, _ in try await board(request) }
        routes.on(.get, Self.base + "changes", scope: .read) { request, context in try await changes(request, context) }
    }

    /// Names what was read: differs after a restart, and with every change.
    private func mark(_ count: Int64) -> String { "\(edge.startedAt.milliseconds.milliseconds)-\(count)" }

    private func board(_ request: Request) async throws -> Response {
        let moment = try RequestParameters(request.uri.query ?? "").nanoMoment("at")?.milliseconds
        // Taken before the alerts are read, so that a change meanwhile isn't missed.
        let mark = mark(edge.alerting.changes.count)
        let alerts = try await edge.alerting.board(at: moment)
        return Reply.success { writer in
            writer.object { writer in
                writer.member("changes", mark)
                writer.key("alerts")
                writer.array(alerts) { $0.boardAlert($1) }
            }
        }
    }

    /// Answers once there is something else than `since` names, or after `wait`.
    private func changes(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = RequestParameters(request.uri.query ?? "")
        let wait = min(try parameters.durationMilliseconds("wait") ?? Self.waitMillisecondsMax, Self.waitMillisecondsMax)
        let known = edge.alerting.changes.count
        if parameters["since"] == mark(known) {
            // A waiting client counts as a live tail does.
            try edge.tails.enter()
            defer { edge.tails.leave() }
            let waiting = Task { await edge.alerting.changes.wait(differingFrom: known, atMostMilliseconds: wait) }
            let watch = try await context.channel.pipeline.handler(type: ClientWatch.self).get()
            let (stop, gone) = (edge.stopping.whenSet { waiting.cancel() }, watch.gone.whenSet { waiting.cancel() })
            await waiting.value
            edge.stopping.forget(stop)
            watch.gone.forget(gone)
        }
        let mark = mark(edge.alerting.changes.count)
        return Reply.success { writer in writer.object { $0.member("changes", mark) } }
    }
}

extension JSONWriter {
    fileprivate mutating func boardAlert(_ alert: BoardAlert) {
        object { writer in
            writer.member("fingerprint", alert.fingerprint)
            writer.key("labels")
            writer.labels(alert.labels)
            writer.key("annotations")
            writer.object { writer in for item in alert.annotations { writer.member(item.name, item.text) } }
            writer.member("phase", alert.phase.rawValue)
            writer.moment("activeAt", alert.activeAt)
            if let fired = alert.firedAt { writer.moment("firedAt", fired) }
            if let fires = alert.firesAt { writer.moment("firesAt", fires) }
            if alert.value.isFinite { writer.member("value", alert.value) }
            writer.member("receivers", alert.receivers)
            writer.member("isTold", alert.isTold)
            writer.member("silencedBy", alert.silencedBy)
            writer.member("inhibitedBy", alert.inhibitedBy)
            writer.member("isFlapping", alert.isFlapping)
            if let acknowledgement = alert.acknowledgement { writer.acknowledgement(acknowledgement) }
        }
    }
}
