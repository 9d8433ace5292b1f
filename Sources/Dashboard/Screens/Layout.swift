import Terminal

/// Where things stand on the screen: shared by what draws, by what moves the selection and by the mouse.
struct Layout {
    var header: Rect
    var tabs: Rect
    var body: Rect
    var statusLine: Rect

    init(_ model: DashboardModel) {
        let all = Rect(model.size)
        let rest: Rect
        (header, rest) = all.splitTop(1)
        if model.isCompact {
            tabs = Rect(x: 0, y: 1, width: 0, height: 0)
            body = rest
            statusLine = Rect(x: 0, y: all.bottom, width: 0, height: 0)
        } else {
            let below: Rect
            (tabs, below) = rest.splitTop(1)
            (body, statusLine) = below.splitBottom(1)
        }
    }

    /// Rows that a screen's list shows.
    static func listRows(_ screen: ScreenKind, _ model: DashboardModel) -> Int {
        // The screen scrolls by lines: its position is its first line.
        if screen == .health { return 1 }
        return list(screen, model)?.height ?? 0
    }

    /// The rows of a screen's list, without its titles; nil where there is none.
    static func list(_ screen: ScreenKind, _ model: DashboardModel) -> Rect? {
        let body = Layout(model).body
        func rows(_ table: Rect) -> Rect { table.splitTop(1).rest }
        if model.isCompact { return rows(body) }
        switch screen {
        case .overview: return rows(OverviewScreen.areas(body, model).matrix)
        case .alerts: return rows(AlertsScreen.areas(body, model).list)
        case .incidents: return rows(IncidentsScreen.areas(body, model).list)
        case .hosts: return model.openHost == nil ? rows(body) : HostScreen.areas(body, model).logs.splitTop(1).rest
        case .logs: return LogsScreen.areas(body, model).list
        case .objectives: return rows(body)
        case .onCall: return rows(OnCallScreen.areas(body, model).list)
        case .agents: return rows(body.splitTop(1).rest)
        case .dashboards: return model.boards.view == nil ? rows(body) : nil
        case .health: return nil
        }
    }

    /// Areas with time from left to right, for zooming by the mouse.
    static func charts(_ model: DashboardModel) -> [Rect] {
        let body = Layout(model).body
        switch model.activeScreen {
        case .hosts where model.openHost != nil: return HostScreen.areas(body, model).charts
        case .logs: return [LogsScreen.areas(body, model).histogram]
        default: return []
        }
    }
}
