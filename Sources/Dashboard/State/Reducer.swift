import Foundations
import Terminal

/// Changes the model by an action; pure but for the model. What is to be done outside comes back as effects.
enum Reducer {
    static func reduce(_ model: inout DashboardModel, _ action: Action) -> [Effect] {
        let effects = apply(&model, action)
        keepSelectionInRange(&model)
        return effects
    }

    private static func apply(_ model: inout DashboardModel, _ action: Action) -> [Effect] {
        switch action {
        case .input(let event): return InputReducer.reduce(&model, event)
        case .resized(let size): model.size = size
        case .tick(let now):
            let passedSeconds = now.seconds - model.now.seconds
            model.now = now
            ageHosts(&model, bySeconds: passedSeconds)
        case .status(let status, let alerts, let moment):
            model.now = max(model.now, moment)
            model.link = Link(lastAnswer: moment)
            model.status = status
            keepSelectedAlert(&model) { $0.alerts = alerts }
            refreshHosts(&model)
        case .rules(let troubles): model.ruleTroubles = troubles
        case .measures(let measures, let moment):
            model.now = max(model.now, moment)
            model.measures = measures
            model.measuresReason = nil
            refreshHosts(&model)
        case .measuresFailed(let error): model.measuresReason = "\(error)"
        case .detail(let detail):
            guard detail.instance == model.selectedHost else { break }
            model.detail = detail
            model.detailReason = nil
        case .detailFailed(let instance, let error):
            if instance == model.selectedHost { model.detailReason = "\(error)" }
        case .failed(let error, let moment):
            model.now = max(model.now, moment)
            if model.link.failingSince == nil { model.link.failingSince = moment }
            model.link.reason = "\(error)"
        case .logs, .logsFailed, .tail, .tailFailed: LogsReducer.reduce(&model, action)
        }
        return []
    }

    /// Derives the hosts anew; the selected one stays selected.
    private static func refreshHosts(_ model: inout DashboardModel) {
        let position = model.position(of: .overview)
        let before = model.visibleHosts
        let selected = before.indices.contains(position.selected) ? before[position.selected].instance : nil
        model.hosts = HostSummary.all(model.measures, alerts: model.alerts ?? [], agents: agentsNow(model), now: model.now)
        // At the top one wants to see what is worst, whatever comes there.
        if position.selected > 0, let selected, let index = model.visibleHosts.firstIndex(where: { $0.instance == selected }) {
            model.positions[.overview, default: ListPosition()].selected = index
        }
    }

    /// Lets the hosts' data grow older; derives them anew only where one becomes stale by it.
    private static func ageHosts(_ model: inout DashboardModel, bySeconds passedSeconds: Double) {
        var hasBecomeStale = false
        for index in model.hosts.indices {
            guard let age = model.hosts[index].ageSeconds else { continue }
            model.hosts[index].ageSeconds = max(0, age + passedSeconds)
            if age <= Limits.staleSeconds && age + passedSeconds > Limits.staleSeconds { hasBecomeStale = true }
        }
        if hasBecomeStale { refreshHosts(&model) }
    }

    /// An agent's silence grows between two answers.
    private static func agentsNow(_ model: DashboardModel) -> [CollectorStatus.Agent] {
        let passed = model.link.lastAnswer.map { max(0, model.now.seconds - $0.seconds) } ?? 0
        return (model.status?.agents ?? []).map { agent in
            var agent = agent
            agent.secondsSinceSeen += passed
            return agent
        }
    }

    private static func keepSelectedAlert(_ model: inout DashboardModel, _ change: (inout DashboardModel) -> Void) {
        let position = model.position(of: .alerts)
        let before = model.visibleAlerts
        let selected = before.indices.contains(position.selected) ? before[position.selected].labels : nil
        change(&model)
        if position.selected > 0, let selected, let index = model.visibleAlerts.firstIndex(where: { $0.labels == selected }) {
            model.positions[.alerts, default: ListPosition()].selected = index
        }
    }

    /// Selection and offset always stand within their list.
    static func keepSelectionInRange(_ model: inout DashboardModel) {
        for screen in ScreenKind.allCases {
            var position = model.position(of: screen)
            let count = count(on: screen, model)
            position.selected = max(0, min(position.selected, count - 1))
            position.offset = Selection.offset(selected: position.selected, count: count, rows: Layout.listRows(screen, model), previous: position.offset)
            if position != model.position(of: screen) { model.positions[screen] = position }
        }
    }

    static func count(on screen: ScreenKind, _ model: DashboardModel) -> Int {
        switch screen {
        case .overview: model.visibleHosts.count
        case .alerts: model.visibleAlerts.count
        case .logs: model.visibleLogs.count
        case .host: model.detail?.logs.count ?? 0
        case .health: max(1, HealthScreen.lines(model).count - Layout(model).body.height + 1)
        }
    }
}
