import Foundations
import GRDB
import Model
import TestSupport
import Testing

@testable import Alerting

private let onCall = """
    channels:
      phone: {command: [/bin/call]}
    people:
      - {name: ana, phone: "1", webhook: {url: "https://h/ana"}}
      - {name: ben, webhook: {url: "https://h/ben"}}
      - {name: cem, webhook: {url: "https://h/cem"}}
    schedules:
      - name: primary
        zone: Europe/Amsterdam
        layers: [{name: day, people: [ana, ben], rotation: daily, handover: "09:00", start: 2026-01-04}]
      - name: night
        zone: Europe/Amsterdam
        allow_gaps: true
        layers: [{name: night, people: [ben], rotation: daily, handover: "00:00", start: 2030-01-01}]
    policies:
      - name: platform
        steps:
          - {notify: [{schedule: primary}]}
          - {after: 10m, notify: [{person: cem}, {receiver: chat}]}
        repeat: 1
        repeat_after: 20m
        fallback: [{person: cem}]
        ack_expires: 1h
      - name: sleepy
        steps: [{notify: [{schedule: night}]}]
        fallback: [{person: cem}]
    bind: {on-call: platform, nights: sleepy}
    """

private let routes = """
    route: {receiver: on-call, group_by: [alertname], group_wait: 0s, group_interval: 1m, routes: [{receiver: nights, matchers: [team="night"]}]}
    receivers: [{name: on-call}, {name: nights}, {name: chat, webhook_configs: [{url: 'http://chat/'}]}]
    """

/// A service with routes and an on-call file, on clocks that the test holds.
private final class Watch: Sendable {
    let folder = TemporaryDirectory("escalation")
    let clock = ManualClock(milliseconds: 1_767_600_000_000)  // 2026-01-05, a Monday, 09:00 in Amsterdam: ben's day begins
    let boot = Locked("first")
    let said = Locked<[String]>([])
    /// Receivers that refuse for good.
    let refusing = Locked<Set<String>>([])

    init(_ file: String = onCall) {
        write(routes, to: folder.path("am.yml"))
        write(file, to: folder.path("oncall.yml"))
    }

    func service() async throws -> AlertingService {
        var options = AlertingOptions(ruleGlobs: [], databasePath: folder.path("alerts.db"), externalURL: "http://n")
        options.routingFile = folder.path("am.yml")
        options.onCallFile = folder.path("oncall.yml")
        let (said, refusing, clock) = (said, refusing, clock)
        let machine = MachineTime(boot: boot.withLock { $0 }) { clock.monotonicNanoseconds() / 1_000_000 }
        let service = try AlertingService(
            options: options, evaluator: FakeEvaluator(), write: { _ in }, clock: clock, machine: machine, logger: silentLogger,
            deliverer: { receiver in
                FakeDeliverer { request in
                    let body = try WebhookBody(payload: request.body)
                    let alerts = body.alerts.map { "\($0.labels["alertname"] ?? "?")\($0.labels["n"] ?? "")" }.sorted().joined(separator: "+")
                    said.withLock { $0.append("\(receiver.name) \(body.status) \(alerts)") }
                    return DeliveryReply(status: refusing.withLock { $0.contains(receiver.name) } ? 400 : 200)
                }
            })
        #expect(await service.problems().isEmpty)
        try await service.start()
        return service
    }

    /// One run of the program.
    func run(_ body: (AlertingService) async throws -> Void) async throws {
        let service = try await service()
        try await body(service)
        try service.database.close()
    }

    /// Lets time pass as a running service would: it looks at what is due every half minute at least.
    func pass(_ service: AlertingService, minutes: Int64 = 0) async {
        await settle(service)
        for _ in 0..<(minutes * 2) {
            clock.advance(milliseconds: 30_000)
            await settle(service)
        }
    }

    func settle(_ service: AlertingService) async { for _ in 0..<4 { await service.deliverDue() } }

    func take() -> [String] {
        said.withLock { said in
            defer { said = [] }
            return said.sorted()
        }
    }

    func post(_ service: AlertingService, _ name: String, n: String = "", team: String = "", ends: Bool = false) async throws {
        let now = clock.nowMilliseconds()
        let labels: Labels = ["alertname": name, "n": n, "team": team]
        let end = now.advanced(byMilliseconds: ends ? 0 : 365 * 86_400_000)
        #expect(try await service.post([PostedAlert(labels: labels, startsAt: now.advanced(byMilliseconds: ends ? -1 : 0), endsAt: end)]).isEmpty)
    }
}

private let ana = Action(actor: "ana", comment: "on it")

@Test func anEscalationGoesThroughItsStepsAndEndsWithItsAlert() async throws {
    let watch = Watch()
    let service = try await watch.service()
    try await watch.post(service, "Down")
    await watch.pass(service)
    #expect(watch.take() == ["oncall/ben/webhook firing Down"])
    await watch.pass(service, minutes: 9)
    #expect(watch.take() == [])
    await watch.pass(service, minutes: 1)
    #expect(watch.take() == ["chat/webhook[0] firing Down", "oncall/cem/webhook firing Down"])
    await watch.pass(service, minutes: 20)
    #expect(watch.take() == ["oncall/ben/webhook firing Down"])
    await watch.pass(service, minutes: 10)
    #expect(watch.take() == ["chat/webhook[0] firing Down", "oncall/cem/webhook firing Down"])
    await watch.pass(service, minutes: 30)
    #expect(watch.take() == [])
    #expect(try await service.escalations().map(\.state) == ["exhausted"])
    try await watch.post(service, "Down", ends: true)
    await watch.pass(service)
    #expect(watch.take() == ["chat/webhook[0] resolved Down", "oncall/ben/webhook resolved Down", "oncall/cem/webhook resolved Down"])
    #expect(try await service.escalations().isEmpty)
}

@Test func anAcknowledgementStopsAnEscalationUntilItExpires() async throws {
    let watch = Watch()
    let service = try await watch.service()
    try await watch.post(service, "Down")
    await watch.pass(service, minutes: 1)
    #expect(watch.take() == ["oncall/ben/webhook firing Down"])
    try await service.acknowledge("Down", ana)
    await watch.pass(service)
    #expect(try await service.escalations().map(\.state) == ["acknowledged"])
    await watch.pass(service, minutes: 59)
    #expect(watch.take() == [])
    // The policy lets it count for an hour.
    await watch.pass(service, minutes: 1)
    #expect(watch.take() == ["chat/webhook[0] firing Down", "oncall/cem/webhook firing Down"])
}

@Test func whatIsTakenBackBeforeTheStepIsDueChangesNothing() async throws {
    let watch = Watch()
    let service = try await watch.service()
    try await watch.post(service, "Down")
    await watch.pass(service, minutes: 1)
    try await service.acknowledge("Down", ana)
    await watch.pass(service, minutes: 1)
    try await service.unacknowledge("Down", ana)
    await watch.pass(service, minutes: 7)
    #expect(watch.take() == ["oncall/ben/webhook firing Down"])
    await watch.pass(service, minutes: 1)
    #expect(watch.take() == ["chat/webhook[0] firing Down", "oncall/cem/webhook firing Down"])
}

@Test func aRestartResumesWhereItWas() async throws {
    let watch = Watch()
    try await watch.run { service in
        try await watch.post(service, "Down")
        await watch.pass(service, minutes: 9)
        #expect(watch.take() == ["oncall/ben/webhook firing Down"])
    }
    // The machine starts anew: its own time begins at nothing, the wall goes on.
    watch.boot.withLock { $0 = "second" }
    watch.clock.advance(milliseconds: 30_000)
    try await watch.run { service in
        await watch.settle(service)
        #expect(watch.take() == [])
        await watch.pass(service, minutes: 1)
        #expect(watch.take() == ["chat/webhook[0] firing Down", "oncall/cem/webhook firing Down"])
    }
}

@Test(arguments: [-7_200_000, -60_000, 540_000, 3_600_000, 86_400_000])
func aClockThatIsSetMakesNoStepEarlyOrLate(_ step: Int64) async throws {
    let watch = Watch()
    let service = try await watch.service()
    try await watch.post(service, "Down")
    await watch.pass(service, minutes: 2)
    watch.clock.step(to: watch.clock.nowMilliseconds().advanced(byMilliseconds: step).nanos)
    await watch.pass(service, minutes: 7)
    #expect(watch.take() == ["oncall/ben/webhook firing Down"])
    await watch.pass(service, minutes: 1)
    #expect(watch.take() == ["chat/webhook[0] firing Down", "oncall/cem/webhook firing Down"])
}

@Test func aMachineThatSleptPagesAtOnceWhenItWakes() async throws {
    let watch = Watch()
    let service = try await watch.service()
    try await watch.post(service, "Down")
    await watch.pass(service, minutes: 1)
    _ = watch.take()
    watch.clock.advance(milliseconds: 8 * 3_600_000)
    await watch.settle(service)
    #expect(watch.take() == ["chat/webhook[0] firing Down", "oncall/cem/webhook firing Down"])
}

@Test func aChangeOfTheClockInTheNightMovesNoStep() async throws {
    let watch = Watch()
    watch.clock.step(to: TimestampText.parseRFC3339("2026-03-29T00:55:00Z")!)
    let service = try await watch.service()
    try await watch.post(service, "Down")
    await watch.pass(service, minutes: 9)
    #expect(watch.take().count == 1)
    await watch.pass(service, minutes: 1)
    #expect(watch.take().count == 2)
}

@Test func aRefusedPageGoesToTheNextContactAtOnceAndThenToTheNextStep() async throws {
    let watch = Watch(onCall.replacing("people: [ana, ben]", with: "people: [ana]"))
    watch.refusing.withLock { $0 = ["oncall/ana/phone"] }
    let service = try await watch.service()
    try await watch.post(service, "Down")
    await watch.pass(service)
    #expect(watch.take() == ["oncall/ana/phone firing Down", "oncall/ana/webhook firing Down"])
    watch.refusing.withLock { $0 = ["oncall/ana/phone", "oncall/ana/webhook"] }
    try await watch.post(service, "Up")
    await watch.pass(service)
    #expect(
        watch.take() == ["chat/webhook[0] firing Up", "oncall/ana/phone firing Up", "oncall/ana/webhook firing Up", "oncall/cem/webhook firing Up"])
}

@Test func theFallbackIsPagedWhereNobodyIsOnCall() async throws {
    let watch = Watch()
    let service = try await watch.service()
    try await watch.post(service, "Down", team: "night")
    await watch.pass(service)
    #expect(watch.take() == ["oncall/cem/webhook firing Down"])
    #expect(try await service.onCall().map { $0.duty?.person } == ["ben", nil])
}

@Test func aPolicyThatChangesLeavesOpenEscalationsWithTheirCopy() async throws {
    let watch = Watch()
    let service = try await watch.service()
    try await watch.post(service, "Down")
    await watch.pass(service, minutes: 1)
    _ = watch.take()
    write(onCall.replacing("after: 10m", with: "after: 1h").replacing("{person: cem}, {receiver: chat}", with: "{person: ana}"), to: watch.folder.path("oncall.yml"))
    #expect(await service.reload().isEmpty)
    await watch.pass(service, minutes: 9)
    #expect(watch.take() == ["chat/webhook[0] firing Down", "oncall/cem/webhook firing Down"])
    // One that is wrong changes nothing.
    write("peple: []", to: watch.folder.path("oncall.yml"))
    #expect(await service.reload().contains { $0.reason.contains("peple") })
    #expect(try await service.onCall().count == 2)
}

@Test func anAlertThatJoinsIsToldToThoseWhoWerePaged() async throws {
    let watch = Watch()
    let service = try await watch.service()
    try await watch.post(service, "Down", n: "1")
    await watch.pass(service, minutes: 1)
    try await watch.post(service, "Down", n: "2")
    await watch.pass(service, minutes: 6)
    #expect(watch.take() == ["oncall/ben/webhook firing Down1", "oncall/ben/webhook firing Down1+Down2"])
}

@Test func overridesNotesAndEscalationsByHandAreKeptWithWhoAndWhen() async throws {
    let watch = Watch()
    let now = watch.clock.nowMilliseconds()
    let made = Locked<Int64>(0)
    try await watch.run { service in
        let known = service.changes.count
        let id = try await service.addOverride(schedule: "primary", person: "cem", from: now, to: now.advanced(byMilliseconds: 3_600_000), ana)
        #expect(service.changes.count > known, "dashboards show who is on call at once")
        made.withLock { $0 = id }
        try await service.addNote(schedule: "primary", Action(actor: "ben", comment: "the disk of db-1 fills up"))
    }
    let id = made.withLock { $0 }
    let service = try await watch.service()
    let status = try #require(try await service.onCall().first)
    #expect(status.duty == .init(person: "cem", cause: .override(.init(id: id, by: "ana", at: now, comment: "on it"))))
    #expect(status.until == now.advanced(byMilliseconds: 3_600_000) && status.next?.person == "ben")
    #expect(status.note?.text == "the disk of db-1 fills up" && status.note?.author == "ben")
    try await watch.post(service, "Down")
    await watch.pass(service)
    #expect(watch.take() == ["oncall/cem/webhook firing Down"])
    try await service.endOverride(id, ana)
    #expect(try await service.onCall().first?.duty?.person == "ben")
    try await service.escalate("Down", ana)
    await watch.pass(service)
    #expect(watch.take() == ["chat/webhook[0] firing Down", "oncall/cem/webhook firing Down"])
    await #expect(throws: ActionError.noAlert("Nothing")) { try await service.escalate("Nothing", ana) }
    await #expect(throws: ActionError.self) { try await service.addOverride(schedule: "primary", person: "zoe", from: now, to: now.advanced(byMilliseconds: 1), ana) }
}

@Test func aDrillOfAPolicyReachesAllItsSteps() async throws {
    let watch = Watch()
    let service = try await watch.service()
    #expect(try await service.drill("on-call", by: "ana", waitSeconds: 0).map(\.receiver) == ["oncall/ben/webhook", "oncall/cem/webhook", "chat/webhook[0]"])
    await watch.settle(service)
    #expect(watch.take() == ["chat/webhook[0] firing NightjarDrill", "oncall/ben/webhook firing NightjarDrill", "oncall/cem/webhook firing NightjarDrill"])
    #expect(try await service.escalations().isEmpty)
}

@Test func aPageThatCantBeRecordedGoesToWhomTheFirstStepNames() async throws {
    let watch = Watch()
    let service = try await watch.service()
    let context = service.environment.context
    #expect(service.escalator.furtherReceivers(of: "on-call", now: watch.clock.nowMilliseconds(), context).map(\.name) == ["oncall/ben/webhook"])
    #expect(service.escalator.furtherReceivers(of: "nights", now: watch.clock.nowMilliseconds(), context).map(\.name) == ["oncall/cem/webhook"])
    #expect(service.escalator.furtherReceivers(of: "chat", now: watch.clock.nowMilliseconds(), context).isEmpty)
}

@Test func aDatabaseFromBeforeOnCallIsTakenUp() async throws {
    let watch = Watch()
    try await watch.run { _ in }
    let queue = try DatabaseQueue(path: watch.folder.path("alerts.db"))
    try await queue.write { db in
        for table in ["escalations", "escalation_steps", "escalation_pages", "schedule_overrides", "oncall_notes"] { try db.execute(sql: "DROP TABLE \(table)") }
        try db.execute(sql: "PRAGMA user_version = 2")
    }
    try queue.close()
    try await watch.run { service in
        try await service.addNote(schedule: "primary", ana)
        #expect(try await service.notes(schedule: "primary").map(\.text) == ["on it"])
    }
}
