import Foundation
import Foundations
import Outbound
import TestSupport
import Testing

/// Debian's Prometheus as a child process on loopback, with a folder of its own.
final class PrometheusServer {
    static let executable = "/usr/bin/prometheus"

    let port = freePort()
    private let directory = TemporaryDirectory("prometheus")
    private let process = Process()

    var base: String { "http://127.0.0.1:\(port)" }

    /// Starts it with the text of a configuration, and waits until it is ready.
    static func start(configuration: String) async throws -> PrometheusServer {
        let server = PrometheusServer()
        try await server.run(configuration)
        return server
    }

    private init() {}

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    private func run(_ configuration: String) async throws {
        try #require(access(Self.executable, X_OK) == 0, "Debian's package prometheus is missing; `make test-deps` installs it")
        let file = directory.path("prometheus.yml")
        let log = directory.path("log")
        try RealFileSystem().replace(file, with: Array(configuration.utf8))
        try RealFileSystem().replace(log, with: [])
        process.executableURL = URL(fileURLWithPath: Self.executable)
        process.arguments = [
            "--config.file=\(file)", "--storage.tsdb.path=\(directory.path("data"))", "--web.listen-address=127.0.0.1:\(port)", "--web.enable-remote-write-receiver",
            "--enable-feature=native-histograms", "--log.level=warn",
        ]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: log)
        process.standardError = process.standardOutput
        try process.run()
        let probe = CollectorProbe(port: port)
        try #require(try await probe.waitUntilReady(), "\(String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self))")
    }
}
