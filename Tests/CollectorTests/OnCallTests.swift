import Foundation
import Foundations
import TestSupport
import Testing

@testable import Collector

private let file = """
    people:
      - {name: ana, full_name: Ana Lima, webhook: {url: "https://h/ana"}}
      - {name: ben, webhook: {url: "https://h/ben"}}
    schedules:
      - name: primary
        zone: Europe/Amsterdam
        layers: [{name: week, people: [ana], rotation: weekly, handover: monday 09:00, start: 2020-01-06}]
    """

private func data(_ reply: RawReply) throws -> [String: Any] {
    try #require((try JSONSerialization.jsonObject(with: Data(reply.body)) as? [String: Any])?["data"] as? [String: Any])
}

@Test func whoIsOnCallIsAskedOverriddenAndSubscribedTo() async throws {
    let directory = TemporaryDirectory("oncall")
    try directory.write("oncall.yml", file)
    let collector = try await RunningCollector.start(in: directory, onCall: directory.path("oncall.yml"))
    let base = "/api/v1/nightjar/oncall"
    func first(_ path: String) async throws -> [String: Any] { try #require((try data(await collector.get(path))["schedules"] as? [[String: Any]])?.first) }
    let shown = try await first(base)
    #expect(shown["person"] as? String == "ana" && shown["fullName"] as? String == "Ana Lima" && shown["cause"] as? String == "layer week")
    let body = #"{"person":"ben","from":"2030-01-01T00:00:00Z","to":"2030-01-02T00:00:00Z","actor":"ann","comment":"swapped"}"#
    let made = try await collector.request("POST", base + "/primary/overrides", body: Array(body.utf8))
    #expect(made.status == 200)
    let id = try #require(try data(made)["id"] as? Int)
    #expect(try await first(base + "?time=2030-01-01T12:00:00Z")["cause"] as? String == "override by ann: swapped")
    let calendar = try await collector.get(base + "/primary/calendar.ics?start=2030-01-01T00:00:00Z&end=2030-01-03T00:00:00Z")
    let text = String(decoding: calendar.body, as: UTF8.self)
    #expect(calendar.status == 200 && text.contains("SUMMARY:ben on call (primary)\r\n") && text.contains("SUMMARY:Ana Lima on call (primary)\r\n"))
    #expect(try await collector.get(base + "/primary/shifts?start=2030-01-01T00:00:00Z&end=2030-01-03T00:00:00Z").status == 200)
    #expect(try await collector.request("DELETE", base + "/primary/overrides/\(id)").status == 200)
    #expect(try await collector.request("DELETE", base + "/primary/overrides/\(id)").status == 400)
    #expect(try await collector.request("POST", base + "/primary/notes", body: Array(#"{"comment":"all quiet","actor":"ann"}"#.utf8)).status == 200)
    #expect((try await first(base)["note"] as? [String: Any])?["text"] as? String == "all quiet")
    #expect(try await collector.get(base + "/secondary/notes").status == 400)
    #expect(try await collector.request("POST", base + "/primary/overrides", body: Array("{}".utf8)).status == 400)
    #expect(try await collector.get("/api/v1/nightjar/escalations").status == 200)
    #expect(try await collector.request("POST", "/api/v1/nightjar/alerts/none/escalate").status == 404)
    try await collector.stop()
}
