import Compression
import Foundations
import Model
import TestSupport
import Testing

@testable import Collector

/// What Prometheus's own tools and servers ask beside queries: targets, administration, federation, remote read.
struct PrometheusEndpointTests {
    @Test func statisticsComeWhereTheyAreAskedFor() async throws {
        let collector = try await RunningCollector.start()
        let now = nowMilliseconds()
        _ = try await collector.write(batch("m", [:], [(now, 1)]))
        let plain = try await collector.get("/api/v1/query?query=m").text
        #expect(!plain.contains("stats") && !plain.contains("explanation"))
        #expect(try await collector.get("/api/v1/query?query=m&explain=1").text.contains(#""explanation":{"#))
        let text = try await collector.get("/api/v1/query?query=m&stats=true").text
        for part in [#""stats":{"timings":{"evalTotalTime":"#, #""resultSortTime":"#, #""queryPreparationTime":"#, #""innerEvalTime":"#, #""execQueueTime":"#, #""execTotalTime":"#,
            #""samples":{"totalQueryableSamples":1,"peakSamples":"#] {
            #expect(text.contains(part), "\(part) in \(text)")
        }
        try await collector.stop()
    }

    @Test func agentsAndTheCollectorAreTargets() async throws {
        let collector = try await RunningCollector.start()
        let now = nowMilliseconds()
        var sent = batch("node_load1", ["instance": "web-1"], [(now, 1)])
        sent.metadata["node_load1"] = Metadata(kind: .gauge, help: "Load.")
        _ = try await collector.write(sent, origin: BatchOrigin(agent: "agent-1", sequence: 1)!, headers: ["X-Nightjar-Instance": "web-1"])
        let all = try await collector.get("/api/v1/targets").text
        #expect(all.contains(#""scrapePool":"nightjar-agent""#) && all.contains(#""labels":{"instance":"web-1"}"#) && all.contains(#""health":"up""#), "\(all)")
        #expect(all.hasSuffix(#""droppedTargets":[],"droppedTargetCounts":{}}}"#))
        #expect(try await collector.get("/api/v1/targets?state=dropped").text.contains(#""activeTargets":[]"#))
        #expect(try await !collector.get("/api/v1/targets?scrapePool=nightjar").text.contains("web-1"))
        let metadata = try await collector.get("/api/v1/targets/metadata?match_target=%7Binstance%3D%22web-1%22%7D").text
        #expect(metadata == #"{"status":"success","data":[{"target":{"instance":"web-1"},"metric":"node_load1","type":"gauge","help":"Load.","unit":""}]}"#)
        #expect(try await collector.get("/api/v1/scrape_pools").text == #"{"status":"success","data":{"scrapePools":["nightjar","nightjar-agent"]}}"#)
        #expect(try await collector.get("/api/v1/alertmanagers").text.contains(#""droppedAlertmanagers":[]"#))
        #expect(try await collector.get("/api/v1/status/walreplay").text.contains(#""state":"done""#))
        #expect(try await collector.get("/api/v1/notifications").text == #"{"status":"success","data":[]}"#)
        try await collector.stop()
    }

    @Test func seriesAreDeletedAndCopiedByTheAdministrator() async throws {
        let collector = try await RunningCollector.start()
        let now = nowMilliseconds()
        for zone in ["a", "b"] { _ = try await collector.write(batch("m", ["zone": zone], [(now - 5000, 1), (now, 2)])) }
        let start = Double(now - 1000) / 1000
        #expect(try await collector.request("POST", "/api/v1/admin/tsdb/delete_series").text.contains("no match[] parameter provided"))
        let deleted = try await collector.request("POST", "/api/v1/admin/tsdb/delete_series?match[]=m%7Bzone%3D%22a%22%7D&start=\(start)")
        #expect(deleted.status == 204 && deleted.body.isEmpty)
        let left = try await collector.get("/api/v1/query?query=sum(count_over_time(m%5B1m%5D))").text
        #expect(left.contains(#","3"]"#), "\(left)")
        let snapshot = try await collector.request("PUT", "/api/v1/admin/tsdb/snapshot")
        let name = try #require(snapshot.text.firstMatch(of: /"name":"(\d{8}T\d{6}Z-[0-9a-f]{16})"/)?.1)
        #expect(try RealFileSystem().exists(collector.directory.path("data/snapshots/\(name)/manifest")) || RealFileSystem().exists(collector.directory.path("data/snapshots/\(name)")))
        try await collector.stop()
    }

    @Test func administrationNeedsItsScope() async throws {
        let directory = TemporaryDirectory("tokens")
        let read = try #require(AccessToken.make(name: "reader", scopes: [.read]))
        let admin = try #require(AccessToken.make(name: "admin", scopes: [.admin]))
        try directory.write("tokens", read.line + "\n" + admin.line + "\n")
        let collector = try await RunningCollector.start { $0.tokenFile = directory.path("tokens") }
        func snapshot(_ token: Secret) async throws -> RawReply {
            try await collector.request("POST", "/api/v1/admin/tsdb/snapshot", headers: ["Authorization": "Bearer \(token.reveal())"])
        }
        #expect(try await snapshot(read.token).status == 403)
        #expect(try await snapshot(admin.token).status == 200)
        try await collector.stop()
    }

    @Test func foreignPagesMayAskWhereTokensAreWanted() async throws {
        let directory = TemporaryDirectory("tokens")
        let read = try #require(AccessToken.make(name: "reader", scopes: [.read]))
        try directory.write("tokens", read.line + "\n")
        let guarded = try await RunningCollector.start { $0.tokenFile = directory.path("tokens") }
        let origin = ["Origin": "https://dash.example.net"]
        let preflight = try await guarded.request("OPTIONS", "/api/v1/query_range", headers: origin)
        #expect(preflight.status == 204 && preflight.headers["access-control-allow-origin"] == "*")
        #expect(preflight.headers["access-control-allow-headers"] == "Accept, Authorization, Content-Type, Origin")
        #expect(preflight.headers["access-control-allow-methods"] == "GET, POST, OPTIONS" && preflight.headers["vary"] == "Origin")
        let answer = try await guarded.get("/api/v1/query?query=1", headers: origin.merging(["Authorization": "Bearer \(read.token.reveal())"]) { $1 })
        #expect(answer.status == 200 && answer.headers["access-control-allow-origin"] == "*")
        try await guarded.stop()
        let open = try await RunningCollector.start()
        #expect(try await open.request("OPTIONS", "/api/v1/query", headers: origin).status == 405)
        #expect(try await open.get("/api/v1/query?query=1", headers: origin).status == 403)
        try await open.stop()
    }

    @Test func federationGivesTheNewestSampleOfLivingSeries() async throws {
        let collector = try await RunningCollector.start()
        let now = nowMilliseconds()
        for (name, samples) in [
            ("alive", [(now - 10_000, 1.0), (now - 5000, 2.0)]), ("ended", [(now - 10_000, 1.0), (now - 5000, StaleMarker.value)]), ("old", [(now - 400_000, 1.0)]),
        ] { _ = try await collector.write(batch(name, ["job": "x"], samples)) }
        let text = try await collector.get("/federate?match[]=%7Bjob%3D%22x%22%7D&match[]=alive")
        #expect(text.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8; escaping=underscores")
        #expect(text.text == "# TYPE alive untyped\nalive{job=\"x\",instance=\"\"} 2 \(now - 5000)\n", "\(text.text)")
        let none = try await collector.get("/federate")
        #expect(none.status == 200 && none.body.isEmpty)
        let wrong = try await collector.get("/federate?match[]=%7B")
        #expect(wrong.status == 400 && wrong.headers["content-type"] == "text/plain; charset=utf-8")
        try await collector.stop()
    }

    @Test func answersArePackedWithZstdWhereTheClientPrefersIt() async throws {
        let collector = try await RunningCollector.start()
        let now = nowMilliseconds()
        var written = MetricBatch()
        for index in 0..<100 { written.entries += batch("many", ["index": "\(index)"], [(now, 1)]).entries }
        _ = try await collector.write(written)
        let packed = try await collector.get("/api/v1/query?query=many", headers: ["Accept-Encoding": "gzip, zstd"])
        #expect(packed.headers["content-encoding"] == "zstd" && packed.headers["vary"] == "Accept-Encoding")
        let plain = try Zstd.decompress(packed.body, bytesMax: 1 << 20)
        #expect(String(decoding: plain, as: UTF8.self).hasPrefix(#"{"status":"success","data":{"resultType":"vector""#))
        try await collector.stop()
    }

    // Remote read

    private func remoteRead(_ collector: RunningCollector, matcher: (name: String, value: String), from start: Int64, to end: Int64, accepted: [UInt8] = []) async throws -> RawReply {
        func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] { [number << 3 | 2] + { var length: [UInt8] = []; length.append(varint: UInt64(bytes.count)); return length }() + bytes }
        var query: [UInt8] = [0x08]
        query.append(varint: UInt64(start))
        query.append(0x10)
        query.append(varint: UInt64(end))
        query += field(3, field(2, Array(matcher.name.utf8)) + field(3, Array(matcher.value.utf8)))
        let body = field(1, query) + accepted.flatMap { [0x10, $0] }
        return try await collector.request("POST", "/api/v1/read", headers: ["Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"], body: Snappy.compress(body))
    }

    @Test func remoteReadAnswersInTheTypeThatIsAcceptedFirst() async throws {
        let collector = try await RunningCollector.start()
        let now = nowMilliseconds()
        let samples = (0..<300).map { (now - 300_000 + Int64($0) * 1000, Double($0) / 3) }
        _ = try await collector.write(batch("m", ["zone": "a"], samples))
        let plain = try await remoteRead(collector, matcher: ("__name__", "m"), from: now - 100_000, to: now)
        #expect(plain.status == 200 && plain.headers["content-encoding"] == "snappy" && plain.headers["content-type"] == "application/x-protobuf")
        let result = try ChunkReader.fields(ChunkReader.fields(try Snappy.decompress(plain.body, bytesMax: 1 << 20))[0].bytes)
        let series = try ChunkReader.fields(result[0].bytes)
        #expect(series.filter { $0.number == 2 }.count == 100 && series.filter { $0.number == 1 }.count == 2)
        let streamed = try await remoteRead(collector, matcher: ("__name__", "m"), from: 0, to: now, accepted: [1, 0])
        #expect(streamed.headers["content-type"] == "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse")
        let parts = try ChunkReader.frames(streamed.body).map { try ChunkReader.part($0) }
        #expect(parts.map(\.labels) == [["__name__": "m", "zone": "a"]])
        #expect(try parts.flatMap(\.chunks).flatMap { try ChunkReader.floats($0.data) } == samples.map { Sample(timestamp: $0.0, value: $0.1) })
        let unknown = try await remoteRead(collector, matcher: ("__name__", "m"), from: 0, to: now, accepted: [9])
        #expect(unknown.status == 400 && unknown.text.contains("does not support any of the requested response types"))
        try await collector.stop()
    }

    @Test func whatIsNoRemoteReadIsRefused() async throws {
        let collector = try await RunningCollector.start()
        let garbage = try await collector.request("POST", "/api/v1/read", headers: ["Content-Encoding": "snappy"], body: [1, 2, 3])
        #expect(garbage.status == 400)
        let packed = try await collector.request("POST", "/api/v1/read", headers: ["Content-Encoding": "gzip"], body: [1, 2, 3])
        #expect(packed.status == 415)
        let limited = try await RunningCollector.start { $0.limits.remoteReadSamplesMax = 10 }
        let now = nowMilliseconds()
        _ = try await limited.write(batch("m", [:], (0..<20).map { (now - $0 * 1000, 1) }.reversed()))
        let tooMany = try await remoteRead(limited, matcher: ("__name__", "m"), from: 0, to: now)
        #expect(tooMany.status == 422 && tooMany.text.contains("more than 10 samples"), "\(tooMany.text)")
        try await collector.stop()
        try await limited.stop()
    }
}
