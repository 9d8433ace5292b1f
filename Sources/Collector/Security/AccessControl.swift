import Foundations
import HTTPTypes
import Model
import NIOHTTP1

/// What of a request decides whether it is served.
struct AccessRequest: Sendable {
    /// The `Host` header, or HTTP/2's authority.
    var host: String?
    var origin: String?
    /// `Sec-Fetch-Site`, which browsers alone send.
    var fetchSite: String?
    var authorization: String?
    /// The tenant that it names.
    var tenant: String?
    /// The client's address, without the port.
    var address: String

    init(_ head: HTTPRequest, address: String) {
        host = head.authority
        origin = head.headerFields[.origin]
        fetchSite = head.headerFields[.secFetchSite]
        authorization = head.headerFields[.authorization]
        tenant = head.headerFields[.tenant]
        self.address = address
    }

    init(_ head: HTTPRequestHead, address: String) {
        host = head.headers.first(name: "host")
        origin = head.headers.first(name: "origin")
        fetchSite = head.headers.first(name: "sec-fetch-site")
        authorization = head.headers.first(name: "authorization")
        // More than one is no name, as it is where the routes read it.
        let tenants = head.headers[TenantName.header]
        tenant = tenants.isEmpty ? nil : tenants.joined(separator: ", ")
        self.address = address
    }
}

extension HTTPField.Name {
    static let secFetchSite = HTTPField.Name("Sec-Fetch-Site")!
    static let tenant = HTTPField.Name(TenantName.header)!
}

/// Decides who may do what.
///
/// Without tokens only loopback is served, and only requests that a web page of somebody else can't have made: the `Host` must
/// be a name of this machine (against DNS rebinding) and the `Origin`, where there is one, the collector's own. With tokens every
/// request needs one whose scopes allow it.
final class AccessControl: Sendable {
    private enum Mode: Sendable {
        case open
        case tokens(TokenTable)
    }

    private let mode: Locked<Mode>
    /// Tokens made in this process, kept in memory alone.
    private let ephemeral = Locked(TokenTable())
    private let tokenFile: String?
    private let hosts: Set<String>
    private let failures: AuthenticationFailures
    private let limits: CollectorLimits

    /// Refuses, with a sentence, options under which the collector would be open to others.
    init(_ options: CollectorOptions, clock: any WallClock) throws(CollectorError) {
        limits = options.limits
        tokenFile = options.tokenFile
        hosts = ["localhost", "127.0.0.1", "[::1]", Self.hostName(options.listen.description)]
        failures = AuthenticationFailures(
            perMinuteMax: limits.authenticationFailuresPerMinuteMax, addressesMax: limits.authenticationAddressesMax, clock: clock)
        let address = options.listen.description
        guard let tokenFile = options.tokenFile else {
            if !options.listen.isLoopback { throw .needsTokens(address: address) }
            mode = Locked(.open)
            return
        }
        if !options.listen.isLoopback && options.tls == nil && !options.allowsPlainTokens { throw .needsTLS(address: address) }
        mode = Locked(.tokens(try TokenTable(path: tokenFile, bytesMax: limits.tokenFileBytesMax)))
    }

    /// Reads the token file again; what was valid stays so where it can't be read.
    func reload() throws(CollectorError) {
        guard let tokenFile else { return }
        let table = try TokenTable(path: tokenFile, bytesMax: limits.tokenFileBytesMax)
        mode.withLock { $0 = .tokens(table) }
    }

    /// Whether every request needs a token.
    var wantsTokens: Bool { tokenFile != nil }

    /// A token for this process's own parts, valid until it ends.
    func makeEphemeralToken(name: String, scopes: Set<AccessScope>) -> Secret {
        guard let made = AccessToken.make(name: name, scopes: scopes) else {
            preconditionFailure("the name and the scopes of a token of our own are right")
        }
        ephemeral.withLock { $0.add(hash: AccessToken.hash(made.token.reveal()), Principal(name: name, scopes: scopes)) }
        return made.token
    }

    /// Who it is where `authorize` would succeed, without counting a failure.
    func recognize(_ request: AccessRequest, _ scope: AccessScope) -> Principal? {
        switch mode.withLock({ $0 }) {
        case .open: return foreign(request) == nil ? .local : nil
        case .tokens(let table):
            guard let principal = principal(request, table), principal.may(scope) else { return nil }
            return principal
        }
    }

    /// Who it is, or why not: 401 without a valid token, 403 where it isn't enough or the request is foreign, 429 after too many failures.
    func authorize(_ request: AccessRequest, _ scope: AccessScope) throws(Refusal) -> Principal {
        switch mode.withLock({ $0 }) {
        case .open:
            if let refusal = foreign(request) { throw refusal }
            return .local
        case .tokens(let table):
            guard let principal = principal(request, table) else { throw unauthenticated(request) }
            guard principal.may(scope) else {
                throw Refusal(
                    status: .forbidden, errorType: "forbidden", reason: .forbidden,
                    message: "the token \(principal.name) lacks the scope \(scope.rawValue)")
            }
            return principal
        }
    }

    private func principal(_ request: AccessRequest, _ table: TokenTable) -> Principal? {
        guard let token = request.authorization.flatMap(Self.token) else { return nil }
        return table.principal(of: token) ?? ephemeral.withLock { $0 }.principal(of: token)
    }

    /// The token of an `Authorization` header: as it is behind `Bearer`, as the password of `Basic` (RFC 7617) and as the key of `ApiKey`
    /// (`id:key`), which are what shippers can be told to send.
    static func token(_ authorization: String) -> String? {
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        let credentials = parts[1].drop { $0 == " " }
        switch parts[0].lowercased() {
        case "bearer": return String(credentials)
        case "basic", "apikey":
            guard let decoded = Base64Text.decode(credentials), let pair = String(validating: decoded, as: UTF8.self),
                let colon = pair.firstIndex(of: ":")
            else { return nil }
            return String(pair[pair.index(after: colon)...])
        default: return nil
        }
    }

    private func unauthenticated(_ request: AccessRequest) -> Refusal {
        // A request without any credentials is a mistake, not an attempt at guessing.
        if request.authorization != nil, let waitSeconds = failures.record(request.address) {
            return Refusal(
                status: .tooManyRequests, errorType: "too_many_requests", reason: .tooManyFailures,
                message: "too many failed authentications from this address; wait \(waitSeconds) s", retryAfterSeconds: waitSeconds)
        }
        return Refusal(
            status: .unauthorized, errorType: "unauthorized", reason: .unauthenticated,
            message: request.authorization == nil
                ? "this collector wants a token in the header Authorization: Bearer" : "the token isn't valid",
            headers: [.wwwAuthenticate: "Bearer realm=\"nightjar\""])
    }

    /// What makes a request one that a foreign web page may have made.
    private func foreign(_ request: AccessRequest) -> Refusal? {
        if let host = request.host, !hosts.contains(Self.hostName(host)) {
            return Refusal(
                status: .forbidden, errorType: "forbidden", reason: .foreignHost,
                message: "the Host header names \"\(SafeText(host.prefix(100)).string)\"; without tokens only localhost and 127.0.0.1 are served")
        }
        let isOwnOrigin = request.origin.map { origin in
            request.host.map { origin == "http://\($0)" || origin == "https://\($0)" } ?? false
        }
        if isOwnOrigin == false || (request.fetchSite == "cross-site" && isOwnOrigin == nil) {
            return Refusal(
                status: .forbidden, errorType: "forbidden", reason: .crossOrigin,
                message: "requests from web pages of other sites aren't served without tokens")
        }
        return nil
    }

    /// A host without its port, in lower case: `[::1]:9845` is `[::1]`.
    static func hostName(_ text: String) -> String {
        let lower = text.lowercased()
        if lower.hasPrefix("[") { return String(lower.prefix { $0 != "]" }) + "]" }
        return String(lower.prefix { $0 != ":" })
    }
}
