import Foundation
import Foundations
import Outbound
import TestSupport
import Testing

/// A running `nightjar up` with its folders, log files and rules, all of its own.
final class Bench: @unchecked Sendable {
    let directory = TemporaryDirectory("bench")
    let port = freePort()
    let probe: CollectorProbe
    let startNanoseconds = SystemClock().now().nanoseconds - 60_000_000_000
    private(set) var nightjar: NightjarProcess

    private init(logFiles: [String], rules: String?, receiver: String?, settings: String, arguments: [String], disk: SmallDisk?) throws {
        self.disk = disk
        probe = CollectorProbe(port: port)
        let files = RealFileSystem()
        try files.createDirectory(directory.path("logs"))
        try files.createDirectory(directory.path("rules"))
        for name in logFiles { try Bench.append(directory.path("logs/\(name)"), "") }
        if let rules { try files.replace(directory.path("rules/bench.yml"), with: Array(rules.utf8)) }
        var configuration = """
            instance: bench-host
            rules: [\(directory.path("rules"))/*.yml]
            agent:
              interval: 1s
              logs: [\(directory.path("logs"))/*.log]
            \(settings)

            """
        if let receiver {
            configuration += """
                receivers:
                  - name: sink
                    webhook:
                      url: \(receiver)
                      allow_insecure: true
                      allow_private: true
                route:
                  receiver: sink

                """
        }
        try files.replace(directory.path("nightjar.yml"), with: Array(configuration.utf8))
        self.arguments = ["--config", directory.path("nightjar.yml"), "--data", disk?.path ?? directory.path("data"), "--listen", "127.0.0.1:\(port)"] + arguments
        nightjar = NightjarProcess(["up"] + self.arguments, output: directory.path("output"), launcher: disk?.launcher ?? [])
    }

    private let arguments: [String]
    /// Where the data is, unless in the bench's own folder.
    private let disk: SmallDisk?

    /// `settings` are further lines of nightjar.yml.
    static func start(
        logFiles: [String], rules: String? = nil, receiver: String? = nil, settings: String = "", arguments: [String] = [], disk: SmallDisk? = nil
    ) async throws -> Bench {
        let bench = try Bench(logFiles: logFiles, rules: rules, receiver: receiver, settings: settings, arguments: arguments, disk: disk)
        try #require(try await bench.probe.waitUntilReady(), "\(bench.nightjar.output)")
        return bench
    }

    func restart(adding more: [String] = []) async throws {
        nightjar = NightjarProcess(["up"] + arguments + more, output: directory.path("output"), launcher: disk?.launcher ?? [])
        try #require(try await probe.waitUntilReady(), "\(nightjar.output)")
    }

    func append(_ name: String, _ text: String) throws { try Self.append(directory.path("logs/\(name)"), text) }

    static func append(_ path: String, _ text: String) throws {
        let file = try RealFileSystem().open(path, .readWrite)
        defer { file.close() }
        try file.write(Array(text.utf8), at: try file.sizeBytes())
    }

    func found(_ query: String) async throws -> Bool { try await !probe.lines(query, startNanoseconds: startNanoseconds, limit: 1).isEmpty }

    /// Sends one sample of now by remote write 1, with a body made by hand.
    func push(metric: String, labels: [String: String], value: Double) async throws {
        let body = RemoteWriteBody.snappy(RemoteWriteBody.version1(metric: metric, labels: labels, value: value, milliseconds: SystemClock().nowMilliseconds().milliseconds))
        let reply = try await probe.send("POST", "/api/v1/write", headers: [
            ("Content-Type", "application/x-protobuf"), ("Content-Encoding", "snappy"), ("X-Prometheus-Remote-Write-Version", "0.1.0"),
        ], body: body)
        try #require((200...299).contains(reply.status), "\(reply.status) \(String(decoding: reply.body, as: UTF8.self))")
    }

    /// Since when an alert is pending or firing, as the API writes it.
    func activeAt(_ alert: String) async throws -> String? {
        let data = try await probe.data("/api/v1/alerts") as? [String: Any]
        let alerts = data?["alerts"] as? [[String: Any]] ?? []
        return alerts.first { ($0["labels"] as? [String: String])?["alertname"] == alert }?["activeAt"] as? String
    }
}

/// A remote-write body made by hand, independent of the product's own encoder.
enum RemoteWriteBody {
    static func version1(metric: String, labels: [String: String], value: Double, milliseconds: Int64) -> [UInt8] {
        var series: [UInt8] = []
        for (name, text) in (labels.merging(["__name__": metric]) { $1 }).sorted(by: { $0.key < $1.key }) {
            var label: [UInt8] = [0x0A]
            label.append(lengthPrefixed: name)
            label.append(0x12)
            label.append(lengthPrefixed: text)
            series.append(0x0A)
            series.append(lengthPrefixed: label)
        }
        var sample: [UInt8] = [0x09]
        sample.append(double: value)
        sample.append(0x10)
        sample.append(varint: UInt64(milliseconds))
        series.append(0x12)
        series.append(lengthPrefixed: sample)
        var request: [UInt8] = [0x0A]
        request.append(lengthPrefixed: series)
        return request
    }

    /// Snappy's block format with literals only, which every decoder must take.
    static func snappy(_ bytes: [UInt8]) -> [UInt8] {
        var block: [UInt8] = []
        block.append(varint: UInt64(bytes.count))
        for start in stride(from: 0, to: bytes.count, by: 60) {
            let literal = bytes[start..<min(start + 60, bytes.count)]
            block.append(UInt8((literal.count - 1) << 2))
            block += literal
        }
        return block
    }
}
