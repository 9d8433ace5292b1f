import Foundations
import GRDB

/// What follows from pages, in the transaction that queues or ends them: escalation and incidents hang here.
///
/// A hook that throws undoes the transaction it is called in, so it throws only what the database throws.
protocol PipelineHook: Sendable {
    /// A message about a group was queued: `change` names what fired and what ended by fingerprint.
    func queued(_ change: NotificationChange, _ operation: OutboxOperation, _ group: GroupReference, receiver: Receiver, now: Timestamp, _ db: Database) throws
    /// A receiver refused a message for good: another channel may take it.
    func refused(_ message: OutboxMessage, status: Int, answer: String, now: Timestamp, _ db: Database) throws
    /// Somebody acknowledged an alert, took that back or said that it is over.
    func acted(_ step: String, _ fingerprint: String, _ action: Action, now: Timestamp, _ db: Database) throws
    /// Destinations beside a configured receiver's own, for pages that go out while nothing can be written down.
    func furtherReceivers(of configuredName: String, now: Timestamp, _ context: NotificationContext) -> [Receiver]
}

extension PipelineHook {
    func furtherReceivers(of configuredName: String, now: Timestamp, _ context: NotificationContext) -> [Receiver] { [] }
}
