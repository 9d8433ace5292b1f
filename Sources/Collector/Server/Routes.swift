import Foundations
import HTTPTypes
import Hummingbird
import Model
import NIOHTTP1

/// The routes of the collector: each says who may use it, and all are measured, guarded and answered alike.
final class Routes {
    typealias Handler = @Sendable (Request, CollectorContext) async throws -> Response

    private let edge: Edge
    private let router: Router<CollectorContext>
    /// The methods of each path, for answering 405.
    private var methods: [String: [HTTPRequest.Method]] = [:]

    init(_ edge: Edge) {
        self.edge = edge
        router = Router(context: CollectorContext.self)
    }

    /// Adds a route. `scope` nil serves everybody, whatever the credentials. A route that serves each tenant keeps to the stores of its
    /// context's; others are refused to all but the default tenant. `refusalBody` writes refusals in another shape than Prometheus's.
    func on(
        _ method: HTTPRequest.Method, _ path: String, scope: AccessScope?, of tenants: ServedTenants = .standard,
        refusalBody: (@Sendable (Refusal, Request) -> Response)? = nil, _ handler: @escaping Handler
    ) {
        methods[path, default: []].append(method)
        let edge = edge
        router.on(RouterPath(path), method: method) { request, context in
            try await Self.respond(edge, path, scope, tenants, request, context, refusalBody, handler)
        }
    }

    /// The same handler for GET and for POST with a form.
    func query(
        _ path: String, of tenants: ServedTenants = .standard, refusalBody: (@Sendable (Refusal, Request) -> Response)? = nil, _ handler: @escaping Handler
    ) {
        on(.get, path, scope: .read, of: tenants, refusalBody: refusalBody, handler)
        on(.post, path, scope: .read, of: tenants, refusalBody: refusalBody, handler)
    }

    var responder: some HTTPResponder<CollectorContext> {
        KnownPathResponder(edge: edge, routes: router.buildResponder(), methods: methods)
    }

    private static func respond(
        _ edge: Edge, _ path: String, _ scope: AccessScope?, _ tenants: ServedTenants, _ request: Request, _ context: CollectorContext,
        _ refusalBody: (@Sendable (Refusal, Request) -> Response)?, _ handler: Handler
    ) async throws -> Response {
        let start = edge.clock.monotonicNanoseconds()
        var response: Response
        do {
            var context = context
            context.tenant = edge.tenants.standard
            if let scope {
                let access = AccessRequest(request.head, address: context.remoteAddress)
                let principal = try edge.access.authorize(access, scope)
                context.tenant = try edge.tenants.chosen(access.tenant, for: principal.tenants)
                if tenants == .standard, context.tenant !== edge.tenants.standard { throw Refusal.standardTenantAlone }
            }
            response = try await handler(request, context)
                .compressed(accepted: request.headers[.acceptEncoding], bytesMin: edge.limits.compressedReplyBytesMin)
        } catch {
            let refusal = try refusal(for: error, edge, path)
            edge.note(refusal, route: path, address: context.remoteAddress)
            response = refusalBody?(refusal, request) ?? Reply.refusal(refusal)
        }
        response.headers[.xContentTypeOptions] = "nosniff"
        if edge.access.wantsTokens { CrossOrigin.addHeaders(to: &response, for: request) }
        let seconds = Double(edge.clock.monotonicNanoseconds() - start) / 1_000_000_000
        edge.counters.request(route: path, method: request.method.rawValue, status: response.status.code, seconds: seconds)
        return response
    }

    /// What a handler's error is answered with. Rethrows where the connection itself has failed: there is nobody to answer.
    private static func refusal(for error: any Error, _ edge: Edge, _ path: String) throws -> Refusal {
        switch error {
        case let refusal as Refusal: return refusal
        case is CancellationError:
            return Refusal(
                status: .clientClosedRequest, errorType: "canceled", reason: .clientLeft, message: "the request was cancelled")
        case is HTTPParserError: throw error
        case let limit as ReadLimitError:
            return Refusal(
                status: .unprocessableContent, errorType: "execution", reason: .queryFailed, message: limit.description)
        default:
            edge.logger.error("request failed", metadata: ["route": "\(path)", "error": "\(error)"])
            return Refusal.internalError("\(error)")
        }
    }
}

/// Answers paths and methods that there are no routes for, in the shape of all other refusals.
private struct KnownPathResponder<Routes: HTTPResponder>: HTTPResponder where Routes.Context == CollectorContext {
    let edge: Edge
    let routes: Routes
    let methods: [String: [HTTPRequest.Method]]

    func respond(to request: Request, context: CollectorContext) async throws -> Response {
        let allowed = methods(of: request.uri.path)
        if allowed.contains(request.method) { return try await routes.respond(to: request, context: context) }
        if request.method == .options, !allowed.isEmpty, edge.access.wantsTokens { return preflight(request) }
        let refusal =
            allowed.isEmpty
            ? Refusal(status: .notFound, errorType: "not_found", reason: .notFound, message: "there is no such path")
            : Refusal(
                status: .methodNotAllowed, errorType: "bad_data", reason: .methodNotAllowed,
                message: "this path doesn't take \(request.method.rawValue)",
                headers: [.allow: allowed.map(\.rawValue).joined(separator: ", ")])
        edge.note(refusal, route: "other", address: context.remoteAddress)
        edge.counters.request(route: "other", method: "other", status: refusal.status.code, seconds: 0)
        return Reply.refusal(refusal)
    }

    /// The answer to a browser that asks whether a page may send a request: no secret, so no token either.
    private func preflight(_ request: Request) -> Response {
        var response = Reply.noContent
        CrossOrigin.addHeaders(to: &response, for: request)
        edge.counters.request(route: "other", method: "OPTIONS", status: response.status.code, seconds: 0)
        return response
    }

    /// The methods of the route that a path takes; a part `:name` of a route stands for any one part.
    private func methods(of path: String) -> [HTTPRequest.Method] {
        if let exact = methods[path] { return exact }
        // The router doesn't mind a slash at the end either.
        if path.count > 1, path.hasSuffix("/"), let exact = methods[String(path.dropLast())] { return exact }
        let parts = path.split(separator: "/")
        for (route, methods) in methods where route.contains(":") {
            let pattern = route.split(separator: "/")
            if pattern.count == parts.count && zip(pattern, parts).allSatisfy({ $0.hasPrefix(":") || $0 == $1 }) { return methods }
        }
        return []
    }
}

extension HTTPField.Name {
    static let xContentTypeOptions = HTTPField.Name("X-Content-Type-Options")!
}
