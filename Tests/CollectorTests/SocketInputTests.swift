import Compression
import Crypto
import Foundations
import Glibc
import Model
import TestSupport
import Testing
import Wire

@testable import Collector

/// The socket inputs with senders as they are: what they send is found, what they ask for is answered.
struct SocketInputTests {
    /// Waits until a query finds a text, as records of datagrams are stored a moment later.
    private func find(_ text: String, _ selector: String, in collector: RunningCollector) async throws -> String {
        let path = "/loki/api/v1/query_range?limit=1000&query=\(percentEncoded(selector))"
        let found = try await collector.text(path, holding: text)
        #expect(found.contains(text), "\(text) is not found by \(selector)")
        return found
    }

    private func port(_ collector: RunningCollector, _ kind: InputKind) async throws -> Int { try #require(try await collector.service.inputPort(kind)) }

    private func sendDatagram(_ bytes: [UInt8], to port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let sent = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { sendto(descriptor, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        #expect(sent == bytes.count)
    }

    private static let local = ServerAddress(host: "127.0.0.1", port: 0)

    @Test func syslogOverUDPIsStored() async throws {
        let collector = try await RunningCollector.start { $0.inputs.syslogUDP = Self.local }
        let port = try await port(collector, .syslogUDP)
        for number in 0..<50 { sendDatagram(Array("<11>1 - web-1 shop 42 - - message \(number) password=x".utf8), to: port) }
        let found = try await find("message 49 password=[redacted]", #"{job="shop",instance="web-1"}"#, in: collector)
        #expect(found.contains("message 0 "))
        let metrics = try await collector.get("/metrics").text
        #expect(metrics.contains("nightjar_input_messages_total{input=\"syslog_udp\"} 50\n"))
        #expect(metrics.contains("nightjar_input_records_stored_total{input=\"syslog_udp\"} 50\n"))
        #expect(metrics.contains("nightjar_input_kernel_dropped_total{input=\"syslog_udp\"} 0\n"))
        try await collector.stop()
    }

    @Test func aSocketWritesToTheTenantThatItBelongsTo() async throws {
        let collector = try await RunningCollector.start(tenants: TenantTests.both) {
            ($0.inputs.syslogUDP, $0.inputs.syslogTenant) = (Self.local, TenantTests.shop)
            ($0.inputs.gelfUDP, $0.inputs.gelfTenant) = (Self.local, TenantTests.bank)
        }
        sendDatagram(Array("<11>1 - web-1 app 42 - - by syslog".utf8), to: try await port(collector, .syslogUDP))
        sendDatagram(Array(#"{"version":"1.1","host":"web-1","short_message":"by gelf"}"#.utf8), to: try await port(collector, .gelfUDP))
        let path = "/loki/api/v1/query_range?query=\(percentEncoded(#"{instance="web-1"}"#))"
        for (tenant, own, other) in [("shop", "by syslog", "by gelf"), ("bank", "by gelf", "by syslog")] {
            let found = try await collector.text(path, headers: TenantTests.of(tenant), holding: own)
            #expect(found.contains(own) && !found.contains(other), "\(tenant): \(found)")
        }
        let standard = try await collector.get(path).text
        #expect(!standard.contains("by syslog") && !standard.contains("by gelf"))
        try await collector.stop()
        await #expect(throws: CollectorError.self, "a tenant that isn't there") {
            _ = try await RunningCollector.open(in: TemporaryDirectory("collector")) { ($0.inputs.fluent, $0.inputs.fluentTenant) = (Self.local, TenantTests.shop) }
        }
    }

    @Test func whatCameBeforeTheStopIsStored() async throws {
        let directory = TemporaryDirectory("collector")
        let collector = try await RunningCollector.start(in: directory) {
            $0.inputs.syslogUDP = Self.local
            $0.limits.datagramGatherMilliseconds = 60_000
        }
        let port = try await port(collector, .syslogUDP)
        sendDatagram(Array("<11>1 - web-1 shop - - - last words".utf8), to: port)
        try await waitUntil { collector.service.edge.inputs.figures(of: .syslogUDP).messages != 0 }
        try await collector.stop()
        let again = try await RunningCollector.start(in: directory)
        _ = try await find("last words", #"{job="shop"}"#, in: again)
        try await again.stop()
    }

    @Test func syslogOverTCPTakesBothFramings() async throws {
        let collector = try await RunningCollector.start { $0.inputs.syslogTCP = Self.local }
        let connection = try RawConnection(port: try await port(collector, .syslogTCP))
        let counted = "<11>1 - web-1 shop - - - counted\nwith a line feed"
        try connection.send("\(counted.utf8.count) \(counted)<12>May  1 12:34:56 web-2 cron[1]: lines\n")
        _ = try await find("with a line feed", #"{job="shop"}"#, in: collector)
        // May is out of the accepted time in most months, and then refused and counted.
        try connection.send("<13>1 - web-1 shop - - - \(String(repeating: "x", count: (1 << 20) + 10))\n<13>1 - web-1 shop - - - behind\n")
        _ = try await find("behind", #"{job="shop"}"#, in: collector)
        _ = try await find("xxxx", #"{job="shop"} | truncated="true""#, in: collector)
        let metrics = try await collector.get("/metrics").text
        #expect(metrics.contains("nightjar_input_cut_messages_total{input=\"syslog_tcp\"} 1\n"))
        #expect(metrics.contains("nightjar_input_connections{input=\"syslog_tcp\"} 1\n"))
        try connection.send("99999999999 x")
        try await waitUntil { collector.service.edge.inputs.figures(of: .syslogTCP).connections <= 0 }
        #expect(collector.service.edge.inputs.figures(of: .syslogTCP).lost[.malformed] == 1)
        try await collector.stop()
    }

    @Test func tooManyConnectionsAreClosedAndCounted() async throws {
        let collector = try await RunningCollector.start {
            $0.inputs.syslogTCP = Self.local
            $0.limits.inputConnectionsMax = 2
        }
        let port = try await port(collector, .syslogTCP)
        let connections = try (0..<3).map { _ in try RawConnection(port: port) }
        try await waitUntil { collector.service.edge.inputs.figures(of: .syslogTCP).connectionsRefused != 0 }
        #expect(collector.service.edge.inputs.figures(of: .syslogTCP).connectionsRefused == 1)
        _ = connections
        try await collector.stop()
    }

    private static let gelf = #"{"version":"1.1","host":"web-1","short_message":"MESSAGE","level":3,"_user":"bob"}"#

    @Test func gelfIsTakenPlainCompressedAndInChunks() async throws {
        let collector = try await RunningCollector.start {
            $0.inputs.gelfUDP = Self.local
            $0.inputs.gelfTCP = Self.local
        }
        let port = try await port(collector, .gelfUDP)
        func message(_ text: String) -> [UInt8] { Array(Self.gelf.replacing("MESSAGE", with: text).utf8) }
        sendDatagram(message("plain"), to: port)
        sendDatagram(ContentEncoding.gzip.encode(message("zipped")), to: port)
        let chunked = ContentEncoding.deflate.encode(message("chunked"))
        for number in [1, 0] {
            let part = number == 0 ? chunked.prefix(20) : chunked.dropFirst(20)
            sendDatagram([0x1E, 0x0F, 1, 2, 3, 4, 5, 6, 7, 8, UInt8(number), 2] + part, to: port)
        }
        sendDatagram(Array("nonsense".utf8), to: port)
        let connection = try RawConnection(port: try await self.port(collector, .gelfTCP))
        try connection.send(message("over tcp") + [0])
        for text in ["plain", "zipped", "chunked", "over tcp"] { _ = try await find(text, #"{job="gelf",instance="web-1"} | user="bob""#, in: collector) }
        #expect(collector.service.edge.inputs.figures(of: .gelfUDP).lost[.malformed] == 1)
        try await collector.stop()
    }

    /// A message of one event that asks for an acknowledgement.
    private func fluentMessage(_ text: String) -> [UInt8] {
        func string(_ text: String) -> [UInt8] { [0xA0 | UInt8(text.utf8.count)] + Array(text.utf8) }
        let seconds = withUnsafeBytes(of: UInt32(nowMilliseconds() / 1000).bigEndian) { Array($0) }
        return [0x94] + string("app.web") + [0xCE] + seconds + [0x81] + string("log") + string(text) + [0x81] + string("chunk") + string("c1")
    }

    @Test func fluentForwardIsAcknowledgedOnceItIsStored() async throws {
        let collector = try await RunningCollector.start { $0.inputs.fluent = Self.local }
        let connection = try RawConnection(port: try await port(collector, .fluent))
        let message = fluentMessage("level=warn hello")
        try connection.send(Array(message.prefix(10)))
        try await Task.sleep(for: .milliseconds(20))
        try connection.send(Array(message.dropFirst(10)))
        let acknowledgement: [UInt8] = [0x81, 0xA3] + Array("ack".utf8) + [0xA2] + Array("c1".utf8)
        #expect(try connection.receive(exactly: acknowledgement.count) == acknowledgement)
        let found = try await collector.get("/loki/api/v1/query_range?query=\(percentEncoded(#"{job="app.web"}"#))").text
        #expect(found.contains("level=warn hello"))
        try await collector.stop()
    }

    @Test(arguments: [true, false]) func aSharedKeyMustBeKnown(isRight: Bool) async throws {
        let directory = TemporaryDirectory("collector")
        try directory.write("key", "sesame\n")
        let collector = try await RunningCollector.start(in: directory) {
            $0.inputs.fluent = Self.local
            $0.inputs.fluentSharedKeyFile = directory.path("key")
        }
        let connection = try RawConnection(port: try await port(collector, .fluent))
        // ["HELO", {"nonce": <16 bytes>, "auth": "", "keepalive": true}]
        let hello = try connection.receive(exactly: 49)
        #expect(String(decoding: hello[2..<6], as: UTF8.self) == "HELO")
        let nonce = Array(hello[15..<31])
        let digest = SHA512.hash(data: Array("saltweb-1".utf8) + nonce + Array((isRight ? "sesame" : "wrong").utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        func string(_ text: String) -> [UInt8] { [0xD9, UInt8(text.utf8.count)] + Array(text.utf8) }
        try connection.send([0x96] + string("PING") + string("web-1") + string("salt") + string(digest) + string("") + string(""))
        let pong = try connection.receive(exactly: 7)
        #expect(pong == [0x95, 0xA4] + Array("PONG".utf8) + [isRight ? 0xC3 : 0xC2])
        if isRight {
            try connection.send(fluentMessage("behind the handshake"))
            _ = try await find("behind the handshake", #"{job="app.web"}"#, in: collector)
        }
        try await collector.stop()
    }

    @Test func anAddressThatIsTakenIsSaidWithItsFlag() async throws {
        let first = try await RunningCollector.start { $0.inputs.syslogTCP = Self.local }
        let port = try await port(first, .syslogTCP)
        let directory = TemporaryDirectory("collector")
        let service = try await RunningCollector.open(in: directory) { $0.inputs.syslogTCP = ServerAddress(host: "127.0.0.1", port: port) }
        await #expect { try await service.run() } throws: { "\($0)".contains("--syslog-tcp: can't listen on 127.0.0.1:\(port)") }
        try await first.stop()
    }

    @Test func tlsNeedsACertificate() async throws {
        let directory = TemporaryDirectory("collector")
        await #expect { _ = try await RunningCollector.open(in: directory) { $0.inputs.syslogTLS = Self.local } } throws: { "\($0)".contains("--tls-cert") }
    }
}
