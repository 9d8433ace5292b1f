import Compression
import Foundations
import Glibc
import TestSupport
import Model
import Testing
import Wire

@testable import Collector

/// What is taken in, what is refused, and that a refusal stores nothing.
struct IngestTests {
    static let agent = "0123456789abcdef0123456789abcdef"

    @Test(arguments: [
        ("application/x-protobuf", "snappy", RemoteWrite.Version.v1), ("application/x-protobuf", "", .v1),
        ("application/x-protobuf;proto=prometheus.WriteRequest", "zstd", .v1),
        ("application/x-protobuf;proto=io.prometheus.write.v2.Request", "gzip", .v2),
        ("application/x-protobuf; proto=io.prometheus.write.v2.Request", "zstd", .v2),
    ])
    func bothVersionsAndAllEncodingsAreTaken(type: String, encoding: String, version: RemoteWrite.Version) async throws {
        let collector = try await RunningCollector.start()
        let batch = batch("m", ["a": "b"], [(nowMilliseconds(), 7)])
        let plain = version == .v1 ? RemoteWrite.encodeV1(batch) : RemoteWrite.encodeV2(batch)
        let packed = ContentEncoding(rawValue: encoding.isEmpty ? "snappy" : encoding)!.encode(plain)
        var headers = ["Content-Type": type]
        if !encoding.isEmpty { headers["Content-Encoding"] = encoding }
        let reply = try await collector.request("POST", "/api/v1/write", headers: headers, body: packed)
        #expect(reply.status == 204, "\(reply.text)")
        #expect(try await collector.get("/api/v1/query?query=m").text.contains(#""7""#))
        try await collector.stop()
    }

    @Test(arguments: [
        ("application/x-www-form-urlencoded", "snappy", 415, "is a form"), ("text/plain", "snappy", 415, "isn't taken here"),
        ("application/x-protobuf;proto=other", "snappy", 415, "isn't taken here"), ("application/x-protobuf", "br", 415, "Content-Encoding"),
        ("application/x-protobuf", "snappy", 400, "corrupt"), ("application/x-protobuf", "identity", 400, "at byte"),
    ])
    func whatCantBeReadIsRefusedWithTheReason(type: String, encoding: String, status: Int, message: String) async throws {
        let collector = try await RunningCollector.start()
        let reply = try await collector.request(
            "POST", "/api/v1/write", headers: ["Content-Type": type, "Content-Encoding": encoding],
            body: [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])
        #expect(reply.status == status)
        #expect(reply.text.contains(message), "\(reply.text)")
        let metrics = try await collector.get("/metrics").text
        let reason = status == 400 ? "malformed" : encoding == "br" ? "unsupported_encoding" : "unsupported_content_type"
        #expect(metrics.contains("nightjar_collector_refused_requests_total{reason=\"\(reason)\"} 1\n"))
        try await collector.stop()
    }

    @Test func aMalformedBatchStoresNothingByHalves() async throws {
        let collector = try await RunningCollector.start()
        var plain = RemoteWrite.encodeV1(batch("whole", [:], [(nowMilliseconds(), 1)]))
        plain += [0x0A, 0x7F]  // a second series that is cut short
        let reply = try await collector.request(
            "POST", "/api/v1/write", headers: ["Content-Type": "application/x-protobuf", "Content-Encoding": "identity"], body: plain)
        #expect(reply.status == 400)
        #expect(try await collector.get("/api/v1/query?query=whole").text.contains(#""result":[]"#))
        try await collector.stop()
    }

    @Test func aBatchSentAgainIsADuplicateAndStoredOnce() async throws {
        let collector = try await RunningCollector.start()
        let origin = BatchOrigin(agent: Self.agent, sequence: 3)!
        let headers = ["X-Nightjar-Instance": "web-1", "X-Nightjar-Version": "9.9"]
        let first = try await collector.write(batch("d", [:], [(nowMilliseconds(), 1)]), origin: origin, headers: headers)
        #expect(first.status == 204 && first.headers["x-nightjar-duplicate"] == nil)
        let second = try await collector.write(batch("d", [:], [(nowMilliseconds(), 2)]), origin: origin, headers: headers)
        #expect(second.status == 204 && second.headers["x-nightjar-duplicate"] == "1")
        #expect(try await collector.get("/api/v1/query?query=d").text.contains(#""1""#))
        let status = try await collector.get("/api/v1/nightjar/status").text
        #expect(
            status.contains(#""id":"\#(Self.agent)","instance":"web-1","version":"9.9""#)
                && status.contains(#""metricsSequence":3,"logsSequence":0"#) && status.contains(#""state":"ok""#), "\(status)")
        try await collector.stop()
    }

    @Test func knownAgentsSurviveARestart() async throws {
        let directory = TemporaryDirectory("collector")
        let first = try await RunningCollector.start(in: directory)
        _ = try await first.write(batch("d", [:], [(nowMilliseconds(), 1)]), origin: BatchOrigin(agent: Self.agent, sequence: 8)!)
        try await first.stop()
        let second = try await RunningCollector.start(in: directory)
        let status = try await second.get("/api/v1/nightjar/status").text
        #expect(status.contains(#""id":"\#(Self.agent)""#) && status.contains(#""metricsSequence":8"#))
        #expect(try await second.get("/api/v1/query?query=d").text.contains(#""1""#))
        try await second.stop()
    }

    @Test func anIncompleteOriginIsRefused() async throws {
        let collector = try await RunningCollector.start()
        let reply = try await collector.write(batch("d", [:], [(nowMilliseconds(), 1)]), headers: [BatchOrigin.agentHeader: "x"])
        #expect(reply.status == 400 && reply.text.contains("go together"))
        try await collector.stop()
    }

    @Test func samplesThatCanNeverBeStoredAreNamed() async throws {
        let collector = try await RunningCollector.start()
        var mixed = batch("good", [:], [(nowMilliseconds(), 1)])
        mixed.entries += batch("future", [:], [(nowMilliseconds() + 400 * 86_400_000, 1)]).entries
        let reply = try await collector.write(mixed)
        #expect(reply.status == 400 && reply.text.contains("too_far_in_future"), "\(reply.text)")
        #expect(reply.headers["x-prometheus-remote-write-samples-written"] == "1")
        #expect(reply.headers["x-nightjar-rejected"] == "too_far_in_future=1")
        // Our own agent is told the same with a 2xx: the rest is stored, and it must not put the batch aside.
        let own = try await collector.write(mixed, origin: BatchOrigin(agent: Self.agent, sequence: 1)!)
        #expect(own.status == 204 && own.headers["x-nightjar-rejected"] == "too_far_in_future=1")
        try await collector.stop()
    }

    @Test func bodiesOverTheLimitsAreRefused() async throws {
        let collector = try await RunningCollector.start { options in
            options.limits.bodyBytesMax = 10_000
            options.limits.inflatedBytesMax = 50_000
        }
        let declared = try await collector.request(
            "POST", "/api/v1/write", headers: RunningCollector.metricHeaders, body: [UInt8](repeating: 1, count: 10_001))
        #expect(declared.status == 413 && declared.text.contains("10000 bytes"))
        let bomb = try await collector.request(
            "POST", "/v1/logs", headers: ["Content-Type": "application/json", "Content-Encoding": "gzip"],
            body: Gzip.compress([UInt8](repeating: 0x20, count: 1_000_000)))
        #expect(bomb.status == 413 && bomb.text.contains("50000 bytes once decompressed"), "\(bomb.text)")
        let port = collector.port
        let chunked = try await blocking {
            let connection = try RawConnection(port: port)
            try connection.send("POST /v1/logs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<11 { try connection.send("3e8\r\n\(String(repeating: " ", count: 1000))\r\n") }
            let reply = try connection.receiveReply()
            // The sender never ends its body; the connection doesn't wait for it.
            #expect(try connection.receive().isEmpty)
            return reply
        }
        #expect(chunked.status == 413)
        try await collector.stop()
    }

    @Test func chunkedAndSlowBodiesAreTaken() async throws {
        let collector = try await RunningCollector.start()
        let port = collector.port
        let now = SystemClock().now().nanoseconds
        let body = #"{"streams":[{"stream":{"app":"slow"},"values":[["\#(now)","in pieces"]]}]}"#
        let reply = try await blocking {
            let connection = try RawConnection(port: port)
            try connection.send("POST /loki/api/v1/push HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
            for piece in stride(from: 0, to: body.utf8.count, by: 20) {
                let bytes = Array(body.utf8)[piece..<min(piece + 20, body.utf8.count)]
                try connection.send(Array((String(bytes.count, radix: 16) + "\r\n").utf8) + bytes + Array("\r\n".utf8))
                usleep(20_000)
            }
            try connection.send("0\r\n\r\n")
            return try connection.receiveReply()
        }
        #expect(reply.status == 204, "\(reply.text)")
        #expect(try await collector.get("/loki/api/v1/label/app/values").text == #"{"status":"success","data":["slow"]}"#)
        try await collector.stop()
    }

    @Test func aBodyThatTakesTooLongIsCutOff() async throws {
        let collector = try await RunningCollector.start { $0.limits.bodySeconds = 0 }
        let port = collector.port
        let reply = try await blocking {
            let connection = try RawConnection(port: port)
            try connection.send("POST /v1/logs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
            usleep(50_000)
            try connection.send(" ")
            return try connection.receiveReply()
        }
        #expect(reply.status == 408)
        try await collector.stop()
    }

    @Test func aBodyThatEndsEarlyStoresNothing() async throws {
        let collector = try await RunningCollector.start()
        let port = collector.port
        let now = SystemClock().now().nanoseconds
        let body = #"{"streams":[{"stream":{"app":"cut"},"values":[["\#(now)","x"]]}]}"#
        try await blocking {
            let connection = try RawConnection(port: port)
            try connection.send(
                "POST /loki/api/v1/push HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n\(body)")
            connection.close()
        }
        try await Task.sleep(for: .milliseconds(100))
        #expect(try await collector.get("/loki/api/v1/labels").text == #"{"status":"success","data":[]}"#)
        try await collector.stop()
    }

    @Test func aFullDiskRefusesWritesAndServesReads() async throws {
        let collector = try await RunningCollector.start { $0.diskReserveBytes = .max }
        let reply = try await collector.write(batch("m", [:], [(nowMilliseconds(), 1)]))
        #expect(reply.status == 503 && reply.headers["retry-after"] == "30")
        #expect(reply.text.contains("under the reserve"))
        #expect(try await collector.push([]).status == 503)
        let status = try await collector.get("/api/v1/nightjar/status").text
        #expect(status.contains(#""ingest":{"isAccepting":false,"refusingReason":""#))
        // The collector's own metrics are stored all the same, so that the alert about it can fire.
        let own = try await collector.text("/api/v1/query?query=nightjar_collector_ingest_accepting", holding: #""0""#)
        #expect(own.contains(#""instance":"test-host","job":"nightjar""#) && own.contains(#""0""#), "\(own)")
        try await collector.stop()
    }

    @Test func overloadIsRefusedWithATimeToWait() async throws {
        let collector = try await RunningCollector.start { $0.limits.bytesInFlightMax = 100 }
        let reply = try await collector.request(
            "POST", "/api/v1/write", headers: RunningCollector.metricHeaders, body: [UInt8](repeating: 0, count: 200))
        #expect(reply.status == 503 && reply.headers["retry-after"] == "2")
        try await collector.stop()
    }

    @Test func otlpAnswersInTheFormOfTheRequest() async throws {
        let collector = try await RunningCollector.start()
        let record = LogRecord(timestamp: SystemClock().now(), stream: ["service_name": "cart"], level: .error, body: "boom")
        let reply = try await collector.push([record])
        #expect(reply.status == 200 && reply.body.isEmpty && reply.headers["content-type"] == "application/x-protobuf")
        let bad = try await collector.request("POST", "/v1/logs", headers: ["Content-Type": "application/x-protobuf"], body: [0x0A, 0x7F])
        #expect(bad.status == 400 && bad.body.starts(with: [0x08, 0x03, 0x12]))
        let json = try await collector.request(
            "POST", "/v1/logs", headers: ["Content-Type": "application/json"],
            body: Array(#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"hello"}}]}]}]}"#.utf8))
        #expect(json.status == 200 && json.text == "{}")
        let again = try await collector.push([record], headers: [BatchOrigin.agentHeader: "a", BatchOrigin.sequenceHeader: "1"])
        #expect(again.status == 200 && again.headers["x-nightjar-duplicate"] == nil)
        let duplicate = try await collector.push([record], headers: [BatchOrigin.agentHeader: "a", BatchOrigin.sequenceHeader: "1"])
        #expect(duplicate.status == 200 && duplicate.headers["x-nightjar-duplicate"] == "1")
        try await collector.stop()
    }
}
