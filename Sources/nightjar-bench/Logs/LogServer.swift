import Foundation
import Foundations
import Outbound

/// The release binary as a collector over a folder, with nothing but logs in it.
struct LogServer {
    let process: ServerProcess
    let port: Int
    private let client = HTTPClient(policy: .unrestricted)

    private static let startSecondsMax = 30
    private static let queryTimeoutSeconds = 120.0
    private static let replyBytesMax = 256 << 20

    /// `folder/data` holds what it stores, `folder/log` what it says.
    static func start(program: String, folder: String, port: Int) async throws -> LogServer {
        let files = RealFileSystem()
        try files.createDirectory(folder)
        try files.replace(folder + "/nightjar.yml", with: Array("own_metrics: false\n".utf8))
        let process = try ServerProcess.start(
            [program, "collector", "--config", folder + "/nightjar.yml", "--data", folder + "/data", "--listen", "127.0.0.1:\(port)", "--rules", folder + "/none", "--log-level", "warning"],
            log: folder + "/log")
        let server = LogServer(process: process, port: port)
        for _ in 0..<startSecondsMax * 50 {
            if await server.isReady() { return server }
            if process.hasExited { throw BenchError("the server ended at its start; see \(folder)/log") }
            try await Task.sleep(for: .milliseconds(20))
        }
        process.kill()
        throw BenchError("the server isn't ready after \(startSecondsMax) s; see \(folder)/log")
    }

    private func isReady() async -> Bool {
        do {
            return try await client.send(HTTPRequest(method: "GET", url: "http://127.0.0.1:\(port)/-/ready", timeoutSeconds: 2)).status == 200
        } catch {
            // Not listening yet.
            return false
        }
    }

    func stop() {
        process.stop()
        client.close()
    }

    /// Waits until it does nothing more: all is sealed and indexed, or left for later.
    func settle() async throws {
        var quiet = 0
        for _ in 0..<600 where quiet < 8 {
            let before = process.cpuSeconds
            try await Task.sleep(for: .seconds(1))
            quiet = process.cpuSeconds - before < 0.03 ? quiet + 1 : 0
        }
    }

    /// The body of a GET that is answered with 2xx.
    func get(_ path: String, _ parameters: [(String, String)]) async throws -> [UInt8] {
        var components = URLComponents()
        components.queryItems = parameters.map { URLQueryItem(name: $0.0, value: $0.1) }
        // A plus is a blank to servers.
        let query = (components.percentEncodedQuery ?? "").replacing("+", with: "%2B")
        let reply = try await client.send(
            HTTPRequest(method: "GET", url: "http://127.0.0.1:\(port)\(path)?\(query)", timeoutSeconds: Self.queryTimeoutSeconds, replyBytesMax: Self.replyBytesMax))
        guard reply.isSuccess else { throw RequestRefused(server: "Nightjar", status: reply.status, text: reply.excerpt()) }
        return reply.body
    }
}
