import Foundations
import Glibc
import TestSupport
import Model
import Testing

@testable import Collector

/// Starting, stopping, connections.
struct LifecycleTests {
    @Test func aPortInUseIsOneSentence() async throws {
        let first = try await RunningCollector.start()
        let second = try await RunningCollector.open(in: TemporaryDirectory("collector")) {
            $0.listen = ServerAddress(host: "127.0.0.1", port: first.port)
        }
        await #expect { try await second.run() } throws: {
            "\($0)" == "another process already listens on 127.0.0.1:\(first.port); stop it or choose another address with --listen"
        }
        await #expect(throws: CollectorError.self) { try await second.listeningPort() }
        try await first.stop()
    }

    @Test func aLockedDataFolderIsOneSentence() async throws {
        let first = try await RunningCollector.start()
        await #expect { _ = try await RunningCollector.open(in: first.directory) } throws: {
            "\($0)" == "another process already uses the data folder \(first.directory.path("data")); stop it or choose another folder with --data"
        }
        try await first.stop()
        // The lock ends with the service.
        let again = try await RunningCollector.start(in: first.directory)
        try await again.stop()
    }

    @Test func aDataFolderThatCantBeMadeIsOneSentence() async throws {
        let directory = TemporaryDirectory("collector")
        try directory.write("file", "")
        await #expect { _ = try await RunningCollector.open(in: directory) { $0.dataDirectory = directory.path("file/data") } } throws: {
            "\($0)".contains("the data folder can't be used")
        }
    }

    @Test func connectionsAreKeptForFurtherRequests() async throws {
        let collector = try await RunningCollector.start()
        let port = collector.port
        try await blocking {
            let connection = try RawConnection(port: port)
            for _ in 0..<3 {
                try connection.send("GET /api/v1/query?query=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(try connection.receiveReply().status == 200)
            }
            // Two requests at once are answered in order.
            try connection.send("GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\nGET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try connection.receiveReply().status == 200)
            #expect(try connection.receiveReply().status == 404)
        }
        try await collector.stop()
    }

    @Test func headersOverTheLimitAndOtherProtocolsAreRefused() async throws {
        let collector = try await RunningCollector.start()
        let port = collector.port
        try await blocking {
            let large = try RawConnection(port: port)
            try large.send("GET /-/healthy HTTP/1.1\r\nHost: localhost\r\nX: \(String(repeating: "x", count: 20_000))\r\n\r\n")
            #expect(try large.receiveReply().status == 431)
            let noise = try RawConnection(port: port)
            try noise.send("\u{16}\u{3}\u{1} not HTTP at all\r\n\r\n")
            #expect(try noise.receiveReply().status == 400)
            let later = try RawConnection(port: port)
            try later.send("GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try later.receiveReply().status == 200)
            try later.send("nonsense\r\n\r\n")
            #expect(try later.receiveReply().status == 400)
        }
        try await collector.stop()
    }

    @Test func aConnectionWithoutARequestIsClosedInTime() async throws {
        let collector = try await RunningCollector.start {
            $0.limits.firstRequestSeconds = 1
            $0.limits.idleSeconds = 1
        }
        let port = collector.port
        try await blocking {
            let silent = try RawConnection(port: port)
            let dribbling = try RawConnection(port: port)
            try dribbling.send("GET /-/hea")
            let idle = try RawConnection(port: port)
            try idle.send("GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try idle.receiveReply().status == 200)
            for connection in [silent, dribbling, idle] { #expect(try connection.receive().isEmpty) }
        }
        try await collector.stop()
    }

    @Test(.timeLimit(.minutes(2))) func idleConnectionsDontHoldUpTheEnd() async throws {
        let collector = try await RunningCollector.start { $0.limits.shutdownSeconds = 3600 }
        let port = collector.port
        let connections = try await blocking {
            let used = try RawConnection(port: port)
            try used.send("GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n")
            _ = try used.receiveReply()
            let silent = try RawConnection(port: port)
            // Accepted by the server, not only by the system's backlog, which resets what it holds.
            usleep(100_000)
            return [used, silent]
        }
        let start = SystemClock().monotonicNanoseconds()
        try await collector.stop()
        #expect(SystemClock().monotonicNanoseconds() - start < 2_000_000_000)
        try await blocking { () throws -> Void in for connection in connections { #expect(try connection.receive().isEmpty) } }
        #expect(throws: ConnectionClosed.self) { try RawConnection(port: port) }
    }

    @Test(.timeLimit(.minutes(2))) func aRequestThatNeverEndsIsCutOffAtTheEnd() async throws {
        let collector = try await RunningCollector.start { $0.limits.shutdownSeconds = 1 }
        let port = collector.port
        let connection = try await blocking {
            let connection = try RawConnection(port: port)
            try connection.send("POST /v1/logs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
            usleep(400_000)
            return connection
        }
        let start = SystemClock().monotonicNanoseconds()
        try await collector.stop()
        let seconds = Double(SystemClock().monotonicNanoseconds() - start) / 1_000_000_000
        #expect(seconds < 4, "\(seconds) s")
        connection.close()
    }

    @Test func ownMetricsAreExposedAndStored() async throws {
        let collector = try await RunningCollector.start()
        _ = try await collector.get("/-/healthy")
        let metrics = try await collector.get("/metrics").text
        for part in [
            "# TYPE nightjar_collector_up gauge\nnightjar_collector_up 1\n", "nightjar_collector_ingest_accepting 1\n", "nightjar_outbox_pending 0\n",
            "nightjar_store_acknowledging{store=\"metrics\"} 1\n", "nightjar_store_quarantined_files{store=\"logs\"} 0\n",
            "nightjar_collector_requests_total{code=\"200\",method=\"GET\",route=\"/-/healthy\"} 1\n", "nightjar_rule_evaluation_failures_total 0\n",
            "nightjar_collector_request_duration_seconds_bucket{le=\"+Inf\",route=\"/-/healthy\"} 1\n", "process_resident_memory_bytes ",
            "nightjar_collector_refused_requests_total{reason=\"overload\"} 0\n",
        ] { #expect(metrics.contains(part), "\(part)") }
        let stored = try await collector.text("/api/v1/query?query=nightjar_collector_up", holding: "test-host")
        #expect(stored.contains(#""instance":"test-host","job":"nightjar""#))
        try await collector.stop()
    }

    @Test func aQueryEndsWithItsTimeOrWithItsClient() async throws {
        let collector = try await RunningCollector.start()
        let now = nowMilliseconds()
        var written = MetricBatch()
        for index in 0..<500 { written.entries += batch("m", ["index": "\(index)"], [(now, Double(index))]).entries }
        #expect(try await collector.write(written).status == 204)
        let query = percentEncoded("quantile_over_time(0.5, (m * time() % 1013)[5m:500ms])")
        let path = "/api/v1/query_range?query=\(query)&start=\(now / 1000)&end=\(now / 1000 + 290)&step=1"
        let late = try await collector.get(path + "&timeout=100ms")
        #expect(late.status == 503 && late.text.contains(#""errorType":"timeout""#), "\(late.text.prefix(500))")
        let port = collector.port
        try await blocking {
            let connection = try RawConnection(port: port)
            try connection.send("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
            usleep(100_000)
            connection.close()
        }
        let left = "nightjar_collector_refused_requests_total{reason=\"client_left\"} 1\n"
        let metrics = try await collector.text("/metrics", holding: left)
        #expect(metrics.contains(left) && metrics.contains("nightjar_collector_queries_running 0\n"))
        try await collector.stop()
    }
}
