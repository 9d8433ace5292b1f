import Compression
import Foundations
import LogStore
import MetricStore
import Model
import TestSupport
import Testing
import Wire

@testable import Collector

/// Tenants of one collector: nobody sees or fills the stores of another.
struct TenantTests {
    static let shop = TenantName("shop")!
    static let bank = TenantName("bank")!
    static let both = [TenantOptions(name: shop), TenantOptions(name: bank)]

    static func of(_ tenant: String?) -> [String: String] { tenant.map { [TenantName.header: $0] } ?? [:] }

    /// A series and a line of each, named after it.
    static func fill(_ collector: RunningCollector) async throws {
        for tenant in [nil, "shop", "bank"] {
            let name = tenant ?? "standard"
            var batch = batch("\(name)_metric", ["owner": name, "only_\(name)": "x"], [(nowMilliseconds(), 1)])
            batch.metadata["\(name)_metric"] = Metadata(kind: .gauge, help: "of \(name)")
            #expect(try await collector.write(batch, headers: of(tenant)).status == 204)
            #expect(try await collector.push([TailTests.record("a line of \(name)", app: name)], headers: of(tenant)).status == 200)
        }
    }

    static let everything = percentEncoded(#"{__name__=~".+",job!="nightjar"}"#)
    static let allLines = percentEncoded(#"{app=~".+"}"#)
    /// Whatever tells data, with a query for all of it.
    static let paths = [
        "/api/v1/query?query=\(everything)", "/api/v1/query_range?query=\(everything)&start=\(nowMilliseconds() / 1000 - 60)&end=\(nowMilliseconds() / 1000 + 60)&step=15",
        "/api/v1/series?match[]=\(everything)", "/api/v1/labels", "/api/v1/label/__name__/values", "/api/v1/label/owner/values", "/api/v1/metadata",
        "/federate?match[]=\(everything)", "/api/v1/status/tsdb", "/api/v1/export/openmetrics", "/loki/api/v1/labels", "/loki/api/v1/label/app/values",
        "/loki/api/v1/series?match[]=\(allLines)", "/loki/api/v1/query_range?query=\(allLines)", "/api/v1/nightjar/logs?query=", "/api/v1/nightjar/logs?query=line",
        "/loki/api/v1/query?query=\(percentEncoded(#"sum by (app) (count_over_time({app=~".+"}[1h]))"#))", "/loki/api/v1/patterns?query=\(allLines)",
        "/loki/api/v1/index/volume?query=\(allLines)", "/loki/api/v1/index/volume_range?query=\(allLines)", "/loki/api/v1/detected_field/status/values?query=\(allLines)",
        "/loki/api/v1/detected_fields?query=\(allLines)", "/loki/api/v1/detected_labels?query=\(allLines)", "/loki/api/v1/index/stats?query=\(allLines)",
        "/api/v1/nightjar/logs/answer?query=line", "/api/v1/nightjar/logs/patterns?query=line",
    ]
    /// Those of them that can't but show something that is the tenant's own.
    static let silentPaths: Set = [
        "/loki/api/v1/labels", "/loki/api/v1/detected_field/status/values?query=\(allLines)", "/loki/api/v1/detected_fields?query=\(allLines)",
        "/loki/api/v1/detected_labels?query=\(allLines)", "/loki/api/v1/index/stats?query=\(allLines)",
    ]

    @Test func noPathShowsDataOfAnotherTenant() async throws {
        let collector = try await RunningCollector.start(tenants: Self.both) { $0.storesOwnMetrics = false }
        try await Self.fill(collector)
        // Twice, so that what the first asked for is in the result cache when the others ask.
        for tenant in [nil, "shop", "bank", "default", "shop"] {
            let own = tenant == nil || tenant == "default" ? "standard" : tenant!
            for path in Self.paths {
                let reply = try await collector.get(path, headers: Self.of(tenant))
                #expect(reply.status == 200, "\(path): \(reply.text)")
                #expect(Self.silentPaths.contains(path) || reply.text.contains(own), "\(path) of \(own): \(reply.text)")
                for other in ["standard", "shop", "bank"] where other != own { #expect(!reply.text.contains(other), "\(path) of \(own): \(reply.text)") }
            }
            let read = try await Self.remoteRead(collector, tenant)
            #expect(read.contains("\(own)_metric"))
            for other in ["standard", "shop", "bank"] where other != own { #expect(!read.contains("\(other)_metric")) }
        }
        try await collector.stop()
    }

    private static func remoteRead(_ collector: RunningCollector, _ tenant: String?) async throws -> String {
        func varint(_ value: Int64) -> [UInt8] { { var bytes: [UInt8] = []; bytes.append(varint: UInt64(value)); return bytes }() }
        func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] { [number << 3 | 2] + varint(Int64(bytes.count)) + bytes }
        // All names, by a matcher of the type 2, a regular expression.
        let matcher = [0x08, 2] + field(2, Array("__name__".utf8)) + field(3, Array(".+".utf8))
        let query = [0x08] + varint(nowMilliseconds() - 600_000) + [0x10] + varint(nowMilliseconds() + 600_000) + field(3, matcher)
        let request = field(1, query)
        var headers = ["Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"]
        headers.merge(of(tenant)) { $1 }
        let reply = try await collector.request("POST", "/api/v1/read", headers: headers, body: Snappy.compress(request))
        #expect(reply.status == 200)
        return String(decoding: try Snappy.decompress(reply.body, bytesMax: 1 << 20), as: UTF8.self)
    }

    @Test func whatTheCollectorDoesAsAWholeBelongsToTheDefaultTenant() async throws {
        let collector = try await RunningCollector.start(tenants: Self.both)
        for path in [
            "/metrics", "/api/v1/nightjar/status", "/api/v1/nightjar/outbox", "/api/v1/rules", "/api/v1/alerts", "/api/v1/targets", "/api/v1/status/config",
            "/api/v1/status/flags", "/api/v1/status/runtimeinfo", "/api/v2/alerts", "/api/v2/silences", "/api/v1/nightjar/alerts",
        ] {
            #expect(try await collector.get(path, headers: Self.of("shop")).status == 403, "\(path)")
            #expect(try await collector.get(path, headers: Self.of("default")).status == 200, "\(path)")
        }
        #expect(try await collector.request("POST", "/-/reload", headers: Self.of("shop")).status == 403)
        #expect(try await collector.get("/-/healthy", headers: Self.of("shop")).status == 200)
        try await collector.stop()
    }

    @Test func aLiveTailFollowsItsTenantAlone() async throws {
        let collector = try await RunningCollector.start(tenants: Self.both)
        let port = collector.port
        let connection = try await blocking {
            let connection = try RawConnection(port: port)
            try connection.send(TailTests.upgrade("/loki/api/v1/tail?query=\(Self.allLines)", "\(TenantName.header): shop\r\n"))
            #expect(try connection.receiveHead().status == 101)
            return connection
        }
        // Until the first line comes through, the tail may still be starting; those of others are sent before each.
        let sending = Task {
            while !Task.isCancelled {
                for tenant in [nil, "bank", "shop"] {
                    _ = try await collector.push([TailTests.record("of \(tenant ?? "standard")")], headers: Self.of(tenant))
                }
            }
        }
        let frame = try await blocking { try TailTests.frame(connection) }
        sending.cancel()
        _ = await sending.result
        let text = String(decoding: frame.data, as: UTF8.self)
        #expect(text.contains("of shop") && !text.contains("of bank") && !text.contains("of standard"), "\(text)")
        let lines = try await blocking {
            let connection = try RawConnection(port: port)
            try connection.send(
                RunningCollector.head(
                    "GET", "/api/v1/nightjar/tail?query=\(Self.allLines)", headers: Self.of("bank"), length: nil, host: "127.0.0.1"))
            #expect(try connection.receiveHead().status == 200)
            return connection
        }
        for tenant in [nil, "shop", "bank"] {
            _ = try await collector.push([TailTests.record("of \(tenant ?? "standard")")], headers: Self.of(tenant))
        }
        let tailed = try await blocking {
            var text = ""
            while !text.contains("of ") {
                let piece = try lines.receive()
                if piece.isEmpty { break }
                text += String(decoding: piece, as: UTF8.self)
            }
            return text
        }
        #expect(tailed.contains("of bank") && !tailed.contains("of shop") && !tailed.contains("of standard"), "\(tailed)")
        let refused = try await blocking {
            let connection = try RawConnection(port: port)
            try connection.send(TailTests.upgrade("/loki/api/v1/tail?query=\(Self.allLines)", "\(TenantName.header): nobody\r\n"))
            return try connection.receiveHead().status
        }
        #expect(refused == 403)
        try await collector.stop()
    }

    /// Tenants of a token, the header, and whose data is shown; nil is 403.
    static let choices: [(tenants: String?, header: String?, shown: String?)] = [
        (nil, nil, "standard"), (nil, "default", "standard"), (nil, "shop", nil), (nil, "nobody", nil),
        ("shop", nil, "shop"), ("shop", "shop", "shop"), ("shop", "bank", nil), ("shop", "default", nil), ("shop", "nobody", nil),
        ("bank,shop", nil, "bank"), ("bank,shop", "shop", "shop"), ("bank,shop", "default", nil), ("bank,default", "default", "standard"),
        ("*", nil, "standard"), ("*", "bank", "bank"), ("*", "nobody", nil), ("gone", nil, nil), ("gone", "gone", nil), ("gone", "shop", nil),
        ("shop", "", nil), ("shop", "SHOP", nil), ("*", "../shop", nil), ("*", "shop|bank", nil), ("*", "shop,bank", nil),
    ]

    @Test func theTokenAndTheHeaderChooseTheTenant() async throws {
        let directory = TemporaryDirectory("collector")
        let root = AccessToken.make(name: "root", scopes: [.admin], tenants: .all)!
        var lines = [root.line]
        var cases: [(headers: [String: String], shown: String?)] = []
        for choice in Self.choices {
            let made = AccessToken.make(name: "t", scopes: [.read], tenants: choice.tenants.flatMap { TenantAccess($0) } ?? .standard)!
            lines.append(made.line)
            cases.append((Self.of(choice.header).merging(["Authorization": "Bearer \(made.token.reveal())"]) { $1 }, choice.shown))
        }
        try directory.write("tokens", lines.joined(separator: "\n"))
        let collector = try await RunningCollector.start(in: directory, tenants: Self.both) {
            $0.tokenFile = directory.path("tokens")
            $0.storesOwnMetrics = false
        }
        for tenant in [nil, "shop", "bank"] {
            let headers = Self.of(tenant).merging(["Authorization": "Bearer \(root.token.reveal())"]) { $1 }
            let batch = batch("m", ["owner": tenant ?? "standard"], [(nowMilliseconds(), 1)])
            #expect(try await collector.write(batch, headers: headers).status == 204)
        }
        for (choice, (headers, shown)) in zip(Self.choices, cases) {
            let reply = try await collector.get("/api/v1/label/owner/values", headers: headers)
            if let shown {
                #expect(reply.status == 200 && reply.text == #"{"status":"success","data":["\#(shown)"]}"#, "\(choice): \(reply.text)")
            } else {
                #expect(reply.status == 403 && reply.text.contains(#""errorType":"forbidden""#), "\(choice): \(reply.text)")
            }
        }
        // A tenant that is there and one that isn't are refused alike.
        let ofShop = cases[4].headers
        let texts = try await [collector.get("/api/v1/labels", headers: ofShop.merging(Self.of("bank")) { $1 }),
            collector.get("/api/v1/labels", headers: ofShop.merging(Self.of("tank")) { $1 })].map(\.text)
        #expect(texts[0].replacing("bank", with: "tank") == texts[1])
        #expect(try RealFileSystem().list(directory.path("data/tenants")).sorted() == ["bank", "shop"])
        try await collector.stop()
    }

    @Test func withoutTenantsAHeaderMeansNothing() async throws {
        let collector = try await RunningCollector.start()
        #expect(try await collector.write(batch("m", [:], [(nowMilliseconds(), 1)]), headers: Self.of("anonymous")).status == 204)
        #expect(try await collector.get("/api/v1/label/__name__/values?match[]=m").text.contains(#""m""#))
        #expect(try !RealFileSystem().exists(collector.directory.path("data/tenants")))
        try await collector.stop()
    }

    @Test func limitsAreEachTenantsOwnAndCountedSo() async throws {
        var small = TenantOptions(name: Self.shop)
        small.metricStore.seriesMax = 2
        small.logStore = LogStoreOptions(retentionSeconds: 86_400, acceptedPastSeconds: 86_400)
        let collector = try await RunningCollector.start(tenants: [small, TenantOptions(name: Self.bank)])
        var five = MetricBatch()
        for index in 0..<5 { five.entries += batch("m", ["i": "\(index)"], [(nowMilliseconds(), 1)]).entries }
        let refused = try await collector.write(five, headers: Self.of("shop"))
        #expect(refused.status == 400 && refused.headers["x-nightjar-rejected"] == "too_many_series=3", "\(refused.text)")
        #expect(try await collector.write(five, headers: Self.of("bank")).status == 204)
        #expect(try await collector.write(five).status == 204)
        var old = TailTests.record("old")
        old.timestamp = SystemClock().now().advanced(byNanoseconds: -5 * 86_400_000_000_000)
        for tenant in [nil, "shop", "bank"] { #expect(try await collector.push([old], headers: Self.of(tenant)).status == 200) }
        let figures = try await collector.get("/metrics").text
        #expect(figures.contains(#"nightjar_collector_rejected_items_total{reason="too_many_series",tenant="shop"} 3"#), "\(figures)")
        #expect(figures.contains(#"nightjar_collector_rejected_items_total{reason="too old",tenant="shop"} 1"#), "\(figures)")
        #expect(!figures.contains(#"reason="too_many_series",tenant="bank""#) && !figures.contains(#"reason="too_many_series"}"#))
        #expect(figures.contains(#"nightjar_metric_store_head_series{tenant="shop"} 2"#) && figures.contains(#"nightjar_metric_store_head_series{tenant="bank"} 5"#))
        let status = try await collector.get("/api/v1/status/tsdb", headers: Self.of("shop")).text
        #expect(status.contains(#""numSeries":2"#) && status.contains(#"{"reason":"too_many_series","count":3"#), "\(status)")
        #expect(try await collector.get("/api/v1/status/tsdb", headers: Self.of("bank")).text.contains(#""refused":{"byReason":[]"#))
        try await collector.stop()
    }

    @Test func eachTenantKeepsItsSamplesForItsOwnTime() async throws {
        let directory = TemporaryDirectory("tenants")
        var brief = TenantOptions(name: Self.shop)
        brief.metricStore.retentionMilliseconds = 86_400_000
        brief.metricStore.maintenanceIntervalSeconds = 0
        var long = TenantOptions(name: .standard)
        long.metricStore.maintenanceIntervalSeconds = 0
        let tenants = try await Tenants.open(
            long, [brief], dataDirectory: directory.path("data"), fileSystem: RealFileSystem(), clock: SystemClock())
        for tenant in tenants.all {
            _ = try await tenant.metrics.append(batch("m", [:], [(nowMilliseconds() - 3 * 86_400_000, 1)]))
            _ = try await tenant.metrics.append(batch("m", [:], [(nowMilliseconds(), 2)]))
            try await tenant.metrics.maintain()
        }
        let counts = try await tenants.all.asyncMap { tenant in
            try await tenant.metrics.select(MetricQuery(matchers: [Matcher("__name__", equals: "m")], start: .distantPast, end: .distantFuture)).map(\.sampleCount)
        }
        #expect(counts == [[2], [1]])
        await tenants.close()
    }

    @Test func aRestartKeepsEveryTenantsData() async throws {
        let directory = TemporaryDirectory("collector")
        let origin = BatchOrigin(agent: "abc", sequence: 1)!
        let now = nowMilliseconds()
        for run in 0..<2 {
            let collector = try await RunningCollector.start(in: directory, tenants: Self.both) { $0.storesOwnMetrics = false }
            if run == 0 { try await Self.fill(collector) }
            for tenant in [nil, "shop"] {
                // The mark of an agent is each store's own: what one tenant has is no duplicate for another.
                let reply = try await collector.write(batch("marked", [:], [(now, 1)]), origin: origin, headers: Self.of(tenant))
                #expect(reply.status == 204 && reply.headers["x-nightjar-duplicate"] == (run == 0 ? nil : "1"))
            }
            for tenant in [nil, "shop", "bank"] {
                let owner = try await collector.get("/api/v1/label/owner/values", headers: Self.of(tenant)).text
                #expect(owner.contains(#"["\#(tenant ?? "standard")"]"#), "\(owner)")
                let lines = try await collector.get("/api/v1/nightjar/logs?query=line", headers: Self.of(tenant)).text
                #expect(lines.contains("a line of \(tenant ?? "standard")"), "\(lines)")
            }
            try await collector.stop()
        }
        #expect(try TenantFolder.names(in: directory.path("data")) == [Self.bank, Self.shop])
        #expect(try RealFileSystem().exists(directory.path("data/tenants/shop/metrics")))
    }

    @Test func deletionsAndSnapshotsKeepToTheirTenant() async throws {
        let collector = try await RunningCollector.start(tenants: Self.both) { $0.storesOwnMetrics = false }
        try await Self.fill(collector)
        let deletion = try await collector.request("POST", "/api/v1/admin/tsdb/delete_series?match[]=\(Self.everything)", headers: Self.of("shop"))
        #expect(deletion.status == 204, "\(deletion.text)")
        #expect(try await collector.get("/api/v1/series?match[]=\(Self.everything)", headers: Self.of("shop")).text.contains(#""data":[]"#))
        #expect(try await collector.get("/api/v1/series?match[]=\(Self.everything)", headers: Self.of("bank")).text.contains("bank_metric"))
        #expect(try await collector.request("POST", "/api/v1/admin/tsdb/snapshot", headers: Self.of("bank")).status == 200)
        #expect(try RealFileSystem().list(collector.directory.path("data/tenants/bank/snapshots")).count == 1)
        #expect(try !RealFileSystem().exists(collector.directory.path("data/snapshots")))
        try await collector.stop()
    }

    @Test(arguments: [
        ("shop", "shop"), ("shop,bank", "shop,bank"), ("*", "*"), ("shop,shop", "shop"), ("", nil), ("shop,", nil), ("shop,*", nil), ("Shop", nil),
    ] as [(String, String?)])
    func aTokensTenantsAreNamesOrAll(text: String, read: String?) { #expect(TenantAccess(text)?.text == read) }
}

extension Array {
    fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async throws -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
