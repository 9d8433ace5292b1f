import Foundations
import Hummingbird
import Model
import PromQL

/// `query`, `query_range`, `query_exemplars`, `format_query`, `parse_query`: PromQL over HTTP in Prometheus's shapes.
struct QueryRoutes: Sendable {
    let edge: Edge

    func register(_ routes: Routes) {
        routes.query("/api/v1/query", of: .each) { try await instant($0, $1) }
        routes.query("/api/v1/query_range", of: .each) { try await range($0, $1) }
        routes.query("/api/v1/query_exemplars", of: .each) { try await exemplars($0, $1) }
        routes.query("/api/v1/format_query", of: .each) { try await format($0, $1) }
        routes.query("/api/v1/parse_query", of: .each) { try await parse($0, $1) }
    }

    private func instant(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let moment = try parameters.moment("time", default: edge.clock.nowMilliseconds())
        let shape = try QueryReply.Shape(parameters)
        let engine = try engine(parameters, context.tenant)
        let expression = try parameters.expression()
        let run = try await timed(context) { try await engine.instant(expression, at: moment, explain: shape.explains) }
        return try QueryReply.success(run, shape, request)
    }

    private func range(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let start = try parameters.requiredMoment("start")
        let end = try parameters.requiredMoment("end")
        guard end >= start else { throw Refusal.badParameter("invalid parameter \"end\": end timestamp must not be before start time") }
        guard let step = try parameters.durationMilliseconds("step") else {
            throw Refusal.badParameter("invalid parameter \"step\": cannot parse \"\" to a valid duration")
        }
        guard step > 0 else {
            throw Refusal.badParameter("invalid parameter \"step\": zero or negative query resolution step widths are not accepted. Try a positive integer")
        }
        let (width, overflow) = end.milliseconds.subtractingReportingOverflow(start.milliseconds)
        guard !overflow, width / step <= edge.limits.pointsPerSeriesMax else {
            throw Refusal.badParameter(
                "exceeded maximum resolution of \(edge.limits.pointsPerSeriesMax) points per timeseries. Try decreasing the query resolution (?step=XX)")
        }
        let shape = try QueryReply.Shape(parameters)
        let engine = try engine(parameters, context.tenant)
        let expression = try parameters.expression()
        guard expression.type == .scalar || expression.type == .vector else {
            throw Refusal.badParameter(
                "invalid parameter \"query\": invalid expression type \(quoted(expression.type.documentedName)) for range query, must be Scalar or instant Vector")
        }
        let run = try await timed(context) { try await engine.range(expression, start: start, end: end, stepMilliseconds: step, explain: shape.explains) }
        return try QueryReply.success(run, shape, request)
    }

    /// The exemplars of the series that an expression's selectors name.
    private func exemplars(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let start = try parameters.moment("start", default: .distantPast)
        let end = try parameters.moment("end", default: .distantFuture)
        guard end >= start else { throw Refusal.badParameter("invalid parameter \"end\": end timestamp must not be before start timestamp") }
        let conditions = try parameters.extraConditions(edge.limits)
        let selectors = try parameters.expression().selectors.flatMap { conditions.narrowing([$0]) }
        let metrics = context.tenant.metrics
        let found = selectors.isEmpty ? [] : try await edge.query(context) { try await metrics.exemplars(selectors, start: start, end: end) }
        return Reply.success { writer in
            writer.array(found) { writer, series in
                writer.object { writer in
                    writer.key("seriesLabels")
                    writer.labels(series.labels)
                    writer.key("exemplars")
                    writer.array(series.exemplars) { $0.exemplar($1) }
                }
            }
        }
    }

    private func format(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let text = try parameters.expression().description
        return Reply.success { $0.string(text) }
    }

    private func parse(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let tree = try parameters.expression().syntaxTree
        return Reply.success { writer in writer.raw { $0.append(contentsOf: tree.json.utf8) } }
    }

    /// Runs a query in its turn, and measures how long it waited and worked.
    private func timed(_ context: CollectorContext, _ work: @escaping @Sendable () async throws -> QueryResult) async throws -> QueryReply.Run {
        let clock = edge.clock
        let arrival = clock.monotonicNanoseconds()
        return try await edge.query(context) {
            let start = clock.monotonicNanoseconds()
            let result = try await work()
            let end = clock.monotonicNanoseconds()
            return QueryReply.Run(result: result, waitingSeconds: Double(start - arrival) / 1e9, workingSeconds: Double(end - start) / 1e9)
        }
    }

    private func engine(_ parameters: RequestParameters, _ tenant: Tenant) throws(Refusal) -> Engine {
        let limits = edge.limits
        var options = EngineOptions(
            samplesMax: limits.querySamplesMax, timeoutSeconds: limits.querySeconds, clock: edge.clock, memoryBytesMax: limits.queryMemoryBytesMax)
        options.tenant = tenant.cacheKey
        options.extraConditions = try parameters.extraConditions(limits)
        // Any value but these asks for everything to be computed.
        if ["", "0", "false"].contains(parameters["nocache"] ?? "") { options.resultCache = edge.resultCache }
        if let milliseconds = try parameters.durationMilliseconds("timeout"), milliseconds > 0 {
            options.timeoutSeconds = min(options.timeoutSeconds, Double(milliseconds) / 1000)
        }
        if let milliseconds = try parameters.durationMilliseconds("lookback_delta"), milliseconds > 0 {
            options.lookbackMilliseconds = milliseconds
        }
        return Engine(reader: tenant.metrics, options: options)
    }
}

extension Expression {
    /// The matchers of every selector in it.
    fileprivate var selectors: [[Matcher]] {
        switch node {
        case .selector(let selector), .rangeSelector(let selector, _): [selector.matchers]
        default: node.children.flatMap(\.selectors)
        }
    }
}

extension JSONWriter {
    /// `{"labels":…,"value":"1.5","timestamp":1600096945.479}`
    fileprivate mutating func exemplar(_ exemplar: Exemplar) {
        object { writer in
            writer.key("labels")
            writer.labels(exemplar.labels)
            writer.key("value")
            writer.quotedValue(exemplar.sample.value)
            writer.key("timestamp")
            writer.raw { $0.append(timestampMilliseconds: exemplar.sample.timestamp) }
        }
    }
}

extension Edge {
    /// A request's parameters, from its query string and its form.
    func parameters(of request: Request, _ context: CollectorContext) async throws -> RequestParameters {
        guard request.method == .post else { return RequestParameters(request.uri.query ?? "") }
        let form = try await bodies.withBody(of: request, context: context, bytesMax: limits.formBytesMax) { String(buffer: $0) }
        // In a form the body goes before the address, as in other servers.
        return RequestParameters(form, request.uri.query ?? "")
    }

    /// Runs a query in its turn, and stops it when the client leaves. Its errors become refusals.
    func query<Result: Sendable>(
        _ context: CollectorContext, _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        do {
            let gate = queryGate
            let result = try await cancelledWhenClientLeaves(context.channel) { try await gate.run(work) }
            guard let result else {
                throw Refusal.unavailable(
                    .overload, "\(limits.queriesConcurrentMax) queries run and \(limits.queriesWaitingMax) wait already; try again",
                    retryAfterSeconds: limits.overloadRetrySeconds)
            }
            return result
        } catch let error as QueryError {
            throw refusal(for: error)
        }
    }

    private func refusal(for error: QueryError) -> Refusal {
        switch error {
        case .syntax(let error): .badParameter("invalid parameter \"query\": \(error)")
        case .execution(let reason):
            Refusal(status: .unprocessableContent, errorType: "execution", reason: .queryFailed, message: reason)
        case .tooManySamples, .memoryExceeded:
            Refusal(status: .unprocessableContent, errorType: "execution", reason: .queryFailed, message: error.description)
        case .timeout:
            Refusal(status: .serviceUnavailable, errorType: "timeout", reason: .queryTimeout, message: error.description)
        case .cancelled:
            Refusal(status: .clientClosedRequest, errorType: "canceled", reason: .clientLeft, message: error.description)
        }
    }
}
