import Foundation
import Foundations
import TestSupport
import Testing

@testable import Collector

private func json(_ reply: RawReply) throws -> Any { try JSONSerialization.jsonObject(with: Data(reply.body), options: .fragmentsAllowed) }
private func list(_ reply: RawReply) throws -> [[String: Any]] { try #require(try json(reply) as? [[String: Any]]) }

@Test func postedAlertsAreStoredAndInvalidOnesRefusedOneByOne() async throws {
    let collector = try await RunningCollector.start()
    let body = #"[{"labels":{"alertname":"A","n":"1"},"annotations":{"summary":"s"},"startsAt":"2026-01-01T00:00:00Z","endsAt":"0001-01-01T00:00:00Z"},{"labels":{}},{"nothing":1}]"#
    let refused = try await collector.request("POST", "/api/v2/alerts", headers: ["Content-Type": "application/json"], body: Array(body.utf8))
    let reason = try json(refused) as? String
    #expect(refused.status == 400 && reason?.contains("alert 2: labels is required") == true)
    let taken = try await collector.request("POST", "/api/v2/alerts", body: Array(#"[{"labels":{"alertname":"B"}}]"#.utf8))
    #expect(taken.status == 200 && taken.body.isEmpty)
    let alerts = try list(await collector.get("/api/v2/alerts"))
    #expect(Set(alerts.compactMap { ($0["labels"] as? [String: String])?["alertname"] }) == ["A", "B"])
    let first = try #require(alerts.first { ($0["labels"] as? [String: String])?["alertname"] == "A" })
    #expect(first["startsAt"] as? String == "2026-01-01T00:00:00.000Z" && (first["status"] as? [String: Any])?["state"] as? String == "active")
    #expect(try list(await collector.get("/api/v2/alerts?filter=n%3D%221%22")).count == 1)
    #expect(try await collector.get("/api/v2/alerts?filter=%7B").status == 400)
    let ended = try await collector.request("POST", "/api/v2/alerts", body: Array(#"[{"labels":{"alertname":"B"},"endsAt":"2026-01-01T00:00:00Z"}]"#.utf8))
    #expect(ended.status == 200)
    #expect(try list(await collector.get("/api/v2/alerts")).count == 1)
    #expect(try await collector.request("POST", "/api/v2/alerts", body: Array("{}".utf8)).status == 400)
    try await collector.stop()
}

@Test func silencesAreMadeShownChangedAndEnded() async throws {
    let collector = try await RunningCollector.start()
    _ = try await collector.request("POST", "/api/v2/alerts", body: Array(#"[{"labels":{"alertname":"A"}}]"#.utf8))
    let end = TimestampText.rfc3339(SystemClock().nowMilliseconds().advanced(byMilliseconds: 3_600_000))
    func silence(_ more: String) -> [UInt8] {
        Array(#"{"matchers":[{"name":"alertname","value":"A","isRegex":false}],"startsAt":"2026-01-01T00:00:00Z","endsAt":"\#(end)","createdBy":"ann","comment":"work"\#(more)}"#.utf8)
    }
    let made = try await collector.request("POST", "/api/v2/silences", body: silence(""))
    let id = try #require((try json(made) as? [String: String])?["silenceID"])
    let alert = try #require(try list(await collector.get("/api/v2/alerts")).first?["status"] as? [String: Any])
    #expect(alert["state"] as? String == "suppressed" && alert["silencedBy"] as? [String] == [id])
    #expect(try list(await collector.get("/api/v2/alerts?silenced=false")).isEmpty)
    #expect(try list(await collector.get("/api/v2/silences?filter=alertname%3DA")).count == 1)
    #expect(try list(await collector.get("/api/v2/silences?filter=alertname%3DB")).isEmpty)
    let unknown = try await collector.request("POST", "/api/v2/silences", body: silence(#","id":"00000000-0000-0000-0000-000000000000""#))
    #expect(unknown.status == 404)
    #expect(try await collector.get("/api/v2/silence/none").status == 404)
    #expect(try await collector.request("DELETE", "/api/v2/silence/\(id)").status == 200)
    let shown = try #require(try json(await collector.get("/api/v2/silence/\(id)")) as? [String: Any])
    #expect((shown["status"] as? [String: String])?["state"] == "expired")
    #expect(try await collector.request("POST", "/api/v2/silences", body: silence(#","recurrence":{"rule":"FREQ=HOURLY","durationSeconds":60}"#)).status == 400)
    try await collector.stop()
}

@Test func actionsSayWhoAndWhenAndAreExplained() async throws {
    let collector = try await RunningCollector.start()
    _ = try await collector.request("POST", "/api/v2/alerts", body: Array(#"[{"labels":{"alertname":"A B"}}]"#.utf8))
    let done = try await collector.request("POST", "/api/v1/nightjar/alerts/A%20B/acknowledge", body: Array(#"{"actor":"ann","comment":"on it"}"#.utf8))
    #expect(done.status == 200)
    #expect(try await collector.request("POST", "/api/v1/nightjar/alerts/none/acknowledge").status == 404)
    let told = try await collector.get("/api/v1/nightjar/alerts/A%20B/events")
    let data = try #require((try json(told) as? [String: Any])?["data"] as? [String: Any])
    let steps = (data["events"] as? [[String: Any]])?.compactMap { $0["step"] as? String }
    #expect(steps == ["firing", "acknowledged"] && (data["verdict"] as? String)?.contains("no route leads to a receiver") == true)
    let forged = try await collector.request("POST", "/api/v1/nightjar/pagerduty", headers: ["X-PagerDuty-Signature": "v1=00"], body: Array("{}".utf8))
    #expect(forged.status == 401)
    #expect(try await collector.get("/api/v2/status").status == 200)
    try await collector.stop()
}
