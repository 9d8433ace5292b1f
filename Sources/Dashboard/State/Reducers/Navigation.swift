import Foundations
import Terminal

/// Moving in lists and between screens.
enum Navigation {
    static func move(_ model: inout DashboardModel, _ command: Command) {
        let page = max(1, Layout.listRows(model.activeScreen, model) - 1)
        switch command {
        case .down: move(&model, by: 1)
        case .up: move(&model, by: -1)
        case .pageDown: move(&model, by: page)
        case .pageUp: move(&model, by: -page)
        case .first: move(&model, by: -1_000_000_000)
        default: move(&model, by: 1_000_000_000)
        }
    }

    static func move(_ model: inout DashboardModel, by lines: Int) { select(model.position.selected + lines, &model) }

    static func select(_ row: Int, _ model: inout DashboardModel) {
        let count = Reducer.count(on: model.activeScreen, model)
        model.positions[model.activeScreen, default: ListPosition()].selected = max(0, min(row, count - 1))
    }

    static func show(_ screen: ScreenKind, _ model: inout DashboardModel) {
        // The key of the hosts shows their list again.
        if screen == .hosts, model.screen == .hosts { model.openHost = nil }
        enter(screen, &model)
    }

    private static func enter(_ screen: ScreenKind, _ model: inout DashboardModel) {
        guard screen != model.screen else { return }
        model.past.append(model.screen)
        if model.past.count > Limits.historyScreens { model.past.removeFirst() }
        model.future = []
        model.screen = screen
    }

    static func goBack(_ model: inout DashboardModel) {
        guard let screen = model.past.popLast() else { return }
        model.future.append(model.screen)
        model.screen = screen
    }

    static func goForward(_ model: inout DashboardModel) {
        guard let screen = model.future.popLast() else { return }
        model.past.append(model.screen)
        model.screen = screen
    }

    /// Closes the innermost thing that is open, then drops the filter, then goes back.
    static func back(_ model: inout DashboardModel) -> [Effect] {
        switch model.activeScreen {
        case .logs where model.logs.context != nil: model.logs.context = nil
        case .logs where model.logs.showsDetail: model.logs.showsDetail = false
        case .alerts where model.showsAlertDetail: model.showsAlertDetail = false
        case .alerts where !model.marked.isEmpty: model.marked = []
        case .incidents where model.showsTimeline: model.showsTimeline = false
        case .hosts where model.openHost != nil && model.past.last != .hosts:
            model.openHost = nil
            if let last = model.past.last, last != .overview { goBack(&model) }
        case .dashboards where model.boards.view != nil: return BoardsReducer.back(&model)
        default:
            if !model.position.filter.isEmpty { InputReducer.setFilter("", &model) } else { goBack(&model) }
        }
        return []
    }

    static func open(_ model: inout DashboardModel) -> [Effect] {
        switch model.activeScreen {
        case .overview: openRow(&model)
        case .alerts: model.showsAlertDetail.toggle()
        case .incidents: model.showsTimeline.toggle()
        case .hosts: if model.openHost == nil, let host = model.host(model.position.selected) { openHost(host.instance, &model) }
        case .agents:
            let agents = AgentsScreen.shown(model)
            if agents.indices.contains(model.position.selected) { openHost(agents[model.position.selected].instance, &model) }
        case .logs: if model.logs.context == nil { model.logs.showsDetail.toggle() }
        case .dashboards: return BoardsReducer.openSelected(&model)
        case .objectives, .onCall, .health: break
        }
        return []
    }

    /// From a row of the matrix to its hosts, or to its alerts where it has no host.
    private static func openRow(_ model: inout DashboardModel) {
        let selected = model.position.selected
        guard model.matrix.rows.indices.contains(selected) else { return enter(.hosts, &model) }
        let row = model.matrix.rows[selected]
        let words = [("environment", row.environment), ("region", row.region)].filter { !$0.1.isEmpty }
        let screen: ScreenKind = row.whole.hosts > 0 ? .hosts : .alerts
        model.openHost = nil
        enter(screen, &model)
        InputReducer.setFilter(words.map { "\"\($0.0)=\($0.1)\"" }.joined(separator: " "), &model)
    }

    static func openHost(_ instance: String, _ model: inout DashboardModel) {
        if model.openHost != instance {
            model.detail = nil
            model.hostTab = .summary
        }
        model.openHost = instance
        model.positions[.hosts]?.filter = ""
        Reducer.narrow(&model, .hosts)
        enter(.hosts, &model)
    }

    static func mark(_ model: inout DashboardModel) {
        guard let alert = model.selectedAlert else { return }
        if model.marked.remove(alert.fingerprint) == nil { model.marked.insert(alert.fingerprint) }
        move(&model, by: 1)
    }

    /// The instance that the selection is about.
    static func selectedInstance(_ model: DashboardModel) -> String? {
        switch model.activeScreen {
        case .alerts: model.selectedAlert?.instance
        case .hosts: model.openHost ?? model.host(model.position.selected)?.instance
        case .incidents: model.selectedIncident?.members.lazy.compactMap { member in member.labels.first { $0.name == "instance" }?.value }.first
        default: nil
        }
    }

    /// The logs around the alert or incident, or of the host in the range that is shown.
    static func openLogs(_ model: inout DashboardModel) {
        let labels: [AlertItem.LabelPair]
        switch model.activeScreen {
        case .alerts:
            guard let alert = model.selectedAlert else { return }
            labels = alert.labels
            aroundFiveMinutes(alert.activeAt, &model)
        case .incidents:
            guard let incident = model.selectedIncident else { return }
            labels = incident.members.first?.labels ?? []
            aroundFiveMinutes(incident.openedAt, &model)
        default: labels = selectedInstance(model).map { [AlertItem.LabelPair(name: "instance", value: $0)] } ?? []
        }
        let names = ["instance", "namespace", "pod", "service", "job"]
        let chosen = labels.first { $0.name == "instance" }.map { [$0] } ?? labels.filter { names.contains($0.name) }
        guard !chosen.isEmpty else {
            model.notice = "the selection has no label that logs have: \(names.joined(separator: ", "))"
            return
        }
        LogCommands.search("{\(chosen.map { "\($0.name)=\(Text.quoted($0.value))" }.joined(separator: ", "))}", &model)
        enter(.logs, &model)
    }

    private static func aroundFiveMinutes(_ moment: Timestamp, _ model: inout DashboardModel) {
        let end = min(moment.advanced(byMilliseconds: 300_000), model.at.advanced(byMilliseconds: 5000))
        model.span = .between(moment.advanced(byMilliseconds: -300_000), max(end, moment.advanced(byMilliseconds: 1000)))
    }

    /// The dashboard that an alert names, or that of its host.
    static func openDashboard(_ model: inout DashboardModel) -> [Effect] {
        if let name = model.selectedAlert?.annotation("dashboard"), model.activeScreen == .alerts {
            model.boards.instance = selectedInstance(model)
            enter(.dashboards, &model)
            return [.openBoardNamed(name)]
        }
        if let host = selectedInstance(model), model.hosts.items.contains(where: { $0.instance == host }) {
            openHost(host, &model)
        } else {
            enter(.dashboards, &model)
        }
        return []
    }

    /// What is selected, as text for the clipboard.
    static func copy(_ model: inout DashboardModel) -> [Effect] {
        guard let text = selectedText(model), !text.isEmpty else {
            model.notice = "nothing is selected"
            return []
        }
        model.notice = "copied \(String(text.utf8.count)) bytes"
        return [.copy(text)]
    }

    private static func selectedText(_ model: DashboardModel) -> String? {
        let selected = model.position.selected
        switch model.activeScreen {
        case .alerts: return model.selectedAlert.map { "\($0.severity.word.string) \($0.name) \($0.summary)\n\(MatcherEntry.text($0.labels))" }
        case .incidents: return model.selectedIncident.map { "incident \($0.id) \($0.title)" }
        case .hosts: return selectedInstance(model)
        case .logs:
            let lines = model.logs.context?.lines ?? model.logs.visible
            return lines.indices.contains(selected) ? lines[selected].line.string : nil
        case .agents:
            let agents = AgentsScreen.shown(model)
            return agents.indices.contains(selected) ? agents[selected].instance : nil
        case .onCall: return model.onCall?.schedules.map { "\($0.schedule): \($0.person ?? "nobody")" }.joined(separator: "\n")
        case .overview: return model.matrix.rows.map { "\($0.environment) \($0.region) \($0.whole.state.word.string)" }.joined(separator: "\n")
        case .dashboards, .objectives, .health: return nil
        }
    }
}
