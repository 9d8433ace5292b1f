import Alerting
import Compression
import Foundations
import Glibc
import Logging
import Model
import TestSupport
import Wire

@testable import Collector

/// A collector with stores of its own on a port of 127.0.0.1, for one test.
final class RunningCollector: Sendable {
    let directory: TemporaryDirectory
    let port: Int
    /// Let go when it has stopped: the alert database's lock ends with the last reference.
    private let held: Locked<CollectorService?>
    private let task: Task<Void, any Error>

    /// `change` sees the options before the start; `rules` is the text of a rule file.
    static func start(
        in directory: TemporaryDirectory = TemporaryDirectory("collector"), rules: String? = nil, onCall: String? = nil, tenants: [TenantOptions] = [],
        _ change: (inout CollectorOptions) -> Void = { _ in }
    ) async throws -> RunningCollector {
        let service = try await open(in: directory, rules: rules, onCall: onCall, tenants: tenants, change)
        let task = Task { try await service.run() }
        return RunningCollector(directory: directory, service: service, port: try await service.listeningPort(), task: task)
    }

    static func open(
        in directory: TemporaryDirectory, rules: String? = nil, onCall: String? = nil, tenants: [TenantOptions] = [],
        _ change: (inout CollectorOptions) -> Void = { _ in }
    ) async throws -> CollectorService {
        var options = CollectorOptions(
            dataDirectory: directory.path("data"), listen: ServerAddress(host: "127.0.0.1", port: 0), instance: "test-host", version: "1.2.3",
            diskReserveBytes: 0)
        change(&options)
        if let rules { try directory.write("rules.yml", rules) }
        return try await CollectorService.open(
            options: options, tenants: tenants, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { alerting in
            var alertingOptions = AlertingOptions(
                ruleGlobs: rules == nil ? [] : [directory.path("rules.yml")], databasePath: alerting + "/alerting.sqlite", externalURL: "http://localhost",
                evaluationIntervalSeconds: 1)
            alertingOptions.onCallFile = onCall
            return alertingOptions
        }
    }

    private init(directory: TemporaryDirectory, service: CollectorService, port: Int, task: Task<Void, any Error>) {
        self.directory = directory
        held = Locked(service)
        self.port = port
        self.task = task
    }

    func stop() async throws {
        task.cancel()
        try await task.value
        held.withLock { $0 = nil }
    }

    var service: CollectorService { held.withLock { $0! } }

    func connect() throws -> RawConnection { try RawConnection(port: port) }

    /// One request on a connection of its own.
    func request(
        _ method: String, _ path: String, headers: [String: String] = [:], body: [UInt8] = [], host: String? = "127.0.0.1"
    ) async throws -> RawReply {
        let text = Self.head(method, path, headers: headers, length: method == "GET" ? nil : body.count, host: host)
        let port = port
        return try await blocking {
            let connection = try RawConnection(port: port)
            try connection.send(text)
            if !body.isEmpty { try connection.send(body) }
            return try connection.receiveReply()
        }
    }

    func get(_ path: String, headers: [String: String] = [:]) async throws -> RawReply { try await request("GET", path, headers: headers) }

    /// What a path answers once its text holds `part`; the last answer where it never does.
    func text(_ path: String, headers: [String: String] = [:], holding part: String) async throws -> String {
        var text = ""
        try await waitUntil(everyMilliseconds: 20) {
            text = try await get(path, headers: headers).text
            return text.contains(part)
        }
        return text
    }

    func post(_ path: String, form: String) async throws -> RawReply {
        try await request("POST", path, headers: ["Content-Type": "application/x-www-form-urlencoded"], body: Array(form.utf8))
    }

    static func head(_ method: String, _ path: String, headers: [String: String], length: Int?, host: String?) -> String {
        var text = "\(method) \(path) HTTP/1.1\r\n"
        if let host { text += "Host: \(host)\r\n" }
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        if let length { text += "Content-Length: \(length)\r\n" }
        return text + "\r\n"
    }

    // Ingestion

    static let metricHeaders = [
        "Content-Type": "application/x-protobuf;proto=io.prometheus.write.v2.Request", "Content-Encoding": "snappy",
        "X-Prometheus-Remote-Write-Version": "2.0.0",
    ]

    func write(_ batch: MetricBatch, origin: BatchOrigin? = nil, headers: [String: String] = [:]) async throws -> RawReply {
        var all = Self.metricHeaders
        if let origin {
            all[BatchOrigin.agentHeader] = origin.agent
            all[BatchOrigin.sequenceHeader] = String(origin.sequence)
        }
        all.merge(headers) { $1 }
        return try await request(
            "POST", "/api/v1/write", headers: all, body: ContentEncoding.snappy.encode(RemoteWrite.encodeV2(batch)))
    }

    func push(_ records: [LogRecord], headers: [String: String] = [:]) async throws -> RawReply {
        var all = ["Content-Type": "application/x-protobuf", "Content-Encoding": "zstd"]
        all.merge(headers) { $1 }
        return try await request("POST", "/v1/logs", headers: all, body: ContentEncoding.zstd.encode(OTLPLogs.encode(records)))
    }
}

extension TemporaryDirectory {
    /// Writes a small file; `mode` as chmod has it.
    func write(_ name: String, _ text: String, mode: mode_t = 0o600) throws {
        let file = try RealFileSystem().open(path(name), .readWrite)
        try file.truncate(to: 0)
        try withBytes(Array(text.utf8)) { try file.write($0, at: 0) }
        file.close()
        chmod(path(name), mode)
    }
}

/// Now, in whole seconds, as milliseconds: what tests write at.
func nowMilliseconds() -> Int64 { SystemClock().nowMilliseconds().milliseconds / 1000 * 1000 }

func batch(_ name: String, _ labels: Labels = [:], _ samples: [(Int64, Double)]) -> MetricBatch {
    MetricBatch(entries: [
        .init(labels: labels.setting(LabelName.metricName, to: name), samples: samples.map { Sample(timestamp: $0.0, value: $0.1) })
    ])
}

/// Text as a parameter's value in an address.
func percentEncoded(_ text: String) -> String {
    var encoded = ""
    for byte in text.utf8 {
        let isPlain = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A || byte >= 0x30 && byte <= 0x39
        encoded += isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    return encoded
}
