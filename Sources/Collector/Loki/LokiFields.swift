import Foundations
import Hummingbird
import LogQL
import Model

/// The fields of lines, as Grafana's Explore asks for them.
extension LokiRoutes {
    func detectedFields(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let limit = try fieldLimit(parameters)
        let fields = try await fields(parameters, context, limit: limit)
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("fields")
            writer.array(fields) { writer, field in
                writer.object { writer in
                    writer.member("label", field.name)
                    writer.member("type", field.type)
                    writer.member("cardinality", field.values.count)
                    writer.member("parsers", field.parsers.sorted())
                    if !field.path.isEmpty { writer.member("jsonPath", field.path) }
                }
            }
            writer.member("limit", limit)
        }
        return Reply.json(writer)
    }

    func detectedFieldValues(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let limit = try fieldLimit(parameters)
        let name = try context.labelName()
        let field = try await fields(parameters, context, limit: Int.max).first { $0.name == name }
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("values", (field?.values.sorted() ?? []).prefix(limit))
            writer.member("limit", limit)
        }
        return Reply.json(writer)
    }

    private func fieldLimit(_ parameters: RequestParameters) throws(Refusal) -> Int {
        let given = try parameters.limit()
        let older = try parameters.limit("field_limit")
        return min(given ?? older ?? edge.limits.detectedFieldLinesDefault, edge.limits.detectedFieldLinesMax)
    }

    private func fields(_ parameters: RequestParameters, _ context: CollectorContext, limit: Int) async throws -> [DetectedField] {
        let window = try parameters.lokiWindow(edge.clock, defaultHours: 1)
        let query = try parameters.required("query")
        let lines = min(try parameters.limit("line_limit") ?? edge.limits.detectedFieldLinesDefault, edge.limits.detectedFieldLinesMax)
        let engine = try edge.logQueries(of: context.tenant, parameters).engine
        return try await edge.logQuery(context) {
            try await engine.detectedFields(query, start: window.start, end: window.end, lineLimit: lines, limit: limit)
        }
    }
}
