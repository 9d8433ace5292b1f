import Foundations
import Hummingbird
import Model

/// `series`, `labels`, `label/NAME/values`, `metadata`: what there is to query.
struct SeriesRoutes: Sendable {
    let edge: Edge

    func register(_ routes: Routes) {
        routes.query("/api/v1/series", of: .each) { try await series($0, $1) }
        routes.query("/api/v1/labels", of: .each) { try await labels($0, $1) }
        routes.query("/api/v1/label/:name/values", of: .each) { try await values($0, $1) }
        routes.on(.get, "/api/v1/metadata", scope: .read, of: .each) { try await metadata($0, $1) }
    }

    /// What all of them take.
    private struct Selection: Sendable {
        let selectors: [[Matcher]]
        let start: Timestamp
        let end: Timestamp
        /// What the request asked for, and what the collector allows.
        let limit: Int

        init(_ parameters: RequestParameters, _ limits: CollectorLimits) throws(Refusal) {
            selectors = try parameters.narrowedSelectors(limits)
            start = try parameters.moment("start", default: .distantPast)
            end = try parameters.moment("end", default: .distantFuture)
            guard end >= start else { throw .badParameter("invalid parameter \"end\": end timestamp must not be before start time") }
            limit = min(try parameters.limit() ?? .max, limits.listedItemsMax)
        }

        /// One more than wanted, so that a longer list is noticed.
        var readLimit: Int { limit + 1 }
    }

    private func series(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let selection = try Selection(await edge.parameters(of: request, context), edge.limits)
        guard !selection.selectors.isEmpty else { throw Refusal.badParameter("no match[] parameter provided") }
        let metrics = context.tenant.metrics
        let found = try await edge.query(context) {
            try await metrics.series(selection.selectors, start: selection.start, end: selection.end, limit: selection.readLimit)
        }
        return reply(found, selection) { $0.labels($1) }
    }

    private func labels(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let selection = try Selection(await edge.parameters(of: request, context), edge.limits)
        let metrics = context.tenant.metrics
        let found = try await edge.query(context) {
            try await metrics.labelNames(selection.selectors, start: selection.start, end: selection.end, limit: selection.readLimit)
        }
        return reply(found, selection) { $0.string($1) }
    }

    private func values(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let selection = try Selection(await edge.parameters(of: request, context), edge.limits)
        let name = try context.labelName()
        let metrics = context.tenant.metrics
        let found = try await edge.query(context) {
            try await metrics.labelValues(name, selection.selectors, start: selection.start, end: selection.end, limit: selection.readLimit)
        }
        return reply(found, selection) { $0.string($1) }
    }

    private func reply<Item>(_ found: [Item], _ selection: Selection, _ write: (inout JSONWriter, Item) -> Void) -> Response {
        Reply.success(warnings: found.count > selection.limit ? ["results truncated due to limit"] : []) {
            $0.array(found.prefix(selection.limit), write)
        }
    }

    private func metadata(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let limit = min(try parameters.count("limit") ?? .max, edge.limits.listedItemsMax)
        let limitPerMetric = try parameters.count("limit_per_metric") ?? .max
        let all = try await context.tenant.metrics.metadata()
        let wanted = parameters["metric"].map { name in all.filter { $0.key == name } } ?? all
        return Reply.success { writer in
            writer.object { writer in
                for (name, metadata) in wanted.sorted(by: { $0.key < $1.key }).prefix(limit) {
                    writer.key(name)
                    writer.array([metadata].prefix(max(1, limitPerMetric))) { writer, metadata in
                        writer.object { writer in
                            writer.member("type", metadata.kind.rawValue)
                            writer.member("help", metadata.help)
                            writer.member("unit", metadata.unit)
                        }
                    }
                }
            }
        }
    }
}

extension CollectorContext {
    /// The label's name in a path, where names that aren't plain are written `U__` with `_hex_` escapes.
    func labelName() throws(Refusal) -> String {
        let name = RequestParameters.decode(parameters.get("name") ?? "", plusIsSpace: false)
        guard !name.isEmpty else { throw .badParameter("the label's name is missing in the path") }
        return name.hasPrefix("U__") ? unescaped(name.dropFirst(3)) : name
    }

    /// Undoes Prometheus's escaping of names in paths: `__` is `_`, `_2e_` is the character with that code.
    private func unescaped(_ text: Substring) -> String {
        var name = String.UnicodeScalarView()
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "_" else {
                name.append(scalar)
                continue
            }
            let code = rest.prefix { $0 != "_" }
            if code.isEmpty, rest.first == "_" {
                name.append("_")
                rest.removeFirst()
            } else if let value = UInt32(String(code), radix: 16), let decoded = Unicode.Scalar(value), rest.count > code.count {
                name.append(decoded)
                rest.removeFirst(code.count + 1)
            } else {
                return String(text)
            }
        }
        return String(name)
    }
}
