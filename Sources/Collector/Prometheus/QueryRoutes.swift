import Foundations
import Hummingbird
import Model
import PromQL

/// `query`, `query_range`, `format_query`: PromQL over HTTP in Prometheus's shapes.
struct QueryRoutes: Sendable {
    let edge: Edge

    func register(_ routes: Routes) {
        routes.query("/api/v1/query") { try await instant($0, $1) }
        routes.query("/api/v1/query_range") { try await range($0, $1) }
        routes.query("/api/v1/format_query") { try await format($0, $1) }
    }

    private func instant(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let expression = try Self.expression(parameters)
        let moment = try parameters.moment("time", default: edge.clock.nowMilliseconds())
        let engine = try engine(parameters)
        let limit = try parameters.limit()
        let result = try await edge.query(context) { try await engine.instant(expression, at: moment) }
        return QueryReply.success(result, limit: limit)
    }

    private func range(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let start = try parameters.requiredMoment("start")
        let end = try parameters.requiredMoment("end")
        guard end >= start else { throw Refusal.badParameter("invalid parameter \"end\": end timestamp must not be before start time") }
        guard let step = try parameters.durationMilliseconds("step") else { throw Refusal.badParameter("the parameter \"step\" is missing") }
        guard step > 0 else {
            throw Refusal.badParameter("invalid parameter \"step\": zero or negative query resolution step widths are not accepted; try a positive one")
        }
        let (width, overflow) = end.milliseconds.subtractingReportingOverflow(start.milliseconds)
        guard !overflow, width / step <= edge.limits.pointsPerSeriesMax else {
            throw Refusal.badParameter(
                "exceeded maximum resolution of \(edge.limits.pointsPerSeriesMax) points per time series; decrease the query resolution with a larger step")
        }
        let expression = try Self.expression(parameters)
        let engine = try engine(parameters)
        let limit = try parameters.limit()
        let result = try await edge.query(context) {
            try await engine.range(expression, start: start, end: end, stepMilliseconds: step)
        }
        return QueryReply.success(result, limit: limit)
    }

    private func format(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let text = try Self.expression(parameters).description
        return Reply.success { $0.string(text) }
    }

    private static func expression(_ parameters: RequestParameters) throws(Refusal) -> Expression {
        let text = try parameters.required("query")
        do throws(PromQLSyntaxError) {
            return try PromQLParser.parse(text)
        } catch {
            throw .badParameter("invalid parameter \"query\": \(error)")
        }
    }

    private func engine(_ parameters: RequestParameters) throws(Refusal) -> Engine {
        var options = EngineOptions(timeoutSeconds: edge.limits.querySeconds, clock: edge.clock)
        if let milliseconds = try parameters.durationMilliseconds("timeout"), milliseconds > 0 {
            options.timeoutSeconds = min(options.timeoutSeconds, Double(milliseconds) / 1000)
        }
        if let milliseconds = try parameters.durationMilliseconds("lookback_delta"), milliseconds > 0 {
            options.lookbackMilliseconds = milliseconds
        }
        return Engine(reader: edge.metrics, options: options)
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
