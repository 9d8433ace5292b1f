import Terminal

/// Where things stand on the screen: shared by what draws and by what moves the selection.
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
        let body = Layout(model).body
        if model.isCompact { return body.height }
        switch screen {
        case .overview: return OverviewScreen.areas(body, model).list.height - 1
        case .alerts: return AlertsScreen.areas(body, model).list.height - 1
        case .host: return HostScreen.areas(body).logs.height - 1
        case .logs: return LogsScreen.areas(body, model).list.height
        // The screen scrolls by lines: its position is its first line.
        case .health: return 1
        }
    }
}
