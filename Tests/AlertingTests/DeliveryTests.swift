import Foundations
import Glibc
import Model
import Settings
import TestSupport
import Testing

@testable import Alerting

private let rules = "groups: [{name: g, rules: [{alert: A, expr: x > 1}]}]"
private let onA: (Labels, Double) = (["instance": "a"], 5)

/// A service with one page in its outbox whose attempts get these answers, one after another.
private func delivering(_ answers: [DeliveryReply?]) async throws -> (Harness, AlertingService, Locked<[DeliveryRequest]>) {
    let requests = Locked<[DeliveryRequest]>([])
    let harness = Harness(
        rules,
        deliverer: FakeDeliverer { request in
            let number = requests.withLock { list in
                list.append(request)
                return list.count - 1
            }
            guard let answer = answers[min(number, answers.count - 1)] else { throw DeliveryFailure(reason: "timed out", mayHaveArrived: true) }
            return answer
        })
    harness.evaluator.set("x > 1", [onA])
    let service = try await harness.service()
    await harness.tick(service)
    return (harness, service, requests)
}

private func header(_ name: String, _ request: DeliveryRequest) -> String? { request.headers.first { $0.name == name }?.value }

@Test func aFailedAttemptIsTriedAgainWithTheSameKeyAndBody() async throws {
    let (harness, service, requests) = try await delivering([DeliveryReply(status: 500), nil, DeliveryReply(status: 200)])
    for _ in 0..<6 {
        await service.deliverDue()
        harness.clock.advance(milliseconds: 5000)
    }
    let sent = requests.withLock { $0 }
    #expect(sent.count == 3 && Set(sent.map { header("Idempotency-Key", $0) }).count == 1 && Set(sent.map(\.body)).count == 1)
    #expect(sent.map { header("X-Nightjar-Attempt", $0) } == ["1", "2", "3"])
    #expect(sent.map { header("X-Nightjar-Possible-Repeat", $0) } == [nil, nil, "1"])
    let delivery = try #require(await service.outbox().deliveries.first)
    #expect(delivery.state == "delivered" && delivery.attempts.map(\.status) == [500, nil, 200] && delivery.attempts[1].error == "timed out")
}

@Test func retryAfterIsWaitedFor() async throws {
    let (harness, service, requests) = try await delivering([DeliveryReply(status: 429, retryAfterSeconds: 90), DeliveryReply(status: 200)])
    await service.deliverDue()
    harness.clock.advance(milliseconds: 89_000)
    await service.deliverDue()
    #expect(requests.withLock(\.count) == 1)
    harness.clock.advance(milliseconds: 1000)
    await service.deliverDue()
    #expect(requests.withLock(\.count) == 2)
}

@Test(arguments: [400, 401, 404, 410])
func aRefusedPageIsKeptAndShown(status: Int) async throws {
    let (harness, service, requests) = try await delivering([DeliveryReply(status: status, body: Array("no \u{1B}[31m such\nkey".utf8))])
    for _ in 0..<3 {
        await service.deliverDue()
        harness.clock.advance(milliseconds: 600_000)
    }
    #expect(requests.withLock(\.count) == 1)
    let outbox = await service.outbox()
    #expect(outbox.failed == 1 && outbox.pending == 0 && outbox.deliveries[0].attempts[0].answer == "no \u{241B}[31m such\u{240A}key")
    #expect(await service.statistics().failedTotal == 1)
}

@Test func delaysGrowWithFullJitterAndAreCapped() {
    var random = SeededGenerator(seed: 1)
    for attempt in 1...40 {
        let ceiling: Int64 = min(300_000, 1000 << min(Int64(attempt - 1), 20))
        let delays = (0..<50).map { _ in RetryDelay.milliseconds(attempt: attempt, retryAfterSeconds: nil, using: &random) }
        #expect(delays.allSatisfy { (0...ceiling).contains($0) })
        #expect(delays.max()! > ceiling / 2 && delays.min()! < ceiling / 2)
    }
    #expect(RetryDelay.milliseconds(attempt: 1, retryAfterSeconds: 1e9, using: &random) == 3_600_000)
}

@Test func oneReceiverThatHangsDelaysNobody() async throws {
    let folder = TemporaryDirectory("bulkhead")
    let database = try AlertDatabase(path: folder.path("alerts.db"))
    let names = ["sick", "well"]
    let context = NotificationContext(
        router: Router(
            root: RouteNode(
                receiver: "", routes: names.map { RouteNode(key: "{}/\($0)", receiver: $0, grouping: .allLabels, continues: true) })),
        receivers: names.map { Harness.hook($0) }, externalURL: "", stormGroupsPerMinuteMax: 1000)
    let delivered = Locked(0)
    let sick = ReceiverWorker(
        receiver: Harness.hook("sick"), database: database,
        deliverer: FakeDeliverer { _ in
            try await Task.sleep(nanoseconds: 3_600_000_000_000)
            return DeliveryReply(status: 200)
        }, clock: SystemClock(), logger: silentLogger)
    let well = ReceiverWorker(
        receiver: Harness.hook("well"), database: database,
        deliverer: FakeDeliverer { _ in
            delivered.withLock { $0 += 1 }
            return DeliveryReply(status: 200)
        }, clock: SystemClock(), logger: silentLogger)
    let now = SystemClock().nowMilliseconds()
    let transitions = (0..<40).map { number in
        AlertTransition(
            step: .fired,
            alert: AlertInstance(labels: ["alertname": "A", "n": "\(number)"], annotations: [], phase: .firing, activeAt: now, firedAt: now, value: 1),
            reason: "")
    }
    let rule = RuleReference(identity: RuleIdentity(stored: "r"), file: "r.yml", generatorURL: "")
    _ = try await database.record(transitions, rule: rule, at: now, now: now, notifying: context)
    await withTaskGroup { group in
        group.addTask { await sick.run() }
        group.addTask { await well.run() }
        await #expect(throws: Never.self) { try await waitUntil { delivered.withLock { $0 } >= 40 } }
        #expect(delivered.withLock { $0 } == 40)
        group.cancelAll()
    }
    let status = try await database.outboxStatus(now: now, deliveriesMax: 200)
    #expect(status.delivered == 40 && status.pending == 40)
}

@Test func aSecretFileThatOthersReadIsRefused() async throws {
    let folder = TemporaryDirectory("secret")
    write("token-1\nrest", to: folder.path("token"))
    chmod(folder.path("token"), 0o644)
    #expect(throws: SecretFileError.self) { try SecretFile.read(folder.path("token"), readers: .ownerAndGroup) }
    chmod(folder.path("token"), 0o640)
    let secret = try SecretFile.read(folder.path("token"), readers: .ownerAndGroup)
    #expect(secret.reveal() == "token-1" && "\(secret)" == "<redacted>")
    let message = OutboxMessage(id: 1, key: "k", receiver: "r", groupKey: "g", operation: .trigger, payload: [], attempt: 2, mayBeRepeat: true)
    let webhook = Receiver.Webhook(address: .url("https://h"), bearerTokenFile: folder.path("token"), headers: ["X-A": "b"])
    let request = try await RequestComposer().request(message, for: Receiver(name: "r", kind: .webhook(webhook)))
    #expect(request.headers.map { "\($0.name): \($0.value)" } == [
        "Content-Type: application/json", "Idempotency-Key: k", "X-Nightjar-Attempt: 2", "X-Nightjar-Possible-Repeat: 1", "X-A: b",
        "Authorization: Bearer token-1",
    ])
}

// Configuration

private func parse(_ yaml: String) -> (ReceiverConfiguration, [String]) {
    let document = SettingsDocument(path: "nightjar.yml")
    let root = document.parse(yaml)
    let configuration = ReceiverConfiguration.parse(root)
    root.finish()
    return (configuration, document.problems.map { "\($0.line): \($0.reason)" })
}

@Test func receiversAndTheRouteAreRead() {
    let (configuration, problems) = parse(
        """
        receivers:
          - name: on-call
            send_resolved: false
            webhook:
              url: http://127.0.0.1:9900/
              allow_insecure: true
              allow_private: true
              timeout: 5s
              headers: {X-Team: platform}
              max_alerts: 50
        route:
          receiver: on-call
          group_by: [instance]
          group_wait: 5s
          repeat_interval: 1h
          watchdog_receiver: on-call
        """)
    #expect(problems == [])
    let webhook = Receiver.Webhook(
        address: .url("http://127.0.0.1:9900/"), headers: ["X-Team": "platform"], timeoutSeconds: 5, allowsPlainHTTP: true,
        allowsPrivateAddresses: true, alertsMax: 50)
    #expect(configuration.receivers == [Receiver(name: "on-call", kind: .webhook(webhook), sendsResolved: false)])
    #expect(
        configuration.route
            == Route(receiver: "on-call", groupBy: ["instance"], repeatIntervalMilliseconds: 3_600_000, groupWaitMilliseconds: 5000,
                watchdog: Route.Watchdog(receiver: "on-call", intervalMilliseconds: 300_000)))
}

@Test(arguments: [
    ("receivers: [{name: a, webhook: {url: 'http://h'}}]\nroute: {receiver: a}", "1: the webhook's address begins with http://"),
    ("receivers: [{name: a, webhook: {url: 'https://h', colour: red}}]\nroute: {receiver: a}", "1: `colour`"),
    ("receivers:\n - name: a\n   webhook: {url: 'https://h'}\nroute:\n  receiver: b", "5: there is no receiver \"b\""),
    ("receivers:\n - name: a", "2: the receiver \"a\" has no destination"),
    ("receivers: [{name: a, webhook: {url: 'https://h'}}]", "1: there are receivers and no route"),
    ("receivers: [{name: a, webhook: {url: 'https://h', headers: {Authorization: x}}}]\nroute: {receiver: a}", "1: the header \"Authorization\""),
    ("receivers: [{name: a, webhook: {url: 'https://h', bearer_token_file: /nonexistent}}]\nroute: {receiver: a}", "1: the secret file /nonexistent"),
    ("receivers: [{name: a, webhook: {url: 'https://h'}}, {name: a, webhook: {url: 'https://h'}}]\nroute: {receiver: a}", "1: the receiver \"a\" stands twice"),
])
func configurationFaultsAreNamed(yaml: String, problem: String) {
    let problems = parse(yaml).1
    #expect(problems.contains { $0.hasPrefix(problem) }, "\(problems)")
}

@Test func pagesGoOutEvenWhenTheDatabaseCantBeWritten() async throws {
    let requests = Locked<[DeliveryRequest]>([])
    let harness = Harness(
        rules,
        deliverer: FakeDeliverer { request in
            requests.withLock { $0.append(request) }
            return DeliveryReply(status: 200)
        })
    let service = try await harness.service()
    try service.database.close()
    harness.evaluator.set("x > 1", [onA])
    for _ in 0..<3 { await harness.tick(service) }
    let sent = requests.withLock { $0 }
    #expect(sent.count == 1 && header("X-Nightjar-Unrecorded", sent[0]) == "1")
    #expect(String(decoding: sent[0].body, as: UTF8.self).contains("nightjar_unrecorded"))
    #expect(await service.groups()[0].rules[0].health == .error)
    let statistics = await service.statistics()
    #expect(statistics.databaseFailuresTotal >= 3)
    #expect(await service.outbox().unreadableReason != nil)
}

@Test func aPageThatWaitsGoesOutEvenWhenItsAttemptCantBeNoted() async throws {
    let (harness, service, requests) = try await delivering([DeliveryReply(status: 503), DeliveryReply(status: 200)])
    try await service.database.read("stop") { try $0.execute(sql: "PRAGMA query_only = 1") }
    for _ in 0..<4 {
        await service.deliverDue()
        harness.clock.advance(milliseconds: 2000)
    }
    #expect(requests.withLock { $0.map { header("X-Nightjar-Unrecorded", $0) } } == ["1", "1"], "until it has arrived, and then no more")
    try await service.database.read("start") { try $0.execute(sql: "PRAGMA query_only = 0") }
    await service.deliverDue()
    let sent = requests.withLock { $0 }
    #expect(sent.count == 3 && Set(sent.map { header("Idempotency-Key", $0) }).count == 1)
    #expect(header("X-Nightjar-Unrecorded", sent[2]) == nil && header("X-Nightjar-Possible-Repeat", sent[2]) == "1")
    #expect(await service.outbox().pending == 0)
}

@Test func aDatabaseThatCantBeWrittenIsNotTriedAgainAtOnce() async throws {
    let (harness, service, requests) = try await delivering([DeliveryReply(status: 503)])
    try await service.database.read("stop") { try $0.execute(sql: "PRAGMA query_only = 1") }
    for _ in 0..<5 { await service.deliverDue() }
    #expect(requests.withLock(\.count) == 1)
    harness.clock.advance(milliseconds: 1000)
    await service.deliverDue()
    #expect(requests.withLock(\.count) == 2)
}
