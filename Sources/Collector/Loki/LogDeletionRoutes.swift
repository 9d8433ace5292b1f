import Foundations
import HTTPTypes
import Hummingbird
import LogQL
import LogStore
import Model

/// Erasing log lines while the collector runs: Loki's own path, and ours with progress. Needs the scope admin.
struct LogDeletionRoutes: Sendable {
    static let lokiPath = "/loki/api/v1/delete"
    static let path = "/api/v1/nightjar/logs/deletions"
    let edge: Edge

    func register(_ routes: Routes) {
        for method in [HTTPRequest.Method.post, .put] {
            routes.on(method, Self.lokiPath, scope: .admin, of: .each, refusalBody: LokiRefusal.body) { request, context in
                let deletion = try await add(request, context)
                var response = Reply.noContent
                response.headers[.deletionIdentifier] = deletion.id
                return response
            }
        }
        routes.on(.get, Self.lokiPath, scope: .admin, of: .each, refusalBody: LokiRefusal.body) { _, context in
            let deletions = try await edge.deletions(of: context.tenant).all()
            var writer = JSONWriter()
            writer.array(deletions) { $0.lokiDeletion($1) }
            return Reply.json(writer)
        }
        routes.on(.delete, Self.lokiPath, scope: .admin, of: .each, refusalBody: LokiRefusal.body) { try await cancel($0, $1) }
        routes.on(.post, Self.path, scope: .admin, of: .each) { request, context in
            let deletion = try await add(request, context)
            return Reply.success { $0.deletion(deletion) }
        }
        routes.on(.get, Self.path, scope: .admin, of: .each) { request, context in
            let wanted = RequestParameters(request.uri.query ?? "")["id"]
            let deletions = try await edge.deletions(of: context.tenant).all().filter { wanted == nil || $0.id == wanted }
            return Reply.success { writer in writer.array(deletions) { $0.deletion($1) } }
        }
        routes.on(.get, Self.path + "/preview", scope: .admin, of: .each) { try await preview($0, $1) }
    }

    /// `query` as Loki takes it, `start`, and `end` or now.
    private func chosen(_ request: Request, _ context: CollectorContext) async throws -> (text: String, query: LogQuery) {
        let parameters = try await edge.parameters(of: request, context)
        let text = try parameters.required("query")
        guard let start = try parameters.nanoMoment("start") else { throw Refusal.badParameter("the parameter \"start\" is missing; say from when on lines are to be erased") }
        let end = try parameters.nanoMoment("end") ?? edge.clock.now()
        guard end > start else { throw Refusal.badParameter("invalid parameter \"end\": it must lie behind start") }
        let engine = LogEngine(reader: context.tenant.logs, clock: edge.clock)
        do throws(any Error) {
            return (text, try await engine.wholeQuery(text, start: start, end: end))
        } catch let error as LogQLError {
            throw Refusal(error)
        }
    }

    private func add(_ request: Request, _ context: CollectorContext) async throws -> LogDeletion {
        let (text, query) = try await chosen(request, context)
        let actor = try edge.actor(of: request, context, .admin)
        return try await edge.deletions(of: context.tenant).add(query: text, start: query.start, end: query.end, actor: actor)
    }

    private func cancel(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        try await edge.deletions(of: context.tenant).cancel(try parameters.required("request_id"), force: parameters["force"] == "true")
        return Reply.noContent
    }

    /// How many lines a deletion would take.
    private func preview(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let query = try await chosen(request, context).query
        let store = context.tenant.logs
        let deadline = edge.clock.monotonicNanoseconds() + Int64(edge.limits.querySeconds * 1e9)
        let lines = try await edge.logQuery(context) {
            var query = query
            query.deadlineMonotonicNanoseconds = deadline
            return try await store.tally(query, stepNanoseconds: .max, by: []).reduce(0) { $0 + $1.count }
        }
        return Reply.success { $0.object { $0.member("lines", lines) } }
    }
}

extension HTTPField.Name {
    /// Which request of `GET /loki/api/v1/delete` a deletion became.
    static let deletionIdentifier = HTTPField.Name("X-Nightjar-Request-Id")!
}

extension JSONWriter {
    /// As Loki writes it: times in seconds.
    fileprivate mutating func lokiDeletion(_ deletion: LogDeletion) {
        object { writer in
            writer.member("request_id", deletion.id)
            writer.member("start_time", Double(deletion.start / 1_000_000) / 1000)
            writer.member("end_time", Double(deletion.end / 1_000_000) / 1000)
            writer.member("query", deletion.query)
            writer.member("status", deletion.state.lokiStatus)
            writer.member("created_at", Double(deletion.createdAt / 1_000_000) / 1000)
        }
    }

    fileprivate mutating func deletion(_ deletion: LogDeletion) {
        object { writer in
            writer.member("id", deletion.id)
            writer.member("query", deletion.query)
            writer.member("start", TimestampText.rfc3339(NanoTimestamp(nanoseconds: deletion.start)))
            writer.member("end", TimestampText.rfc3339(NanoTimestamp(nanoseconds: deletion.end)))
            writer.member("createdAt", TimestampText.rfc3339(NanoTimestamp(nanoseconds: deletion.createdAt)))
            writer.member("actor", deletion.actor)
            writer.member("state", deletion.state.rawValue)
            writer.member("daysTotal", deletion.daysTotal)
            writer.member("daysDone", deletion.daysDone)
            writer.member("linesErased", deletion.linesErased)
            if let failure = deletion.failure { writer.member("failure", failure) }
        }
    }
}
