import Foundations
import HTTPTypes
import Hummingbird
import LogQL
import Model

/// Loki's query API: lines and numbers. Labels, volumes and fields are in the files beside.
struct LokiRoutes: Sendable {
    /// The Loki whose API this is, for clients that switch features on by version.
    static let compatibleVersion = "3.3.0"

    let edge: Edge

    func register(_ routes: Routes) {
        query(routes, "query_range") { try await range($0, $1) }
        query(routes, "query") { try await instant($0, $1) }
        query(routes, "format_query") { try await format($0, $1) }
        query(routes, "labels") { try await labels($0, $1) }
        query(routes, "label") { try await labels($0, $1) }
        get(routes, "label/:name/values") { try await labelValues($0, $1) }
        query(routes, "series") { try await series($0, $1) }
        query(routes, "index/stats") { try await indexStatistics($0, $1) }
        query(routes, "index/volume") { try await volume($0, $1, isRange: false) }
        query(routes, "index/volume_range") { try await volume($0, $1, isRange: true) }
        query(routes, "patterns") { try await patterns($0, $1) }
        query(routes, "detected_labels") { try await detectedLabels($0, $1) }
        query(routes, "detected_fields") { try await detectedFields($0, $1) }
        get(routes, "detected_field/:name/values") { try await detectedFieldValues($0, $1) }
        get(routes, "status/buildinfo") { _, _ in buildInformation() }
        routes.on(.get, "/ready", scope: nil) { _, _ in
            edge.stopping.isSet ? Reply.text("Ingester not ready: stopping\n", status: .serviceUnavailable) : Reply.text("ready\n")
        }
    }

    private func query(_ routes: Routes, _ path: String, _ handler: @escaping Routes.Handler) {
        routes.query("/loki/api/v1/" + path, of: .each, refusalBody: LokiRefusal.body, handler)
    }

    private func get(_ routes: Routes, _ path: String, _ handler: @escaping Routes.Handler) {
        routes.on(.get, "/loki/api/v1/" + path, scope: .read, of: .each, refusalBody: LokiRefusal.body, handler)
    }

    private func range(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let window = try parameters.lokiWindow(edge.clock, defaultHours: 1)
        var question = LogRequest(query: try parameters.required("query"), start: window.start, end: window.end)
        question.stepNanoseconds = try parameters.lokiStep(window, edge.limits)
        question.intervalNanoseconds = max(0, try parameters.nanoseconds("interval") ?? 0)
        return try await answer(question, parameters, request, context)
    }

    private func instant(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let moment = try parameters.nanoMoment("time") ?? edge.clock.now()
        return try await answer(LogRequest(query: try parameters.required("query"), start: moment, end: moment), parameters, request, context)
    }

    private func answer(_ question: LogRequest, _ parameters: RequestParameters, _ request: Request, _ context: CollectorContext) async throws -> Response {
        var question = question
        question.limit = try parameters.lokiLimit(edge.limits)
        question.direction = try parameters.lokiDirection()
        question.categorizesLabels = request.headers[values: .lokiEncodingFlags].contains { $0.contains(LokiReply.categorizeFlag) }
        let queries = try edge.logQueries(of: context.tenant, parameters)
        let (complete, start) = (question, edge.clock.monotonicNanoseconds())
        let answer = try await edge.logQuery(context) { try await queries.engine.answer(complete) }
        let queued = max(0, edge.clock.monotonicNanoseconds() - start - answer.statistics.nanoseconds)
        return LokiReply.answer(answer, categorizesLabels: question.categorizesLabels, queuedNanoseconds: queued)
    }

    private func format(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let query = try await edge.parameters(of: request, context).required("query")
        do throws(LogQLError) {
            let text = try LogEngine.formatted(query)
            return Reply.success { $0.string(text) }
        } catch {
            var writer = JSONWriter()
            writer.object { writer in
                writer.member("status", "invalid-query")
                writer.member("error", error.description)
            }
            return Reply.json(writer, status: .badRequest)
        }
    }

    private func buildInformation() -> Response {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("version", Self.compatibleVersion)
            writer.member("revision", "nightjar \(edge.options.version)")
            writer.member("branch", "")
            writer.member("buildUser", "")
            writer.member("buildDate", "")
            writer.member("goVersion", "")
        }
        return Reply.json(writer)
    }
}

extension HTTPField.Name {
    static let lokiEncodingFlags = HTTPField.Name("X-Loki-Response-Encoding-Flags")!
}
