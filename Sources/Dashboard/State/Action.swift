import Foundations
import Terminal

/// What changes the model.
enum Action: Sendable {
    case input(InputEvent)
    case resized(Size)
    case tick(Timestamp)
    /// A look at the collector went well, or not.
    case status(CollectorStatus, at: Timestamp)
    case failed(DashboardError, at: Timestamp)
    /// The alerts now, or as of a moment.
    case board(AlertBoard, of: Timestamp?)
    case rules([CollectorStatus.RuleTrouble])
    case hosts(HostMeasures)
    case trends(HostTrends)
    case host(HostDetail)
    case incidents([IncidentItem])
    case timeline(id: Int64, [IncidentItem.Entry])
    case onCall(OnCallState)
    case objectives([ObjectiveItem])
    case losses(AgentLosses)
    case story(AlertStory)
    case logs(LogSearch, [LogItem])
    case logContext(LogContext)
    case logLabels([String: [String]])
    case tail(query: String, TailBatch)
    case tailFailed(query: String, DashboardError)
    /// Something that was asked for didn't come.
    case needFailed(Need, DashboardError)
    case done(Deed, silenceID: String?)
    case deedFailed(Deed, DashboardError)
    /// A file was written, or why not.
    case saved(path: String, problem: String?)
    case boards(BoardNews)
    /// What was typed at prompts in earlier runs.
    case histories([Prompt.Kind: [String]])
}

/// What the screen needs from the collector: kept fresh as long as it stands in the model's needs.
enum Need: Hashable, Sendable {
    case status
    /// Alerts, as soon as they change.
    case board
    case boardAt(Timestamp)
    case rules
    case hosts(at: Timestamp?)
    case trends([String], TimeSpan, at: Timestamp?)
    case host(String, HostTab, TimeSpan, at: Timestamp?)
    /// Asked again at once where the collector's mark changes.
    case incidents(mark: String)
    case timeline(Int64, mark: String)
    case onCall(at: Timestamp?, mark: String)
    case objectives(at: Timestamp?)
    case losses(at: Timestamp?)
    case story(fingerprint: String, mark: String)
    case logs(LogSearch)
    case logLabels
    case tail(query: String)
    /// The files of dashboards, and the open one where it changes.
    case boardFiles(open: String?)

    /// What a failure of it is kept under.
    var name: String {
        switch self {
        case .status: "the collector"
        case .board, .boardAt: "the alerts"
        case .rules: "the rules"
        case .hosts: "the hosts' data"
        case .trends: "the hosts' courses"
        case .host: "the host's data"
        case .incidents: "the incidents"
        case .timeline: "the timeline"
        case .onCall: "who is on call"
        case .objectives: "the objectives"
        case .losses: "what agents lost"
        case .story: "the alert's history"
        case .logs: "the logs"
        case .logLabels: "the labels of logs"
        case .tail: "the live tail"
        case .boardFiles: "the dashboards"
        }
    }
}

/// What the reducer wants done outside of the model.
enum Effect: Hashable, Sendable {
    case quit
    case suspend
    case captureMouse(Bool)
    /// Keep these fresh, and nothing else.
    case need(Set<Need>)
    /// Ask for all of them anew.
    case refresh
    case perform(Deed)
    /// Put text into the clipboard of the terminal's user.
    case copy(String)
    case exportIncident(id: Int64, path: String)
    case findContext(LogItem)
    /// Keep what was typed at a prompt, for the next runs.
    case remember(String, Prompt.Kind)
    /// A question of the open dashboard; replaces the one of its kind that is running.
    case board(BoardWork)
    case stopBoard
    case openBoard(path: String)
    /// By its title or its file's name.
    case openBoardNamed(String)
}
