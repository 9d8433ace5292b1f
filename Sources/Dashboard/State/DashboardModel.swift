import Foundations
import Terminal

/// What can be on the screen.
enum ScreenKind: Int, Hashable, Sendable, CaseIterable {
    case overview = 1, alerts = 2, host = 4, logs = 5, health = 0

    var key: Character { Character(String(rawValue)) }
    var title: SafeText {
        switch self {
        case .overview: "Overview"
        case .alerts: "Alerts"
        case .host: "Host"
        case .logs: "Logs"
        case .health: "Health"
        }
    }
}

/// Where a list stands and what it is narrowed to.
struct ListPosition: Hashable, Sendable {
    var selected = 0
    var offset = 0
    var filter = ""
}

/// The ranges of time that charts and logs are shown for.
enum TimeRange: Int64, Hashable, Sendable, CaseIterable {
    case minutes15 = 900, hour1 = 3600, hours6 = 21_600, day1 = 86_400, days7 = 604_800

    var seconds: Int64 { rawValue }
    var title: SafeText {
        switch self {
        case .minutes15: "15m"
        case .hour1: "1h"
        case .hours6: "6h"
        case .day1: "24h"
        case .days7: "7d"
        }
    }
    var next: TimeRange { Self.allCases[(Self.allCases.firstIndex(of: self)! + 1) % Self.allCases.count] }
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

/// The screen of logs.
struct LogsModel: Hashable, Sendable {
    enum Phase: Hashable, Sendable { case idle, loading, loaded, failed(String) }

    var query = ""
    var items: [LogItem] = []
    var phase = Phase.idle
    var isFollowing = false
    /// Lines that were left out of the tail.
    var skipped = 0
    var showsDetail = false
}

/// What the keys go to.
enum InputMode: Hashable, Sendable {
    case keys
    case filter(InputLine)
    case query(InputLine)
    case command(InputLine)
    case help(offset: Int)
}

/// Everything a frame is made of.
struct DashboardModel: Sendable {
    var size: Size
    var theme: Theme
    var url: String
    var now: Timestamp
    /// Seconds that local time is ahead of UTC, and whether local time is shown.
    var localOffsetSeconds: Int64 = 0
    var showsLocalTime = false

    var screen = ScreenKind.overview
    var history: [ScreenKind] = []
    var mode = InputMode.keys
    var range = TimeRange.minutes15
    var isPaused = false
    var isMouseCaptured = false
    var showsAlertDetail = false
    var notice: SafeText = ""

    var link = Link()
    var status: CollectorStatus?
    var alerts: [AlertItem]?
    var ruleTroubles: [CollectorStatus.RuleTrouble] = []
    var measures: HostMeasures?
    /// Why the measures aren't fresh.
    var measuresReason: String?
    /// Derived from measures, alerts and agents with every change.
    var hosts: [HostSummary] = []
    var selectedHost: String?
    var detail: HostDetail?
    var detailReason: String?
    var logs = LogsModel()
    var positions: [ScreenKind: ListPosition] = [:]

    init(size: Size, theme: Theme, url: String, now: Timestamp) {
        self.size = size
        self.theme = theme
        self.url = url
        self.now = now
    }

    var zoneOffsetSeconds: Int64 { showsLocalTime ? localOffsetSeconds : 0 }
    var isCompact: Bool { size.columns < Limits.columnsMin || size.rows < Limits.rowsMin }
    /// Room for a list and the detail of its selection side by side.
    var isWide: Bool { size.columns >= 110 && size.rows >= 30 }
    var position: ListPosition { positions[screen] ?? ListPosition() }
    func position(of screen: ScreenKind) -> ListPosition { positions[screen] ?? ListPosition() }

    var visibleHosts: [HostSummary] {
        let filter = position(of: .overview).filter
        return filter.isEmpty ? hosts : hosts.filter { Self.contains("\($0.instance) \($0.state.word.string)", filter) }
    }

    var visibleAlerts: [AlertItem] {
        let filter = position(of: .alerts).filter
        guard let alerts else { return [] }
        return filter.isEmpty ? alerts : alerts.filter { alert in
            Self.contains(alert.summary, filter) || Self.contains(alert.severity.word.string, filter)
                || alert.labels.contains { Self.contains("\($0.name)=\($0.value)", filter) }
        }
    }

    var visibleLogs: [LogItem] {
        let filter = position(of: .logs).filter
        return filter.isEmpty ? logs.items : logs.items.filter { Self.contains($0.line.string, filter) }
    }

    /// The rules that can't be used, from files and from evaluation.
    var allRuleTroubles: [CollectorStatus.RuleTrouble] { (status?.problems ?? []) + ruleTroubles }

    /// Age of the newest data of all hosts; of the last answer where no host has data.
    var dataAgeSeconds: Double? {
        let newest = hosts.compactMap(\.ageSeconds).min()
        return newest ?? link.lastAnswer.map { now.seconds - $0.seconds }
    }

    /// How everything is: the worst of alerts and hosts; unknown where the collector can't be reached or was never heard.
    var state: HealthState {
        guard let alerts else { return .unknown }
        switch link.state(at: now) {
        case .connecting, .disconnected: return .unknown
        case .live, .lagging: break
        }
        let worst = min(alerts.state, hosts.map(\.state).min() ?? .ok)
        return status?.troubles.isEmpty == false && worst > .warning ? .warning : worst
    }

    private static func contains(_ text: String, _ part: String) -> Bool {
        let wanted = Array(part.lowercased().utf8)
        let bytes = Array(text.lowercased().utf8)
        guard wanted.count <= bytes.count, let first = wanted.first else { return wanted.isEmpty }
        return (0...bytes.count - wanted.count).contains { bytes[$0] == first && bytes[$0..<$0 + wanted.count].elementsEqual(wanted) }
    }
}
