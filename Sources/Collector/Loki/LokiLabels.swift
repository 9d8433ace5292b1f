import Foundations
import Hummingbird
import LogQL
import Model

/// Streams and their labels.
extension LokiRoutes {
    func labels(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let window = try parameters.lokiWindow(edge.clock, defaultHours: 6)
        let matchers = try parameters.lokiMatchers()
        let (logs, queries) = (context.tenant.logs, try edge.logQueries(of: context.tenant, parameters))
        let names = try await edge.logQuery(context) {
            if matchers.isEmpty, queries.conditions.isEmpty { return try await logs.labelNames(start: window.start, end: window.end) }
            let streams = try await queries.engine.streams([matchers], start: window.start, end: window.end)
            return Set(streams.flatMap { $0.pairs.map(\.name) }).sorted()
        }
        return reply(names)
    }

    func labelValues(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let window = try parameters.lokiWindow(edge.clock, defaultHours: 6)
        let name = try context.labelName()
        let matchers = try parameters.lokiMatchers()
        let (logs, queries) = (context.tenant.logs, try edge.logQueries(of: context.tenant, parameters))
        let values = try await edge.logQuery(context) {
            if matchers.isEmpty, queries.conditions.isEmpty { return try await logs.labelValues(name, start: window.start, end: window.end) }
            let streams = try await queries.engine.streams([matchers], start: window.start, end: window.end)
            return Set(streams.compactMap { $0[name] }).sorted()
        }
        return reply(values)
    }

    func series(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let window = try parameters.lokiWindow(edge.clock, defaultHours: 6)
        let selectors = try (parameters.all("match[]") + parameters.all("match")).map { text throws(Refusal) in try RequestParameters.lokiMatchers(text) }
        let engine = try edge.logQueries(of: context.tenant, parameters).engine
        let streams = try await edge.logQuery(context) { try await engine.streams(selectors, start: window.start, end: window.end) }
        return Reply.success { $0.array(streams.prefix(edge.limits.listedItemsMax)) { $0.labels($1) } }
    }

    /// Each label with its number of values; labels whose values nobody would choose from are left out, as in Loki.
    func detectedLabels(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let window = try parameters.lokiWindow(edge.clock, defaultHours: 1)
        let matchers = try parameters.lokiMatchers()
        let engine = try edge.logQueries(of: context.tenant, parameters).engine
        let streams = try await edge.logQuery(context) { try await engine.streams([matchers], start: window.start, end: window.end) }
        var values: [String: Set<String>] = [:]
        for stream in streams { for (name, value) in stream.pairs { values[name, default: []].insert(value) } }
        let chosen = values.filter { !$0.value.allSatisfy(Self.isIdentifier) }.sorted { $0.key < $1.key }
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("detectedLabels")
            writer.array(chosen) { writer, label in
                writer.object { writer in
                    writer.member("label", label.key)
                    writer.member("cardinality", label.value.count)
                }
            }
        }
        return Reply.json(writer)
    }

    /// A UUID, or a number: what tells one thing from all others.
    private static func isIdentifier(_ text: String) -> Bool {
        if Double(text) != nil { return true }
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        return groups.map(\.count) == [8, 4, 4, 4, 12] && groups.allSatisfy { $0.allSatisfy(\.isHexDigit) }
    }

    private func reply(_ texts: [String]) -> Response {
        Reply.success { $0.array(texts.prefix(edge.limits.listedItemsMax)) { $0.string($1) } }
    }
}
