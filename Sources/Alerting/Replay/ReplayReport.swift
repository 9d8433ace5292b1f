import Foundations
import Model

/// A page that would have gone out.
public struct ReplayPage: Sendable, Hashable {
    public var at: Timestamp
    /// The configured name.
    public var receiver: String
    /// `trigger`, `repeat` or `resolve`.
    public var operation: String
    public var groupKey: String
    /// The alerts that it tells of anew, or of whose end: `HostDown {instance="a"}`. Empty in a repeat.
    public var alerts: [String]
    /// Whom the policy behind the receiver would have paged first; empty where none is.
    public var people: [String] = []
}

/// A step of an alert that would have been.
public struct ReplayStep: Sendable, Hashable {
    public var at: Timestamp
    /// `firing` or `resolved`.
    public var step: String
    public var labels: Labels
}

/// What a replay found.
public struct ReplayReport: Sendable {
    public var pages: [ReplayPage] = []
    public var steps: [ReplayStep] = []
    /// Rules evaluated, times ticks.
    public var evaluations: Int64 = 0
    /// Evaluations that failed, the first of each rule in words.
    public var failures: [String] = []
    /// Where it ended before the range did, because it met a bound: the next replay goes on from there.
    public var stoppedAt: Timestamp?

    public init() {}
}

/// What is to be replayed.
public struct ReplayOptions: Sendable {
    /// Rule files, as paths or shell patterns.
    public var ruleGlobs: [String]
    public var from: Timestamp
    public var to: Timestamp
    public var routing: Routing
    public var externalLabels = Labels()
    public var intervalMilliseconds: Int64 = 15_000
    /// Who was on call; nil: receivers alone are named.
    public var onCall: OnCallFile?
    /// A folder for the replay's own alert database; it is made, and left to the caller to remove.
    public var scratchDirectory: String

    /// Who would be told.
    public enum Routing: Sendable {
        case file(RoutingFile)
        case route(Route?, [Receiver], [InhibitRule])
    }

    public init(ruleGlobs: [String], from: Timestamp, to: Timestamp, routing: Routing, scratchDirectory: String) {
        self.ruleGlobs = ruleGlobs
        self.from = from
        self.to = to
        self.routing = routing
        self.scratchDirectory = scratchDirectory
    }
}
