import Foundations
import Model

/// Which receiver gets alerts, grouped how.
public struct Route: Sendable, Hashable {
    public var receiver: String
    /// Labels whose values a group's alerts have in common; `alertname` is always among them. `...` is all labels.
    public var groupBy: [String]
    /// A message about alerts that still fire is sent again after this.
    public var repeatIntervalMilliseconds: Int64
    /// How long the first message of a group waits for more alerts; critical ones never wait.
    public var groupWaitMilliseconds: Int64
    /// Who gets the alerts of severity `none`, which no person is to be woken for; nil is nobody.
    public var watchdog: Watchdog?

    public static let repeatIntervalMillisecondsDefault: Int64 = 4 * 3_600_000

    /// Where the alert that always fires goes: an outside switch that raises the alarm when it stops coming.
    public struct Watchdog: Sendable, Hashable {
        public var receiver: String
        public var intervalMilliseconds: Int64

        public static let intervalMillisecondsDefault: Int64 = 5 * 60_000

        public init(receiver: String, intervalMilliseconds: Int64 = Watchdog.intervalMillisecondsDefault) {
            self.receiver = receiver
            self.intervalMilliseconds = intervalMilliseconds
        }
    }

    public init(
        receiver: String, groupBy: [String] = [], repeatIntervalMilliseconds: Int64 = Route.repeatIntervalMillisecondsDefault,
        groupWaitMilliseconds: Int64 = 0, watchdog: Watchdog? = nil
    ) {
        self.receiver = receiver
        self.groupBy = groupBy
        self.repeatIntervalMilliseconds = repeatIntervalMilliseconds
        self.groupWaitMilliseconds = groupWaitMilliseconds
        self.watchdog = watchdog
    }

    /// The labels of the group that an alert belongs to.
    func groupLabels(of labels: Labels) -> Labels {
        groupBy.contains("...") ? labels : labels.keeping(Set(groupBy + [AlertLabel.name]))
    }

    /// `{}:{alertname="X"}`, in Alertmanager's form.
    static func groupKey(_ groupLabels: Labels) -> String { "{}:\(groupLabels)" }
}

/// Labels that alerting gives a meaning.
enum AlertLabel {
    static let name = "alertname"
    static let state = "alertstate"
    static let severity = "severity"
    static let critical = "critical"
    static let none = "none"
}

/// Finds the routes of an alert: several at a time, as a tree of routes with matchers gives them.
struct Router: Sendable {
    private let paging: [Route]
    private let watchdogs: [Route]

    init(routes: [Route]) {
        paging = routes
        watchdogs = routes.compactMap(\.watchdog).map { Route(receiver: $0.receiver, repeatIntervalMilliseconds: $0.intervalMilliseconds) }
    }

    /// All routes.
    var routes: [Route] { paging + watchdogs }

    func routes(for labels: Labels) -> [Route] { labels[AlertLabel.severity] == AlertLabel.none ? watchdogs : paging }

    /// How long the first message of a group waits.
    func groupWaitMilliseconds(of receiver: String) -> Int64? { routes.first { $0.receiver == receiver }?.groupWaitMilliseconds }
}
