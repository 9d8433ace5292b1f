import Compression
import Foundations
import Model
import TestSupport
import Testing
import Wire

@testable import Collector

/// The inputs of other shippers over HTTP: what they ask at their start, what they send, and what they are told.
struct LogInputTests {
    private func time() -> String { String(nowMilliseconds()) }

    private func lines(_ collector: RunningCollector, _ selector: String) async throws -> String {
        try await collector.get("/loki/api/v1/query_range?query=\(percentEncoded(selector))").text
    }

    @Test(arguments: ["/_bulk", "/elasticsearch/_bulk", "/elasticsearch/web/_bulk", "/web/_bulk", "/insert/elasticsearch/_bulk"])
    func aBulkIsStoredAndAnsweredItemByItem(path: String) async throws {
        let collector = try await RunningCollector.start()
        let body = """
            {"create":{"_index":"web","_id":"a1"}}
            {"@timestamp":\(time()),"message":"first password=hunter2","host":{"name":"web-1"}}
            {"index":{"_index":"web"}}
            {"@timestamp":"1970-01-02T00:00:00Z","message":"old"}
            {"delete":{"_index":"web","_id":"a1"}}
            {"create":{"_index":"web"}}
            {"@timestamp":"2199-01-01T00:00:00Z","message":"ahead"}

            """
        let reply = try await collector.request("POST", path, headers: ["Content-Type": "application/x-ndjson"], body: Array(body.utf8))
        #expect(reply.status == 200, "\(reply.text)")
        #expect(reply.headers["x-elastic-product"] == "Elasticsearch")
        #expect(reply.text.contains(#""errors":true"#))
        #expect(reply.text.contains(#"{"create":{"_index":"web","_id":"a1","_version":1,"result":"created""#))
        #expect(reply.text.contains("the document's time is too old"))
        #expect(reply.text.contains("the document's time is too far in the future"))
        #expect(reply.text.contains("what is stored of logs doesn't change"))
        let found = try await lines(collector, #"{job="web",instance="web-1"}"#)
        #expect(found.contains("first password=[redacted]"))
        let metrics = try await collector.get("/metrics").text
        #expect(metrics.contains("nightjar_collector_redactions_total{kind=\"keys\"} 1\n"))
        #expect(metrics.contains("nightjar_collector_rejected_items_total{reason=\"too old\"} 1\n"))
        try await collector.stop()
    }

    @Test(arguments: ContentEncoding.allCases) func aBulkMayBeCompressedAndItsAnswerBrief(encoding: ContentEncoding) async throws {
        let collector = try await RunningCollector.start()
        let body = "{\"create\":{\"_index\":\"filebeat\"}}\n{\"message\":\"hello\",\"@timestamp\":\"\(time())\"}\n"
        let reply = try await collector.request(
            "POST", "/_bulk?filter_path=errors%2Citems.%2A.error%2Citems.%2A.status",
            headers: ["Content-Type": "application/vnd.elasticsearch+json;compatible-with=8", "Content-Encoding": encoding.rawValue],
            body: encoding.encode(Array(body.utf8)))
        #expect(reply.status == 200)
        #expect(reply.text == #"{"errors":false,"items":[{"create":{"status":201}}]}"#)
        try await collector.stop()
    }

    @Test func aPlainBulkMayBeAsLargeAsAnInflatedOne() async throws {
        let collector = try await RunningCollector.start { $0.limits.bodyBytesMax = 1 << 16 }
        let pair = "{\"create\":{\"_index\":\"big\"}}\n{\"message\":\"\(String(repeating: "y", count: 900))\"}\n"
        let body = Array(String(repeating: pair, count: 200).utf8)
        let reply = try await collector.request("POST", "/_bulk?filter_path=errors", headers: ["Content-Type": "application/x-ndjson"], body: body)
        #expect(reply.status == 200 && reply.text.hasPrefix(#"{"errors":false"#), "\(reply.text.prefix(200))")
        try await collector.stop()
    }

    @Test func aBulkThatCantBeReadIsRefusedInElasticsearchsShape() async throws {
        let collector = try await RunningCollector.start()
        let reply = try await collector.request("POST", "/_bulk", headers: ["Content-Type": "application/json"], body: Array("nonsense\n".utf8))
        #expect(reply.status == 400)
        #expect(reply.text.hasPrefix(#"{"error":{"root_cause":[{"type":"parse_exception","reason":"an action can't be read"#), "\(reply.text)")
        #expect(reply.text.hasSuffix(#""status":400}"#))
        let form = try await collector.request(
            "POST", "/_bulk", headers: ["Content-Type": "application/x-www-form-urlencoded"], body: Array("{\"index\":{}}\n{}\n".utf8))
        #expect(form.status == 415)
        #expect(form.text.contains("is a form"))
        let bomb = ContentEncoding.gzip.encode([UInt8](repeating: 0x20, count: 32 << 20))
        let refused = try await collector.request("POST", "/_bulk", headers: ["Content-Encoding": "gzip"], body: bomb)
        #expect(refused.status == 413)
        #expect(refused.text.contains("content_too_long_exception"))
        try await collector.stop()
    }

    @Test(arguments: ["", "/elasticsearch"]) func whatShippersAskAtTheirStartIsAnswered(prefix: String) async throws {
        let collector = try await RunningCollector.start()
        for (method, path, expected) in [
            ("GET", "/", #""number":"8."#), ("HEAD", "/", ""), ("GET", "/_license", #""type":"basic""#), ("GET", "/_license?human=false", #""status":"active""#),
            ("GET", "/_xpack", #""ilm":{"available":true"#), ("GET", "/_cluster/health", #""status":"green""#), ("GET", "/_nodes/http", #""nodes":{}"#),
            ("GET", "/_ilm/policy/filebeat", "filebeat"), ("PUT", "/_ilm/policy/filebeat", #"{"acknowledged":true}"#), ("HEAD", "/_index_template/filebeat-8.19.0", ""),
            ("PUT", "/_index_template/filebeat-8.19.0", "acknowledged"), ("GET", "/_data_stream/filebeat-8.19.0", #""data_streams":[{"name":"filebeat-8.19.0""#),
            ("PUT", "/_template/logstash", "acknowledged"), ("HEAD", "/_alias/filebeat", ""), ("PUT", "/_ingest/pipeline/p", "acknowledged"),
        ] {
            let reply = try await collector.request(method, prefix + path, body: method == "PUT" ? Array("{}".utf8) : [])
            #expect(reply.status == 200, "\(method) \(path): \(reply.text)")
            #expect(reply.headers["x-elastic-product"] == "Elasticsearch")
            #expect(method == "HEAD" || reply.text.contains(expected), "\(path): \(reply.text)")
        }
        try await collector.stop()
    }

    @Test func linesOfJSONAreStoredAndTheOthersCounted() async throws {
        let collector = try await RunningCollector.start()
        let body = "{\"log\":{\"level\":\"error\"},\"date\":\"\(time())\",\"text\":\"boom\",\"app\":\"cart\"}\nnope\n"
        let path = "/insert/jsonline?_stream_fields=app&_msg_field=text&_time_field=date&extra_fields=region%3Deu"
        let reply = try await collector.request("POST", path, headers: ["Content-Type": "application/stream+json"], body: Array(body.utf8))
        #expect(reply.status == 200)
        #expect(reply.text.hasPrefix(#"{"stored":1,"refused":1,"message":"stored in part"#), "\(reply.text)")
        #expect(reply.headers["x-nightjar-rejected"] == "no JSON object=1")
        let found = try await lines(collector, #"{app="cart",region="eu"}"#)
        #expect(found.contains("boom"))
        let none = try await collector.request("POST", "/insert/jsonline", headers: ["Content-Type": "application/x-ndjson"], body: Array("x\ny\n".utf8))
        #expect(none.status == 400)
        #expect(none.text.contains("none of the 2 lines is a JSON object"))
        try await collector.stop()
    }

    private func journal(_ count: Int, padding: Int = 0) -> [UInt8] {
        let now = nowMilliseconds() * 1000
        return (0..<count).flatMap { number in
            Array("__REALTIME_TIMESTAMP=\(now)\n_HOSTNAME=web-1\nSYSLOG_IDENTIFIER=sshd\nPRIORITY=4\nMESSAGE=entry \(number) \(String(repeating: "x", count: padding))\n\n".utf8)
        }
    }

    @Test(arguments: ["/insert/journald", "/insert/journald/upload"]) func aJournalIsStored(path: String) async throws {
        let collector = try await RunningCollector.start()
        let reply = try await collector.request("POST", path, headers: ["Content-Type": "application/vnd.fdo.journal"], body: journal(3))
        #expect(reply.status == 200)
        #expect(reply.text == #"{"stored":3,"refused":0}"#)
        #expect(try await lines(collector, #"{job="sshd",instance="web-1"}"#).contains("entry 2"))
        try await collector.stop()
    }

    @Test func aJournalOverABodysBoundIsStoredAsItComes() async throws {
        let collector = try await RunningCollector.start { $0.limits.bodyBytesMax = 1 << 20 }
        let body = journal(300, padding: 10_000)
        #expect(body.count > 2 << 20)
        let reply = try await collector.request("POST", "/insert/journald/upload", headers: ["Content-Type": "application/vnd.fdo.journal"], body: body)
        #expect(reply.status == 200, "\(reply.text)")
        #expect(reply.text == #"{"stored":300}"#)
        try await collector.stop()
    }

    @Test func giantLinesAreCutMarkedAndCounted() async throws {
        let collector = try await RunningCollector.start()
        let giant = String(repeating: "x", count: (1 << 20) + 100)
        let push = "{\"streams\":[{\"stream\":{\"job\":\"giant\"},\"values\":[[\"\(nowMilliseconds())000000\",\"\(giant)\"],[\"\(nowMilliseconds())000000\",\"small\"]]}]}"
        let reply = try await collector.request("POST", "/loki/api/v1/push", headers: ["Content-Type": "application/json"], body: Array(push.utf8))
        #expect(reply.status == 204, "\(reply.text)")
        #expect(try await lines(collector, #"{job="giant"} |= "small""#).contains("small"))
        #expect(try await lines(collector, #"{job="giant"} | truncated_bytes=100"#).contains("xxx"))
        try await collector.stop()
    }

    @Test func aTokenMayComeAsAPasswordOrAKey() async throws {
        let made = try #require(AccessToken.make(name: "shipper", scopes: [.ingest]))
        let directory = TemporaryDirectory("tokens")
        try directory.write("tokens", made.line + "\n")
        let collector = try await RunningCollector.start(in: directory) { $0.tokenFile = directory.path("tokens") }
        let token = made.token.reveal()
        for (scheme, status) in [
            ("Bearer \(token)", 200), ("Basic \(base64("shipper:\(token)"))", 200), ("ApiKey \(base64("id:\(token)"))", 200), ("Basic \(base64("x:wrong"))", 401),
            ("Basic !!!", 401), ("Digest x", 401),
        ] {
            let reply = try await collector.get("/_license", headers: ["Authorization": scheme])
            #expect(reply.status == status, "\(scheme)")
        }
        try await collector.stop()
    }

    private func base64(_ text: String) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        let bits = text.utf8.flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 } }
        let padded = bits + Array(repeating: 0, count: (6 - bits.count % 6) % 6)
        let encoded = String(stride(from: 0, to: padded.count, by: 6).map { start in digits[padded[start..<start + 6].reduce(0) { Int($0) << 1 | Int($1) }] })
        return encoded + String(repeating: "=", count: (4 - encoded.count % 4) % 4)
    }
}
