import Foundations
import Model
import Testing

@testable import Collector

/// Prometheus's API, its shapes byte by byte.
struct PrometheusAPITests {
    @Test func anInstantQueryAnswersInPrometheusShape() async throws {
        let collector = try await RunningCollector.start()
        let now = nowMilliseconds()
        let written = try await collector.write(batch("up", ["job": "a\"b", "instance": "x"], [(now - 500, 1.5)]))
        #expect(written.status == 204)
        #expect(written.headers["x-prometheus-remote-write-samples-written"] == "1")
        #expect(written.headers["x-prometheus-remote-write-histograms-written"] == "0")
        let seconds = now / 1000
        let reply = try await collector.get("/api/v1/query?query=up&time=\(seconds).250")
        #expect(reply.status == 200)
        #expect(reply.headers["content-type"] == "application/json")
        #expect(
            reply.text
                == #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"up","instance":"x","job":"a\"b"},"value":[\#(seconds).250,"1.5"]}]}}"#
        )
        let posted = try await collector.post("/api/v1/query", form: "query=up%7Bjob%21%3D%22%22%7D+%2A+2&time=\(seconds)")
        #expect(posted.text.contains(#""value":[\#(seconds),"3"]"#))
        try await collector.stop()
    }

    @Test(arguments: [
        ("1/0", #""resultType":"scalar","result":[10,"+Inf"]"#), ("-1/0", #""result":[10,"-Inf"]"#), ("0/0", #""result":[10,"NaN"]"#),
        ("\"a\\nb\"", #""resultType":"string","result":[10,"a\nb"]"#), ("vector(1e-9)", #""value":[10,"1e-09"]"#),
        ("vector(1e21)", #""value":[10,"1e+21"]"#), ("1e-9", #""result":[10,"0.000000001"]"#), ("1e21", #""result":[10,"1000000000000000000000"]"#), ("0.1+0.2", #""result":[10,"0.30000000000000004"]"#),
    ])
    func specialValuesAreWrittenAsPrometheusWritesThem(query: String, expected: String) async throws {
        let collector = try await RunningCollector.start()
        let reply = try await collector.get("/api/v1/query?time=10&query=\(percentEncoded(query))")
        #expect(reply.text.contains(expected), "\(reply.text)")
        try await collector.stop()
    }

    @Test func aRangeQueryAnswersWithTheMatrix() async throws {
        let collector = try await RunningCollector.start()
        let now = nowMilliseconds()
        _ = try await collector.write(batch("m", [:], (0..<5).map { (now - 60_000 + $0 * 10_000, Double($0)) }))
        let start = (now - 60_000) / 1000
        let reply = try await collector.get("/api/v1/query_range?query=m&start=\(start)&end=\(start + 20)&step=10s")
        #expect(
            reply.text
                == #"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"m"},"values":[[\#(start),"0"],[\#(start + 10),"1"],[\#(start + 20),"2"]]}]}}"#
        )
        let rfc = TimestampText.rfc3339(Timestamp(seconds: start))
        let again = try await collector.get("/api/v1/query_range?query=m&start=\(rfc)&end=\(start + 20)&step=10")
        #expect(again.text == reply.text)
        try await collector.stop()
    }

    @Test(arguments: [
        ("/api/v1/query?query=up%7B", 400, "bad_data", "parse error"),
        ("/api/v1/query", 400, "bad_data", #"invalid parameter \"query\": 1:1: parse error: no expression found in input"#),
        ("/api/v1/query?query=up&time=yesterday", 400, "bad_data", #"cannot parse \"yesterday\" to a valid timestamp"#),
        ("/api/v1/query?query=up&timeout=x", 400, "bad_data", "valid duration"),
        ("/api/v1/query_range?query=up&start=1&end=0&step=1", 400, "bad_data", "must not be before start"),
        ("/api/v1/query_range?query=up&end=1&step=1", 400, "bad_data", #"invalid parameter \"start\": cannot parse \"\" to a valid timestamp"#),
        ("/api/v1/query_range?query=up&start=0&end=1", 400, "bad_data", #"invalid parameter \"step\": cannot parse \"\" to a valid duration"#),
        ("/api/v1/query_range?query=up%5B5m%5D&start=0&end=1&step=1", 400, "bad_data", "must be Scalar or instant Vector"),
        ("/api/v1/query_exemplars?query=up&start=2&end=1", 400, "bad_data", "must not be before start"),
        ("/api/v1/metadata?limit=x", 400, "bad_data", "limit must be a number"), ("/api/v1/targets/metadata?match_target=%7B", 400, "bad_data", "match_target"),
        ("/api/v1/query_range?query=up&start=0&end=1&step=0", 400, "bad_data", "zero or negative"),
        ("/api/v1/query_range?query=up&start=0&end=11001&step=1", 400, "bad_data", "11000 points"),
        ("/api/v1/series", 400, "bad_data", "no match[] parameter"), ("/api/v1/series?match[]=%7B%7D", 400, "bad_data", "match[]"),
        ("/api/v1/labels?limit=-1", 400, "bad_data", "limit"), ("/api/v1/nothing", 404, "not_found", "no such path"),
        ("/api/v1/write", 405, "bad_data", "GET"),
    ])
    func mistakesAreAnsweredWithWhatIsWrong(path: String, status: Int, type: String, message: String) async throws {
        let collector = try await RunningCollector.start()
        let reply = try await collector.get(path)
        #expect(reply.status == status)
        #expect(reply.text.hasPrefix(#"{"status":"error","errorType":"\#(type)","error":""#), "\(reply.text)")
        #expect(reply.text.contains(message), "\(reply.text)")
        try await collector.stop()
    }

    @Test func seriesLabelsValuesAndMetadataAreListed() async throws {
        let collector = try await RunningCollector.start()
        let now = nowMilliseconds()
        var written = batch("a_total", ["job": "x"], [(now, 1)])
        written.entries += batch("b", ["job": "y", "zone": "ü"], [(now, 1)]).entries
        written.metadata["a_total"] = Metadata(kind: .counter, help: "Helps.", unit: "")
        #expect(try await collector.write(written).status == 204)
        #expect(
            try await collector.get("/api/v1/series?match[]=a_total&match[]=b").text
                == #"{"status":"success","data":[{"__name__":"a_total","job":"x"},{"__name__":"b","job":"y","zone":"ü"}]}"#)
        #expect(
            try await collector.post("/api/v1/labels", form: "match[]=b").text
                == #"{"status":"success","data":["__name__","job","zone"]}"#)
        #expect(try await collector.get("/api/v1/label/job/values?match[]=b").text == #"{"status":"success","data":["y"]}"#)
        let limited = try await collector.get("/api/v1/label/job/values?match[]=b&match[]=a_total&limit=1").text
        #expect(limited == #"{"status":"success","data":["x"],"warnings":["results truncated due to limit"]}"#)
        let metadata = try await collector.get("/api/v1/metadata?metric=a_total").text
        #expect(metadata == #"{"status":"success","data":{"a_total":[{"type":"counter","help":"Helps.","unit":""}]}}"#)
        let formatted = try await collector.get("/api/v1/format_query?query=sum(rate(a_total[5m]))by(job)")
        #expect(formatted.text.contains("sum by (job) (rate(a_total[5m]))"))
        let parsed = try await collector.post("/api/v1/parse_query", form: "query=-b")
        #expect(parsed.text.hasPrefix(#"{"status":"success","data":{"type":"unaryExpr","op":"-","expr":{"type":"vectorSelector","name":"b""#), "\(parsed.text)")
        try await collector.stop()
    }

    @Test func statusEndpointsAnswer() async throws {
        let collector = try await RunningCollector.start()
        for (path, part) in [
            ("buildinfo", #""nightjarVersion":"1.2.3""#), ("runtimeinfo", #""startTime":"20"#), ("flags", #""query.timeout":"30s""#),
            ("config", #""yaml":""#), ("tsdb", #""headStats":{"numSeries":"#),
        ] {
            let reply = try await collector.get("/api/v1/status/\(path)")
            #expect(reply.status == 200 && reply.text.contains(part), "\(path): \(reply.text)")
        }
        #expect(try await collector.get("/-/healthy").status == 200)
        #expect(try await collector.get("/-/ready").status == 200)
        try await collector.stop()
    }

    @Test func rulesAndAlertsAreShownInPrometheusShape() async throws {
        let rules = """
            groups:
              - name: watch
                interval: 1s
                rules:
                  - alert: Watchdog
                    expr: vector(1)
                    labels: {severity: warning}
                    annotations: {summary: "always"}
                  - record: one:two
                    expr: vector(2)
            """
        let collector = try await RunningCollector.start(rules: rules)
        let alerts = try await collector.text("/api/v1/alerts", holding: "firing")
        #expect(alerts.contains(#""alertname":"Watchdog""#) && alerts.contains(#""state":"firing""#), "\(alerts)")
        let groups = try await collector.get("/api/v1/rules?type=alert").text
        #expect(groups.contains(#""name":"watch""#) && groups.contains(#""type":"alerting""#) && !groups.contains("one:two"), "\(groups)")
        #expect(try await collector.get("/api/v1/rules").text.contains(#""type":"recording""#))
        #expect(try await collector.get("/api/v1/rules?match[]=%7Bseverity%3D%22warning%22%7D").text.contains("Watchdog"))
        #expect(try await collector.get("/api/v1/rules?match[]=%7Bseverity%3D%22other%22%7D").text == #"{"status":"success","data":{"groups":[]}}"#)
        let status = try await collector.get("/api/v1/nightjar/status").text
        #expect(status.contains(#""warning":1"#), "\(status)")
        #expect(try await collector.request("POST", "/-/reload").status == 200)
        #expect(try await collector.get("/api/v1/nightjar/outbox").text.contains(#""deliveries":["#))
        try await collector.stop()
    }

    @Test func ruleGroupsComeInPagesWhereTheClientWantsThem() async throws {
        let rules = "groups:\n" + (1...3).map { "  - name: g\($0)\n    rules: [{record: \"r:\($0)\", expr: vector(1)}]\n" }.joined()
        let collector = try await RunningCollector.start(rules: rules)
        // The rules are read beside the server's start.
        let first = try await collector.text("/api/v1/rules?group_limit=2", holding: "groupNextToken")
        #expect(first.contains("g1") && first.contains("g2") && !first.contains("g3"))
        let token = try #require(first.firstMatch(of: /"groupNextToken":"([0-9a-f]+)"/)?.1)
        let second = try await collector.get("/api/v1/rules?group_limit=2&group_next_token=\(token)").text
        #expect(!second.contains("g2") && second.contains("g3") && !second.contains("groupNextToken"), "\(second)")
        #expect(try await collector.get("/api/v1/rules?group_next_token=\(token)").status == 400)
        #expect(try await collector.get("/api/v1/rules?group_limit=1&group_next_token=0").status == 400)
        try await collector.stop()
    }

    @Test func longAnswersAreCompressedWhereTheClientTakesIt() async throws {
        let collector = try await RunningCollector.start()
        let now = nowMilliseconds()
        var written = MetricBatch()
        for index in 0..<100 { written.entries += batch("many", ["index": "\(index)"], [(now, 1)]).entries }
        _ = try await collector.write(written)
        let plain = try await collector.get("/api/v1/query?query=many")
        #expect(plain.headers["content-encoding"] == nil)
        let packed = try await collector.get("/api/v1/query?query=many", headers: ["Accept-Encoding": "br, gzip;q=0.5"])
        #expect(packed.headers["content-encoding"] == "gzip")
        #expect(packed.body.count < plain.body.count / 4)
        let refused = try await collector.get("/api/v1/query?query=many", headers: ["Accept-Encoding": "gzip;q=0"])
        #expect(refused.headers["content-encoding"] == nil)
        try await collector.stop()
    }
}
