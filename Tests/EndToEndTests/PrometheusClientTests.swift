import Compression
import Foundation
import Foundations
import Model
import TestSupport
import Testing
import Wire

/// Clients that people have, unchanged, against the real binary: promtool, Prometheus itself, prometheus_client.
@Suite(.serialized) struct PrometheusClientTests {
    @Test func promtoolQueries() async throws {
        let bench = try await Bench.start(logFiles: [])
        try await bench.push(metric: "shop_orders", labels: ["shop": "north"], value: 4.5)
        try await bench.push(metric: "shop_orders", labels: ["shop": "south"], value: 2)
        func promtool(_ arguments: String) async throws -> CommandRun { try await CommandRun.shell("promtool query \(arguments)") }
        let base = bench.probe.base
        let instant = try await promtool("instant \(base) 'sum(shop_orders)'")
        #expect(instant.code == 0 && instant.data.hasPrefix("{} => 6.5 @["), "\(instant)")
        let now = SystemClock().nowMilliseconds().milliseconds / 1000
        let range = try await promtool("range --start=\(now - 60) --end=\(now + 60) --step=5s \(base) 'shop_orders{shop=\"north\"}'")
        #expect(range.code == 0 && range.data.hasPrefix("shop_orders{shop=\"north\"} =>\n4.5 @["), "\(range)")
        let series = try await promtool("series --match='shop_orders' \(base)")
        #expect(series.data == "{__name__=\"shop_orders\", shop=\"north\"}\n{__name__=\"shop_orders\", shop=\"south\"}\n", "\(series)")
        #expect(try await promtool("labels \(base) shop").data == "north\nsouth\n")
        let wrong = try await promtool("instant \(base) 'sum('")
        #expect(wrong.code == 1 && wrong.messages.contains("bad_data: invalid parameter \"query\": 1:5: parse error"), "\(wrong)")
    }

    @Test func prometheusReadsFederatesAndWrites() async throws {
        let bench = try await Bench.start(logFiles: [])
        try await bench.push(metric: "shop_orders", labels: ["shop": "north"], value: 4.5)
        let prometheus = try await PrometheusServer.start(
            configuration: """
                global: {scrape_interval: 1s}
                scrape_configs:
                  - job_name: federate
                    honor_labels: true
                    metrics_path: /federate
                    params: {"match[]": ['{__name__="shop_orders"}']}
                    static_configs: [{targets: ["127.0.0.1:\(bench.port)"]}]
                    metric_relabel_configs: [{source_labels: [__name__], target_label: __name__, replacement: "federated_$1"}]
                remote_read: [{url: "\(bench.probe.base)/api/v1/read", read_recent: true}]
                remote_write: [{url: "\(bench.probe.base)/api/v1/write", queue_config: {batch_send_deadline: 200ms}}]
                """)
        let probe = CollectorProbe(port: prometheus.port)
        #expect(try await probe.instant("shop_orders", by: "shop") == ["north": 4.5], "by remote read")
        // Prometheus writes on what is newer than its own start.
        try await bench.push(metric: "shop_orders", labels: ["shop": "north"], value: 5.5)
        let federated = try await eventually { try await probe.instant("federated_shop_orders == 5.5", by: "shop")["north"] }
        #expect(federated == 5.5, "by federation")
        let written = try await eventually { try await bench.probe.instant("federated_shop_orders == 5.5", by: "shop")["north"] }
        #expect(written == 5.5, "by remote write, back again")
    }

    @Test func prometheusClientPushes() async throws {
        let bench = try await Bench.start(logFiles: [])
        let script = try #require(Bundle.module.resourceURL?.appendingPathComponent("Clients/push.py").path)
        let run = try await CommandRun.shell("/usr/bin/python3 '\(script)' \(bench.probe.base)")
        #expect(run.code == 0 && run.data.hasPrefix("204 "), "\(run)")
        #expect(try await bench.probe.instant("client_jobs_total", by: "kind") == ["mail": 3])
        #expect(try await bench.probe.instant("client_queue_length", by: "job") == ["python": 7.5])
        #expect(try await bench.probe.instant("client_job_seconds_bucket", by: "le") == ["0.1": 1, "1.0": 2, "10.0": 3, "+Inf": 4])
    }

    /// Every seventh of the queries that `make compare-prometheus` asks.
    @Test func answersAreThoseOfPrometheus() async throws {
        let bench = Paths.join(Paths.directory(of: NightjarProcess.executable), "nightjar-bench")
        let run = try await CommandRun.shell("\(bench) compare-prometheus --nightjar $NIGHTJAR --port \(freePort()) --prometheus-port \(freePort()) --every 7")
        #expect(run.code == 0 && run.data.firstMatch(of: /^passed 1\d\d of 1\d\d\b/) != nil, "\(run)")
    }

    /// Both servers are given the same; series of one chunk come out of both in the same bytes.
    @Test func streamedChunksAreThoseOfPrometheus() async throws {
        let bench = try await Bench.start(logFiles: [])
        let prometheus = try await PrometheusServer.start(configuration: "global: {}\n")
        let probe = CollectorProbe(port: prometheus.port)
        let body = Snappy.compress(RemoteWrite.encodeV1(Self.chunkData(Self.startWithinBlock(SystemClock().nowMilliseconds().milliseconds))))
        for server in [bench.probe, probe] {
            let reply = try await server.send("POST", "/api/v1/write", headers: [
                ("Content-Type", "application/x-protobuf"), ("Content-Encoding", "snappy"), ("X-Prometheus-Remote-Write-Version", "0.1.0"),
            ], body: body)
            try #require((200...299).contains(reply.status), "\(server.base): \(reply.status) \(String(decoding: reply.body, as: UTF8.self))")
        }
        let ours = try await Self.streamed(bench.probe)
        let theirs = try await Self.streamed(probe)
        #expect(ours.count == 5 && ours.map(\.labels) == theirs.map(\.labels))
        for (our, their) in zip(ours, theirs) { #expect(our.chunks == their.chunks, "\(our.labels)") }
    }

    /// Some minutes before `now`, so that nothing lies on both sides of an even hour: there Prometheus begins another chunk, since its
    /// blocks do, wherever it is.
    private static func startWithinBlock(_ now: Int64) -> Int64 {
        let blockMilliseconds: Int64 = 7_200_000
        let start = now - chunkDataMilliseconds - 100_000
        let boundary = now / blockMilliseconds * blockMilliseconds
        return start < boundary ? boundary - chunkDataMilliseconds - 100_000 : start
    }

    private static let chunkDataMilliseconds: Int64 = 500_000

    /// Floats of several kinds and integer histograms, 100 samples each.
    private static func chunkData(_ start: Int64) -> MetricBatch {
        var random = SeededGenerator(seed: 9)
        var entries: [MetricBatch.Entry] = []
        for kind in ["steady", "jittering", "wild", "special"] {
            var value = 1.0
            let samples = (0..<100).map { index -> Sample in
                let jitter = kind == "jittering" ? Int64(random.next() % 900) : 0
                switch kind {
                case "steady": value += 1
                case "jittering": value = Double(random.next() % 1000) / 10
                case "wild": value = Double(random.next() % 1 << 50) * 1e-20
                default: value = [.infinity, -.infinity, 0, -0.0, StaleMarker.ordinaryNaN][index % 5]
                }
                return Sample(timestamp: start + Int64(index) * 5000 + jitter, value: value)
            }
            entries.append(.init(labels: ["__name__": "chunk_check", "kind": kind], samples: samples))
        }
        var histogram = FloatHistogram(
            schema: 2, zeroThreshold: 0x1p-128, zeroCount: 2, count: 10, sum: 12.5, positiveSpans: [.init(offset: 0, length: 2), .init(offset: 3, length: 1)],
            positiveBuckets: [3, 4, 1])
        let histograms = (0..<100).map { index -> HistogramSample in
            let grown = Double(random.next() % 90)
            histogram.positiveBuckets[index % 3] += grown
            histogram.count += grown
            histogram.sum += grown * 1.25
            return HistogramSample(timestamp: start + Int64(index) * 5000, histogram: histogram, isInteger: true)
        }
        return MetricBatch(entries: entries + [.init(labels: ["__name__": "chunk_check", "kind": "z-histogram"], histograms: histograms)])
    }

    /// A remote read of all of them, streamed.
    private static func streamed(_ server: CollectorProbe) async throws -> [ChunkReader.SeriesPart] {
        var matcher: [UInt8] = [0x12]
        matcher.append(lengthPrefixed: "__name__")
        matcher.append(0x1A)
        matcher.append(lengthPrefixed: "chunk_check")
        var query: [UInt8] = [0x10]
        query.append(varint: UInt64(SystemClock().nowMilliseconds().milliseconds))
        query.append(0x1A)
        query.append(lengthPrefixed: matcher)
        var request: [UInt8] = [0x0A]
        request.append(lengthPrefixed: query)
        request += [0x10, 1]
        let reply = try await server.send("POST", "/api/v1/read", headers: [("Content-Type", "application/x-protobuf"), ("Content-Encoding", "snappy")], body: Snappy.compress(request))
        try #require(reply.status == 200, "\(String(decoding: reply.body, as: UTF8.self))")
        return try ChunkReader.frames(reply.body).map { try ChunkReader.part($0) }
    }
}
