import Foundations
import Model
import TestSupport
import Testing

@testable import Collector

/// Conditions that a request adds to all selectors of its query.
struct ExtraFilterTests {
    private static func filled(tenants: [TenantOptions] = []) async throws -> RunningCollector {
        let collector = try await RunningCollector.start(tenants: tenants) { $0.storesOwnMetrics = false }
        let now = nowMilliseconds()
        for (instance, value) in [("web1", 1.0), ("web2", 2.0), ("db1", 4.0)] {
            let env = instance.hasPrefix("web") ? "prod" : "test"
            #expect(try await collector.write(batch("load", ["instance": instance, "env": env], [(now - 60_000, value), (now, value)])).status == 204)
        }
        #expect(try await collector.push([TailTests.record("a line of web", app: "web"), TailTests.record("a line of db", app: "db")]).status == 200)
        return collector
    }

    private static func value(_ reply: RawReply) -> String? { reply.text.split(separator: "\"").map(String.init).last { Double($0) != nil } }

    @Test func aQueryIsNarrowedHoweverTheConditionsAreWritten() async throws {
        let collector = try await Self.filled()
        let path = "/api/v1/query?query=sum(load)"
        let (web, regex) = (percentEncoded(#"{instance="web1"}"#), percentEncoded(#"{instance=~"web.*"}"#))
        for (parameters, expected) in [
            ("", "7"), ("&extra_filters[]=\(web)", "1"), ("&extra_filters=\(regex)", "3"), ("&extra_label=env=test", "4"), ("&extra_label=env=prod&extra_label=instance=web2", "2"),
            ("&extra_filters%5B%5D=\(regex)&extra_label=instance=web2", "2"), ("&extra_filters[]=" + percentEncoded(#"{env!="test"}"#), "3"), ("&extra_filters[]=", "7"),
            ("&extra_filters[]=\(web)&extra_filters[]=" + percentEncoded(#"{instance="db1"}"#), "5"), ("&extra_filters[]=\(web)&extra_filters=" + percentEncoded(#"{env!="prod"}"#), "5"),
            ("&extra_filters[]=\(web)&extra_filters[]=" + percentEncoded(#"{instance="db1",env="test"}"#) + "&extra_label=env=test", "4"),
        ] {
            let reply = try await collector.get(path + parameters)
            #expect(reply.status == 200 && Self.value(reply) == expected, "\(parameters): \(reply.text)")
        }
        let posted = try await collector.post("/api/v1/query", form: "query=sum(load)&extra_filters[]=\(regex)")
        #expect(Self.value(posted) == "3", "\(posted.text)")
        // With results kept in between.
        let now = nowMilliseconds() / 1000
        for (parameters, expected) in [("", "7"), ("&extra_filters[]=\(web)", "1"), ("&extra_label=env=test", "4"), ("", "7")] {
            let reply = try await collector.get("/api/v1/query_range?query=sum(load)&start=\(now - 30)&end=\(now)&step=15" + parameters)
            #expect(reply.text.contains(#""\#(expected)"]"#), "\(parameters): \(reply.text)")
        }
        try await collector.stop()
    }

    @Test func listsAreNarrowed() async throws {
        let collector = try await Self.filled()
        let web = "extra_filters[]=" + percentEncoded(#"{instance=~"web.*"}"#)
        let values = try await collector.get("/api/v1/label/instance/values?\(web)")
        #expect(values.text.contains("web1") && values.text.contains("web2") && !values.text.contains("db1"), "\(values.text)")
        #expect(try await collector.get("/api/v1/label/instance/values?match[]=load&extra_label=env=test").text.contains(#"["db1"]"#))
        let series = try await collector.get("/api/v1/series?match[]=load&\(web)")
        #expect(series.text.contains("web1") && !series.text.contains("db1"), "\(series.text)")
        #expect(try await collector.get("/api/v1/labels?extra_label=env=none").text.contains(#""data":[]"#))
        #expect(try await collector.get("/api/v1/labels?extra_filters[]=" + percentEncoded(#"{env!="none"}"#)).text.contains("instance"))
        let federated = try await collector.get("/federate?match[]=load&\(web)")
        #expect(federated.text.contains("web1") && !federated.text.contains("db1"), "\(federated.text)")
        let either = "extra_filters[]=" + percentEncoded(#"{instance="web1"}"#) + "&extra_filters[]=" + percentEncoded(#"{env="test"}"#)
        for path in ["/api/v1/label/instance/values?x=", "/api/v1/series?match[]=load", "/federate?match[]=load"] {
            let reply = try await collector.get("\(path)&\(either)").text
            #expect(reply.contains("web1") && reply.contains("db1") && !reply.contains("web2"), "\(path): \(reply)")
        }
        try await collector.stop()
    }

    @Test func linesAreNarrowed() async throws {
        let collector = try await Self.filled()
        let all = percentEncoded(#"{app=~".+"}"#), web = "extra_filters[]=" + percentEncoded(#"{app="web"}"#)
        for path in ["/loki/api/v1/query_range?query=\(all)&\(web)", "/api/v1/nightjar/logs?query=\(all)&\(web)", "/api/v1/nightjar/logs?query=line&extra_label=app=web"] {
            let reply = try await collector.get(path)
            #expect(reply.status == 200 && reply.text.contains("a line of web") && !reply.text.contains("a line of db"), "\(path): \(reply.text)")
        }
        let line = "line=a%20line%20of%20db&time=0&stream=" + percentEncoded(#"{app="db"}"#)
        for path in ["/loki/api/v1/labels?x=", "/loki/api/v1/label/app/values?x=", "/loki/api/v1/series?x=", "/loki/api/v1/detected_labels?x=", "/loki/api/v1/index/volume?query=\(all)",
            "/loki/api/v1/index/volume_range?query=\(all)", "/loki/api/v1/patterns?query=\(all)", "/api/v1/nightjar/logs/answer?query=line", "/api/v1/nightjar/logs/patterns?query=line",
            "/api/v1/nightjar/logs/context?\(line)"]
        {
            for narrowing in [web, web + "&extra_filters[]=" + percentEncoded(#"{app="none"}"#)] {
                let reply = try await collector.get("\(path)&\(narrowing)")
                #expect(reply.status == 200 && !reply.text.contains("db"), "\(path): \(reply.text)")
                if ["values", "series", "index", "answer"].contains(where: path.contains) { #expect(reply.text.contains("web"), "\(path): \(reply.text)") }
            }
        }
        for narrowing in [web, web + "&extra_filters[]=" + percentEncoded(#"{app=~"w.*",status="500"}"#), "extra_label=status=500&" + web] {
            let statistics = try await collector.get("/loki/api/v1/index/stats?query=\(all)&\(narrowing)")
            #expect(statistics.text.contains(#""streams":1,"chunks":1,"entries":1"#), "\(narrowing): \(statistics.text)")
        }
        let count = try await collector.get("/loki/api/v1/query?query=" + percentEncoded(#"sum by (app) (count_over_time({app=~".+"}[1h]))"#) + "&" + web)
        #expect(count.text.contains("web") && !count.text.contains(#""db""#), "\(count.text)")
        let refused = try await collector.get("/loki/api/v1/query_range?query=\(all)&extra_filters[]=" + percentEncoded(#"{app="web"} |= "x""#))
        #expect(refused.status == 400 && refused.text.contains("extra_filters"), "\(refused.text)")
        try await collector.stop()
    }

    @Test(arguments: [
        ("extra_filters[]=sum(up)", "invalid parameter \\\"extra_filters[]\\\""), ("extra_filters=%7B", "invalid parameter \\\"extra_filters\\\""), ("extra_label=env", "isn't of the form name=value"),
        ("extra_label==x", "isn't of the form name=value"), ("extra_filters[]=%7Ba%3D%22b%22%7D&extra_filters=up%5B5m%5D", "invalid parameter \\\"extra_filters\\\""),
        (Array(repeating: "extra_label=a=b", count: 65).joined(separator: "&"), "64 is the most"),
        (Array(repeating: "extra_filters[]=%7Ba%3D%22b%22%7D", count: 65).joined(separator: "&"), "64 is the most"),
    ])
    func mistakesAreSaid(parameters: String, message: String) async throws {
        let collector = try await RunningCollector.start()
        for path in ["/api/v1/query?query=up", "/api/v1/query_range?query=up&start=0&end=10&step=5", "/api/v1/labels?x=", "/api/v1/series?match[]=up"] {
            let reply = try await collector.get("\(path)&\(parameters)")
            #expect(reply.status == 400 && reply.text.contains(message), "\(path)&\(parameters): \(reply.text)")
        }
        try await collector.stop()
    }

    @Test func tailsAreNarrowed() async throws {
        let collector = try await Self.filled()
        let port = collector.port
        let all = percentEncoded(#"{app=~".+"} | label_format app="web""#), web = "extra_filters[]=" + percentEncoded(#"{app="web"}"#)
        let refused = try await collector.get("/loki/api/v1/tail?query=\(all)&extra_label=x")
        #expect(refused.status == 400 && refused.text.contains("extra_label"), "\(refused.text)")
        let connection = try await blocking {
            let connection = try RawConnection(port: port)
            try connection.send(TailTests.upgrade("/loki/api/v1/tail?query=\(all)&\(web)"))
            #expect(try connection.receiveHead().status == 101)
            let backlog = String(decoding: try TailTests.frame(connection).data, as: UTF8.self)
            #expect(backlog.contains("a line of web") && !backlog.contains("a line of db"), "\(backlog)")
            return connection
        }
        _ = try await collector.push([TailTests.record("live of db", app: "db"), TailTests.record("live of web", app: "web")])
        try await blocking {
            let live = String(decoding: try TailTests.frame(connection).data, as: UTF8.self)
            #expect(live.contains("live of web") && !live.contains("live of db"), "\(live)")
        }
        try await collector.stop()
    }

    @Test func noConditionShowsAnotherTenantsData() async throws {
        let collector = try await Self.filled(tenants: TenantTests.both)
        for parameters in ["extra_filters[]=" + percentEncoded(#"{env=~".*"}"#), "extra_label=env=prod", "extra_label=__tenant__=", "extra_filters=" + percentEncoded(#"{__name__=~".+"}"#)] {
            for path in ["/api/v1/query?query=load", "/api/v1/series?match[]=load", "/api/v1/label/instance/values?x="] {
                let reply = try await collector.get("\(path)&\(parameters)", headers: TenantTests.of("shop"))
                #expect(reply.status == 200 && !reply.text.contains("web1"), "\(path)&\(parameters): \(reply.text)")
            }
        }
        try await collector.stop()
    }
}
