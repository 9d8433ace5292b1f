import Foundations
import Hummingbird
import LogQL
import Model
import PromQL

/// Loki's query API: `query_range`, `query`, `labels`, `label/NAME/values`, `series`.
struct LokiRoutes: Sendable {
    let edge: Edge

    func register(_ routes: Routes) {
        routes.query("/loki/api/v1/query_range", of: .each) { try await range($0, $1) }
        routes.query("/loki/api/v1/query", of: .each) { try await instant($0, $1) }
        routes.query("/loki/api/v1/labels", of: .each) { try await labels($0, $1) }
        routes.on(.get, "/loki/api/v1/label/:name/values", scope: .read, of: .each) { try await values($0, $1) }
        routes.query("/loki/api/v1/series", of: .each) { try await series($0, $1) }
    }

    private func range(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let query = try parameters.required("query")
        let window = try window(parameters, defaultHours: 1)
        let nanoseconds = window.end.nanoseconds - window.start.nanoseconds
        let step = try parameters.durationMilliseconds("step").map { $0 * 1_000_000 } ?? max(nanoseconds / 250 / 1_000_000_000, 1) * 1_000_000_000
        guard step > 0, nanoseconds / step <= edge.limits.pointsPerSeriesMax else {
            throw Refusal.badParameter(
                "exceeded maximum resolution of \(edge.limits.pointsPerSeriesMax) points per time series; give a larger step")
        }
        let limit = try entryLimit(parameters)
        let direction = try direction(parameters)
        let queries = edge.logQueries(of: context.tenant)
        let result = try await edge.logQuery(context) {
            try await queries.run(query, start: window.start, end: window.end, stepNanoseconds: step, limit: limit, direction: direction)
        }
        return LokiReply.result(result)
    }

    private func instant(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let query = try parameters.required("query")
        let moment = try parameters.nanoMoment("time") ?? edge.clock.now()
        let limit = try entryLimit(parameters)
        let direction = try direction(parameters)
        let queries = edge.logQueries(of: context.tenant)
        let result = try await edge.logQuery(context) {
            try await queries.run(query, start: moment, end: moment, stepNanoseconds: nil, limit: limit, direction: direction)
        }
        return LokiReply.result(result)
    }

    private func labels(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let window = try window(parameters, defaultHours: 6)
        let logs = context.tenant.logs
        let names = try await edge.logQuery(context) { try await logs.labelNames(start: window.start, end: window.end) }
        return reply(names)
    }

    private func values(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let window = try window(parameters, defaultHours: 6)
        let name = try context.labelName()
        let logs = context.tenant.logs
        // The parameter `query` narrows it to the streams of a selector.
        let selector = try parameters["query"].map { try Self.selector($0, name: "query") }
        let values = try await edge.logQuery(context) {
            guard let selector else { return try await logs.labelValues(name, start: window.start, end: window.end) }
            let streams = try await logs.streams([selector], start: window.start, end: window.end)
            return Set(streams.compactMap { $0[name] }).sorted()
        }
        return reply(values)
    }

    private func series(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let window = try window(parameters, defaultHours: 6)
        let texts = parameters.all("match[]") + parameters.all("match")
        let selectors = try texts.map { try Self.selector($0, name: "match[]") }
        let logs = context.tenant.logs
        let streams = try await edge.logQuery(context) { try await logs.streams(selectors, start: window.start, end: window.end) }
        return Reply.success { $0.array(streams.prefix(edge.limits.listedItemsMax)) { $0.labels($1) } }
    }

    private func reply(_ texts: [String]) -> Response {
        Reply.success { $0.array(texts.prefix(edge.limits.listedItemsMax)) { $0.string($1) } }
    }

    /// `{app="x"}`, which PromQL and LogQL write alike.
    private static func selector(_ text: String, name: String) throws(Refusal) -> [Matcher] {
        do throws(PromQLSyntaxError) {
            return try PromQLParser.parseSelector(text)
        } catch {
            throw .badParameter("invalid parameter \"\(name)\": \(error)")
        }
    }

    private func window(_ parameters: RequestParameters, defaultHours: Int64) throws(Refusal) -> (start: NanoTimestamp, end: NanoTimestamp) {
        let end = try parameters.nanoMoment("end") ?? edge.clock.now()
        let since = try parameters.durationMilliseconds("since") ?? defaultHours * 3_600_000
        let start = try parameters.nanoMoment("start") ?? end.advanced(byNanoseconds: since <= 0 ? 0 : -min(since, .max / 1_000_000) * 1_000_000)
        guard end >= start else { throw .badParameter("invalid parameter \"end\": it is before the start") }
        guard !end.nanoseconds.subtractingReportingOverflow(start.nanoseconds).overflow else {
            throw .badParameter("invalid parameter \"start\": the range is longer than 292 years")
        }
        return (start, end)
    }

    private func entryLimit(_ parameters: RequestParameters) throws(Refusal) -> Int {
        let limit = try parameters.limit() ?? edge.limits.logEntriesDefault
        guard limit <= edge.limits.logEntriesMax else {
            throw .badParameter("max entries limit per query exceeded, limit > max_entries_limit (\(limit) > \(edge.limits.logEntriesMax))")
        }
        return limit
    }

    private func direction(_ parameters: RequestParameters) throws(Refusal) -> LogQuery.Direction {
        switch parameters["direction"]?.lowercased() {
        case nil, "backward": .newestFirst
        case "forward": .oldestFirst
        default: throw .badParameter("invalid parameter \"direction\": use forward or backward")
        }
    }
}
