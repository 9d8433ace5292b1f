import Foundations
import GRDB
import Model

/// What became of a test page at one destination.
public struct DrillOutcome: Sendable, Hashable {
    public var receiver: String
    /// As in the outbox: `delivered`, `failed`, or what it was when the wait was over.
    public var state: String
    /// The answer, or what went wrong.
    public var detail: String
}

extension AlertingService {
    /// Sends a marked test page to a configured receiver, a destination or all of a policy's steps by way of the outbox, and waits for what becomes of it.
    public func drill(_ name: String, by actor: String, waitSeconds: Int) async throws -> [DrillOutcome] {
        let context = environment.context
        let named = context.destinations[name] ?? context.receivers[name].map { [$0] } ?? []
        let receivers = named.filter { $0.kind != .escalation } + escalator.drilled(name, now: clock.nowMilliseconds(), context).filter { !named.contains($0) }
        if receivers.isEmpty {
            let known = (routingInForce.receiverNames + escalator.inForce.policies.map(\.name)).joined(separator: ", ")
            throw ActionError.invalid("there is no receiver \(quoted(SafeText(name).string)) with a destination; known are \(known)")
        }
        let messages = try await database.queueDrill(receivers, by: actor, now: clock.nowMilliseconds(), context)
        environment.wake(Set(receivers.map(\.name)))
        let end = clock.monotonicNanoseconds() + Int64(waitSeconds) * 1_000_000_000
        while true {
            let outcomes = try await database.drillOutcomes(messages)
            if outcomes.allSatisfy({ ["delivered", "failed", "cancelled"].contains($0.state) }) || clock.monotonicNanoseconds() >= end { return outcomes }
            try await Task.sleep(nanoseconds: 20_000_000)
        }
    }
}

extension AlertDatabase {
    /// Queues a test page and, where the receiver merges by a key, its end, so that no incident stays open.
    func queueDrill(_ receivers: [Receiver], by actor: String, now: Timestamp, _ context: NotificationContext) async throws(AlertingError) -> [Int64] {
        try await write("store messages in") { db in
            var ids: [Int64] = []
            for receiver in receivers {
                let labels: Labels = [AlertLabel.name: "NightjarDrill", AlertLabel.severity: "info", "nightjar_drill": OutboxMessage.newKey()]
                let group = GroupReference(receiver: receiver.name, groupKey: "{}/drill:\(labels)")
                let alert = MessageAlert(
                    fingerprint: Fingerprint(labels).text, labels: labels,
                    annotations: [
                        NamedText(name: "summary", text: "This is a drill by \(actor)"),
                        NamedText(name: "description", text: "A test page from Nightjar to see that the way to \(receiver.name) works. Nothing is wrong."),
                    ], generatorURL: "", startsAt: now)
                for end in receiver.isKeyed ? [nil, now] : [nil] {
                    var said = alert
                    said.endsAt = end
                    let body = WebhookBody(
                        receiver: receiver.configuredName, groupKey: group.groupKey, groupLabels: labels, externalURL: context.externalURL, alerts: [said],
                        alertsMax: receiver.alertsPerMessageMax)
                    try Self.insert(NotificationChange(), .drill, payload: body.encoded(), group, sequence: end == nil ? 1 : 2, now: now, db)
                    ids.append(db.lastInsertedRowID)
                }
            }
            return ids
        }
    }

    func drillOutcomes(_ messages: [Int64]) async throws(AlertingError) -> [DrillOutcome] {
        try await read("read the messages of") { db in
            try messages.compactMap { id in
                guard let row = try Row.fetchOne(db, sql: "SELECT receiver, state, reason FROM outbox WHERE id = ?", arguments: [id]) else { return nil }
                let last = try Row.fetchOne(db, sql: "SELECT status, answer, error FROM attempts WHERE message = ? ORDER BY number DESC LIMIT 1", arguments: [id])
                let status = (last?["status"] as Int?).map { "status \($0)" }
                let (answer, error): (String, String) = (last?["answer"] ?? "", last?["error"] ?? "")
                let detail = [row["reason"] as String, status ?? "", status == nil ? error : answer].filter { !$0.isEmpty }
                return DrillOutcome(receiver: row["receiver"], state: row["state"], detail: detail.joined(separator: ": "))
            }
        }
    }
}
