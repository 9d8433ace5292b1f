import Foundations
import Testing

@testable import Alerting

private func change(fired: [String: Int64] = [:], resolved: [String: Int64] = [:]) -> NotificationChange { NotificationChange(fired: fired, resolved: resolved) }
private func open(_ id: Int64, attempted: Bool = false, _ change: NotificationChange) -> NotificationPlan.Open {
    NotificationPlan.Open(id: id, wasAttempted: attempted, change: change)
}

@Test func aNewAlertIsQueued() {
    let plan = NotificationPlan(told: [:], open: [], current: ["a": 1], sendsResolved: true)
    #expect(plan.queued == change(fired: ["a": 1]) && plan.cancelled == nil)
}

@Test func nothingNewQueuesNothing() {
    #expect(NotificationPlan(told: ["a": 1], open: [], current: ["a": 1], sendsResolved: true).queued == nil)
    #expect(NotificationPlan(told: [:], open: [open(1, change(fired: ["a": 1]))], current: ["a": 1], sendsResolved: true).queued == nil)
}

@Test func anUnsentPageAndItsResolveCancelOut() {
    let plan = NotificationPlan(told: [:], open: [open(1, change(fired: ["a": 1]))], current: [:], sendsResolved: true)
    #expect(plan.cancelled == 1 && plan.queued == nil)
}

@Test func aSentPageGetsItsResolve() {
    let plan = NotificationPlan(told: ["a": 1], open: [open(1, attempted: true, change(fired: ["a": 1]))], current: [:], sendsResolved: true)
    #expect(plan.cancelled == nil && plan.queued == change(resolved: ["a": 1]))
}

@Test func anotherAlertReplacesAnUnsentPage() {
    let plan = NotificationPlan(told: [:], open: [open(1, change(fired: ["a": 1]))], current: ["a": 1, "b": 2], sendsResolved: true)
    #expect(plan.cancelled == 1 && plan.queued == change(fired: ["a": 1, "b": 2]))
}

@Test func aResolveIsNotTakenBackForAnAlertThatFiresAgain() {
    let resolve = open(2, change(resolved: ["a": 1]))
    let plan = NotificationPlan(told: ["a": 1], open: [resolve], current: ["a": 5], sendsResolved: true)
    #expect(plan.cancelled == nil && plan.queued == change(fired: ["a": 5]))
    let full = NotificationPlan(told: ["a": 1], open: [resolve], current: ["a": 5], sendsResolved: true, openMax: 1)
    #expect(full.cancelled == 2 && full.queued == change(fired: ["a": 5]))
}

@Test func aReceiverWithoutResolvesForgets() {
    let plan = NotificationPlan(told: ["a": 1, "b": 1], open: [], current: ["b": 1], sendsResolved: false)
    #expect(plan.forgotten == ["a"] && plan.queued == nil)
}

/// What was told and what waits always add up to what is so, and no message contradicts the one before it.
@Test(arguments: 1...20)
func plansAddUpToWhatIsSo(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var told: [String: Int64] = [:]
    var queue: [NotificationPlan.Open] = []
    var current: [String: Int64] = [:]
    var nextID: Int64 = 1
    for step in 0..<500 {
        let alert = ["a", "b", "c"].randomElement(using: &random)!
        if Bool.random(using: &random) { current[alert] = current[alert] == nil ? Int64(step) : nil }
        let plan = NotificationPlan(told: told, open: queue, current: current, sendsResolved: true)
        if let cancelled = plan.cancelled {
            #expect(queue.last?.id == cancelled && queue.last?.wasAttempted == false)
            queue.removeLast()
        }
        if let queued = plan.queued {
            queue.append(open(nextID, queued))
            nextID += 1
        }
        #expect(queue.count <= Limits.queuedPerGroupMax + 1)
        var known = told
        for message in queue where !message.wasAttempted {
            for (fingerprint, firedAt) in message.change.resolved { #expect(known[fingerprint] == firedAt) }
            for fingerprint in message.change.fired.keys where queue.count < Limits.queuedPerGroupMax { #expect(known[fingerprint] == nil) }
            known = NotificationPlan.apply(message.change, to: known)
        }
        #expect(known == current, "seed \(seed), step \(step)")
        // The head is attempted, or ends.
        if Int.random(in: 0..<4, using: &random) == 0, !queue.isEmpty {
            if queue[0].wasAttempted {
                queue.removeFirst()
            } else {
                queue[0].wasAttempted = true
                told = NotificationPlan.apply(queue[0].change, to: told)
            }
        }
    }
}
