/// Who sent a batch and which one of theirs it is, so that a batch sent again is stored once.
///
/// The numbers of one agent grow from batch to batch towards one store; a store that has seen `sequence` refuses it and all
/// below as duplicates.
public struct BatchOrigin: Hashable, Sendable {
    /// The agent's id: 32 hexadecimal digits, made with its spool.
    public let agent: String
    /// The spool record's number, from 1.
    public let sequence: UInt64

    /// Nil unless `agent` is 1 to 64 characters of `[A-Za-z0-9_.-]` and `sequence` is over 0.
    public init?(agent: String, sequence: UInt64) {
        let isPlain = agent.utf8.allSatisfy { byte in
            (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A || (byte >= 0x30 && byte <= 0x39) || byte == 0x5F || byte == 0x2E || byte == 0x2D
        }
        guard isPlain, (1...64).contains(agent.utf8.count), sequence > 0 else { return nil }
        self.agent = agent
        self.sequence = sequence
    }

    /// The request headers that carry the two.
    public static let agentHeader = "X-Nightjar-Agent"
    public static let sequenceHeader = "X-Nightjar-Sequence"
}
