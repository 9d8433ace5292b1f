import Foundations
import Terminal

/// Changes the model by an action; pure but for the model. What is to be done outside comes back as effects.
enum Reducer {
    static func reduce(_ model: inout DashboardModel, _ action: Action) -> [Effect] {
        let before = (span: model.span, past: model.moment.past, isPaused: model.isPaused)
        var effects = apply(&model, action)
        keepSelectionInRange(&model)
        effects += BoardsReducer.follow(&model, before: before)
        let needs = Needs.of(model)
        if needs != model.needs {
            model.needs = needs
            effects.append(.need(needs))
        }
        return effects
    }

    private static func apply(_ model: inout DashboardModel, _ action: Action) -> [Effect] {
        switch action {
        case .input(let event): return InputReducer.reduce(&model, event)
        case .resized(let size): model.size = size
        case .tick(let now):
            tick(&model, now)
            return BoardsReducer.act(.tick(now), &model)
        case .boards(let news): return BoardsReducer.reduce(&model, news)
        case .status(let status, let moment):
            model.now = max(model.now, moment)
            model.link = Link(lastAnswer: moment)
            let isNews = model.status?.agents.map(\.instance) != status.agents.map(\.instance)
            model.status = status
            if isNews { refreshHosts(&model) }
        case .failed(let error, let moment):
            model.now = max(model.now, moment)
            if model.link.failingSince == nil { model.link.failingSince = moment }
            model.link.reason = "\(error)"
        case .needFailed(let need, let error): fail(&model, need, error)
        case .done(let deed, let silenceID):
            model.deeds.confirmed(deed, silenceID: silenceID)
            model.notice = deed.doneText
        case .deedFailed(let deed, let error):
            model.deeds.failed(deed)
            model.notice = "it wasn't done: \("\(error)")"
        case .histories(let histories):
            // What was typed meanwhile is newer.
            for (kind, lines) in histories {
                var all = lines
                for line in model.histories[kind] ?? [] { PromptHistory.add(line, to: &all) }
                model.histories[kind] = all
            }
        case .saved(let path, let problem): model.notice = problem.map { "\(path) wasn't written: \($0)" } ?? "written to \(path)"
        case .logs, .logContext, .logLabels, .tail, .tailFailed: LogsReducer.reduce(&model, action)
        default: return take(&model, action)
        }
        return []
    }

    /// Data that came.
    private static func take(_ model: inout DashboardModel, _ action: Action) -> [Effect] {
        switch action {
        case .board(let board, let moment):
            guard moment == model.moment.past else { break }
            model.boardMoment = moment
            take(&model, board)
        case .rules(let troubles):
            model.ruleTroubles = troubles
            model.failures[Need.rules.name] = nil
        case .hosts(let measures):
            model.measures = measures
            model.failures[Need.hosts(at: nil).name] = nil
            refreshHosts(&model)
        case .trends(let trends): model.trends = trends
        case .host(let detail):
            guard detail.instance == model.openHost, detail.tab == model.hostTab else { break }
            model.detail = detail
            model.failures["the host's data"] = nil
        case .incidents(let incidents):
            model.incidents = incidents
            model.failures["the incidents"] = nil
        case .timeline(let id, let entries):
            model.timeline = (id, entries)
            model.failures["the timeline"] = nil
        case .onCall(let state):
            model.onCall = state
            model.failures["who is on call"] = nil
        case .objectives(let objectives):
            model.objectives = objectives
            model.failures["the objectives"] = nil
        case .losses(let losses): model.losses = losses
        case .story(let story): model.story = story
        default: break
        }
        return []
    }

    /// While the past is played, a second takes a sixtieth of the range.
    private static func tick(_ model: inout DashboardModel, _ now: Timestamp) {
        let passedSeconds = now.seconds - model.now.seconds
        model.now = now
        if case .past(let moment, isPlaying: true) = model.moment {
            let next = moment.advanced(byMilliseconds: Int64(passedSeconds * 1000) * max(1, model.span.seconds / 60))
            model.moment = next >= now ? .live : .past(next, isPlaying: true)
        }
        if model.moment == .live { ageHosts(&model, bySeconds: passedSeconds) }
    }

    private static func fail(_ model: inout DashboardModel, _ need: Need, _ error: DashboardError) {
        if case .logs(let search) = need, search.query == model.logs.query { model.logs.phase = .failed("\(error)") }
        model.failures[need.name] = "\(error)"
    }

    /// Takes new alerts; the selected one stays selected.
    private static func take(_ model: inout DashboardModel, _ board: AlertBoard) {
        let position = model.position(of: .alerts)
        let selected = model.selectedAlert?.fingerprint
        model.board = board
        model.failures[Need.board.name] = nil
        model.deeds.settle(board)
        narrow(&model, .alerts)
        // Who only watches wants to see at the top what is worst, whatever comes there.
        if position.selected > 0 || model.isAttended, let selected, let row = model.alertRows.firstIndex(where: { board.items[Int($0)].fingerprint == selected }) {
            model.positions[.alerts, default: ListPosition()].selected = row
        }
        if !model.marked.isEmpty { model.marked.formIntersection(board.items.map(\.fingerprint)) }
        refreshHosts(&model)
    }

    /// Derives the hosts anew; the selected one stays selected.
    static func refreshHosts(_ model: inout DashboardModel) {
        let position = model.position(of: .hosts)
        let selected = model.host(position.selected)?.instance
        model.hosts = HostTable(HostSummary.all(model.measures, alerts: model.alerts ?? [], agents: model.moment == .live ? agentsNow(model) : [], now: model.at))
        model.matrix = OverviewMatrix(hosts: model.hosts.items, alerts: model.alerts ?? [])
        narrow(&model, .hosts)
        if position.selected > 0 || model.isAttended, let selected, let row = model.hostRows.firstIndex(where: { model.hosts.items[Int($0)].instance == selected }) {
            model.positions[.hosts, default: ListPosition()].selected = row
        }
    }

    /// Finds the rows that a list's filter takes, after its data changed.
    static func narrow(_ model: inout DashboardModel, _ screen: ScreenKind) {
        model.rowFilters[screen] = nil
        narrowFurther(&model, screen)
    }

    /// The same after its filter changed: one that goes on from the last is looked for in the rows that are left.
    static func narrowFurther(_ model: inout DashboardModel, _ screen: ScreenKind) {
        let filter = model.position(of: screen).filter
        switch screen {
        case .alerts: model.alertRows = model.board?.index.rows(matching: filter, from: model.alertRows, of: model.rowFilters[screen]) ?? []
        case .hosts: model.hostRows = model.hosts.index.rows(matching: filter, from: model.hostRows, of: model.rowFilters[screen])
        default: return
        }
        model.rowFilters[screen] = filter
    }

    /// Lets the hosts' data grow older; derives them anew only where one becomes stale by it.
    private static func ageHosts(_ model: inout DashboardModel, bySeconds passedSeconds: Double) {
        if model.hosts.age(bySeconds: passedSeconds) { refreshHosts(&model) }
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

    /// Selection and offset always stand within their list.
    static func keepSelectionInRange(_ model: inout DashboardModel) {
        let screen = model.activeScreen
        var position = model.position(of: screen)
        let count = count(on: screen, model)
        position.selected = max(0, min(position.selected, count - 1))
        position.offset = Selection.offset(selected: position.selected, count: count, rows: Layout.listRows(screen, model), previous: position.offset)
        if position != model.position(of: screen) { model.positions[screen] = position }
    }

    static func count(on screen: ScreenKind, _ model: DashboardModel) -> Int {
        switch screen {
        case .overview: return model.matrix.rows.count
        case .alerts: return model.alertRows.count
        case .incidents: return model.shownIncidents.count
        case .hosts: return model.openHost == nil ? model.hostRows.count : model.detail?.logs.count ?? 0
        case .logs: return model.logs.context?.lines.count ?? model.logs.visible.count
        case .dashboards: return model.boards.view == nil ? model.boards.shown(model.position(of: .dashboards).filter).count : 0
        case .objectives: return model.objectives?.count ?? 0
        case .onCall: return model.onCall?.schedules.count ?? 0
        case .agents: return AgentsScreen.shown(model).count
        case .health: return max(1, HealthScreen.lines(model).count - Layout(model).body.height + 1)
        }
    }
}
