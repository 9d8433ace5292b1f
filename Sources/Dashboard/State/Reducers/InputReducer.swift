import Foundations
import Terminal

/// What keys change, by the mode they go to.
enum InputReducer {
    static func reduce(_ model: inout DashboardModel, _ event: InputEvent) -> [Effect] {
        if case .reply = event { return [] }
        model.notice = ""
        model.lastInput = model.now
        if event == .key(.character("z"), .control) { return [.suspend] }
        if event == .key(.character("c"), .control) { return [.quit] }
        if case .mouse(let mouse) = event { return MouseReducer.reduce(&model, mouse) }
        if model.mode == .keys, BoardsReducer.takesInput(model) { return BoardsReducer.act(.input(event), &model) }
        switch model.mode {
        case .keys: return model.keys.command(for: event, on: model.activeScreen).map { run($0, &model) } ?? []
        case .help(let filter, let offset): reduceHelp(&model, event, filter, offset)
        case .message: model.mode = .keys
        case .filter(let line): reduceFilter(&model, event, line)
        case .prompt(let prompt): return PromptReducer.reduce(&model, event, prompt)
        case .silence(let form): return AlertDeeds.reduce(&model, event, form)
        }
        return []
    }

    /// Typing narrows the help; arrows scroll it.
    private static func reduceHelp(_ model: inout DashboardModel, _ event: InputEvent, _ filter: InputLine, _ offset: Int) {
        switch event {
        case .key(.down, _): model.mode = .help(filter: filter, offset: offset + 1)
        case .key(.up, _): model.mode = .help(filter: filter, offset: max(0, offset - 1))
        case .key(.pageDown, _): model.mode = .help(filter: filter, offset: offset + 10)
        case .key(.pageUp, _): model.mode = .help(filter: filter, offset: max(0, offset - 10))
        case .key(.escape, _), .key(.enter, _): model.mode = .keys
        case .key(.character("?"), _) where filter.isEmpty: model.mode = .keys
        default:
            var line = filter
            if line.handle(event) { model.mode = .help(filter: line, offset: 0) }
        }
    }

    /// The filter works while it is typed; Enter keeps it, Esc drops it.
    private static func reduceFilter(_ model: inout DashboardModel, _ event: InputEvent, _ line: InputLine) {
        var line = line
        switch event {
        case .key(.enter, _): model.mode = .keys
        case .key(.escape, _):
            model.mode = .keys
            setFilter("", &model)
        case .key(.down, _), .key(.up, _): Navigation.move(&model, by: event == .key(.down) ? 1 : -1)
        default:
            if line.handle(event) {
                model.mode = .filter(line)
                setFilter(line.text, &model)
            }
        }
    }

    static func setFilter(_ text: String, _ model: inout DashboardModel) {
        model.positions[model.activeScreen, default: ListPosition()].filter = text
        Reducer.narrowFurther(&model, model.activeScreen)
    }

    static func run(_ command: Command, _ model: inout DashboardModel) -> [Effect] {
        if command.isDeed, model.access == .readOnly {
            model.notice = "this dashboard is read-only"
            return []
        }
        if model.activeScreen == .dashboards, model.boards.view != nil, let command = BoardsReducer.command(command) {
            return BoardsReducer.act(.command(command), &model)
        }
        switch command {
        case .variables, .marks: break
        case .links: if model.activeScreen == .dashboards { return BoardsReducer.links(&model) }
        case .quit: return [.quit]
        case .help: model.mode = .help(filter: InputLine(), offset: 0)
        case .command: model.mode = .prompt(Prompt(.command))
        case .show(let screen): Navigation.show(screen, &model)
        case .back: return Navigation.back(&model)
        case .historyBack: Navigation.goBack(&model)
        case .forward: Navigation.goForward(&model)
        case .open: return Navigation.open(&model)
        case .nextTab, .previousTab: if model.openHost != nil { model.hostTab = model.hostTab.next(command == .nextTab ? 1 : -1) }
        case .down, .up, .pageDown, .pageUp, .first, .last: Navigation.move(&model, command)
        case .filter: model.mode = model.screen == .logs ? .prompt(Prompt(.find, model.logs.find)) : .filter(InputLine(model.position.filter))
        case .mark: Navigation.mark(&model)
        case .refresh: return [.refresh]
        case .copy: return Navigation.copy(&model)
        case .mouse: return captureMouse(&model)
        case .pause: model.isPaused.toggle()
        case .zone: model.showsLocalTime.toggle()
        case .time, .zoomIn, .zoomOut, .earlier, .later, .play, .live: TimeReducer.run(command, &model)
        case .acknowledge, .acknowledgeWithComment, .silence, .escalate, .comment, .runbook, .undo: return AlertDeeds.run(command, &model)
        case .dashboard: return Navigation.openDashboard(&model)
        case .logs: Navigation.openLogs(&model)
        case .note, .resolve, .export, .handOver: DutyDeeds.run(command, &model)
        case .query, .follow, .context, .logFilter, .clearLogFilters, .histogram, .wholeLines, .bookmark, .nextBookmark, .nextError, .previousError,
            .nextWarning, .previousWarning, .nextMatch, .previousMatch:
            return LogCommands.run(command, &model)
        }
        return []
    }

    private static func captureMouse(_ model: inout DashboardModel) -> [Effect] {
        model.isMouseCaptured.toggle()
        model.notice = model.isMouseCaptured ? "the mouse selects rows, zooms and scrolls; F6 gives it back" : "the mouse selects text; F6 lets it act here"
        return [.captureMouse(model.isMouseCaptured)]
    }
}
