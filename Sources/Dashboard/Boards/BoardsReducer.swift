import Boards
import Foundations
import Terminal

/// What keys, the clock and answers change on the screen of dashboards.
enum BoardsReducer {
    static func reduce(_ model: inout DashboardModel, _ news: BoardNews) -> [Effect] {
        switch news {
        case .listed(let entries): model.boards.entries = entries
        case .opened(let path, let board): return open(path, board, &model)
        case .failed(let path, let reason):
            model.boards.destination = nil
            if model.boards.path == path { return act(.reloadFailed(reason), &model) }
            model.notice = SafeText(reason)
        case .answered(let action): return act(action, &model)
        }
        return []
    }

    private static func open(_ path: String, _ board: Board, _ model: inout DashboardModel) -> [Effect] {
        if model.boards.path == path, model.boards.view != nil, model.boards.destination == nil { return act(.reloaded(board), &model) }
        let before = model.span
        // One range for everything: who hasn't chosen one, and wasn't led here with one, takes the file's.
        let isLed = model.boards.destination.map { $0.to.path == path && $0.to.range != nil } ?? false
        if model.span == .standard, !isLed, case .last(let milliseconds) = board.range { model.span = .last(seconds: max(1, milliseconds / 1000)) }
        let body = Layout(model).body
        var view = BoardView(board, size: Size(columns: body.width, rows: body.height), theme: model.theme, now: model.now, range: range(model.span))
        if let instance = model.boards.instance, let variable = board.variables.first(where: { ["instance", "node", "host"].contains($0.name) }) {
            _ = view.choose([instance], for: variable.name)
        }
        if let (destination, isBack) = model.boards.destination, destination.path == path {
            if !isBack, let left = model.boards.view, let leftPath = model.boards.path {
                model.boards.trail = model.boards.trail.suffix(Limits.boardTrail - 1) + [
                    BoardDestination(path: leftPath, variables: left.choices.chosen, range: model.span == before ? nil : range(before))
                ]
            }
            for (name, values) in destination.variables where board.variables.contains(where: { $0.name == name }) { _ = view.choose(values, for: name) }
        } else {
            model.boards.trail = []
        }
        model.boards.view = view
        model.boards.path = path
        model.boards.instance = nil
        model.boards.destination = nil
        model.boards.isRunning = false
        return []
    }

    /// The view takes the action; its questions become effects.
    static func act(_ action: BoardAction, _ model: inout DashboardModel) -> [Effect] {
        guard var view = model.boards.view else { return [] }
        // Taken out while it changes, so that it isn't copied.
        model.boards.view = nil
        let effects = view.reduce(action)
        model.boards.view = view
        return effects.flatMap { effect -> [Effect] in
            switch effect {
            case .open(let destination): return open(destination, isBack: false, &model)
            case .look(let range):
                model.span = span(range)
                return []
            case .copy(let address):
                model.notice = "copied " + SafeText(address)
                return [.copy(address)]
            default: return model.boards.isRunning ? [model.boards.work(effect)] : []
            }
        }
    }

    /// Opens the dashboard that a link leads to; once it is there, there is a way back.
    private static func open(_ destination: BoardDestination, isBack: Bool, _ model: inout DashboardModel) -> [Effect] {
        model.boards.destination = (destination, isBack)
        if let range = destination.range { model.span = span(range) }
        return [.openBoard(path: destination.path)]
    }

    /// Lists the links of what is shown.
    static func links(_ model: inout DashboardModel) -> [Effect] { act(.links(model.boards.entries ?? []), &model) }

    /// Whether keys belong to the open board as text.
    static func takesInput(_ model: DashboardModel) -> Bool { model.screen == .dashboards && !model.isCompact && model.boards.view?.takesInput ?? false }

    /// A command of the key map, as the board knows it; nil where it is none of the board's.
    static func command(_ command: Command) -> BoardCommand? {
        switch command {
        case .down: .down
        case .up: .up
        case .pageDown: .pageDown
        case .pageUp: .pageUp
        case .first: .top
        case .last: .bottom
        case .nextTab: .nextPanel
        case .previousTab: .previousPanel
        case .open: .open
        case .variables: .variables
        case .marks: .marks
        case .refresh: .refresh
        default: nil
        }
    }

    /// From a panel to its board, from the board to the one whose link led here, or to the list.
    static func back(_ model: inout DashboardModel) -> [Effect] {
        guard let view = model.boards.view else { return [] }
        if view.mode != .board || view.focused != nil { return act(.command(.back), &model) }
        // Links lead back the way they came.
        if let before = model.boards.trail.popLast() { return open(before, isBack: true, &model) }
        model.boards.view = nil
        model.boards.path = nil
        return []
    }

    /// Opens the selected file of the list.
    static func openSelected(_ model: inout DashboardModel) -> [Effect] {
        let entries = model.boards.shown(model.position(of: .dashboards).filter)
        let selected = model.position(of: .dashboards).selected
        guard entries.indices.contains(selected) else { return [] }
        if let problem = entries[selected].problem {
            model.notice = SafeText(problem)
            return []
        }
        return [.openBoard(path: entries[selected].path)]
    }

    /// After every action: the view has the size, the range and the moment of everything else, and asks while it is seen.
    static func follow(_ model: inout DashboardModel, before: (span: TimeSpan, past: Timestamp?, isPaused: Bool)) -> [Effect] {
        let isSeen = model.activeScreen == .dashboards && model.boards.view != nil
        var effects: [Effect] = []
        if model.boards.isRunning, !isSeen {
            model.boards.isRunning = false
            effects.append(.stopBoard)
        }
        guard isSeen else { return effects }
        let body = Layout(model).body
        let size = Size(columns: body.width, rows: body.height)
        if model.boards.view?.size != size { effects += act(.resized(size), &model) }
        if model.span != before.span { effects += act(.range(range(model.span)), &model) }
        if model.moment.past != model.boards.view?.moment { effects += act(.rewind(model.moment.past), &model) }
        if model.isPaused != model.boards.view?.isPaused { effects += act(.paused(model.isPaused), &model) }
        if !model.boards.isRunning {
            model.boards.isRunning = true
            let started = model.boards.view?.start() ?? []
            effects += started.map { model.boards.work($0) }
        }
        return effects
    }

    private static func span(_ range: BoardRange) -> TimeSpan {
        switch range {
        case .last(let milliseconds): .last(seconds: max(1, milliseconds / 1000))
        case .absolute(let from, let to): .between(from, to)
        }
    }

    private static func range(_ span: TimeSpan) -> BoardRange {
        switch span {
        case .last(let seconds): .last(milliseconds: seconds * 1000)
        case .between(let start, let end): .absolute(from: start, to: end)
        }
    }
}
