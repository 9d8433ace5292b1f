import Foundations
import Terminal

/// Everything a frame is made of.
struct DashboardModel: Sendable {
    /// Whether people can act, or only look.
    enum Access: Hashable, Sendable { case full, readOnly }

    var size: Size
    var theme: Theme
    var url: String
    /// Who acts, where the collector asks for no tokens.
    var actor = "local"
    var keys = KeyMap.standard
    var access = Access.full
    var now: Timestamp
    /// Seconds that local time is ahead of UTC, and whether local time is shown.
    var localOffsetSeconds: Int64 = 0
    var showsLocalTime = false

    var screen = ScreenKind.overview
    /// Screens to go back to, and on to again.
    var past: [ScreenKind] = []
    var future: [ScreenKind] = []
    var mode = InputMode.keys
    var span = TimeSpan.standard
    var moment = Moment.live
    var isPaused = false
    var isMouseCaptured = false
    /// Where a drag over charts began.
    var dragStart: (x: Int, y: Int)?
    var notice: SafeText = ""
    /// When somebody last pressed a key or a button.
    var lastInput: Timestamp?
    /// What was typed before, newest last, by the kind of prompt.
    var histories: [Prompt.Kind: [String]] = [:]

    var link = Link()
    var status: CollectorStatus?
    var board: AlertBoard?
    /// The moment that the alerts are of; nil for now.
    var boardMoment: Timestamp?
    var ruleTroubles: [CollectorStatus.RuleTrouble] = []
    var measures: HostMeasures?
    /// Derived from measures, alerts and agents with every change.
    var hosts = HostTable()
    var matrix = OverviewMatrix()
    var trends: HostTrends?
    var incidents: [IncidentItem]?
    var timeline: (id: Int64, entries: [IncidentItem.Entry])?
    var onCall: OnCallState?
    var objectives: [ObjectiveItem]?
    var losses: AgentLosses?
    var story: AlertStory?
    /// Why what is shown isn't fresh, by name of the need.
    var failures: [String: String] = [:]

    /// The host that is looked at, nil for the list.
    var openHost: String?
    var hostTab = HostTab.summary
    var detail: HostDetail?
    var showsAlertDetail = false
    var showsTimeline = false
    var marked: Set<String> = []
    var deeds = DeedBook()
    var logs = LogsModel()
    var boards = BoardsModel()
    var positions: [ScreenKind: ListPosition] = [:]
    /// The rows of lists that their filters take.
    var alertRows: [Int32] = []
    var hostRows: [Int32] = []
    /// The filters that these rows are of; none where the data changed since.
    var rowFilters: [ScreenKind: String] = [:]
    /// What is asked for now.
    var needs: Set<Need> = []

    init(size: Size, theme: Theme, url: String, now: Timestamp) {
        self.size = size
        self.theme = theme
        self.url = url
        self.now = now
    }

    /// The moment that is looked at.
    var at: Timestamp { moment.past ?? now }
    var alerts: [AlertItem]? { board?.items }
    var zoneOffsetSeconds: Int64 { showsLocalTime ? localOffsetSeconds : 0 }
    var isCompact: Bool { size.columns < Limits.columnsMin || size.rows < Limits.rowsMin }
    /// Room for a list and the detail of its selection side by side.
    var isWide: Bool { size.columns >= 110 && size.rows >= 30 }
    /// Room for matrix, alerts, charts and logs at once.
    var isVast: Bool { size.columns >= 180 && size.rows >= 50 }
    /// What the keys go to: a small screen shows the alerts alone.
    var activeScreen: ScreenKind { isCompact ? .alerts : screen }
    var position: ListPosition { positions[activeScreen] ?? ListPosition() }
    func position(of screen: ScreenKind) -> ListPosition { positions[screen] ?? ListPosition() }

    /// Where a row of the alerts stands in the board.
    func alert(_ row: Int) -> AlertItem? { alertRows.indices.contains(row) ? board?.items[Int(alertRows[row])] : nil }
    func host(_ row: Int) -> HostSummary? { hostRows.indices.contains(row) ? hosts.items[Int(hostRows[row])] : nil }
    var selectedAlert: AlertItem? { alert(position(of: .alerts).selected) }

    /// Incidents as of the moment that is looked at.
    var shownIncidents: [IncidentItem] {
        let all = incidents ?? []
        let shown = moment.past.map { moment in all.compactMap { $0.asOf(moment) } } ?? all
        let words = FilterWord.all(in: position(of: .incidents).filter)
        return shown.filter { incident in words.allSatisfy { $0.takes("\(incident.title) \(incident.state) \(incident.severity.word.string)") } }.sorted(by: IncidentItem.precedes)
    }

    var selectedIncident: IncidentItem? {
        let shown = shownIncidents
        let selected = position(of: .incidents).selected
        return shown.indices.contains(selected) ? shown[selected] : nil
    }

    /// Whether the screen would look the same with an answer of the collector, but for the time.
    func shows(_ answer: CollectorStatus) -> Bool {
        guard let status, link.failingSince == nil, activeScreen != .health else { return false }
        return status.steady == answer.steady
    }

    /// The rules that can't be used, from files and from evaluation.
    var allRuleTroubles: [CollectorStatus.RuleTrouble] { (status?.problems ?? []) + ruleTroubles }

    /// Whether somebody works with what is selected: it stays under their hands then, whatever comes above it.
    var isAttended: Bool {
        if case .keys = mode { return lastInput.map { now.seconds - $0.seconds < Limits.attendedSeconds } ?? false }
        return true
    }

    /// Age of the newest data of all hosts; of the last answer where no host has data.
    var dataAgeSeconds: Double? {
        hosts.leastAgeSeconds ?? link.lastAnswer.map { now.seconds - $0.seconds }
    }

    /// How everything is: the worst of alerts and hosts; unknown where the collector can't be reached or was never heard.
    var state: HealthState {
        guard let board else { return .unknown }
        switch link.state(at: now) {
        case .connecting, .disconnected: return .unknown
        case .live, .lagging: break
        }
        let worst = min(board.tally.state, hosts.items.first?.state ?? .ok)
        return status?.troubles.isEmpty == false && worst > .warning ? .warning : worst
    }
}

/// Where a list stands and what it is narrowed to.
struct ListPosition: Hashable, Sendable {
    var selected = 0
    var offset = 0
    var filter = ""
}

/// How the collector can be reached.
struct Link: Hashable, Sendable {
    /// When the last good answer came; nil before the first.
    var lastAnswer: Timestamp?
    /// Since when every call has failed, and why the last one did.
    var failingSince: Timestamp?
    var reason = ""

    enum State: Hashable, Sendable {
        case connecting
        case live
        case lagging(seconds: Double)
        case disconnected(seconds: Double)
    }

    func state(at now: Timestamp) -> State {
        if let failingSince {
            let seconds = now.seconds - (lastAnswer ?? failingSince).seconds
            if lastAnswer == nil || seconds >= Limits.disconnectedSeconds { return .disconnected(seconds: max(0, seconds)) }
        }
        guard let lastAnswer else { return .connecting }
        let age = now.seconds - lastAnswer.seconds
        return age > Limits.laggingSeconds ? .lagging(seconds: age) : .live
    }
}
