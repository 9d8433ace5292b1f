import Foundations

/// What is known of one destination, shared by its senders.
final class DestinationState: Sendable {
    struct Value {
        var lastSuccess: NanoTimestamp?
        var problems: [SpoolKind: String] = [:]
        var linesAcknowledged = 0
        var bytesAcknowledged = 0
        var failures: [String: Int] = [:]
    }

    let destination: AgentDestination
    let value = Locked(Value())

    init(_ destination: AgentDestination) { self.destination = destination }
}
