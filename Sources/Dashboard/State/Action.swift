import Foundations
import Terminal

/// What changes the model.
enum Action: Sendable {
    case input(InputEvent)
    case resized(Size)
    case tick(Timestamp)
    case status(CollectorStatus, alerts: [AlertItem], at: Timestamp)
    case rules([CollectorStatus.RuleTrouble])
    case measures(HostMeasures, at: Timestamp)
    case measuresFailed(DashboardError)
    case detail(HostDetail)
    case detailFailed(instance: String, DashboardError)
    case logs(query: String, [LogItem])
    case logsFailed(query: String, DashboardError)
    case tail(query: String, TailBatch)
    case tailFailed(query: String, DashboardError)
    /// A call for the status failed.
    case failed(DashboardError, at: Timestamp)
}

/// What the reducer wants done outside of the model.
enum Effect: Hashable, Sendable {
    case quit
    case suspend
    case captureMouse(Bool)
    /// Refresh status and alerts, and the hosts' measures, until they are stopped.
    case watch(TimeRange)
    case watchHost(String, TimeRange)
    case leaveHost
    case searchLogs(String, TimeRange)
    case followLogs(String)
    case stopFollowing
    case stopAll
}
