import Foundation
import Foundations
import TestSupport
import Testing

@testable import Collector

private func data(_ reply: RawReply) throws -> [String: Any] {
    let object = try JSONSerialization.jsonObject(with: Data(reply.body)) as? [String: Any]
    return try #require(object?["data"] as? [String: Any])
}

@Test func theBoardHasAlertsWithWhoHasThem() async throws {
    let collector = try await RunningCollector.start()
    _ = try await collector.request("POST", "/api/v2/alerts", body: Array(#"[{"labels":{"alertname":"A","severity":"critical"},"annotations":{"summary":"s"}}]"#.utf8))
    _ = try await collector.request("POST", "/api/v1/nightjar/alerts/A/acknowledge", body: Array(#"{"actor":"ann"}"#.utf8))
    let board = try data(await collector.get("/api/v1/nightjar/board"))
    let alert = try #require((board["alerts"] as? [[String: Any]])?.first)
    #expect(alert["phase"] as? String == "firing" && (alert["acknowledgement"] as? [String: Any])?["actor"] as? String == "ann")
    #expect((try data(await collector.get("/api/v1/nightjar/board?at=2020-01-01T00:00:00Z"))["alerts"] as? [Any])?.isEmpty == true)
    #expect(try await collector.get("/api/v1/nightjar/board?at=yesterday").status == 400)
    try await collector.stop()
}

@Test(.timeLimit(.minutes(1))) func aChangeAnswersWhoWaitsForIt() async throws {
    let collector = try await RunningCollector.start()
    let mark = try #require(try data(await collector.get("/api/v1/nightjar/changes"))["changes"] as? String)
    // Nothing happens: the same mark, after the wait.
    #expect(try data(await collector.get("/api/v1/nightjar/changes?since=\(mark)&wait=0.05"))["changes"] as? String == mark)
    async let changed = collector.get("/api/v1/nightjar/changes?since=\(mark)&wait=20")
    _ = try await collector.request("POST", "/api/v2/alerts", body: Array(#"[{"labels":{"alertname":"A"}}]"#.utf8))
    let next = try data(await changed)["changes"] as? String
    #expect(next != mark)
    // Whoever knows an older one is answered at once.
    #expect(try data(await collector.get("/api/v1/nightjar/changes?since=\(mark)&wait=20"))["changes"] as? String != mark)
}

@Test(.timeLimit(.minutes(2))) func aServerThatStopsLetsNobodyWaitForAChange() async throws {
    let collector = try await RunningCollector.start { $0.limits.shutdownSeconds = 3600 }
    let mark = try #require(try data(await collector.get("/api/v1/nightjar/changes"))["changes"] as? String)
    async let waiting = collector.get("/api/v1/nightjar/changes?since=\(mark)&wait=25")
    try await Task.sleep(for: .milliseconds(100))
    let began = ContinuousClock.now
    try await collector.stop()
    // Half of the wait: it ended with the server, however busy the machine is.
    #expect(ContinuousClock.now - began < .seconds(12))
    // It was answered, as one whose wait is over.
    let reply = try await waiting
    #expect(reply.status == 200)
    #expect(try data(reply)["changes"] as? String == mark)
}
