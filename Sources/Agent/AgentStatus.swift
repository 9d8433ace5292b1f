import Foundations
import Wire

/// What an agent is doing, at a moment.
public struct AgentStatus: Sendable {
    public struct Destination: Sendable {
        public var name: String
        public var url: String
        /// Durable in the spool, not acknowledged yet.
        public var pendingMetricRecords: Int
        public var pendingLogRecords: Int
        public var lastSuccess: NanoTimestamp?
        /// Why nothing goes through now; nil while it does.
        public var problem: String?
    }

    /// 32 hexadecimal digits, made with the spool.
    public var agentId: String
    public var instance: String
    public var version: String
    public var spoolBytes: Int
    public var destinations: [Destination]
    /// Log files that are being read.
    public var fileCount: Int
    public var counters: AgentCounters
    /// Why sources wait now (spool full, disk full); nil while they don't.
    public var spoolProblem: String?
}

/// What an agent has done since it started.
public struct AgentCounters: Sendable, Equatable {
    public var logLinesRead = 0
    public var logBytesRead = 0
    /// By every destination.
    public var logLinesAcknowledged = 0
    public var logBytesAcknowledged = 0
    /// Refused by a collector for good, or lost with a damaged record.
    public var logLinesDropped = 0
    public var logBytesDropped = 0
    public var samplesRead = 0
    public var samplesDropped = 0
    /// Files whose content changed under us: lines may be missing.
    public var possibleLosses = 0
    public var filesSkipped = 0
    public var recordsQuarantined = 0
    /// Secrets taken out of lines, by kind.
    public var redacted = RedactionCounts()
    public var duplicatesReported = 0
    /// By destination and reason.
    public var sendFailures: [String: [String: Int]] = [:]

    public init() {}
}
