import Foundation
import Foundations
import Model
import TestSupport
import Testing

@testable import Alerting

/// One alert in a request that reached the sink.
private struct Told: Hashable {
    var fingerprint: String
    var startsAt: String
    var isFiring: Bool
}

/// An event that reached the sink's PagerDuty.
private struct KeyedEvent {
    var isTrigger: Bool
    var dedupKey: String
    var message: String
    var wasAccepted: Bool
}

/// A request that reached the sink, whatever was answered.
private struct Arrival {
    var key: String
    var alerts: [Told]
    var wasAccepted: Bool
    var isMarkedAsRepeat: Bool
}

/// A sink with faults: it answers, refuses, loses requests and answers, and now and then the program dies during a request.
private final class FaultySink: Sendable {
    struct State {
        var random: SeededGenerator
        var arrivals: [Arrival] = []
        var events: [KeyedEvent] = []
        var isFaulty = true
        /// Set when the program has died: nothing reaches the sink any more.
        var isDead = false
        var crashes = 0
        var faults: [String: Int] = [:]
    }

    let state: Locked<State>
    /// Leaves behind what the disk holds at a crash.
    let snapshot = Locked<(@Sendable () async throws -> Void)?>(nil)

    init(seed: UInt64) { state = Locked(State(random: SeededGenerator(seed: seed))) }

    enum Fault: String, CaseIterable {
        case none, error500, tooMany, refused, lostRequest, lostAnswer, crashBefore, crashAfter
    }

    func receive(_ request: DeliveryRequest) async throws -> DeliveryReply {
        let fault = state.withLock { state -> Fault? in
            if state.isDead { return nil }
            let drawn: Fault = state.isFaulty && Int.random(in: 0..<100, using: &state.random) < 55 ? Fault.allCases.randomElement(using: &state.random)! : .none
            state.faults[drawn.rawValue, default: 0] += 1
            if drawn == .crashBefore || drawn == .crashAfter { state.isDead = true }
            return drawn
        }
        guard let fault else { throw CancellationError() }
        if fault != .lostRequest, fault != .crashBefore { note(request, wasAccepted: fault == .none || fault == .lostAnswer || fault == .crashAfter) }
        switch fault {
        case .none: return DeliveryReply(status: 200)
        case .error500: return DeliveryReply(status: 503)
        case .tooMany: return DeliveryReply(status: 429, retryAfterSeconds: 3)
        case .refused: return DeliveryReply(status: 400)
        case .lostRequest: throw DeliveryFailure(reason: "no connection", mayHaveArrived: false)
        case .lostAnswer: throw DeliveryFailure(reason: "timed out", mayHaveArrived: true)
        case .crashBefore, .crashAfter:
            state.withLock { $0.crashes += 1 }
            try await snapshot.withLock { $0 }!()
            throw CancellationError()
        }
    }

    private func note(_ request: DeliveryRequest, wasAccepted: Bool) {
        func header(_ name: String) -> String? { request.headers.first { $0.name == name }?.value }
        guard let body = try? JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any] else {
            Issue.record("a body that is no JSON")
            return
        }
        if let action = body["event_action"] as? String {
            let event = KeyedEvent(
                isTrigger: action == "trigger", dedupKey: body["dedup_key"] as! String, message: header("Idempotency-Key") ?? "", wasAccepted: wasAccepted)
            return state.withLock { $0.events.append(event) }
        }
        let alerts = body["alerts"] as! [[String: Any]]
        let arrival = Arrival(
            key: header("Idempotency-Key") ?? "",
            alerts: alerts.map {
                Told(fingerprint: $0["fingerprint"] as! String, startsAt: $0["startsAt"] as! String, isFiring: $0["status"] as! String == "firing")
            }, wasAccepted: wasAccepted, isMarkedAsRepeat: header("X-Nightjar-Possible-Repeat") == "1")
        state.withLock { $0.arrivals.append(arrival) }
    }
}

/// A destination of the same receiver that merges by a key.
private let keyed = Receiver(
    name: "hook/pagerduty[0]", configuredName: "hook",
    kind: .pagerDuty(
        Receiver.PagerDuty(routingKey: .inline(Secret("k")), url: "https://pager.example/", texts: ["description": "x"], details: [:], images: [], links: [], http: HTTPSettings())))

/// Runs alerts through random conditions, silences, faults, changed groupings and crashes, and holds what reached the sink against what was so.
@Test(arguments: 1...20)
func everyPageArrivesAndItsResolveFollows(seed: UInt64) async throws {
    let sink = FaultySink(seed: seed &* 7919)
    let harness = Harness(
        """
        groups:
          - name: g
            interval: 1s
            rules:
              - {alert: A, expr: a > 1}
              - {alert: B, expr: b > 1, for: 2s, keep_firing_for: 2s}
        """, receivers: [Harness.hook("hook"), keyed], deliverer: FakeDeliverer { try await sink.receive($0) })
    var random = SeededGenerator(seed: seed)
    var run = 0
    var path = harness.databasePath
    func open() async throws -> AlertingService {
        // The grouping changes with every other start.
        let route = Route(receiver: "hook", groupBy: seed % 2 == 0 || run % 2 == 0 ? [] : ["instance"])
        let service = try await harness.service(database: path, route: route)
        run += 1
        let next = harness.folder.path("run-\(run).db")
        let current = path
        let database = service.database
        sink.snapshot.withLock { $0 = { try await database.read("copy") { _ in try copyDatabase(current, to: next) } } }
        sink.state.withLock { $0.isDead = false }
        return service
    }
    var service = try await open()
    var present: [String: Set<String>] = ["a": [], "b": []]
    func setConditions() {
        for (metric, instances) in present {
            harness.evaluator.set("\(metric) > 1", instances.sorted().map { (["instance": $0], 1) })
        }
    }
    func deliver() async throws {
        await service.deliverDue()
        if sink.state.withLock(\.isDead) {
            path = harness.folder.path("run-\(run).db")
            service = try await open()
        }
    }
    for step in 0..<60 {
        for metric in ["a", "b"] {
            for instance in ["1", "2", "3"] where Int.random(in: 0..<5, using: &random) == 0 {
                if present[metric]!.remove(instance) == nil { present[metric]!.insert(instance) }
            }
        }
        if step == 30, seed % 3 == 0 { harness.clock.advance(milliseconds: 200_000) }
        setConditions()
        if Int.random(in: 0..<8, using: &random) == 0 {
            let now = harness.clock.nowMilliseconds()
            let instance = ["1", "2", "3"].randomElement(using: &random)!
            let end = now.advanced(byMilliseconds: Int64.random(in: 1000...20_000, using: &random))
            _ = try await service.setSilence(
                Silence(matchers: [Matcher("instance", equals: instance)], startsAt: now, endsAt: end, createdBy: "test", comment: "a fault"))
        }
        await harness.tick(service, seconds: 1)
        if Int.random(in: 0..<3, using: &random) > 0 { try await deliver() }
        if Int.random(in: 0..<12, using: &random) == 0 { await service.storeEvaluations() }
    }
    // The faults end: everything that is owed arrives.
    sink.state.withLock { $0.isFaulty = false }
    setConditions()
    for _ in 0..<200 {
        await harness.tick(service, seconds: 60)
        try await deliver()
    }
    #expect(await service.outbox().pending == 0)
    let firing = Set(await service.activeAlerts().filter { $0.phase == .firing }.map { "\($0.fingerprint) \(TimestampText.rfc3339($0.firedAt!))" })
    check(sink.state.withLock { $0.arrivals }, firing: firing, seed: seed)
    check(sink.state.withLock { $0.events }, seed: seed)
    #expect(sink.state.withLock(\.crashes) > 0, "seed \(seed) had no crash")
}

private func check(_ arrivals: [Arrival], firing: Set<String>, seed: UInt64) {
    var paged: Set<String> = []
    /// The message that said it.
    var ended: [String: String] = [:]
    var accepted: Set<String> = []
    for arrival in arrivals {
        if accepted.contains(arrival.key) { #expect(arrival.isMarkedAsRepeat, "seed \(seed): a repeat without its mark") }
        for alert in arrival.alerts {
            let episode = "\(alert.fingerprint) \(alert.startsAt)"
            if alert.isFiring {
                #expect(ended[episode] == nil, "seed \(seed): \(episode) fires after its resolve")
                paged.insert(episode)
            } else {
                #expect(paged.contains(episode), "seed \(seed): \(episode) is resolved before its page")
                #expect(ended[episode, default: arrival.key] == arrival.key, "seed \(seed): \(episode) is resolved twice")
                ended[episode] = arrival.key
            }
        }
        if arrival.wasAccepted { accepted.insert(arrival.key) }
    }
    #expect(firing.isSubset(of: paged), "seed \(seed): no page of \(firing.subtracting(paged))")
    #expect(paged.subtracting(ended.keys) == firing, "seed \(seed): no resolve of \(paged.subtracting(ended.keys).subtracting(firing))")
}

/// No incident is opened twice: a trigger that was sent before an accepted end isn't sent again after it.
private func check(_ events: [KeyedEvent], seed: UInt64) {
    var ended: [String: Set<String>] = [:]
    var sent: [String: Set<String>] = [:]
    for event in events {
        if event.isTrigger {
            #expect(ended[event.dedupKey]?.contains(event.message) != true, "seed \(seed): \(event.dedupKey) is opened again by an old message")
            sent[event.dedupKey, default: []].insert(event.message)
        } else if event.wasAccepted {
            ended[event.dedupKey, default: []].formUnion(sent[event.dedupKey] ?? [])
        }
    }
    #expect(!events.isEmpty)
}
