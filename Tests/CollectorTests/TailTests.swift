import Foundations
import Glibc
import TestSupport
import Model
import Testing

@testable import Collector

/// Loki's API and live tails, end to end.
struct TailTests {
    static func record(_ line: String, app: String = "web") -> LogRecord {
        LogRecord(timestamp: SystemClock().now(), stream: ["app": app], level: .warn, body: line, fields: [LogField("status", .integer(500))])
    }

    static func upgrade(_ path: String, _ extra: String = "") -> String {
        "GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\(extra)\r\n"
    }

    static func frame(_ connection: RawConnection) throws -> (opcode: UInt8, data: [UInt8]) {
        let head = try connection.receive(exactly: 2)
        var length = Int(head[1] & 0x7F)
        if length >= 126 { length = try connection.receive(exactly: length == 126 ? 2 : 8).reduce(0) { $0 << 8 | Int($1) } }
        return (head[0] & 0xF, try connection.receive(exactly: length))
    }

    @Test func queriesAnswerInLokiShape() async throws {
        let collector = try await RunningCollector.start()
        let record = Self.record("a \"quoted\" line")
        #expect(try await collector.push([record]).status == 200)
        let query = percentEncoded(#"{app="web"}"#)
        let found = try await collector.get("/loki/api/v1/query_range?query=\(query)").text
        #expect(found.hasPrefix(#"{"status":"success","data":{"resultType":"streams","result":[{"stream":{"app":"web""#), "\(found)")
        #expect(found.contains(#"[["\#(record.timestamp.nanoseconds)","a \"quoted\" line"]]"#), "\(found)")
        #expect(try await collector.get("/loki/api/v1/labels").text == #"{"status":"success","data":["app"]}"#)
        #expect(try await collector.get("/loki/api/v1/series?match[]=\(query)").text == #"{"status":"success","data":[{"app":"web"}]}"#)
        #expect(try await collector.get("/loki/api/v1/label/app/values?query=\(query)").text == #"{"status":"success","data":["web"]}"#)
        // What Grafana asks to see whether the data source works.
        let health = try await collector.get("/loki/api/v1/query?query=vector(1)%2Bvector(1)&time=4000000000000000000").text
        #expect(health.contains(#""resultType":"vector""#) && health.contains(#"[4000000000,"2"]"#), "\(health)")
        let bad = try await collector.get("/loki/api/v1/query_range?query=%7Bapp")
        #expect(bad.status == 400 && bad.text == "parse error at line 1, col 5: the query ends where `=`, `!=`, `=~` or `!~` is expected\n", "\(bad.text)")
        #expect(try await collector.get("/loki/api/v1/query_range?query=\(query)&limit=5001").status == 400)
        try await collector.stop()
    }

    @Test func theSearchGivesLevelsAndFields() async throws {
        let collector = try await RunningCollector.start()
        _ = try await collector.push([Self.record("connection refused"), Self.record("fine")])
        for query in ["refused", #"{app="web"}"#] {
            let found = try await collector.get("/api/v1/nightjar/logs?limit=10&query=\(percentEncoded(query))").text
            #expect(found.contains(#""level":"warn","stream":{"app":"web"},"line":"connection refused","fields":{"status":500}}"#), "\(found)")
        }
        try await collector.stop()
    }

    @Test func theWebSocketTailSendsWhatComesIn() async throws {
        let collector = try await RunningCollector.start()
        _ = try await collector.push([Self.record("before")])
        let port = collector.port
        let path = "/loki/api/v1/tail?query=\(percentEncoded(#"{app="web"}"#))"
        let connection = try await blocking {
            let connection = try RawConnection(port: port)
            try connection.send(Self.upgrade(path))
            let reply = try connection.receiveHead()
            #expect(reply.status == 101 && reply.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
            let backlog = try Self.frame(connection)
            #expect(backlog.opcode == 1 && String(decoding: backlog.data, as: UTF8.self).contains("before"))
            return connection
        }
        let record = Self.record("live")
        _ = try await collector.push([record, Self.record("other", app: "db")])
        try await blocking {
            let live = try Self.frame(connection)
            #expect(
                String(decoding: live.data, as: UTF8.self)
                    .hasPrefix(#"{"streams":[{"stream":{"app":"web""#), "\(String(decoding: live.data, as: UTF8.self))")
            #expect(String(decoding: live.data, as: UTF8.self).contains(#""values":[["\#(record.timestamp.nanoseconds)","live"]]"#))
            try connection.send([0x89, 0x82, 0, 0, 0, 0, 0x68, 0x69])  // a ping with "hi"
            let pong = try Self.frame(connection)
            #expect(pong.opcode == 10 && pong.data == Array("hi".utf8))
            try connection.send([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8])
            let close = try Self.frame(connection)
            #expect(close.opcode == 8 && close.data == [0x03, 0xE8])
            #expect(try connection.receive().isEmpty)
        }
        try await collector.stop()
    }

    @Test func aClientThatDoesNotReadIsToldHowManyLinesItMissedAndHoldsNobodyUp() async throws {
        let collector = try await RunningCollector.start()
        let port = collector.port
        let connection = try await blocking {
            let connection = try RawConnection(port: port, receiveBytes: 8192)
            try connection.send(Self.upgrade("/loki/api/v1/tail?limit=1&query=\(percentEncoded(#"{app="web"}"#))"))
            #expect(try connection.receiveHead().status == 101)
            return connection
        }
        // More than sockets and buffers hold: each push is acknowledged all the same, while nobody reads.
        let padding = String(repeating: "x", count: 1500)
        let (batches, count) = (16, 1000)
        for batch in 0..<batches {
            let records = (0..<count).map { Self.record("line \(batch * count + $0) \(padding)") }
            #expect(try await collector.push(records).status == 200)
        }
        let last = Self.record("the end")
        #expect(try await collector.push([last]).status == 200)
        let (seen, skipped) = try await blocking {
            var (seen, skipped) = (0, 0)
            while seen + skipped <= batches * count {
                let (opcode, data) = try Self.frame(connection)
                guard opcode == 1 else { continue }
                let text = String(decoding: data, as: UTF8.self)
                seen += text.matches(of: /"line \d+ x|"the end"/).count
                skipped += text.matches(of: /"nightjar_skipped":"(\d+)"/).reduce(0) { $0 + (Int($1.output.1) ?? 0) }
            }
            return (seen, skipped)
        }
        #expect(skipped > 0, "it is told how many it missed")
        #expect(seen + skipped == batches * count + 1, "each line came or was counted, once: \(seen) and \(skipped)")
        #expect(try await collector.get("/metrics").text.firstMatch(of: /tail_records_skipped_total (\d+)/).flatMap { Int($0.output.1) } == skipped)
        try await collector.stop()
    }

    @Test func anUpgradeThatIsntAcceptedIsAnsweredInHTTP() async throws {
        let directory = TemporaryDirectory("collector")
        let token = AccessToken.make(name: "a", scopes: [.read])!
        try directory.write("tokens", token.line)
        let collector = try await RunningCollector.start(in: directory) { $0.tokenFile = directory.path("tokens") }
        let port = collector.port
        let bearer = "Authorization: Bearer \(token.token.reveal())\r\n"
        let good = "/loki/api/v1/tail?query=\(percentEncoded(#"{app="web"}"#))"
        for (request, status) in [
            (Self.upgrade(good), 401), (Self.upgrade("/loki/api/v1/tail?query=%7B", bearer), 400), (Self.upgrade("/loki/api/v1/tail", bearer), 400),
            (Self.upgrade("/api/v1/query?query=1", bearer), 200), (Self.upgrade(good, bearer), 101),
            ("GET \(good) HTTP/1.1\r\nHost: localhost\r\n\(bearer)\r\n", 426),
            ("POST /api/v1/query HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\(bearer)Content-Length: 7\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\nquery=1", 200),
        ] {
            let reply = try await blocking {
                let connection = try RawConnection(port: port)
                try connection.send(request)
                return try connection.receiveHead()
            }
            #expect(reply.status == status, "\(request)")
        }
        try await collector.stop()
    }

    @Test(.timeLimit(.minutes(2))) func theLineTailStreamsAndEndsWithTheServer() async throws {
        let collector = try await RunningCollector.start {
            $0.limits.tailKeepAliveSeconds = 1
            $0.limits.shutdownSeconds = 3600
        }
        let port = collector.port
        let connection = try await blocking {
            let connection = try RawConnection(port: port)
            try connection.send(RunningCollector.head("GET", "/api/v1/nightjar/tail?query=live", headers: [:], length: nil, host: "localhost"))
            let reply = try connection.receiveHead()
            #expect(reply.status == 200 && reply.headers["content-type"] == "application/x-ndjson")
            #expect(try connection.receiveChunk() == Array("\n".utf8))
            return connection
        }
        let record = Self.record("live line")
        _ = try await collector.push([record])
        try await blocking {
            let chunk = String(decoding: try connection.receiveChunk(), as: UTF8.self)
            #expect(chunk == #"{"timestamp":"\#(record.timestamp.nanoseconds)","level":"warn","stream":{"app":"web"},"line":"live line"}"# + "\n")
            #expect(try connection.receiveChunk() == Array("\n".utf8))
        }
        let start = SystemClock().monotonicNanoseconds()
        try await collector.stop()
        #expect(SystemClock().monotonicNanoseconds() - start < 3_000_000_000)
        try await blocking { () throws -> Void in
            #expect(try connection.receiveChunk().isEmpty)
            #expect(try connection.receive().isEmpty)
        }
    }

    @Test func aTailIsLetGoWhenItsClientLeaves() async throws {
        let collector = try await RunningCollector.start { $0.limits.tailsMax = 1 }
        let port = collector.port
        let path = "/api/v1/nightjar/tail?query=x"
        let connection = try await blocking {
            let connection = try RawConnection(port: port)
            try connection.send(RunningCollector.head("GET", path, headers: [:], length: nil, host: "localhost"))
            _ = try connection.receiveHead()
            return connection
        }
        #expect(try await collector.get(path).status == 503)
        connection.close()
        #expect(try await collector.text("/metrics", holding: "nightjar_collector_tails 0\n").contains("nightjar_collector_tails 0\n"))
        try await collector.stop()
    }
}
