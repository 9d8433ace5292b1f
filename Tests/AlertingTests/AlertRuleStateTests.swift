import Foundations
import Model
import Testing

@testable import Alerting

private func at(_ seconds: Int64) -> Timestamp { Timestamp(seconds: seconds) }
private let a: Labels = ["alertname": "A", "instance": "a"]
private let b: Labels = ["alertname": "A", "instance": "b"]

private final class Machine {
    var state = AlertRuleState()
    var durations = AlertRuleState.Durations(forMilliseconds: 0, keepFiringForMilliseconds: 0, noDataHoldMilliseconds: 3_600_000)

    func tick(_ seconds: Int64, _ labels: [Labels], absence: AlertRuleState.Absence = .ended) -> [String] {
        let observations = labels.map { AlertRuleState.Observation(labels: $0, annotations: [], value: 1) }
        return state.advance(observations, at: at(seconds), durations: durations) { _ in absence }
            .map { "\($0.step.rawValue) \($0.alert.labels["instance"]!)" }
    }
}

@Test func anAlertWithoutForFiresAtOnceAndResolves() {
    let machine = Machine()
    #expect(machine.tick(0, [a]) == ["firing a"])
    #expect(machine.tick(15, [a, b]) == ["firing b"])
    #expect(machine.tick(30, [b]) == ["resolved a"])
    #expect(machine.tick(45, [b]) == [])
    #expect(machine.tick(60, []) == ["resolved b"])
    #expect(machine.state.alerts.isEmpty)
}

@Test func forMustBeReachedAndStartsAgainAfterAnInterruption() {
    let machine = Machine()
    machine.durations.forMilliseconds = 30_000
    #expect(machine.tick(0, [a]) == ["pending a"])
    #expect(machine.tick(15, [a]) == [])
    #expect(machine.tick(29, []) == ["inactive a"])
    #expect(machine.tick(30, [a]) == ["pending a"])
    #expect(machine.tick(59, [a]) == [])
    #expect(machine.tick(60, [a]) == ["firing a"])
    #expect(machine.state.alerts[a]?.activeAt == at(30))
    #expect(machine.state.alerts[a]?.firedAt == at(60))
}

@Test func keepFiringForBridgesAnInterruption() {
    let machine = Machine()
    machine.durations.keepFiringForMilliseconds = 60_000
    #expect(machine.tick(0, [a]) == ["firing a"])
    #expect(machine.tick(15, []) == [])
    #expect(machine.tick(60, []) == [])
    #expect(machine.tick(70, [a]) == [])
    #expect(machine.state.alerts[a]?.keepFiringSince == nil)
    #expect(machine.tick(75, []) == [])
    #expect(machine.tick(134, []) == [])
    #expect(machine.tick(135, []) == ["resolved a"])
}

@Test func missingDataDontResolveUntilTheHoldIsOver() {
    let machine = Machine()
    #expect(machine.tick(0, [a]) == ["firing a"])
    #expect(machine.tick(15, [], absence: .noData) == ["no_data a"])
    #expect(machine.tick(30, [], absence: .noData) == [])
    #expect(machine.tick(45, [a]) == ["data_back a"])
    #expect(machine.tick(60, [], absence: .noData) == ["no_data a"])
    #expect(machine.tick(3659, [], absence: .noData) == [])
    #expect(machine.tick(3660, [], absence: .noData) == ["resolved a"])
}

@Test func whatVanishesTooEarlyAfterAGapStaysAsItIs() {
    let machine = Machine()
    machine.durations.forMilliseconds = 10_000
    #expect(machine.tick(0, [a, b]) == ["pending a", "pending b"])
    #expect(machine.tick(10, [a]) == ["firing a", "inactive b"])
    #expect(machine.tick(20, [b], absence: .tooEarly) == ["pending b"])
    #expect(machine.tick(30, [], absence: .tooEarly) == [])
    #expect(machine.tick(40, []) == ["resolved a", "inactive b"])
}

@Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8])
func randomRunsKeepToTheRules(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let machine = Machine()
    machine.durations.forMilliseconds = [0, 15_000, 40_000].randomElement(using: &random)!
    machine.durations.keepFiringForMilliseconds = [0, 20_000].randomElement(using: &random)!
    // The model: since when the condition holds without a break, and since when it no longer does.
    var holdsSince: [Labels: Int64] = [:]
    var firing: [Labels: Int64] = [:]
    for tick in 0..<400 {
        let now = Int64(tick) * 15
        let present = [a, b].filter { _ in Bool.random(using: &random) || Bool.random(using: &random) }
        _ = machine.tick(now, present)
        for labels in [a, b] {
            if present.contains(labels) {
                if holdsSince[labels] == nil { holdsSince[labels] = now }
                if (now - holdsSince[labels]!) * 1000 >= machine.durations.forMilliseconds { firing[labels] = .max }
                if firing[labels] != nil { firing[labels] = .max }
            } else if let since = firing[labels] {
                let ended = since == .max ? now : since
                firing[labels] = ended
                if (now - ended) * 1000 >= machine.durations.keepFiringForMilliseconds {
                    firing[labels] = nil
                    holdsSince[labels] = nil
                }
            } else {
                holdsSince[labels] = nil
            }
            #expect((machine.state.alerts[labels]?.phase == .firing) == (firing[labels] != nil), "seed \(seed), tick \(tick)")
            #expect((machine.state.alerts[labels]?.activeAt).map { $0.milliseconds / 1000 } == holdsSince[labels], "seed \(seed), tick \(tick)")
        }
    }
}

@Test func ticksFollowTheIntervalWithAnOffsetOfTheirOwn() {
    let schedule = GroupSchedule(key: "a.yml;x", intervalMilliseconds: 15_000)
    #expect((0..<15_000).contains(schedule.offsetMilliseconds))
    for seconds in stride(from: Int64(-100), to: 100, by: 7) {
        let tick = schedule.tick(after: at(seconds))
        #expect(tick > at(seconds) && tick.milliseconds - at(seconds).milliseconds <= 15_000)
        #expect((tick.milliseconds - schedule.offsetMilliseconds) % 15_000 == 0)
        #expect(schedule.tick(atOrBefore: tick) == tick)
    }
    let offsets = Set((0..<50).map { GroupSchedule(key: "a.yml;\($0)", intervalMilliseconds: 15_000).offsetMilliseconds })
    #expect(offsets.count > 45)
}
