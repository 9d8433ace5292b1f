import ArgumentParser
import Foundation
import Foundations
import Model
import Outbound

/// Which collector a command talks to.
struct ConnectionFlags: ParsableArguments {
    static let urlDefault = "http://127.0.0.1:9845"

    @Option(name: .long, help: ArgumentHelp("Where the collector listens.", valueName: "url"))
    var url = Self.urlDefault

    @Option(
        name: .long, help: ArgumentHelp("A file with the token to use, readable by its owner alone; for a collector that asks for one.", valueName: "file"),
        completion: .file())
    var tokenFile: String?

    @Option(
        name: .long, help: ArgumentHelp("A PEM file of certificates to trust instead of the system's, as for a self-signed one.", valueName: "file"),
        completion: .file())
    var caFile: String?

    func validate() throws {
        guard let parts = URLComponents(string: url), ["http", "https"].contains(parts.scheme ?? ""), parts.host?.isEmpty == false,
            parts.query == nil, parts.fragment == nil, (parts.port ?? 1) <= 65535
        else { throw ValidationError("--url must be an address such as http://127.0.0.1:9845 or https://nightjar.example.net:9845, not `\(SafeText(url))`") }
    }

    func connect(_ tenant: TenantName? = nil) throws -> CollectorConnection {
        try CollectorConnection(url: url, tokenFile: tokenFile, authorityFile: caFile, tenant: tenant)
    }
}

/// Which tenant's data a command is about.
struct TenantFlag: ParsableArguments {
    @Option(
        help: ArgumentHelp("The tenant whose data is meant. (default: the token's, else \(TenantName.standard))", valueName: "name"),
        transform: Self.name)
    var tenant: TenantName?

    static func name(_ text: String) throws -> TenantName {
        guard let name = TenantName(text) else { throw ValidationError("a tenant must be \(TenantName.form), not `\(SafeText(text))`") }
        return name
    }
}

/// Calls of the collector's HTTP API, for the commands.
struct CollectorConnection: Sendable {
    /// No answer is worth a longer wait; the collector itself gives up a query after 30 s.
    static let answerSecondsDefault = 60.0
    /// The collector sends an empty line every 15 s where a live tail has nothing to say.
    private static let silenceSecondsMax = 45
    /// A range query of many series; above it a collector would have refused.
    private static let answerBytesMax = 256 << 20

    let base: String
    let client: HTTPClient
    let headers: [(String, String)]
    private let answerSecondsMax: Double

    init(url: String, tokenFile: String?, authorityFile: String?, tenant: TenantName? = nil, answerSecondsMax: Double = Self.answerSecondsDefault) throws {
        var base = url
        while base.hasSuffix("/") { base.removeLast() }
        if let authorityFile, access(authorityFile, R_OK) != 0 {
            throw Failure("can't read the certificates \(authorityFile): \(String(cString: strerror(errno)))", code: 3)
        }
        let token = try tokenFile.map { try SecretFile.read($0) }
        self.init(url: base, token: token, authorityFile: authorityFile, tenant: tenant, answerSecondsMax: answerSecondsMax)
    }

    init(url: String, token: Secret?, authorityFile: String? = nil, tenant: TenantName? = nil, answerSecondsMax: Double = Self.answerSecondsDefault) {
        base = url
        self.answerSecondsMax = answerSecondsMax
        client = HTTPClient(policy: OutboundPolicy(allowsPlainHTTP: true, allowsPrivateAddresses: true), tls: OutboundTLS(caFile: authorityFile))
        headers = (token.map { [("Authorization", "Bearer " + $0.reveal())] } ?? []) + (tenant.map { [(TenantName.header, $0.description)] } ?? [])
    }

    /// The body of a successful answer; the collector's own words where it refuses.
    func get(_ path: String, _ query: [(String, String)] = []) async throws -> [UInt8] {
        let request = HTTPRequest(
            method: "GET", url: address(path, query), headers: headers, timeoutSeconds: answerSecondsMax, replyBytesMax: Self.answerBytesMax)
        let reply = try await reach { () async throws(OutboundError) in try await client.send(request) }
        guard reply.isSuccess else { throw refusal(reply) }
        return reply.body
    }

    /// The answer to a request with a JSON body, whatever its shape; the collector's own words where it refuses.
    func send(_ method: String, _ path: String, json: [String: Any]? = nil) async throws -> [UInt8] {
        let body = try json.map { Array(try JSONSerialization.data(withJSONObject: $0, options: [.sortedKeys])) } ?? []
        let request = HTTPRequest(
            method: method, url: base + path, headers: headers + (json == nil ? [] : [("Content-Type", "application/json")]), body: body,
            timeoutSeconds: answerSecondsMax, replyBytesMax: Self.answerBytesMax)
        let reply = try await reach { () async throws(OutboundError) in try await client.send(request) }
        guard reply.isSuccess else { throw refusal(reply) }
        return reply.body
    }

    /// A part of a path, percent-encoded.
    static func pathPart(_ text: String) -> String { escaped(text) }

    /// Hands over an endless answer of JSON lines piece by piece until `receive` returns false.
    func stream(_ path: String, _ query: [(String, String)], _ receive: @escaping @Sendable (UnsafeRawBufferPointer) -> Bool) async throws {
        let request = HTTPRequest(method: "GET", url: address(path, query), headers: headers, timeoutSeconds: 0, silenceSecondsMax: Self.silenceSecondsMax)
        let isStrange = Locked(false)
        let reply = try await reach { () async throws(OutboundError) in
            try await client.stream(
                request,
                onReply: { status, headers in
                    let type = headers.first { $0.name.lowercased() == "content-type" }?.value ?? ""
                    isStrange.withLock { $0 = status == 200 && !type.lowercased().hasPrefix("application/x-ndjson") }
                },
                { piece in !isStrange.withLock { $0 } && receive(piece) })
        }
        if isStrange.withLock({ $0 }) { throw strange(path) }
        guard reply.status == 200 else { throw refusal(reply) }
    }

    /// The `data` of an answer, as a value.
    func decode<Value: Decodable>(_ type: Value.Type = Value.self, _ path: String, _ query: [(String, String)] = []) async throws -> Value {
        guard let value: Value = try Self.decode(try await get(path, query)) else { throw strange(path) }
        return value
    }

    /// The `data` of an answer, with what was remarked on it.
    func answer<Value: Decodable>(_ type: Value.Type = Value.self, _ path: String, _ query: [(String, String)] = []) async throws -> Answer<Value> {
        do {
            return try JSONDecoder().decode(Answer<Value>.self, from: Data(try await get(path, query)))
        } catch is DecodingError {
            throw strange(path)
        }
    }

    /// A successful answer of Prometheus's API.
    struct Answer<Value: Decodable>: Decodable {
        let data: Value
        let warnings: [String]?
        let infos: [String]?
    }

    /// An answer as text, once it is sure that a collector gave it.
    func envelope(_ path: String, _ query: [(String, String)] = []) async throws -> String {
        struct Anything: Decodable {}
        let body = try await get(path, query)
        guard let _: Anything = try Self.decode(body) else { throw strange(path) }
        return String(decoding: body, as: UTF8.self)
    }

    private struct Envelope<Value: Decodable>: Decodable { let data: Value }

    static func decode<Value: Decodable>(_ body: [UInt8]) throws -> Value? {
        do {
            return try JSONDecoder().decode(Envelope<Value>.self, from: Data(body)).data
        } catch is DecodingError {
            return nil
        }
    }

    func strange(_ path: String) -> Failure {
        Failure("\(base)\(path) answered something else than the API of a collector; is --url right?", code: 3)
    }

    func reach(_ call: () async throws(OutboundError) -> HTTPReply) async throws -> HTTPReply {
        do {
            return try await call()
        } catch .cancelled {
            throw CancellationError()
        } catch {
            throw Failure("can't reach the collector at \(base): \(reason(error))", code: 3)
        }
    }

    /// Why, without the address that the sentence has already, and what to do about it.
    private func reason(_ error: OutboundError) -> String {
        switch error {
        case .connect(_, let reason): "\(reason); start one with `nightjar up`, or name another with --url"
        case .resolve: "the host's name can't be resolved; check --url and DNS"
        case .timeout(_, let seconds): "no answer within \(Int(seconds.rounded())) s"
        case .tls(_, let reason):
            "no secure connection: \(reason); a certificate of your own is named with --ca-file, a collector without TLS by http://"
        // What a server with TLS does with a request in plain text.
        case .broken(_, let reason) where reason.contains("Empty reply") && base.hasPrefix("http://"):
            "the connection broke: \(reason); if the collector has TLS, begin --url with https://"
        case .broken(_, let reason): "the connection broke: \(reason)"
        default: "\(error)"
        }
    }

    func refusal(_ reply: HTTPReply) -> Failure {
        struct Refusal: Decodable { let error: String }
        // Alertmanager's paths answer a JSON text alone.
        let words = (try? JSONDecoder().decode(Refusal.self, from: Data(reply.body)).error) ?? (try? JSONDecoder().decode(String.self, from: Data(reply.body))) ?? ""
        switch reply.status {
        case 401: return Failure("the collector at \(base) wants a token, or another one; name its file with --token-file", code: 3)
        case 403: return Failure("the collector at \(base) refuses: \(words.isEmpty ? "the token lacks the scope" : words)", code: 3)
        case 404 where !words.isEmpty && words != "there is no such path": return Failure(words, code: 1)
        case 400, 409, 422: return Failure(words.isEmpty ? "the collector at \(base) answered \(reply.status)" : words, code: 2)
        default: return Failure("the collector at \(base) answered \(reply.status)" + (words.isEmpty ? "; is --url right?" : ": \(words)"), code: 3)
        }
    }

    func address(_ path: String, _ query: [(String, String)]) -> String {
        guard !query.isEmpty else { return base + path }
        return base + path + "?" + query.map { "\(Self.escaped($0))=\(Self.escaped($1))" }.joined(separator: "&")
    }

    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A || (byte >= 0x30 && byte <= 0x39) || [0x2D, 0x2E, 0x5F, 0x7E].contains(byte)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}
