import Foundations
import Model
import TestSupport
import Testing

@testable import Alerting

/// What dashboards show: now, and at any moment of the past.
@Suite struct BoardTests {
    let folder = TemporaryDirectory("board")
    let clock = ManualClock(milliseconds: 1_700_000_000_000)

    private func service() async throws -> AlertingService {
        let options = AlertingOptions(
            ruleGlobs: [], databasePath: folder.path("a.db"), externalURL: "http://n", receivers: [Harness.hook("hook")], route: Route(receiver: "hook"))
        let service = try AlertingService(
            options: options, evaluator: FakeEvaluator(), write: { _ in }, clock: clock, logger: silentLogger,
            deliverer: { _ in FakeDeliverer { _ in DeliveryReply(status: 200) } })
        try await service.start()
        return service
    }

    private func post(_ service: AlertingService, _ name: String, endsNow: Bool = false) async throws {
        _ = try await service.post([
            PostedAlert(labels: ["alertname": "\(name)"], annotations: [NamedText(name: "summary", text: "s")], endsAt: endsNow ? clock.nowMilliseconds() : Timestamp(milliseconds: 1_800_000_000_000))
        ])
        clock.advance(milliseconds: 60_000)
    }

    @Test func theBoardOfThePastIsTheOneThatWas() async throws {
        let service = try await service()
        let start = clock.nowMilliseconds()
        try await post(service, "A")
        try await service.acknowledge("A", Action(actor: "ann", comment: "mine"))
        clock.advance(milliseconds: 60_000)
        try await post(service, "B")
        let silence = Silence(matchers: [Matcher("alertname", equals: "B")], startsAt: clock.nowMilliseconds(), endsAt: clock.nowMilliseconds().advanced(byMilliseconds: 60_000), createdBy: "ann", comment: "c")
        let id = try await service.setSilence(silence)
        clock.advance(milliseconds: 30_000)
        let now = try await service.board()
        #expect(now.compactMap { $0.labels["alertname"] }.sorted() == ["A", "B"])
        #expect(now.first { $0.labels["alertname"] == "A" }?.acknowledgement?.actor == "ann" && now.first { $0.labels["alertname"] == "B" }?.silencedBy == [id])
        clock.advance(milliseconds: 60_000)
        try await post(service, "A", endsNow: true)
        #expect(try await service.board().compactMap { $0.labels["alertname"] } == ["B"])
        // As it was: before anything, unacknowledged, acknowledged beside a second one, and silenced.
        #expect(try await service.board(at: start.advanced(byMilliseconds: -1)).isEmpty)
        let first = try await service.board(at: start.advanced(byMilliseconds: 30_000))
        #expect(first.count == 1 && first[0].acknowledgement == nil && first[0].firedAt == start && first[0].annotations.map(\.text) == ["s"])
        let second = try await service.board(at: start.advanced(byMilliseconds: 90_000))
        #expect(second.count == 1 && second[0].acknowledgement?.actor == "ann" && second[0].acknowledgement?.comment == "mine")
        let third = try await service.board(at: start.advanced(byMilliseconds: 200_000))
        #expect(third.count == 2 && third.first { $0.labels["alertname"] == "B" }?.silencedBy == [id])
    }

    @Test func aPendingAlertSaysWhenItFires() async throws {
        let harness = Harness("groups: [{name: g, rules: [{alert: A, expr: x > 1, for: 5m}, {alert: B, expr: y > 1}]}]")
        let service = try await harness.service()
        for expression in ["x > 1", "y > 1"] { harness.evaluator.set(expression, [([:], 5)]) }
        await harness.tick(service)
        let board = try await service.board().sorted { $0.labels["alertname"]! < $1.labels["alertname"]! }
        try #require(board.map(\.phase) == [.pending, .firing])
        #expect(board[0].firesAt == board[0].activeAt.advanced(byMilliseconds: 300_000) && board[1].firesAt == nil)
        harness.clock.advance(milliseconds: 1000)
        #expect(try await service.board(at: harness.clock.nowMilliseconds()).allSatisfy { $0.firesAt == nil }, "what a rule of the past waited for isn't known")
    }

    @Test func whoWaitsForAChangeIsWokenByOneAlone() async throws {
        let service = try await service()
        let known = service.changes.count
        await service.changes.wait(differingFrom: known, atMostMilliseconds: 20)
        #expect(service.changes.count == known)
        let waiting = Task { await service.changes.wait(differingFrom: known, atMostMilliseconds: 30_000) }
        try await post(service, "A")
        await waiting.value
        #expect(service.changes.count > known)
        let after = service.changes.count
        await service.storeEvaluations()
        _ = try await service.board()
        #expect(service.changes.count == after, "reading and bookkeeping are no news")
        let silence = Silence(matchers: [Matcher("alertname", equals: "Z")], startsAt: clock.nowMilliseconds(), endsAt: clock.nowMilliseconds().advanced(byMilliseconds: 60_000), createdBy: "ann", comment: "c")
        let id = try await service.setSilence(silence)
        let silenced = service.changes.count
        #expect(silenced > after, "a silence of nothing is news too")
        try await service.expireSilence(id)
        #expect(service.changes.count > silenced)
        let cancelled = Task { await service.changes.wait(differingFrom: service.changes.count, atMostMilliseconds: 30_000) }
        cancelled.cancel()
        await cancelled.value
    }
}
