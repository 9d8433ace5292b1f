import Foundation
import Foundations
import TestSupport
import Testing

/// Log shippers that people have, against the real binary: util-linux's logger, Python's SysLogHandler, rsyslog, and
/// what Filebeat, Fluent Bit and Vector send, kept as requests.
@Suite(.serialized) struct LogShipperTests {
    private static let clients = Bundle.module.resourceURL!.appendingPathComponent("Clients").path

    private func found(_ bench: Bench, _ query: String) async throws -> String? {
        try await eventually { try await bench.probe.lines(query, startNanoseconds: bench.startNanoseconds, limit: 10).last?.line }
    }

    @Test func loggerAndPythonSendSyslog() async throws {
        let (udp, tcp) = (freePort(), freePort())
        let bench = try await Bench.start(logFiles: [], arguments: ["--syslog-udp", "127.0.0.1:\(udp)", "--syslog-tcp", "127.0.0.1:\(tcp)"])
        let run = try await CommandRun.shell(
            """
            logger -n 127.0.0.1 -P \(udp) -d --rfc5424 -t shop -p daemon.err --msgid ID1 --sd-id x@1 --sd-param 'k="v 1"' 'by logger over udp'
            logger -n 127.0.0.1 -P \(udp) -d --rfc3164 -t shop -p daemon.err 'by logger in the old form'
            logger -n 127.0.0.1 -P \(tcp) -T --octet-count --rfc5424 -t shop -p daemon.err 'by logger over tcp'
            /usr/bin/python3 '\(Self.clients)/syslog.py' \(udp) \(tcp)
            """)
        #expect(run.code == 0, "\(run)")
        #expect(try await found(bench, #"{job="shop"} |= "over udp" | msgid="ID1" | facility="daemon""#) == "by logger over udp")
        #expect(try await found(bench, #"{job="shop"} |= "old form" | level="error""#) == "by logger in the old form")
        #expect(try await found(bench, #"{job="shop"} |= "over tcp""#) == "by logger over tcp")
        for kind in ["udp", "tcp"] {
            #expect(try await found(bench, "{job=\"pyapp\"} |= \"over \(kind)\"") == "python over \(kind) password=[redacted]")
        }
    }

    @Test func rsyslogForwards() async throws {
        let tcp = freePort()
        let bench = try await Bench.start(logFiles: [], arguments: ["--syslog-tcp", "127.0.0.1:\(tcp)"])
        let source = bench.directory.path("logs/in.txt")
        try Bench.append(source, "first\nsecond\n")
        try Bench.append(bench.directory.path("rsyslog.conf"), """
            module(load="imfile")
            global(workDirectory="\(bench.directory.path("logs"))")
            input(type="imfile" file="\(source)" tag="filetag" freshStartTail="off")
            action(type="omfwd" target="127.0.0.1" port="\(tcp)" protocol="tcp" TCP_Framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format")
            """)
        let run = try await CommandRun.shell(
            "timeout --signal=KILL 4 /usr/sbin/rsyslogd -n -iNONE -f '\(bench.directory.path("rsyslog.conf"))'", in: bench.directory.path("logs"))
        #expect(try await found(bench, #"{job="filetag"} |= "second""#) == "second", "\(run)")
    }

    @Test func syslogComesOverTLS() async throws {
        let directory = TemporaryDirectory("tls")
        let (port, tls) = (freePort(), freePort())
        for (name, text) in [("key.pem", ServingCommandTests.key), ("cert.pem", ServingCommandTests.certificate)] {
            try RealFileSystem().replace(directory.path(name), with: Array(text.utf8))
        }
        #expect(chmod(directory.path("key.pem"), 0o600) == 0)
        let collector = NightjarProcess(
            ["collector", "--data", directory.path("data"), "--listen", "127.0.0.1:\(port)", "--tls-cert", directory.path("cert.pem"), "--tls-key",
             directory.path("key.pem"), "--syslog-tls", "127.0.0.1:\(tls)", "--rules", directory.path("none")], output: directory.path("output"))
        try #require(try await eventually { collector.output.contains("msg=listening ") ? true : nil } == true, "\(collector.output)")
        let sent = try await CommandRun.shell("/usr/bin/python3 '\(Self.clients)/syslog-tls.py' \(tls) cert.pem", in: directory.path)
        #expect(sent.code == 0, "\(sent)")
        let found = try await eventually { () -> CommandRun? in
            let run = try await CommandRun.shell("$NIGHTJAR logs '{job=\"shop\"}' --url https://127.0.0.1:\(port) --ca-file cert.pem", in: directory.path)
            return run.data.contains("by python over tls") ? run : nil
        }
        #expect(found != nil, "\(collector.output)")
    }

    @Test(arguments: ["filebeat", "fluent-bit", "vector", "fluent-bit-loki", "vector-loki"]) func whatShippersSendIsTaken(name: String) async throws {
        let bench = try await Bench.start(logFiles: [])
        let now = ISO8601DateFormatter().string(from: Date())
        let text = try String(contentsOfFile: "\(Self.clients)/Replays/\(name).http", encoding: .utf8).replacingOccurrences(of: "{{now}}", with: now)
            .replacingOccurrences(of: "{{nanoseconds}}", with: String(SystemClock().now().nanoseconds))
        for exchange in Exchange.parse(text) {
            let reply = try await bench.probe.send(exchange.method, exchange.path, headers: exchange.headers, body: Array(exchange.body.utf8))
            let answer = String(decoding: reply.body, as: UTF8.self)
            #expect(reply.status == exchange.status && (exchange.expected.isEmpty || answer.contains(exchange.expected)), "\(exchange.method) \(exchange.path): \(reply.status) \(answer)")
        }
        let sent = name.replacingOccurrences(of: "-", with: " ") + " sent this"
        let line = try #require(try await found(bench, "{} |= \"\(sent)\""))
        #expect(line == sent || line == #"{"log":"\#(sent)","stream":"stderr"}"#)
    }

    /// Promtail sends protobuf with snappy alone; the body is made by hand, independent of the product's own reader.
    @Test func whatPromtailSendsIsTaken() async throws {
        let bench = try await Bench.start(logFiles: [])
        let now = SystemClock().now().nanoseconds
        func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
            var result = [number << 3 | 2]
            result.append(lengthPrefixed: bytes)
            return result
        }
        func number(_ field: UInt8, _ value: Int64) -> [UInt8] {
            var result = [field << 3]
            result.append(varint: UInt64(value))
            return result
        }
        let entry = field(1, number(1, now / 1_000_000_000) + number(2, now % 1_000_000_000)) + field(2, Array("promtail sent this".utf8))
        let stream = field(1, Array(#"{filename="/var/log/app.log", job="varlogs"}"#.utf8)) + field(2, entry)
        let headers = [("Content-Type", "application/x-protobuf"), ("User-Agent", "promtail/3.3.2"), ("X-Scope-OrgID", "anyone")]
        let reply = try await bench.probe.send("POST", "/loki/api/v1/push", headers: headers, body: RemoteWriteBody.snappy(field(1, stream)))
        #expect(reply.status == 204, "\(reply.excerpt())")
        #expect(try await found(bench, #"{job="varlogs", filename="/var/log/app.log"}"#) == "promtail sent this")
    }
}

/// A request and what its answer must hold: `METHOD PATH`, headers, an empty line, the body, `=> STATUS text`.
private struct Exchange {
    var method = ""
    var path = ""
    var headers: [(String, String)] = []
    var body = ""
    var status = 0
    var expected = ""

    static func parse(_ text: String) -> [Exchange] {
        var exchanges: [Exchange] = []
        var (current, isBody) = (Exchange(), false)
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) where !line.hasPrefix("#") {
            if line.hasPrefix("=> ") {
                let parts = line.dropFirst(3).split(separator: " ", maxSplits: 1).map(String.init)
                (current.status, current.expected) = (Int(parts[0])!, parts.count > 1 ? parts[1] : "")
                exchanges.append(current)
                (current, isBody) = (Exchange(), false)
            } else if isBody {
                current.body += line + "\n"
            } else if line.isEmpty {
                isBody = !current.method.isEmpty
            } else if current.method.isEmpty {
                let parts = line.split(separator: " ").map(String.init)
                (current.method, current.path) = (parts[0], parts[1])
            } else if let colon = line.firstIndex(of: ":") {
                current.headers.append((String(line[..<colon]), line[line.index(colon, offsetBy: 2)...].description))
            }
        }
        return exchanges
    }
}
