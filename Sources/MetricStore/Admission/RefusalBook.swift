import Foundations

/// What was refused most: by metric and by agent, with the newest example of each reason.
///
/// Bounded: with `Limits.refusalEntriesMax` entries known, a new one takes the place of the smallest and its count (the Space-Saving
/// algorithm, Metwally et al. 2005): what is refused most is always listed, and its count is at most that much too high.
public struct RefusalBook: Sendable {
    /// One metric that was refused for one reason.
    public struct Entry: Sendable, Equatable {
        public let reason: RejectReason
        /// Empty where the series has no name.
        public let metric: String
        public let count: Int
    }

    /// Refused of one agent, or of all senders without a name.
    public struct AgentEntry: Sendable, Equatable {
        /// Empty for senders that don't say.
        public let agent: String
        public let count: Int
    }

    private var metrics: [AppendOutcome.Offence: Int] = [:]
    private var agents: [String: Int] = [:]
    /// The newest refused series of each reason.
    public private(set) var newestExamples: [RejectReason: String] = [:]

    public init() {}

    mutating func note(_ outcome: AppendOutcome) {
        if outcome.rejected.isEmpty { return }
        for (reason, _, example) in outcome.rejected { newestExamples[reason] = example }
        for (offence, count) in outcome.rejectedByMetric { Self.add(count, of: offence, to: &metrics) }
        Self.add(outcome.rejected.reduce(0) { $0 + $1.count }, of: outcome.agent ?? "", to: &agents)
    }

    private static func add<Key: Hashable>(_ count: Int, of key: Key, to counts: inout [Key: Int]) {
        if counts[key] != nil || counts.count < Limits.refusalEntriesMax {
            counts[key, default: 0] += count
        } else if let smallest = counts.min(by: { $0.value < $1.value }) {
            counts[smallest.key] = nil
            counts[key] = smallest.value + count
        }
    }

    /// The metrics that were refused most, highest first.
    public func worstMetrics(_ limit: Int) -> [Entry] {
        metrics.filter { $0.value > 0 }
            .sorted { ($1.value, $0.key.metric, $0.key.reason.rawValue) < ($0.value, $1.key.metric, $1.key.reason.rawValue) }
            .prefix(max(0, limit)).map { Entry(reason: $0.key.reason, metric: $0.key.metric, count: $0.value) }
    }

    /// The senders that were refused most, highest first.
    public func worstAgents(_ limit: Int) -> [AgentEntry] {
        agents.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(max(0, limit)).map { AgentEntry(agent: $0.key, count: $0.value) }
    }
}
