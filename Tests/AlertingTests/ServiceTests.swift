import Foundation
import Foundations
import GRDB
import Model
import TestSupport
import Testing

@testable import Alerting

/// A service on one rule file, stepped by hand.
final class Harness: Sendable {
    let folder: TemporaryDirectory
    let clock = ManualClock(milliseconds: 1_700_000_000_000)
    let evaluator = FakeEvaluator()
    let written = WrittenSamples()
    let databasePath: String
    let receivers: [Receiver]
    let route: Route?
    let deliverer: FakeDeliverer

    init(_ rules: String, receivers: [Receiver] = [Harness.hook("hook")], route: Route? = Route(receiver: "hook"), deliverer: FakeDeliverer? = nil) {
        folder = TemporaryDirectory("alerting")
        databasePath = folder.path("alerts.db")
        self.receivers = receivers
        self.route = route
        self.deliverer = deliverer ?? FakeDeliverer { _ in DeliveryReply(status: 200) }
        write(rules, to: folder.path("rules.yml"))
    }

    static func hook(_ name: String, sendsResolved: Bool = true) -> Receiver {
        Receiver(name: name, kind: .webhook(Receiver.Webhook(address: .url("https://hook.example/\(name)"))), sendsResolved: sendsResolved)
    }

    func service(database: String? = nil, route: Route? = nil, receivers: [Receiver]? = nil) async throws -> AlertingService {
        let written = written
        let deliverer = deliverer
        let service = try AlertingService(
            options: AlertingOptions(
                ruleGlobs: [folder.path("*.yml")], databasePath: database ?? databasePath, externalURL: "http://nightjar.example",
                receivers: receivers ?? self.receivers, route: route ?? self.route, evaluationIntervalSeconds: 10),
            evaluator: evaluator, write: { written.append($0) }, clock: clock, logger: silentLogger, deliverer: { _ in deliverer })
        try await service.start()
        return service
    }

    /// Lets time pass to the next ticks and evaluates them.
    func tick(_ service: AlertingService, seconds: Int64 = 10) async {
        clock.advance(milliseconds: seconds * 1000)
        await service.evaluateDue()
    }
}

private func hook(_ name: String) -> Receiver { Harness.hook(name) }
private let oneRule = """
    groups:
      - name: g
        rules:
          - alert: High
            expr: x > 1
            for: 60s
            labels: {severity: critical, where: "{{ $labels.instance }}"}
            annotations: {summary: "{{ $labels.instance }} has {{ $value }}"}
    """
private let onA: (Labels, Double) = (["__name__": "x", "instance": "a"], 5)

@Test func theStartOfForSurvivesARestart() async throws {
    let harness = Harness(oneRule)
    harness.evaluator.set("x > 1", [onA])
    var service: AlertingService? = try await harness.service()
    await harness.tick(service!)
    let pending = await service!.activeAlerts()
    #expect(pending.map(\.phase) == [.pending])
    await harness.tick(service!, seconds: 30)
    await service!.storeEvaluations()
    service = nil
    let again = try await harness.service()
    await harness.tick(again, seconds: 20)
    #expect(await again.activeAlerts().map(\.phase) == [.pending])
    await harness.tick(again)
    let firing = await again.activeAlerts()
    #expect(firing.map(\.phase) == [.firing] && firing[0].activeAt == pending[0].activeAt)
    #expect(firing[0].labels == ["alertname": "High", "instance": "a", "severity": "critical", "where": "a"])
    #expect(firing[0].annotations == [NamedText(name: "summary", text: "a has 5")] && firing[0].valueText == "5e+00")
    let events = try await again.events()
    #expect(events.map(\.step) == ["page_queued", "firing", "missed", "pending"])
}

@Test func anAlertFiresOnceThroughARestartAndItsResolveFollows() async throws {
    let bodies = Locked<[String]>([])
    let harness = Harness(
        oneRule,
        deliverer: FakeDeliverer { request in
            bodies.withLock { $0.append(String(decoding: request.body, as: UTF8.self)) }
            return DeliveryReply(status: 200)
        })
    harness.evaluator.set("x > 1", [onA])
    var service: AlertingService? = try await harness.service()
    for _ in 0..<8 { await harness.tick(service!) }
    await service!.deliverDue()
    #expect(bodies.withLock(\.count) == 1)
    await service!.storeEvaluations()
    service = nil
    let again = try await harness.service()
    for _ in 0..<3 { await harness.tick(again) }
    await again.deliverDue()
    #expect(bodies.withLock(\.count) == 1)
    harness.evaluator.set("x > 1", [])
    await harness.tick(again)
    await again.deliverDue()
    let texts = bodies.withLock { $0 }
    #expect(texts.count == 2)
    let body = try #require(try JSONSerialization.jsonObject(with: Data(texts[1].utf8)) as? [String: Any])
    #expect(body["status"] as? String == "resolved" && body["version"] as? String == "4" && body["groupKey"] as? String == "{}:{alertname=\"High\"}")
    let outbox = await again.outbox()
    #expect(outbox.delivered == 2 && outbox.pending == 0 && outbox.deliveries.map(\.operation) == ["resolve", "trigger"])
    #expect(outbox.deliveries[0].attempts.map(\.status) == [200])
}

@Test func theWebhookBodyIsAlertmanagersVersion4() throws {
    let alerts = [
        MessageAlert(
            fingerprint: "00000000000000aa", labels: ["alertname": "A", "instance": "a", "job": "x"], annotations: [NamedText(name: "summary", text: "s")],
            generatorURL: "http://g", startsAt: Timestamp(milliseconds: 1_700_000_000_500), endsAt: nil),
        MessageAlert(
            fingerprint: "00000000000000bb", labels: ["alertname": "A", "instance": "b", "job": "x"], annotations: [NamedText(name: "summary", text: "s")],
            generatorURL: "http://g", startsAt: Timestamp(milliseconds: 1_700_000_000_000), endsAt: Timestamp(milliseconds: 1_700_000_060_000)),
    ]
    let body = WebhookBody(
        receiver: "hook", groupKey: "{}:{alertname=\"A\"}", groupLabels: ["alertname": "A"], externalURL: "http://n", alerts: alerts, alertsMax: 10)
    #expect(
        String(decoding: body.encoded(), as: UTF8.self)
            == #"{"alerts":[{"annotations":{"summary":"s"},"endsAt":"0001-01-01T00:00:00Z","fingerprint":"00000000000000aa","generatorURL":"http://g","labels":{"alertname":"A","instance":"a","job":"x"},"startsAt":"2023-11-14T22:13:20.500Z","status":"firing"},{"annotations":{"summary":"s"},"endsAt":"2023-11-14T22:14:20.000Z","fingerprint":"00000000000000bb","generatorURL":"http://g","labels":{"alertname":"A","instance":"b","job":"x"},"startsAt":"2023-11-14T22:13:20.000Z","status":"resolved"}],"commonAnnotations":{"summary":"s"},"commonLabels":{"alertname":"A","job":"x"},"externalURL":"http://n","groupKey":"{}:{alertname=\"A\"}","groupLabels":{"alertname":"A"},"receiver":"hook","status":"firing","truncatedAlerts":0,"version":"4"}"#)
    let cut = WebhookBody(receiver: "hook", groupKey: "", groupLabels: [:], externalURL: "", alerts: alerts, alertsMax: 1)
    #expect(cut.alerts.count == 1 && cut.truncatedAlerts == 1)
}

@Test func anErrorAndMissingDataKeepAlertsFiring() async throws {
    let harness = Harness("groups: [{name: g, rules: [{alert: A, expr: x > 1}]}]")
    harness.evaluator.set("x > 1", [onA])
    harness.evaluator.setData(of: "x > 1", "x")
    harness.evaluator.set("x", [onA])
    let service = try await harness.service()
    await harness.tick(service)
    #expect(await service.activeAlerts().count == 1)
    harness.evaluator.fail("x > 1", "the store is busy")
    await harness.tick(service)
    #expect(await service.activeAlerts().map(\.phase) == [.firing])
    let rule = try #require(await service.groups().first?.rules.first)
    #expect(rule.health == .error && rule.lastError == "the store is busy")
    harness.evaluator.set("x > 1", [])
    harness.evaluator.set("x", [])
    await harness.tick(service)
    let held = await service.activeAlerts()
    #expect(held.map(\.phase) == [.firing] && held[0].dataMissingSince != nil)
    harness.evaluator.set("x", [(["__name__": "x", "instance": "a"], 0)])
    await harness.tick(service)
    #expect(await service.activeAlerts().isEmpty)
    #expect(try await service.events().map(\.step).filter { !$0.hasSuffix("queued") && $0 != "unpaged" } == ["resolved", "no_data", "firing"])
}

@Test func theLimitFailsTheRuleAndKeepsItsAlerts() async throws {
    let harness = Harness("groups: [{name: g, limit: 1, rules: [{alert: A, expr: x > 1}]}]")
    harness.evaluator.set("x > 1", [onA])
    let service = try await harness.service()
    await harness.tick(service)
    harness.evaluator.set("x > 1", [(["instance": "b"], 1), (["instance": "c"], 1)])
    await harness.tick(service)
    #expect(await service.activeAlerts().map { $0.labels["instance"] } == ["a"])
    #expect(await service.groups()[0].rules[0].health == .error)
}

@Test func recordedSeriesAndAlertsAreWrittenAndEnded() async throws {
    let harness = Harness(
        "groups: [{name: g, rules: [{record: 'job:x', expr: sum(x), labels: {team: t}}, {alert: A, expr: x > 1, for: 15s}]}]", route: nil)
    harness.evaluator.set("sum(x)", [(["job": "j"], 3)])
    harness.evaluator.set("x > 1", [onA])
    let service = try await harness.service()
    func suffixes() -> [String] { harness.written.take().map { $0.replacing(#/@\d+/#, with: "") } }
    await harness.tick(service)
    let first = harness.written.take()
    #expect(first.count == 3 && first[0].hasPrefix("job:x{job=\"j\", team=\"t\"}@") && first[0].hasSuffix("=3"))
    #expect(first[1].hasPrefix("ALERTS{alertname=\"A\", alertstate=\"pending\", instance=\"a\"}@") && first[2].hasPrefix("ALERTS_FOR_STATE{"))
    harness.evaluator.set("sum(x)", [])
    await harness.tick(service)
    await harness.tick(service)
    #expect(suffixes().contains("job:x{job=\"j\", team=\"t\"}=stale"))
    await harness.tick(service)
    harness.evaluator.set("x > 1", [])
    await harness.tick(service)
    let ended = suffixes()
    #expect(ended.contains("ALERTS{alertname=\"A\", alertstate=\"firing\", instance=\"a\"}=stale"), "\(ended)")
    #expect(ended.contains("ALERTS_FOR_STATE{alertname=\"A\", instance=\"a\"}=stale"))
}

@Test func removedRulesResolveTheirAlertsEvenWhileTheProgramWasDown() async throws {
    let harness = Harness("groups: [{name: g, rules: [{alert: A, expr: x > 1}, {alert: B, expr: x > 1}]}]")
    harness.evaluator.set("x > 1", [onA])
    var service: AlertingService? = try await harness.service()
    await harness.tick(service!)
    await service!.deliverDue()
    write("groups: [{name: g, rules: [{alert: A, expr: x > 1}]}]", to: harness.folder.path("rules.yml"))
    await service!.reload()
    #expect(await service!.activeAlerts().map(\.name) == ["A"])
    await service!.deliverDue()
    service = nil
    // A file with an error says nothing about its rules: their alerts stay.
    write("groups: [{name: g, rules: [{alert: A, expr: '(('}]}]", to: harness.folder.path("rules.yml"))
    service = try await harness.service()
    #expect(await service!.problems().count == 1)
    #expect(await service!.outbox().deliveries.filter { $0.operation == "resolve" }.count == 1)
    service = nil
    write("groups: []", to: harness.folder.path("rules.yml"))
    service = try await harness.service()
    await service!.deliverDue()
    #expect(await service!.outbox().deliveries.filter { $0.operation == "resolve" && $0.state == "delivered" }.count == 2)
    #expect(try await service!.events(limit: 2).map(\.reason).contains("the rule was removed while the program was down"))
}

@Test func aTransitionAndItsMessageAreOneTransaction() async throws {
    let harness = Harness("groups: [{name: g, rules: [{alert: A, expr: x > 1}]}]")
    let service = try await harness.service()
    let copies = Locked(0)
    // Fewer firings than make an alert flap.
    for step in 0..<10 {
        harness.evaluator.set("x > 1", step % 2 == 0 ? [onA] : [])
        async let ticking: Void = harness.tick(service)
        // Copies of the file between transactions, as a crash would leave it.
        for _ in 0..<3 {
            let number = copies.withLock { count in
                count += 1
                return count
            }
            let copy = harness.folder.path("copy-\(number).db")
            try await service.database.read("copy") { _ in try copyDatabase(harness.databasePath, to: copy) }
        }
        await ticking
        await service.deliverDue()
    }
    for number in 1...copies.withLock({ $0 }) {
        let database = try AlertDatabase(path: harness.folder.path("copy-\(number).db"))
        let (fired, triggers, resolved, resolves) = try await database.read("check") { db in
            func count(_ sql: String) throws -> Int { try Int.fetchOne(db, sql: "SELECT count(*) FROM \(sql)") ?? 0 }
            return (
                try count("alert_events WHERE step = 'firing'"), try count("outbox WHERE operation = 'trigger'"),
                try count("alert_events WHERE step = 'resolved'"), try count("outbox WHERE operation = 'resolve'")
            )
        }
        #expect(fired == triggers && resolved == resolves)
    }
}

@Test func theDatabaseIsHeldByOneProcess() async throws {
    let harness = Harness(oneRule)
    let service = try await harness.service()
    await #expect(throws: AlertingError.self) { try await harness.service() }
    withExtendedLifetime(service) {}
}

@Test func aChangedGroupingPartsNoPageFromItsResolve() async throws {
    let harness = Harness("groups: [{name: g, rules: [{alert: A, expr: x > 1}]}]", receivers: [hook("hook"), hook("other")])
    harness.evaluator.set("x > 1", [onA])
    var service: AlertingService? = try await harness.service()
    await harness.tick(service!)
    await service!.deliverDue()
    service = nil
    service = try await harness.service(route: Route(receiver: "hook", groupBy: ["instance"]))
    await service!.deliverDue()
    #expect(await service!.outbox().delivered == 1)
    service = nil
    // A new receiver is told of what fires, and the old one of the end.
    service = try await harness.service(route: Route(receiver: "other"))
    harness.evaluator.set("x > 1", [])
    await service!.deliverDue()
    await harness.tick(service!)
    await service!.deliverDue()
    let sent = await service!.outbox().deliveries.map { "\($0.receiver) \($0.operation) \($0.state)" }.sorted()
    #expect(sent == ["hook resolve delivered", "hook trigger delivered", "other resolve delivered", "other trigger delivered"])
}

@Test func firingAlertsAreSaidAgainAfterTheRepeatInterval() async throws {
    let harness = Harness(
        "groups: [{name: g, rules: [{alert: A, expr: x > 1, annotations: {now: '{{ $value }}'}}]}]",
        route: Route(receiver: "hook", repeatIntervalMilliseconds: 3_600_000))
    harness.evaluator.set("x > 1", [onA])
    let service = try await harness.service()
    await harness.tick(service)
    await service.deliverDue()
    await service.flushDue()
    #expect(await service.outbox().pending == 0)
    harness.evaluator.set("x > 1", [(onA.0, 9)])
    for _ in 0..<4 { await harness.tick(service, seconds: 900) }
    await service.flushDue()
    await service.flushDue()
    #expect(await service.outbox().pending == 1)
    let payload = try await service.database.read("check") { db in
        try String.fetchOne(db, sql: "SELECT CAST(payload AS TEXT) FROM outbox WHERE operation = 'repeat'")
    }
    #expect(payload?.contains("\"now\":\"9\"") == true)
}

@Test func historyIsPrunedAndWhatIsNeededStays() async throws {
    let harness = Harness("groups: [{name: g, rules: [{alert: A, expr: x > 1}, {alert: B, expr: y > 1}]}]")
    harness.evaluator.set("x > 1", [onA])
    harness.evaluator.set("y > 1", [onA])
    let service = try await harness.service()
    await harness.tick(service)
    await service.deliverDue()
    harness.evaluator.set("x > 1", [])
    await harness.tick(service)
    await service.deliverDue()
    let later = harness.clock.nowMilliseconds().advanced(byMilliseconds: 366 * 86_400_000)
    try await service.database.prune(now: later)
    let counts = try await service.database.read("check") { db in
        try ["alert_events", "attempts", "outbox", "alert_states", "assignments", "notification_groups", "told"].map {
            try Int.fetchOne(db, sql: "SELECT count(*) FROM \($0)") ?? -1
        }
    }
    #expect(counts == [0, 0, 0, 1, 1, 1, 1])
}

@Test func whatHasSeverityNoneGoesToTheWatchdogAlone() async throws {
    let harness = Harness(
        "groups: [{name: g, rules: [{alert: Watchdog, expr: x > 1, labels: {severity: none}}, {alert: A, expr: x > 1}]}]",
        receivers: [hook("hook"), hook("switch")], route: Route(receiver: "hook", watchdog: Route.Watchdog(receiver: "switch")))
    harness.evaluator.set("x > 1", [onA])
    let service = try await harness.service()
    await harness.tick(service)
    #expect(await service.outbox().deliveries.map { "\($0.receiver) \($0.groupKey)" }.sorted() == [
        "hook {}:{alertname=\"A\"}", "switch {}:{alertname=\"Watchdog\"}",
    ])
    await service.deliverDue()
    harness.clock.advance(milliseconds: 300_000)
    await service.flushDue()
    #expect(await service.outbox().deliveries.filter { $0.operation == "repeat" }.map(\.receiver) == ["switch"])
}

@Test func theFirstMessageOfAGroupWaitsUnlessItIsCritical() async throws {
    let harness = Harness(
        "groups: [{name: g, rules: [{alert: A, expr: x > 1}, {alert: B, expr: y > 1, labels: {severity: critical}}]}]",
        route: Route(receiver: "hook", groupWaitMilliseconds: 30_000))
    harness.evaluator.set("x > 1", [onA])
    harness.evaluator.set("y > 1", [onA])
    let service = try await harness.service()
    await harness.tick(service)
    await service.deliverDue()
    #expect(await service.outbox().deliveries.filter { $0.state == "delivered" }.map(\.groupKey) == ["{}:{alertname=\"B\"}"])
    harness.evaluator.set("x > 1", [onA, (["instance": "b"], 7)])
    await harness.tick(service, seconds: 20)
    await service.deliverDue()
    #expect(await service.outbox().delivered == 1)
    harness.clock.advance(milliseconds: 10_000)
    await service.deliverDue()
    let deliveries = await service.outbox().deliveries
    #expect(deliveries.map(\.groupKey) == ["{}:{alertname=\"A\"}", "{}:{alertname=\"B\"}"] && deliveries.allSatisfy { $0.state == "delivered" })
}

/// Enough to see a cost that grows with the square.
private let stormAlerts = 1000

/// A storm is stored in one transaction; the bound is wide enough for a slow machine and a debug build.
@Test(arguments: [["alertname"], ["instance"]])
func aStormOfAlertsIsStoredAtOnce(groupBy: [String]) async throws {
    let harness = Harness("groups: [{name: g, rules: [{alert: A, expr: x > 1}]}]", route: Route(receiver: "hook", groupBy: groupBy))
    harness.evaluator.set("x > 1", (0..<stormAlerts).map { (["instance": "host-\($0)"], 5) })
    let service = try await harness.service()
    harness.clock.advance(milliseconds: 10_000)
    let seconds = await processorSeconds { await service.evaluateDue() }
    #expect(await service.outbox().pending == (groupBy == ["instance"] ? Limits.stormGroupsPerMinuteMax : 1))
    #expect(seconds < 30)
    // What is over the bound shares a page, which lists all of it.
    harness.clock.advance(milliseconds: 1000)
    for _ in 0..<5 { await service.deliverDue() }
    let listed = try await service.database.read("check") { db in
        try String.fetchAll(db, sql: "SELECT fingerprint FROM told").count
    }
    #expect(listed == stormAlerts)
}
