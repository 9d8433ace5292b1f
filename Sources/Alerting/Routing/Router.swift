import Foundations
import Model

/// Labels that alerting gives a meaning.
enum AlertLabel {
    static let name = "alertname"
    static let state = "alertstate"
    static let severity = "severity"
    static let critical = "critical"
    static let none = "none"
    static let category = "category"
    static let security = "security"

    /// Critical and security alerts are paged at once, whatever `group_wait` says.
    static func isUrgent(_ labels: Labels) -> Bool {
        labels[severity] == critical || labels[severity] == "page" || labels[severity] == security || labels[category] == security
    }
}

/// The routing of alerts in force: the tree, the times, and what mutes what.
public struct Router: Sendable, Hashable {
    public var root: RouteNode
    public var intervals: [String: NamedTimeIntervals]
    public var inhibitions: [InhibitRule]
    private var nodes: [String: RouteNode]

    public init(root: RouteNode, intervals: [NamedTimeIntervals] = [], inhibitions: [InhibitRule] = []) {
        self.root = root
        self.intervals = Dictionary(intervals.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        self.inhibitions = inhibitions
        nodes = Dictionary(root.all.map { (Self.nodeKey($0.receiver, $0.key), $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Nobody is told of anything.
    public static let nobody = Router(root: RouteNode(receiver: ""))

    /// The routes of an alert, without those that tell nobody.
    public func routes(for labels: Labels) -> [RouteNode] { root.leaves(for: labels).filter { !$0.receiver.isEmpty } }

    /// The node that a group belongs to; nil where the configuration no longer has it.
    func node(receiver: String, routeKey: String) -> RouteNode? { nodes[Self.nodeKey(receiver, routeKey)] }

    /// The interval that mutes a route at a moment, with its kind; nil where nothing does.
    func mutingInterval(of node: RouteNode, at moment: Timestamp) -> String? {
        if let name = node.muteIntervals.first(where: { intervals[$0]?.contains(moment) == true }) { return name }
        if !node.activeIntervals.isEmpty, !node.activeIntervals.contains(where: { intervals[$0]?.contains(moment) == true }) {
            return "outside " + node.activeIntervals.joined(separator: ", ")
        }
        return nil
    }

    private static func nodeKey(_ receiver: String, _ key: String) -> String { "\(receiver)\n\(key)" }
}

extension Router {
    /// The routing of nightjar.yml's `route`.
    public init(_ route: Route?, inhibitions: [InhibitRule] = []) {
        guard let route else {
            self.init(root: RouteNode(receiver: ""), inhibitions: inhibitions)
            return
        }
        let isNone = Matcher(AlertLabel.severity, equals: AlertLabel.none)
        let watchdog = RouteNode(
            receiver: route.watchdog?.receiver ?? "", matchers: [isNone], grouping: .labels([AlertLabel.name]),
            repeatIntervalMilliseconds: route.watchdog?.intervalMilliseconds ?? Route.repeatIntervalMillisecondsDefault)
        self.init(
            root: RouteNode(
                receiver: route.receiver,
                grouping: route.groupBy.contains("...") ? .allLabels : .labels(route.groupBy + [AlertLabel.name]),
                groupWaitMilliseconds: route.groupWaitMilliseconds, repeatIntervalMilliseconds: route.repeatIntervalMilliseconds, routes: [watchdog]),
            inhibitions: inhibitions)
    }
}
