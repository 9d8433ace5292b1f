import Compression
import Foundation
import Foundations
import Model
import Outbound
import Wire

/// A server under comparison: a child process with a folder of its own, listening on loopback.
final class ComparedServer {
    private static let startSecondsMax = 30.0

    let name: String
    private let base: String
    private let process = Process()
    private let client = HTTPClient(policy: OutboundPolicy(allowsPlainHTTP: true, allowsPrivateAddresses: true))

    struct StartFailure: Error, CustomStringConvertible {
        let description: String
    }

    /// Starts it and waits until it is ready. Its output goes to the file `log`.
    init(_ name: String, _ arguments: [String], port: Int, log: String) async throws {
        self.name = name
        base = "http://127.0.0.1:\(port)"
        try RealFileSystem().replace(log, with: [])
        process.executableURL = URL(fileURLWithPath: arguments[0])
        process.arguments = Array(arguments.dropFirst())
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: log)
        process.standardError = process.standardOutput
        try process.run()
        let end = Date().addingTimeInterval(Self.startSecondsMax)
        while process.isRunning, Date() < end {
            if try await isReady() { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        let text = String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
        stop()
        throw StartFailure(description: "\(name) isn't ready within \(Int(Self.startSecondsMax)) s; it says: \(text.suffix(2000))")
    }

    deinit { stop() }

    func stop() {
        guard process.isRunning else { return }
        process.terminate()
        process.waitUntilExit()
    }

    private func isReady() async throws -> Bool {
        do {
            return try await client.send(HTTPRequest(method: "GET", url: base + "/-/ready", timeoutSeconds: 2)).status == 200
        } catch .cancelled {
            throw CancellationError()
        } catch {
            return false  // nobody listens yet
        }
    }

    /// Stores a batch by remote write 1.
    func write(_ batch: MetricBatch) async throws {
        let reply = try await client.send(
            HTTPRequest(
                method: "POST", url: base + "/api/v1/write",
                headers: [
                    ("Content-Type", RemoteWrite.contentType(.v1)), ("Content-Encoding", "snappy"), (RemoteWrite.versionHeader, RemoteWrite.Version.v1.header),
                ],
                body: Snappy.compress(RemoteWrite.encodeV1(batch))))
        guard reply.isSuccess else {
            throw StartFailure(description: "\(name) refuses the data: \(reply.status) \(String(decoding: reply.body.prefix(500), as: UTF8.self))")
        }
    }

    /// What it answers to a range query. Times in milliseconds since 1970.
    func range(_ query: String, start: Int64, end: Int64, stepSeconds: Int64) async throws -> ComparedAnswer {
        let form = [("query", query), ("start", seconds(start)), ("end", seconds(end)), ("step", "\(stepSeconds)")]
            .map { "\($0)=\(Self.escaped($1))" }.joined(separator: "&")
        let reply = try await client.send(
            HTTPRequest(
                method: "POST", url: base + "/api/v1/query_range", headers: [("Content-Type", "application/x-www-form-urlencoded")], body: Array(form.utf8),
                timeoutSeconds: 60, replyBytesMax: 256 << 20))
        return try ComparedAnswer(status: reply.status, body: reply.body)
    }

    private func seconds(_ milliseconds: Int64) -> String { String(format: "%.3f", Double(milliseconds) / 1000) }

    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A || byte >= 0x30 && byte <= 0x39
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }
}
