import Foundations
import Hummingbird
import LogQL
import LogStore
import Model
import NIOCore

/// The collector's own paths for logs: search, answers to people's questions, lines around a line, patterns, live tail as lines of JSON.
struct LogRoutes: Sendable {
    static let linesDefault = 200
    static let patternsDefault = 50
    static let contextLinesDefault = 10
    let edge: Edge

    func register(_ routes: Routes) {
        routes.query("/api/v1/nightjar/logs", of: .each) { try await lines($0, $1) }
        routes.query("/api/v1/nightjar/logs/answer", of: .each) { try await answer($0, $1) }
        routes.query("/api/v1/nightjar/logs/context", of: .each) { try await context($0, $1) }
        routes.query("/api/v1/nightjar/logs/patterns", of: .each) { try await patterns($0, $1) }
        routes.on(.get, "/api/v1/nightjar/tail", scope: .read, of: .each) { try await tail($0, $1) }
    }

    /// The newest lines that a query takes, which is LogQL or people's form; without a start, those of the last day.
    private func lines(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let limit = min(try parameters.limit() ?? Self.linesDefault, edge.limits.logEntriesMax)
        let window = try window(parameters)
        let engine = try edge.logQueries(of: context.tenant, parameters).engine
        let query = parameters["query"] ?? ""
        let found = try await edge.logQuery(context) { try await engine.search(query, start: window.start, end: window.end, limit: limit) }
        return Reply.success { writer in writer.array(found) { $0.record($1) } }
    }

    /// Whatever a person may ask, with what it took.
    private func answer(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let window = try window(parameters)
        var question = LogQuestion(
            text: parameters["query"] ?? "", start: window.start, end: window.end, stepNanoseconds: try parameters.nanoseconds("step"),
            limit: min(try parameters.limit() ?? Self.linesDefault, edge.limits.logEntriesMax))
        question.contextLines = min(try parameters.limit("context") ?? 0, LogEngine.contextLinesMax)
        let engine = try edge.logQueries(of: context.tenant, parameters).engine
        let asked = question
        let (findings, statistics) = try await edge.logQuery(context) { try await engine.ask(asked) }
        return Reply.success { writer in
            writer.object { writer in
                writer.findings(findings)
                writer.key("statistics")
                writer.statistics(statistics)
            }
        }
    }

    /// The lines around one: `stream` as a selector, `time`, `line`, `before` and `after`.
    private func context(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let matchers = try RequestParameters.lokiMatchers(try parameters.required("stream"))
        guard matchers.allSatisfy({ $0.op == .equal }) else { throw Refusal.badParameter("invalid parameter \"stream\": give each label with =, as in {app=\"web\", instance=\"a\"}") }
        guard let moment = try parameters.nanoMoment("time") else { throw Refusal.badParameter("the parameter \"time\" is missing; give the line's nanoseconds since 1970") }
        let before = min(try parameters.count("before") ?? Self.contextLinesDefault, LogEngine.contextLinesMax)
        let after = min(try parameters.count("after") ?? Self.contextLinesDefault, LogEngine.contextLinesMax)
        let (stream, line) = (Labels(matchers.map { (name: $0.name, value: $0.value) }), parameters["line"])
        let engine = try edge.logQueries(of: context.tenant, parameters).engine
        let found = try await edge.logQuery(context) { try await engine.context(of: stream, at: moment, line: line, before: before, after: after) }
        return Reply.success { writer in
            writer.object { writer in
                writer.key("before")
                writer.array(found.before) { $0.record($1) }
                writer.key("after")
                writer.array(found.after) { $0.record($1) }
            }
        }
    }

    /// Kinds of lines; with `change` those that are `new` or have `grown` against as long a time before.
    private func patterns(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let window = try parameters.lokiWindow(edge.clock, defaultHours: 1)
        let change = try parameters["change"].map { text throws(Refusal) in
            guard let change = PatternChange(rawValue: text) else { throw Refusal.badParameter("invalid parameter \"change\": use new or grown") }
            return change
        }
        let limit = try parameters.limit() ?? Self.patternsDefault
        let step = try parameters.nanoseconds("step")
        let query = parameters["query"] ?? ""
        let engine = try edge.logQueries(of: context.tenant, parameters).engine
        let found = try await edge.logQuery(context) {
            try await engine.patterns(query, start: window.start, end: window.end, stepNanoseconds: step, change: change, limit: limit)
        }
        return Reply.success { writer in writer.array(found) { $0.foundPattern($1) } }
    }

    private func window(_ parameters: RequestParameters) throws(Refusal) -> (start: NanoTimestamp, end: NanoTimestamp) {
        let now = edge.clock.now()
        // Clocks differ: what a host stamped a moment ahead of us is found too.
        let end = try parameters.nanoMoment("end") ?? now.advanced(byNanoseconds: 60_000_000_000)
        let start = try parameters.nanoMoment("start") ?? now.advanced(byNanoseconds: -86_400_000_000_000)
        return (start, end)
    }

    private func tail(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = RequestParameters(request.uri.query ?? "")
        let query = parameters["query"] ?? ""
        let queries = try edge.logQueries(of: context.tenant, parameters)
        try queries.checkTail(query)
        let plan = try await queries.engine.tailPlan(query)
        try edge.tails.enter()
        let edge = edge
        // Taken here, so that what is stored after the answer's head is sent can't be missed.
        let events = context.tenant.logs.tail(plan.query)
        let left = TailPlace(edge.tails)
        let body = ResponseBody { writer in
            defer { left.leave() }
            let watch = try await context.channel.pipeline.handler(type: ClientWatch.self).get()
            // An empty line at once, so that the client knows that it is connected.
            try await writer.write(ByteBuffer(string: "\n"))
            try await LiveTail(edge: edge, plan: plan).run(gone: watch.gone, events: events) { items in
                try await writer.write(ByteBuffer(bytes: TailLines.bytes(items)))
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "application/x-ndjson"], body: body)
    }
}
