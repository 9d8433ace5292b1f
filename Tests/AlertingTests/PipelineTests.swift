import Crypto
import Foundations
import GRDB
import Glibc
import Model
import TestSupport
import Testing

@testable import Alerting

/// A service with posted alerts and a routing file, stepped by hand.
private final class Desk: Sendable {
    let folder = TemporaryDirectory("pipeline")
    let clock = ManualClock(milliseconds: 1_767_600_000_000)  // 2026-01-05, a Monday, 08:00 UTC
    let sent = Locked<[DeliveryRequest]>([])
    let database: String

    init(_ routing: String) {
        database = folder.path("alerts.db")
        write(routing, to: folder.path("am.yml"))
    }

    func service(pagerDutySecret: String? = nil, hooks: [any PipelineHook] = [], status: Int = 200) async throws -> AlertingService {
        let sent = sent
        var options = AlertingOptions(ruleGlobs: [], databasePath: database, externalURL: "http://n")
        options.routingFile = folder.path("am.yml")
        options.pagerDutyWebhookSecret = pagerDutySecret.map { .file($0) }
        let service = try AlertingService(
            options: options, evaluator: FakeEvaluator(), write: { _ in }, clock: clock, logger: silentLogger, hooks: hooks,
            deliverer: { _ in
                FakeDeliverer { request in
                    sent.withLock { $0.append(request) }
                    return DeliveryReply(status: status)
                }
            })
        try await service.start()
        return service
    }

    /// Lets time pass and sends what is due.
    func pass(_ service: AlertingService, seconds: Int64 = 0) async {
        clock.advance(milliseconds: seconds * 1000)
        await service.deliverDue()
    }

    /// What was sent since the last call: `firing: A/1 B/2`.
    func take() throws -> [String] {
        let requests = sent.withLock { sent in
            defer { sent = [] }
            return sent
        }
        return try requests.map { request in
            let body = try WebhookBody(payload: request.body)
            let alerts = body.alerts.map { "\($0.labels["alertname"] ?? "?")\($0.labels["n"].map { "/\($0)" } ?? "") \($0.status)" }
            return "\(body.status): \(alerts.sorted().joined(separator: ", "))"
        }.sorted()
    }
}

private func alert(_ name: String, _ labels: [String: String] = [:], for seconds: Int64? = nil, _ desk: Desk) -> PostedAlert {
    var all = labels
    all["alertname"] = name
    let now = desk.clock.nowMilliseconds()
    return PostedAlert(labels: Labels(all.map { (name: $0.key, value: $0.value) }), startsAt: now, endsAt: now.advanced(byMilliseconds: (seconds ?? 86_400) * 1000))
}

private let plain = """
    route: {receiver: hook, group_by: [alertname], group_wait: 30s, group_interval: 5m, repeat_interval: 4h}
    receivers: [{name: hook, webhook_configs: [{url: 'http://hook/'}]}]
    inhibit_rules:
      - {source_matchers: [alertname="ZoneDown"], target_matchers: [alertname!="ZoneDown"], equal: [zone]}
    """

@Test func aGroupWaitsThenTellsChangesAtItsInterval() async throws {
    let desk = Desk(plain)
    let service = try await desk.service()
    #expect(try await service.post([alert("A", ["n": "1"], desk)]).isEmpty)
    await desk.pass(service, seconds: 29)
    #expect(try desk.take() == [])
    _ = try await service.post([alert("A", ["n": "2"], desk)])
    await desk.pass(service, seconds: 1)
    #expect(try desk.take() == ["firing: A/1 firing, A/2 firing"])
    _ = try await service.post([alert("A", ["n": "3"], desk)])
    await desk.pass(service, seconds: 299)
    #expect(try desk.take() == [])
    await desk.pass(service, seconds: 1)
    #expect(try desk.take() == ["firing: A/1 firing, A/2 firing, A/3 firing"])
    await desk.pass(service, seconds: 4 * 3600 - 1)
    #expect(try desk.take() == [])
    await desk.pass(service, seconds: 1)
    #expect(try desk.take() == ["firing: A/1 firing, A/2 firing, A/3 firing"])
}

@Test func criticalAndSecurityAlertsArePagedAtOnce() async throws {
    let desk = Desk(plain)
    let service = try await desk.service()
    _ = try await service.post([alert("A", ["severity": "critical"], desk), alert("B", ["category": "security"], desk), alert("C", [:], desk)])
    await desk.pass(service)
    #expect(try desk.take() == ["firing: A firing", "firing: B firing"])
}

@Test func anAlertThatEndsWithinTheWaitIsNotPagedAndTheLogSaysSo() async throws {
    let desk = Desk(plain)
    let service = try await desk.service()
    _ = try await service.post([alert("A", [:], for: 10, desk)])
    await desk.pass(service, seconds: 11)
    await desk.pass(service, seconds: 60)
    #expect(try desk.take() == [])
    let story = try await service.explain("A")
    #expect(story.lines.map(\.step) == ["firing", "unpaged", "resolved"] || story.lines.map(\.step) == ["firing", "resolved", "unpaged"])
}

@Test func everyPageGetsItsResolveThroughSilenceRestartAndChangedRoutes() async throws {
    let desk = Desk(plain)
    var service: AlertingService? = try await desk.service()
    _ = try await service!.post([alert("A", ["severity": "critical"], for: 600, desk)])
    await desk.pass(service!)
    #expect(try desk.take() == ["firing: A firing"])
    let now = desk.clock.nowMilliseconds()
    _ = try await service!.setSilence(
        Silence(matchers: [Matcher("alertname", equals: "A")], startsAt: now, endsAt: now.advanced(byMilliseconds: 86_400_000), createdBy: "eve", comment: "later"))
    service = nil
    write(plain.replacing("[alertname]", with: "[alertname, severity]"), to: desk.folder.path("am.yml"))
    service = try await desk.service()
    await desk.pass(service!, seconds: 601)
    await desk.pass(service!, seconds: 300)
    #expect(try desk.take() == ["resolved: A resolved"])
}

@Test func aSilenceHoldsBackAndItsEndLetsGo() async throws {
    let desk = Desk(plain)
    let service = try await desk.service()
    let now = desk.clock.nowMilliseconds()
    let id = try await service.setSilence(
        Silence(matchers: try MatcherText.parse("n=~\"1|2\""), startsAt: now, endsAt: now.advanced(byMilliseconds: 7_200_000), createdBy: "ann", comment: "work"))
    _ = try await service.post([alert("A", ["n": "1", "severity": "critical"], desk), alert("A", ["n": "3", "severity": "critical"], desk)])
    await desk.pass(service)
    #expect(try desk.take() == ["firing: A/3 firing"])
    let held = try #require(try await service.routedAlerts().first { $0.labels["n"] == "1" })
    #expect(held.silencedBy == [id] && held.placements.map { $0.mute } == [Mute(kind: .silenced, cause: id)])
    #expect(try await service.explain(held.fingerprint).lines.map(\.step) == ["firing", "silenced"])
    try await service.expireSilence(id)
    await desk.pass(service)
    #expect(try desk.take() == ["firing: A/1 firing, A/3 firing"])
    await #expect(throws: ActionError.expired(id)) { try await service.expireSilence(id) }
}

@Test func anInhibitedAlertWaitsForItsSourceToEnd() async throws {
    let desk = Desk(plain)
    let service = try await desk.service()
    _ = try await service.post([alert("ZoneDown", ["zone": "a", "severity": "critical"], for: 600, desk)])
    _ = try await service.post([alert("HostDown", ["zone": "a", "severity": "critical"], desk), alert("HostDown", ["zone": "b", "severity": "critical"], desk)])
    await desk.pass(service)
    #expect(try desk.take() == ["firing: HostDown firing", "firing: ZoneDown firing"])
    let inhibited = try await service.routedAlerts().filter { !$0.inhibitedBy.isEmpty }
    #expect(inhibited.map { $0.labels["zone"] } == ["a"] && inhibited.map { $0.labels["alertname"] } == ["HostDown"])
    await desk.pass(service, seconds: 601)
    await desk.pass(service, seconds: 31)
    #expect(try desk.take().contains("firing: HostDown firing, HostDown firing"))
}

@Test func anAcknowledgedAlertIsNeitherPagedNorRepeatedAndFiresAnewAfterItsEnd() async throws {
    let desk = Desk(plain)
    let service = try await desk.service()
    _ = try await service.post([alert("A", ["severity": "critical"], for: 36_000, desk)])
    await desk.pass(service)
    #expect(try desk.take() == ["firing: A firing"])
    #expect(try await service.acknowledge("A", Action(actor: "ann", comment: "on it")).count == 1)
    await desk.pass(service, seconds: 5 * 3600)
    #expect(try desk.take() == [])
    let routed = try #require(try await service.routedAlerts().first)
    #expect(routed.acknowledgement?.actor == "ann" && routed.placements.first?.mute == Mute(kind: .acked, cause: "ann"))
    await desk.pass(service, seconds: 6 * 3600)
    #expect(try desk.take() == ["resolved: A resolved"])
    _ = try await service.post([alert("A", ["severity": "critical"], desk)])
    await desk.pass(service)
    #expect(try desk.take() == ["firing: A firing"])
    await #expect(throws: ActionError.noAlert("B")) { try await service.acknowledge("B", Action(actor: "ann")) }
}

@Test func anAlertThatIsResolvedByHandTellsItsReceiversAndStaysQuiet() async throws {
    let desk = Desk(plain)
    let service = try await desk.service()
    _ = try await service.post([alert("A", ["severity": "critical"], desk)])
    await desk.pass(service)
    _ = try await service.resolve("A", Action(actor: "bob", comment: "known"))
    await desk.pass(service)
    #expect(try desk.take() == ["firing: A firing", "resolved: A resolved"])
    await desk.pass(service, seconds: 5 * 3600)
    #expect(try desk.take() == [])
    _ = try await service.unacknowledge("A", Action(actor: "bob"))
    await desk.pass(service)
    #expect(try desk.take() == ["firing: A firing"])
}

@Test func aMutedRouteHoldsBackAndTellsAfterwards() async throws {
    let desk = Desk(
        """
        route:
          receiver: hook
          group_wait: 0s
          group_interval: 1m
          routes: [{matchers: [team="db"], receiver: hook, mute_time_intervals: [morning]}]
        receivers: [{name: hook, webhook_configs: [{url: 'http://hook/'}]}]
        time_intervals: [{name: morning, time_intervals: [{times: [{start_time: '08:00', end_time: '09:00'}]}]}]
        """)
    let service = try await desk.service()
    _ = try await service.post([alert("A", ["team": "db"], desk)])
    await desk.pass(service)
    #expect(try desk.take() == [])
    #expect(try await service.routedAlerts().first?.placements.first?.mute == Mute(kind: .muted, cause: "morning"))
    await desk.pass(service, seconds: 3600)
    #expect(try desk.take() == ["firing: A firing"])
}

@Test func anAlertThatFlapsIsHeldBackUntilItIsSteady() async throws {
    let desk = Desk(plain.replacing("group_interval: 5m", with: "group_interval: 1s"))
    let service = try await desk.service()
    for _ in 0..<8 {
        _ = try await service.post([alert("A", ["severity": "critical"], for: 20, desk)])
        await desk.pass(service, seconds: 5)
        await desk.pass(service, seconds: 20)
        await desk.pass(service, seconds: 20)
    }
    let pages = try desk.take()
    #expect(pages.filter { $0.hasPrefix("firing") }.count == 5 && pages.filter { $0.hasPrefix("resolved") }.count == 5, "\(pages)")
    _ = try await service.post([alert("A", ["severity": "critical"], desk)])
    await desk.pass(service, seconds: 60)
    #expect(try desk.take() == [])
    #expect(try await service.routedAlerts().first?.isFlapping == true)
    await desk.pass(service, seconds: 600)
    #expect(try desk.take() == ["firing: A firing"])
}

@Test func aStormSharesAPageAndEveryAlertIsListedAndResolved() async throws {
    let desk = Desk(plain.replacing("[alertname]", with: "['...']").replacing("group_wait: 30s", with: "group_wait: 0s"))
    let service = try await desk.service()
    let count = 300
    _ = try await service.post((0..<count).map { alert("A", ["n": "\($0)"], for: 3600, desk) })
    await desk.pass(service)
    await desk.pass(service, seconds: 1)
    let bodies = try desk.sent.withLock { try $0.map { try WebhookBody(payload: $0.body) } }
    #expect(bodies.count == Limits.stormGroupsPerMinuteMax + 1)
    #expect(Set(bodies.flatMap { $0.alerts.map(\.fingerprint) }).count == count)
    #expect(bodies.contains { $0.groupKey == AlertDatabase.Storm.groupKey && $0.commonAnnotations["summary"]?.hasPrefix("290 alerts") == true })
    _ = try desk.take()
    await desk.pass(service, seconds: 3600)
    await desk.pass(service, seconds: 300)
    let resolved = try desk.sent.withLock { try $0.map { try WebhookBody(payload: $0.body) } }
    #expect(Set(resolved.flatMap { $0.alerts.filter { $0.status == "resolved" }.map(\.fingerprint) }).count == count)
}

@Test func whatASilenceHoldsBackInAStormIsPagedAfterIt() async throws {
    let desk = Desk(plain.replacing("[alertname]", with: "['...']").replacing("group_wait: 30s", with: "group_wait: 0s"))
    let service = try await desk.service()
    let now = desk.clock.nowMilliseconds()
    _ = try await service.setSilence(
        Silence(matchers: [Matcher("team", equals: "web")], startsAt: now, endsAt: now.advanced(byMilliseconds: 120_000), createdBy: "ann", comment: "known"))
    _ = try await service.post((0..<40).map { alert("A", ["n": "\($0)", "team": $0 % 2 == 0 ? "web" : "db"], for: 3600, desk) })
    await desk.pass(service)
    await desk.pass(service, seconds: 1)
    func told() throws -> Set<String> { Set(try desk.sent.withLock { try $0.flatMap { try WebhookBody(payload: $0.body).alerts.compactMap { $0.labels["n"] } } }) }
    #expect(try told() == Set((0..<40).filter { $0 % 2 == 1 }.map(String.init)))
    await desk.pass(service, seconds: 130)
    await desk.pass(service, seconds: 400)
    #expect(try told().count == 40)
}

@Test func postedAlertsAreSeriesUntilTheyEnd() async throws {
    let written = WrittenSamples()
    let folder = TemporaryDirectory("series")
    let clock = ManualClock(milliseconds: 1_767_600_000_000)
    let service = try AlertingService(
        options: AlertingOptions(ruleGlobs: [], databasePath: folder.path("a.db"), externalURL: ""), evaluator: FakeEvaluator(), write: { written.append($0) }, clock: clock,
        logger: silentLogger, deliverer: { _ in FakeDeliverer { _ in DeliveryReply(status: 200) } })
    try await service.start()
    let series = PostedSeries(environment: service.environment)
    let now = clock.nowMilliseconds()
    _ = try await service.post([PostedAlert(labels: ["alertname": "A", "n": "1"], startsAt: now, endsAt: now.advanced(byMilliseconds: 60_000))])
    await series.write(at: now)
    #expect(written.take() == [#"ALERTS{alertname="A", alertstate="firing", n="1"}@1767600000000=1"#, #"ALERTS_FOR_STATE{alertname="A", n="1"}@1767600000000=1.7676e+09"#])
    clock.advance(milliseconds: 61_000)
    await service.flushDue()
    await series.write(at: clock.nowMilliseconds())
    #expect(written.take().filter { $0.hasSuffix("=stale") }.count == 2)
}

@Test func invalidPostedAlertsAreRefusedOneByOne() async throws {
    let desk = Desk(plain)
    let service = try await desk.service()
    let now = desk.clock.nowMilliseconds()
    let problems = try await service.post([
        PostedAlert(labels: [:]), alert("A", [:], desk), PostedAlert(labels: ["alertname": "B"], startsAt: now, endsAt: now.advanced(byMilliseconds: -1)),
    ])
    #expect(problems.count == 2)
    #expect(try await service.routedAlerts().map { $0.labels["alertname"] } == ["A"])
}

@Test func aBrokenRoutingFileLeavesTheRunningOneInForce() async throws {
    let desk = Desk(plain)
    let service = try await desk.service()
    write(plain + "\ncolour: red\n", to: desk.folder.path("am.yml"))
    #expect(await service.reload().map(\.line).count == 1)
    _ = try await service.post([alert("A", ["severity": "critical"], desk)])
    await desk.pass(service)
    #expect(try desk.take() == ["firing: A firing"])
    write(plain.replacing("http://hook/", with: "http://other/"), to: desk.folder.path("am.yml"))
    #expect(await service.reload().isEmpty)
    _ = try await service.post([alert("B", ["severity": "critical"], desk)])
    await desk.pass(service)
    #expect(desk.sent.withLock { $0.map(\.url) } == ["http://other/"])
}

@Test func aDatabaseOfVersion1IsTakenUp() async throws {
    let folder = TemporaryDirectory("migration")
    let path = folder.path("alerts.db")
    let old = try DatabaseQueue(path: path)
    try await old.write { db in
        try db.execute(sql: AlertSchemaVersion1.tables)
        try db.execute(
            sql: """
                INSERT INTO alert_states VALUES ('r', 'aa', 'r.yml', '{"alertname":"A"}', '{}', '', 'firing', 1, 2, NULL, NULL, NULL, 1.5);
                INSERT INTO alert_events (at, rule, fingerprint, step, labels, value, reason) VALUES (2, 'r', 'aa', 'firing', '{"alertname":"A"}', 1.5, '');
                INSERT INTO assignments VALUES ('hook', 'aa', '{}:{alertname="A"}');
                INSERT INTO notification_groups VALUES ('hook', '{}:{alertname="A"}', '{"alertname":"A"}', 1, 5);
                INSERT INTO told VALUES ('hook', '{}:{alertname="A"}', 'aa', 2);
                INSERT INTO outbox (id, key, receiver, group_key, sequence, operation, queued_at, due_at, state, attempts, change, payload)
                    VALUES (7, 'k', 'hook', '{}:{alertname="A"}', 1, 'trigger', 5, 5, 'attempting', 1, '{"fired":{"aa":2},"resolved":{}}', x'7b7d');
                PRAGMA user_version = 1;
                """)
    }
    try old.close()
    let database = try AlertDatabase(path: path)
    let row = try await database.read("check") { db in
        (
            try Int.fetchOne(db, sql: "PRAGMA user_version"), try String.fetchOne(db, sql: "SELECT state FROM outbox WHERE id = 7"),
            try String.fetchOne(db, sql: "SELECT alias FROM notification_groups"), try Int64.fetchOne(db, sql: "SELECT fired_at FROM told"),
            try String.fetchOne(db, sql: "SELECT group_key FROM assignments WHERE fingerprint = 'aa'")
        )
    }
    #expect(row.0 == AlertSchema.version && row.1 == "retrying" && row.2?.count == 64 && row.3 == 2 && row.4 == "{}:{alertname=\"A\"}")
}

@Test func acknowledgementsGoToPagerDutyAndComeBackSigned() async throws {
    let folder = TemporaryDirectory("pagerduty")
    write("s3cret\n", to: folder.path("secret"))
    #expect(chmod(folder.path("secret"), 0o600) == 0)
    let desk = Desk("route: {receiver: pd}\nreceivers: [{name: pd, pagerduty_configs: [{routing_key: rk}]}]")
    let service = try await desk.service(pagerDutySecret: folder.path("secret"))
    _ = try await service.post([alert("A", ["severity": "critical"], desk)])
    await desk.pass(service)
    _ = try await service.acknowledge("A", Action(actor: "ann"))
    await desk.pass(service)
    let events = desk.sent.withLock { $0.map { String(decoding: $0.body, as: UTF8.self) } }
    #expect(events.count == 2 && events[0].contains("\"event_action\":\"trigger\"") && events[1].contains("\"event_action\":\"acknowledge\""))
    let key = GroupReference.alias(of: "{}:{}")
    #expect(events.allSatisfy { $0.contains(key) })
    #expect(try await service.takePagerDutyEvent(type: "incident.unacknowledged", incidentKey: key, actor: "Bob").count == 1)
    #expect(try await service.takePagerDutyEvent(type: "incident.acknowledged", incidentKey: key, actor: "Bob").count == 1)
    await desk.pass(service)
    // What came from PagerDuty isn't told to it again.
    #expect(desk.sent.withLock { $0.filter { String(decoding: $0.body, as: UTF8.self).contains("acknowledge") }.count } == 1)
    #expect(try await service.routedAlerts().first?.acknowledgement?.actor == "pagerduty:Bob")
    let body = Array("{}".utf8)
    let isSigned = try service.isPagerDutys(body: body, signatures: "v1=00,v1=\(signature(body))")
    let isForged = try service.isPagerDutys(body: body, signatures: "v1=00")
    #expect(isSigned && !isForged)
}

private func signature(_ body: [UInt8]) -> String {
    HexadecimalText.of(HMAC<SHA256>.authenticationCode(for: body, using: SymmetricKey(data: Array("s3cret".utf8))))
}

@Test func hooksAreCalledInTheTransactionsOfPages() async throws {
    final class Recorder: PipelineHook {
        let calls = Locked<[String]>([])
        func queued(_ change: NotificationChange, _ operation: OutboxOperation, _ group: GroupReference, receiver: Receiver, now: Timestamp, _ db: Database) throws {
            calls.withLock { $0.append("\(operation.rawValue) \(receiver.configuredName) +\(change.fired.count) -\(change.resolved.count)") }
        }
        func refused(_ message: OutboxMessage, status: Int, answer: String, now: Timestamp, _ db: Database) throws { calls.withLock { $0.append("refused \(status)") } }
        func acted(_ step: String, _ fingerprint: String, _ action: Action, now: Timestamp, _ db: Database) throws { calls.withLock { $0.append("\(step) \(action.actor)") } }
    }
    let recorder = Recorder()
    let desk = Desk(plain)
    let service = try await desk.service(hooks: [recorder], status: 400)
    _ = try await service.post([alert("A", ["severity": "critical"], for: 60, desk)])
    await desk.pass(service)
    _ = try await service.acknowledge("A", Action(actor: "ann"))
    await desk.pass(service, seconds: 61)
    await desk.pass(service, seconds: 300)
    #expect(recorder.calls.withLock { $0 } == ["trigger hook +1 -0", "refused 400", "acknowledged ann", "resolve hook +0 -1", "refused 400"])
}
