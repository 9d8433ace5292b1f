import Foundations
import LogStore
import Model
import TestSupport
import Testing

@testable import Collector

/// Erasing lines, and days as files, of a collector that runs.
struct LogDeletionTests {
    private static func query(_ text: String) -> String { percentEncoded(text) }
    private static let start = "start=\(SystemClock().now().nanoseconds - 3_600_000_000_000)"
    private static let deletions = "/api/v1/nightjar/logs/deletions"
    private static let days = "/api/v1/nightjar/logs/days"

    private static func lines(_ collector: RunningCollector, _ tenant: String? = nil) async throws -> String {
        try await collector.get("/loki/api/v1/query_range?query=\(query(#"{app=~".+"}"#))", headers: TenantTests.of(tenant)).text
    }

    /// Waits until all deletions are over.
    private static func settled(_ collector: RunningCollector) async throws -> String {
        let settled = try await eventually { () -> String? in
            let text = try await collector.get(deletions).text
            return text.contains(#""state":"received""#) || text.contains(#""state":"processing""#) ? nil : text
        }
        return try #require(settled, "a deletion doesn't end")
    }

    @Test func lokisDeletionErasesTheLinesOfItsQueryAndTenantAlone() async throws {
        let collector = try await RunningCollector.start(tenants: TenantTests.both)
        for tenant in [nil, "shop"] {
            let records = [TailTests.record("of alice@example.org"), TailTests.record("of bob@example.org"), TailTests.record("of alice@example.org too", app: "db")]
            #expect(try await collector.push(records, headers: TenantTests.of(tenant)).status == 200)
        }
        let path = "/loki/api/v1/delete?query=\(Self.query(#"{app="web"} |= "alice@example.org""#))&\(Self.start)"
        let preview = path.replacing("/loki/api/v1/delete", with: Self.deletions + "/preview")
        #expect(try await collector.get(preview).text == #"{"status":"success","data":{"lines":1}}"#)
        let reply = try await collector.request("POST", path)
        let id = try #require(reply.headers["x-nightjar-request-id"])
        #expect(reply.status == 204 && id.count == 16)
        let own = try await Self.settled(collector)
        #expect(own.contains(#""state":"processed","daysTotal":"#) && own.contains(#""linesErased":1"#), "\(own)")
        let list = try await collector.get("/loki/api/v1/delete").text
        #expect(list.hasPrefix(#"[{"request_id":"\#(id)","start_time":"#) && list.contains(#""query":"{app=\"web\"} |= \"alice@example.org\"","status":"processed""#), "\(list)")
        let left = try await Self.lines(collector)
        #expect(left.contains("bob@") && left.contains("alice@example.org too") && !left.contains(#""of alice@example.org""#), "\(left)")
        #expect(try await Self.lines(collector, "shop").contains(#""of alice@example.org""#), "another tenant keeps its own")
        #expect(try await collector.get("/loki/api/v1/delete", headers: TenantTests.of("shop")).text == "[]")
        let again = try await collector.request("DELETE", "/loki/api/v1/delete?request_id=\(id)&force=true")
        #expect(again.status == 400 && again.text.contains("already processed"))
        #expect(try await collector.request("DELETE", "/loki/api/v1/delete?request_id=1").status == 404)
        try await collector.stop()
    }

    @Test(arguments: [
        (#"{app="web"} | json | status="500""#, "only streams, levels, fields and texts"), (#"{app="web"} |= "a" or "b""#, "only streams, levels, fields and texts"),
        (#"{}"#, "chooses every line"), ("alice", "write it in LogQL"), (#"{app="web""#, "parse error at line 1"), (#"rate({app="web"}[5m])"#, "gives numbers"),
    ])
    func aQueryThatTheStoreDoesNotDecideAloneErasesNothing(_ query: String, _ words: String) async throws {
        let collector = try await RunningCollector.start()
        #expect(try await collector.push([TailTests.record("stays")]).status == 200)
        let refused = try await collector.request("POST", "/loki/api/v1/delete?query=\(Self.query(query))&\(Self.start)")
        #expect(refused.status == 400 && refused.text.contains(words), "\(refused.text)")
        let endless = try await collector.request("POST", "/loki/api/v1/delete?query=\(Self.query(#"{app="web"}"#))")
        #expect(endless.status == 400 && endless.text.contains("\"start\" is missing"), "\(endless.text)")
        #expect(try await Self.lines(collector).contains("stays"))
        try await collector.stop()
    }

    @Test func aDeletionThatAStopCutOffIsCarriedOutAfterTheStart() async throws {
        let directory = TemporaryDirectory("collector")
        var collector = try await RunningCollector.start(in: directory)
        #expect(try await collector.push([TailTests.record("to be forgotten"), TailTests.record("stays")]).status == 200)
        try await collector.stop()
        let now = SystemClock().now().nanoseconds
        try directory.write(
            "data/log-deletions.json",
            #"{"version":1,"requests":[{"id":"0123456789abcdef","query":"{app=\"web\"} |= \"forgotten\"","start":\#(now - 3_600_000_000_000),"end":\#(now + 1_000_000_000),"createdAt":\#(now),"actor":"ops","state":"processing","daysTotal":1,"daysDone":0,"linesErased":0}]}"#)
        collector = try await RunningCollector.start(in: directory)
        #expect(try await Self.settled(collector).contains(#""actor":"ops","state":"processed","daysTotal":1,"daysDone":1,"linesErased":1"#))
        let left = try await Self.lines(collector)
        #expect(left.contains("stays") && !left.contains("forgotten"), "\(left)")
        try await collector.stop()
        collector = try await RunningCollector.start(in: directory)
        #expect(try await collector.get("/loki/api/v1/delete").text.contains(#""status":"processed""#), "it is remembered")
        try await collector.stop()
    }

    @Test func erasingAndCopyingNeedTheScopeAdmin() async throws {
        let directory = TemporaryDirectory("collector")
        let token = AccessToken.make(name: "a", scopes: [.read, .ingest, .operate])!
        try directory.write("tokens", token.line)
        let collector = try await RunningCollector.start(in: directory) { $0.tokenFile = directory.path("tokens") }
        let headers = ["Authorization": "Bearer \(token.token.reveal())"]
        for (method, path) in [
            ("POST", "/loki/api/v1/delete?query=x&start=1"), ("GET", "/loki/api/v1/delete"), ("DELETE", "/loki/api/v1/delete?request_id=1"), ("POST", Self.deletions),
            ("GET", Self.deletions), ("GET", Self.days), ("GET", Self.days + "/logs-2026-11-21.sqlite"), ("POST", Self.days + "/logs-2026-11-21.sqlite"),
        ] { #expect(try await collector.request(method, path, headers: headers).status == 403, "\(method) \(path)") }
        try await collector.stop()
    }

    @Test func aDayGoesOutAndComesBackWhileTheCollectorRuns() async throws {
        let directory = TemporaryDirectory("collector")
        let collector = try await RunningCollector.start(in: directory)
        #expect(try await collector.push([TailTests.record("in the backup")]).status == 200)
        let listed = try await collector.get(Self.days).text
        let file = String(try #require(listed.firstMatch(of: /logs-[0-9-]+\.sqlite/)).output)
        let copy = try await collector.get("\(Self.days)/\(file)")
        #expect(copy.status == 200 && copy.headers["content-type"] == "application/vnd.sqlite3" && copy.body.starts(with: Array("SQLite format 3\0".utf8)))
        #expect(try await collector.push([TailTests.record("after it")]).status == 200)
        let refused = try await collector.request("POST", "\(Self.days)/\(file)", body: copy.body)
        #expect(refused.status == 409 && refused.text.contains("replace=true"), "\(refused.text)")
        #expect(try await Self.lines(collector).contains("after it"))
        let restored = try await collector.request("POST", "\(Self.days)/\(file)?replace=true", body: copy.body)
        #expect(restored.status == 200 && restored.text.contains(#""file":"\#(file)","bytes":\#(copy.body.count)"#), "\(restored.text)")
        var found = try await Self.lines(collector)
        #expect(found.contains("in the backup") && !found.contains("after it"), "\(found)")
        #expect(try await collector.push([TailTests.record("written to the restored day")]).status == 200)
        found = try await Self.lines(collector)
        #expect(found.contains("in the backup") && found.contains("written to the restored day"), "\(found)")
        #expect(try RealFileSystem().list(directory.path("data/transfers")).isEmpty)
        try await collector.stop()
    }

    @Test func aDamagedOrForeignFileIsNotTaken() async throws {
        let directory = TemporaryDirectory("collector")
        let collector = try await RunningCollector.start(in: directory)
        #expect(try await collector.push([TailTests.record("stays")]).status == 200)
        let file = String(try #require(try await collector.get(Self.days).text.firstMatch(of: /logs-[0-9-]+\.sqlite/)).output)
        var bytes = try await collector.get("\(Self.days)/\(file)").body
        for index in bytes.indices where index > 8192 { bytes[index] ^= 0x55 }
        for body in [bytes, Array(bytes.prefix(5000)), Array("no database".utf8)] {
            let refused = try await collector.request("POST", "\(Self.days)/\(file)?replace=true", body: body)
            #expect(refused.status == 400, "\(refused.text)")
        }
        for name in ["..%2F..%2Fetc%2Fpasswd", "lock", "logs-2026-11-21.terms", "logs-2026-13-41.sqlite"] {
            #expect(try await collector.get("\(Self.days)/\(name)").status == 404)
            #expect(try await collector.request("POST", "\(Self.days)/\(name)", body: [1]).status == 404)
        }
        #expect(try await collector.get("\(Self.days)/logs-2001-01-01.sqlite").status == 404)
        #expect(try await Self.lines(collector).contains("stays"))
        #expect(try RealFileSystem().list(directory.path("data/logs")).allSatisfy { !$0.contains("restoring") })
        try await collector.stop()
    }
}
