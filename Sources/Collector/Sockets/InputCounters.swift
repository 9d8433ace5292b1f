import Foundations
import Model

/// Counts what the socket inputs take and lose.
final class InputCounters: Sendable {
    /// Why a message wasn't stored: the label `reason` of `nightjar_input_lost_messages_total`.
    enum Loss: String, CaseIterable, Sendable {
        /// It isn't what the protocol says.
        case malformed
        /// More came than the log store took, and the sender can't be told to wait.
        case queueFull = "queue_full"
        /// Chunks of it never came.
        case incomplete
        /// The collector stopped while the log store took nothing.
        case stopped
    }

    struct Figures: Sendable {
        var bytes: UInt64 = 0
        var messages: UInt64 = 0
        var stored: UInt64 = 0
        var cut: UInt64 = 0
        var lost: [Loss: UInt64] = [:]
        var connections = 0
        var connectionsTotal: UInt64 = 0
        var connectionsRefused: UInt64 = 0
        /// What the system threw away before it was read: where the input's port is.
        var port: Int?
    }

    private let figures = Locked<[InputKind: Figures]>([:])

    func change(_ kind: InputKind, _ change: (inout Figures) -> Void) { figures.withLock { change(&$0[kind, default: Figures()]) } }

    func lost(_ count: Int, _ reason: Loss, of kind: InputKind) {
        if count > 0 { change(kind) { $0.lost[reason, default: 0] += UInt64(count) } }
    }

    func figures(of kind: InputKind) -> Figures { figures.withLock { $0[kind] ?? Figures() } }

    /// Of the inputs that are on.
    var families: [MetricFamily] {
        let all = figures.withLock { $0 }.sorted { $0.key.rawValue < $1.key.rawValue }
        if all.isEmpty { return [] }
        func family(_ name: String, _ kind: Metadata.Kind, _ help: String, _ value: (Figures) -> Double) -> MetricFamily {
            var family = MetricFamily(name, kind, help)
            for (input, figures) in all { family.add(["input": input.rawValue], value(figures)) }
            return family
        }
        var lost = MetricFamily("nightjar_input_lost_messages_total", .counter, "Messages of socket inputs that weren't stored, by reason.")
        for (input, figures) in all {
            for reason in Loss.allCases { lost.add(["input": input.rawValue, "reason": reason.rawValue], Double(figures.lost[reason] ?? 0)) }
        }
        var dropped = MetricFamily("nightjar_input_kernel_dropped_total", .counter, "Datagrams that the system threw away since the input's buffer was full.")
        for (input, figures) in all where input.isDatagram {
            if let count = figures.port.flatMap(KernelDrops.count) { dropped.add(["input": input.rawValue], Double(count)) }
        }
        return [
            family("nightjar_input_received_bytes_total", .counter, "Bytes that came in on socket inputs.") { Double($0.bytes) },
            family("nightjar_input_messages_total", .counter, "Messages that came in on socket inputs.") { Double($0.messages) },
            family("nightjar_input_records_stored_total", .counter, "Log records of socket inputs made durable.") { Double($0.stored) },
            family("nightjar_input_cut_messages_total", .counter, "Messages over the bound that were cut.") { Double($0.cut) },
            family("nightjar_input_connections", .gauge, "Open connections of socket inputs.") { Double($0.connections) },
            family("nightjar_input_connections_total", .counter, "Connections of socket inputs.") { Double($0.connectionsTotal) },
            family("nightjar_input_connections_refused_total", .counter, "Connections closed at once since too many were open.") { Double($0.connectionsRefused) },
            lost, dropped,
        ]
    }
}
