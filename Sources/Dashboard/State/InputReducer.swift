import Foundations
import Model
import Terminal

/// What keys and the mouse change.
enum InputReducer {
    static func reduce(_ model: inout DashboardModel, _ event: InputEvent) -> [Effect] {
        model.notice = ""
        if event == .key(.character("z"), .control) { return [.suspend] }
        if event == .key(.character("c"), .control) { return [.quit] }
        if case .mouse(let mouse) = event { return reduceMouse(&model, mouse) }
        switch model.mode {
        case .keys: return KeyMap.command(for: event, on: model.screen).map { run($0, &model) } ?? []
        case .help(let offset): reduceHelp(&model, event, offset)
        case .filter(let line): reduceFilter(&model, event, line)
        case .query(let line): return reduceQuery(&model, event, line)
        case .command(let line): return reduceCommand(&model, event, line)
        }
        return []
    }

    private static func reduceMouse(_ model: inout DashboardModel, _ mouse: MouseEvent) -> [Effect] {
        switch mouse.action {
        case .wheelDown: move(&model, by: 3)
        case .wheelUp: move(&model, by: -3)
        default: break
        }
        return []
    }

    private static func reduceHelp(_ model: inout DashboardModel, _ event: InputEvent, _ offset: Int) {
        switch event {
        case .key(.down, _), .key(.character("j"), _): model.mode = .help(offset: offset + 1)
        case .key(.up, _), .key(.character("k"), _): model.mode = .help(offset: max(0, offset - 1))
        case .key(.pageDown, _): model.mode = .help(offset: offset + 10)
        case .key(.pageUp, _): model.mode = .help(offset: max(0, offset - 10))
        default: model.mode = .keys
        }
    }

    /// The filter works while it is typed; Enter keeps it, Esc drops it.
    private static func reduceFilter(_ model: inout DashboardModel, _ event: InputEvent, _ line: InputLine) {
        var line = line
        switch event {
        case .key(.enter, _): model.mode = .keys
        case .key(.escape, _):
            model.mode = .keys
            model.positions[model.screen, default: ListPosition()].filter = ""
        default:
            if line.handle(event) {
                model.mode = .filter(line)
                model.positions[model.screen, default: ListPosition()].filter = line.text
            }
        }
    }

    private static func reduceQuery(_ model: inout DashboardModel, _ event: InputEvent, _ line: InputLine) -> [Effect] {
        var line = line
        switch event {
        case .key(.enter, _):
            model.mode = .keys
            return search(line.text, &model)
        case .key(.escape, _): model.mode = .keys
        default: if line.handle(event) { model.mode = .query(line) }
        }
        return []
    }

    private static func reduceCommand(_ model: inout DashboardModel, _ event: InputEvent, _ line: InputLine) -> [Effect] {
        var line = line
        switch event {
        case .key(.enter, _):
            model.mode = .keys
            return runCommand(line.text, &model)
        case .key(.escape, _): model.mode = .keys
        default: if line.handle(event) { model.mode = .command(line) }
        }
        return []
    }

    private static func runCommand(_ text: String, _ model: inout DashboardModel) -> [Effect] {
        let words = text.split(separator: " ", maxSplits: 1).map(String.init)
        guard let word = words.first?.lowercased() else { return [] }
        let rest = words.count > 1 ? words[1] : ""
        if word == "q" || word == "quit" { return [.quit] }
        if word == "help" { return run(.help, &model) }
        if word == "logs" && !rest.isEmpty { return show(.logs, &model) + search(rest, &model) }
        if word == "host" && !rest.isEmpty { return openHost(rest, &model) }
        if let screen = ScreenKind.allCases.first(where: { $0.title.string.lowercased().hasPrefix(word) }) { return show(screen, &model) }
        model.notice = "there is no command \(word); overview, alerts, host NAME, logs QUERY, health, help, quit"
        return []
    }

    static func run(_ command: Command, _ model: inout DashboardModel) -> [Effect] {
        switch command {
        case .quit: return [.quit]
        case .help: model.mode = .help(offset: 0)
        case .command: model.mode = .command(InputLine())
        case .filter: if model.screen != .host && model.screen != .health { model.mode = .filter(InputLine(model.position.filter)) }
        case .back: return back(&model)
        case .show(let screen): return show(screen, &model)
        case .down: move(&model, by: 1)
        case .up: move(&model, by: -1)
        case .pageDown: move(&model, by: max(1, Layout.listRows(model.screen, model) - 1))
        case .pageUp: move(&model, by: -max(1, Layout.listRows(model.screen, model) - 1))
        case .first: move(&model, by: -1_000_000_000)
        case .last: move(&model, by: 1_000_000_000)
        case .open: return open(&model)
        case .nextRange:
            model.range = model.range.next
            return refresh(&model)
        case .zone: model.showsLocalTime.toggle()
        case .pause:
            model.isPaused.toggle()
            return model.isPaused ? [.stopAll] : refresh(&model)
        case .refresh: return refresh(&model)
        case .mouse:
            model.isMouseCaptured.toggle()
            model.notice = model.isMouseCaptured ? "the wheel scrolls; F6 gives the mouse back for selecting text" : "the mouse selects text; F6 lets the wheel scroll"
            return [.captureMouse(model.isMouseCaptured)]
        case .query: model.mode = .query(InputLine(model.logs.query))
        case .follow: return follow(&model)
        case .logsOfSelection: return logsOfSelection(&model)
        case .nextError: findError(&model, step: 1)
        case .previousError: findError(&model, step: -1)
        }
        return []
    }

    private static func move(_ model: inout DashboardModel, by lines: Int) {
        let count = Reducer.count(on: model.screen, model)
        let selected = model.position.selected + lines
        model.positions[model.screen, default: ListPosition()].selected = max(0, min(selected, count - 1))
    }

    private static func show(_ screen: ScreenKind, _ model: inout DashboardModel) -> [Effect] {
        if screen == .host && model.selectedHost == nil {
            guard let host = selectedInstance(model) ?? model.hosts.first?.instance else {
                model.notice = "there is no host with data yet"
                return []
            }
            return openHost(host, &model)
        }
        if screen != model.screen { model.history.append(model.screen) }
        if model.history.count > 50 { model.history.removeFirst() }
        return enter(screen, &model)
    }

    private static func enter(_ screen: ScreenKind, _ model: inout DashboardModel) -> [Effect] {
        let left = model.screen
        model.screen = screen
        var effects: [Effect] = []
        if left == .host && screen != .host { effects.append(.leaveHost) }
        if left == .logs && screen != .logs && model.logs.isFollowing { effects.append(.stopFollowing) }
        if screen == .host, let host = model.selectedHost, !model.isPaused { effects.append(.watchHost(host, model.range)) }
        if screen == .logs && left != .logs {
            if model.logs.isFollowing { effects.append(.followLogs(model.logs.query)) }
            effects += search(model.logs.query, &model, keepsItems: true)
        }
        return effects
    }

    private static func back(_ model: inout DashboardModel) -> [Effect] {
        if model.screen == .logs && model.logs.showsDetail {
            model.logs.showsDetail = false
        } else if model.screen == .alerts && model.showsAlertDetail {
            model.showsAlertDetail = false
        } else if !model.position.filter.isEmpty {
            model.positions[model.screen, default: ListPosition()].filter = ""
        } else if let previous = model.history.popLast() {
            return enter(previous, &model)
        }
        return []
    }

    private static func open(_ model: inout DashboardModel) -> [Effect] {
        switch model.screen {
        case .overview: return selectedInstance(model).map { openHost($0, &model) } ?? []
        case .alerts: model.showsAlertDetail.toggle()
        case .logs: model.logs.showsDetail.toggle()
        case .host, .health: break
        }
        return []
    }

    private static func openHost(_ instance: String, _ model: inout DashboardModel) -> [Effect] {
        if model.selectedHost != instance {
            model.detail = nil
            model.detailReason = nil
            model.positions[.host] = nil
        }
        model.selectedHost = instance
        return show(.host, &model)
    }

    private static func selectedInstance(_ model: DashboardModel) -> String? {
        switch model.screen {
        case .overview:
            let hosts = model.visibleHosts
            let selected = model.position.selected
            return hosts.indices.contains(selected) ? hosts[selected].instance : nil
        case .alerts:
            let alerts = model.visibleAlerts
            let selected = model.position.selected
            return alerts.indices.contains(selected) ? alerts[selected].instance : nil
        case .host: return model.selectedHost
        case .logs, .health: return nil
        }
    }

    private static func refresh(_ model: inout DashboardModel) -> [Effect] {
        model.isPaused = false
        var effects: [Effect] = [.watch(model.range)]
        if model.screen == .host, let host = model.selectedHost { effects.append(.watchHost(host, model.range)) }
        if model.screen == .logs {
            effects += search(model.logs.query, &model, keepsItems: true)
            if model.logs.isFollowing { effects.append(.followLogs(model.logs.query)) }
        }
        return effects
    }

    private static func search(_ query: String, _ model: inout DashboardModel, keepsItems: Bool = false) -> [Effect] {
        let hasChanged = query != model.logs.query
        model.logs.query = query
        if !keepsItems || hasChanged {
            model.logs.items = []
            model.logs.skipped = 0
            model.positions[.logs] = nil
            model.logs.showsDetail = false
        }
        model.logs.phase = .loading
        if hasChanged && model.logs.isFollowing { return [.searchLogs(query, model.range), .followLogs(query)] }
        return [.searchLogs(query, model.range)]
    }

    private static func follow(_ model: inout DashboardModel) -> [Effect] {
        model.logs.isFollowing.toggle()
        if !model.logs.isFollowing { return [.stopFollowing] }
        model.positions[.logs]?.selected = 0
        return [.followLogs(model.logs.query)]
    }

    private static func logsOfSelection(_ model: inout DashboardModel) -> [Effect] {
        guard let instance = selectedInstance(model) else {
            model.notice = "the selection has no label `instance`"
            return []
        }
        return show(.logs, &model) + search("{instance=\(Text.quoted(instance))}", &model)
    }

    private static func findError(_ model: inout DashboardModel, step: Int) {
        let items = model.visibleLogs
        var index = model.position.selected + step
        while items.indices.contains(index), items[index].level < .warn { index += step }
        if items.indices.contains(index) {
            model.positions[.logs, default: ListPosition()].selected = index
        } else {
            model.notice = "no more errors or warnings in what is loaded"
        }
    }
}
