import ArgumentParser
import Foundation
import Foundations
import Outbound

/// Which collector a command talks to.
struct ConnectionFlags: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("Where the collector listens.", valueName: "url"))
    var url = "http://127.0.0.1:9845"

    @Option(name: .long, help: ArgumentHelp("A file with the token to use.", valueName: "file"), completion: .file())
    var tokenFile: String?

    @Option(name: .long, help: ArgumentHelp("A file of certificates to trust instead of the system's.", valueName: "file"), completion: .file())
    var caFile: String?

    func connect() throws -> CollectorConnection {
        try CollectorConnection(url: url, tokenFile: tokenFile, authorityFile: caFile)
    }
}

/// Calls of the collector's HTTP API, for the commands.
struct CollectorConnection: Sendable {
    private let base: String
    private let client: HTTPClient
    private let headers: [(String, String)]

    init(url: String, tokenFile: String?, authorityFile: String?) throws {
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw Failure("--url must begin with http:// or https://, not `\(url)`", code: 64)
        }
        base = url.hasSuffix("/") ? String(url.dropLast()) : url
        client = HTTPClient(policy: OutboundPolicy(allowsPlainHTTP: true, allowsPrivateAddresses: true), tls: OutboundTLS(caFile: authorityFile))
        headers = try tokenFile.map { [("Authorization", "Bearer " + (try readToken($0)).reveal())] } ?? []
    }

    /// The body of a successful answer; the collector's own words where it refuses.
    func get(_ path: String, _ query: [(String, String)], timeoutSeconds: Double = 60) async throws -> [UInt8] {
        let reply = try await reach { try await client.send(HTTPRequest(method: "GET", url: address(path, query), headers: headers, timeoutSeconds: timeoutSeconds)) }
        guard reply.status == 200 else { throw refusal(reply) }
        return reply.body
    }

    /// Hands over an endless answer piece by piece until `receive` returns false.
    func stream(_ path: String, _ query: [(String, String)], _ receive: @escaping @Sendable (UnsafeRawBufferPointer) -> Bool) async throws {
        let request = HTTPRequest(method: "GET", url: address(path, query), headers: headers, timeoutSeconds: 0)
        let reply = try await reach { try await client.stream(request, receive) }
        guard reply.status == 200 else { throw refusal(reply) }
    }

    func decode<Value: Decodable>(_ type: Value.Type = Value.self, _ path: String, _ query: [(String, String)] = []) async throws -> Value {
        let body = try await get(path, query)
        do {
            return try JSONDecoder().decode(Envelope<Value>.self, from: Data(body)).data
        } catch {
            throw Failure("\(base)\(path) answered something else than the API of a collector; is --url right?", code: 3)
        }
    }

    private struct Envelope<Value: Decodable>: Decodable { let data: Value }

    private func reach(_ call: () async throws -> HTTPReply) async throws -> HTTPReply {
        do {
            return try await call()
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw Failure("can't reach the collector at \(base): \(error); start one with `nightjar up`, or name another with --url", code: 3)
        }
    }

    private func refusal(_ reply: HTTPReply) -> Failure {
        struct Refusal: Decodable { let error: String }
        if reply.status == 401 || reply.status == 403 { return Failure("the collector at \(base) wants a token with the right scope; name its file with --token-file", code: 3) }
        let body = Data(reply.body)
        let words = (try? JSONDecoder().decode(Refusal.self, from: body).error) ?? String(decoding: reply.body.prefix(500), as: UTF8.self)
        return Failure(words.isEmpty ? "the collector answered \(reply.status)" : words, code: reply.status == 400 || reply.status == 422 ? 2 : 3)
    }

    private func address(_ path: String, _ query: [(String, String)]) -> String {
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

/// Reads a token from a file that others can't read.
func readToken(_ path: String) throws -> Secret {
    var status = stat()
    guard stat(path, &status) == 0 else { throw Failure("can't read the token file \(path): \(String(cString: strerror(errno)))", code: 2) }
    if status.st_mode & 0o077 != 0 { throw Failure("the token file \(path) can be read by others; `chmod 600 \(path)` first", code: 2) }
    let bytes = try RealFileSystem().readAll(path, bytesMax: 64 << 10)
    let token = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    if token.isEmpty { throw Failure("the token file \(path) is empty", code: 2) }
    return Secret(token)
}
