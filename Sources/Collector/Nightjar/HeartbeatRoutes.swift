import Alerting
import Foundations
import HTTPTypes
import Hummingbird

/// Pings of jobs, and the list of them.
///
/// `GET|POST …/heartbeats/NAME[/start|/fail|/EXITCODE]`; `every`, `cron`, `zone`, `grace`, `max` and `severity` in the query teach a job that isn't declared.
struct HeartbeatRoutes: Sendable {
    let edge: Edge

    func register(_ routes: Routes) {
        routes.on(.get, HeartbeatPath.base, scope: .read) { _, _ in await list() }
        for method in [HTTPRequest.Method.get, .post] {
            for path in ["/:name", "/:name/:step"] {
                routes.on(method, HeartbeatPath.base + path, scope: .ingest) { request, context in try await ping(request, context) }
            }
        }
        routes.on(.delete, HeartbeatPath.base + "/:name", scope: .operate) { request, context in
            try await Self.refusing { try await edge.alerting.removeHeartbeat(Self.part("name", context)) }
            return Reply.success { $0.object { _ in } }
        }
    }

    private static func part(_ name: String, _ context: CollectorContext) -> String {
        RequestParameters.decode(context.parameters.get(name) ?? "", plusIsSpace: false)
    }

    private static func refusing(_ work: () async throws -> Void) async throws {
        do {
            try await work()
        } catch let error as ActionError {
            throw Refusal.badParameter(error.description)
        }
    }

    private func ping(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let name = Self.part("name", context)
        let parameters = RequestParameters(request.uri.query ?? "")
        guard Heartbeat.isName(name) else { throw Refusal.badParameter("a heartbeat's name has 1 to 128 letters, digits, _, -, . and :") }
        guard let ping = HeartbeatPing(path: Self.part("step", context)) else {
            throw Refusal.badParameter("a ping's path ends with the name, /start, /fail or an exit code from 0 to 255")
        }
        let learnt = HeartbeatText(
            every: parameters["every"], cron: parameters["cron"], zone: parameters["zone"], grace: parameters["grace"], max: parameters["max"],
            severity: parameters["severity"])
        let duration = try parameters.durationMilliseconds("duration")
        try await Self.refusing {
            try await edge.alerting.ping(name, ping, learnt: learnt, durationMilliseconds: duration, sender: context.remoteAddress)
        }
        return Reply.success { $0.object { _ in } }
    }

    private func list() async -> Response {
        let statuses = await edge.alerting.heartbeatStatuses()
        return Reply.success { writer in
            writer.object { writer in
                writer.key("heartbeats")
                writer.array(statuses) { $0.heartbeat($1) }
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func heartbeat(_ status: HeartbeatStatus) {
        object { writer in
            writer.member("name", status.name)
            writer.member("state", status.state)
            writer.member("schedule", status.schedule)
            writer.member("isDeclared", status.isDeclared)
            writer.member("severity", status.severity)
            writer.member("sender", status.sender)
            let moments = [("startedAt", status.startedAt), ("endedAt", status.endedAt), ("succeededAt", status.succeededAt), ("dueAt", status.dueAt)]
            for (name, moment) in moments { if let moment { writer.moment(name, moment) } }
            if let code = status.exitCode { writer.member("exitCode", Int64(code)) }
            if let duration = status.durationMilliseconds { writer.member("durationSeconds", Double(duration) / 1000) }
        }
    }
}
