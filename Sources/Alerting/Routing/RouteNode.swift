import Foundations
import Model

/// A node of the routing tree: which alerts, to whom, grouped and timed how. Children inherit what they don't set.
public struct RouteNode: Sendable, Hashable {
    public enum Grouping: Sendable, Hashable {
        /// `...`: each alert is a group of its own.
        case allLabels
        case labels([String])
    }

    /// `{}/{severity="critical"}`: the matchers on the way from the root. With the group's labels it is the group key.
    public var key: String
    /// The configured receiver's name; empty is nobody.
    public var receiver: String
    public var matchers: [Matcher]
    public var grouping: Grouping
    /// How long the first page of a group waits for more alerts; critical and security alerts never wait.
    public var groupWaitMilliseconds: Int64
    /// How long after a page the next one about changes of its group goes out.
    public var groupIntervalMilliseconds: Int64
    /// After this a page about alerts that still fire is sent again.
    public var repeatIntervalMilliseconds: Int64
    /// Whether the siblings that follow are asked too.
    public var continues: Bool
    public var muteIntervals: [String]
    public var activeIntervals: [String]
    public var routes: [RouteNode]

    public init(
        key: String = "{}", receiver: String, matchers: [Matcher] = [], grouping: Grouping = .labels([]), groupWaitMilliseconds: Int64 = 0,
        groupIntervalMilliseconds: Int64 = 0, repeatIntervalMilliseconds: Int64 = Route.repeatIntervalMillisecondsDefault, continues: Bool = false,
        muteIntervals: [String] = [], activeIntervals: [String] = [], routes: [RouteNode] = []
    ) {
        self.key = key
        self.receiver = receiver
        self.matchers = matchers
        self.grouping = grouping
        self.groupWaitMilliseconds = groupWaitMilliseconds
        self.groupIntervalMilliseconds = groupIntervalMilliseconds
        self.repeatIntervalMilliseconds = repeatIntervalMilliseconds
        self.continues = continues
        self.muteIntervals = muteIntervals
        self.activeIntervals = activeIntervals
        self.routes = routes
    }

    /// The deepest nodes that an alert comes to, in order of the file.
    func leaves(for labels: Labels) -> [RouteNode] {
        guard matchers.matches(labels) else { return [] }
        var found: [RouteNode] = []
        for route in routes {
            let below = route.leaves(for: labels)
            found += below
            if !below.isEmpty, !route.continues { break }
        }
        return found.isEmpty ? [self] : found
    }

    /// The labels of the group that an alert belongs to.
    func groupLabels(of labels: Labels) -> Labels {
        switch grouping {
        case .allLabels: labels
        case .labels(let names): labels.keeping(Set(names))
        }
    }

    /// `{}/{severity="critical"}:{alertname="X"}`.
    func groupKey(_ groupLabels: Labels) -> String { "\(key):\(groupLabels)" }

    /// This node and all below it.
    var all: [RouteNode] { [self] + routes.flatMap(\.all) }
}
