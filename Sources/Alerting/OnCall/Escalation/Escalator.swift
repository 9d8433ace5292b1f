import Foundations
import GRDB
import Model

/// Opens an escalation in the transaction that queues a page to a bound receiver, and says when something happened that escalations hang on.
///
/// What it opens is due at once; `AlertDatabase.escalate` then goes through the steps.
final class Escalator: PipelineHook {
    private let file = Locked(OnCallFile())
    private let overrides = Locked<[String: [OnCallSchedule.Override]]>([:])
    let machine: MachineTime
    private let raise: @Sendable () -> Void

    init(machine: MachineTime, raise: @escaping @Sendable () -> Void) {
        self.machine = machine
        self.raise = raise
    }

    var inForce: OnCallFile { file.withLock { $0 } }

    func put(inForce new: OnCallFile) {
        file.withLock { $0 = new }
        raise()
    }

    func set(overrides new: [String: [OnCallSchedule.Override]]) { overrides.withLock { $0 = new } }

    /// A schedule as it is, with the overrides that were made since; nil where there is none of that name.
    func schedule(_ name: String) -> OnCallSchedule? {
        file.withLock { $0.schedule(name) }.map { schedule in schedule.overridden(by: overrides.withLock { $0[name] ?? [] }) }
    }

    var schedules: [OnCallSchedule] { inForce.schedules.compactMap { schedule($0.name) } }

    // The pipeline

    func queued(_ change: NotificationChange, _ operation: OutboxOperation, _ group: GroupReference, receiver: Receiver, now: Timestamp, _ db: Database) throws {
        let file = inForce
        guard let name = file.bindings[receiver.configuredName], let policy = file.policy(name) else { return }
        if operation == .trigger {
            try AlertDatabase.openEscalation(policy, receiver: receiver.configuredName, group, at: EscalationMoment(now, machine), db)
        }
        raise()
    }

    func refused(_ message: OutboxMessage, status: Int, answer: String, now: Timestamp, _ db: Database) throws { raise() }

    func acted(_ step: String, _ fingerprint: String, _ action: Action, now: Timestamp, _ db: Database) throws {
        try AlertDatabase.touchEscalations(of: fingerprint, at: EscalationMoment(now, machine), db)
        raise()
    }
}

extension Escalator {
    /// The receivers and how each person is reached: the destinations of contacts, and a receiver that stands for the policy where a bound
    /// one has no destination of its own.
    static func receivers(_ routed: [Receiver], _ file: OnCallFile) -> [Receiver] {
        let standIns = file.bindings.keys.sorted().filter { name in !routed.contains { $0.configuredName == name } }
            .map { Receiver(name: "\($0)/escalation", configuredName: $0, kind: .escalation) }
        return routed + file.destinations + standIns
    }

    /// Whom the policy of a name, or of a bound receiver, pages in all its steps now; each destination once.
    func drilled(_ name: String, now: Timestamp, _ context: NotificationContext) -> [Receiver] {
        let file = inForce
        guard let policy = file.policy(name) ?? file.bindings[name].flatMap({ file.policy($0) }) else { return [] }
        var seen: Set<String> = []
        return policy.steps.flatMap { $0.pages(policy, self, now: now, context) }.flatMap(\.receivers).filter { seen.insert($0.name).inserted }
    }

    /// The destinations of whom a bound receiver's policy pages first, for when nothing can be written down.
    func furtherReceivers(of configuredName: String, now: Timestamp, _ context: NotificationContext) -> [Receiver] {
        let file = inForce
        guard let policy = file.bindings[configuredName].flatMap({ file.policy($0) }) else { return [] }
        return policy.steps[0].pages(policy, self, now: now, context).flatMap(\.receivers)
    }
}

/// Somebody to page, and by what.
struct EscalationPage {
    /// Empty for a receiver.
    var person: String
    /// At once.
    var receivers: [Receiver]
}

extension EscalationPolicy.Step {
    /// Whom the step pages at a moment; the fallback where nobody is.
    func pages(_ policy: EscalationPolicy, _ escalator: Escalator, now: Timestamp, _ context: NotificationContext) -> [EscalationPage] {
        let found = targets.flatMap { pages($0, escalator, now: now, context) }
        return found.isEmpty ? policy.fallback.flatMap { pages($0, escalator, now: now, context) } : found
    }

    private func pages(_ target: EscalationTarget, _ escalator: Escalator, now: Timestamp, _ context: NotificationContext) -> [EscalationPage] {
        switch target.kind {
        case .receiver:
            let receivers = context.destinations[target.name] ?? []
            return receivers.isEmpty ? [] : [EscalationPage(person: "", receivers: receivers)]
        case .schedule:
            guard let duty = escalator.schedule(target.name)?.duty(at: now) else { return [] }
            return pages(EscalationTarget(.person, duty.person), escalator, now: now, context)
        case .person:
            let ways = escalator.ways(to: target.name, context)
            let chosen = ways.filter { channels.contains($0.kind) }
            let receivers = chosen.isEmpty ? ways.first?.receivers ?? [] : chosen.flatMap(\.receivers)
            return receivers.isEmpty ? [] : [EscalationPage(person: target.name, receivers: receivers)]
        }
    }
}

extension Escalator {
    /// A person's contacts that something can be sent to now, in their order.
    func ways(to person: String, _ context: NotificationContext) -> [(kind: Person.Contact.Kind, receivers: [Receiver])] {
        (inForce.person(person)?.contacts ?? []).compactMap { contact in
            guard let name = contact.destination else { return nil }
            let receivers = contact.kind == .receiver ? context.destinations[name] ?? [] : context.receivers[name].map { [$0] } ?? []
            return receivers.isEmpty ? nil : (contact.kind, receivers)
        }
    }
}
