import Foundations
import Model
import Terminal

/// What the keys of the logs do.
enum LogCommands {
    static func run(_ command: Command, _ model: inout DashboardModel) -> [Effect] {
        switch command {
        case .query: model.mode = .prompt(Prompt(.logQuery, model.logs.query))
        case .follow: follow(&model)
        case .context: return context(&model)
        case .logFilter: model.mode = .prompt(Prompt(.logFilter))
        case .clearLogFilters: model.logs.filters = []
        case .histogram: model.logs.showsHistogram.toggle()
        case .wholeLines: model.logs.showsWholeLines.toggle()
        case .bookmark: bookmark(&model)
        case .nextBookmark: jump(&model, step: 1, "bookmark") { $0.logs.bookmarks.contains($1) }
        case .nextError: jump(&model, step: 1, "error") { $1.level >= .error }
        case .previousError: jump(&model, step: -1, "error") { $1.level >= .error }
        case .nextWarning: jump(&model, step: 1, "warning") { $1.level == .warn }
        case .previousWarning: jump(&model, step: -1, "warning") { $1.level == .warn }
        case .nextMatch: jump(&model, step: 1, "match") { $0.logs.isMatch($1) }
        default: jump(&model, step: -1, "match") { $0.logs.isMatch($1) }
        }
        return []
    }

    /// Sets the query; the lines come as the model needs them.
    static func search(_ query: String, _ model: inout DashboardModel) {
        guard query != model.logs.query || model.logs.phase == .idle else {
            model.logs.phase = .loading
            return
        }
        model.logs.query = query
        model.logs.replace([])
        model.logs.skipped = 0
        model.logs.context = nil
        model.logs.showsDetail = false
        model.logs.phase = .loading
        model.positions[.logs] = nil
    }

    private static func follow(_ model: inout DashboardModel) {
        if model.moment != .live { TimeReducer.goLive(&model) }
        model.logs.isFollowing.toggle()
        if model.logs.isFollowing {
            model.positions[.logs]?.selected = 0
            if case .between = model.span { model.span = .standard }
        }
    }

    private static func selected(_ model: DashboardModel) -> LogItem? {
        let lines = model.logs.context?.lines ?? model.logs.visible
        let selected = model.position(of: .logs).selected
        return lines.indices.contains(selected) ? lines[selected] : nil
    }

    private static func context(_ model: inout DashboardModel) -> [Effect] {
        if model.logs.context != nil {
            model.logs.context = nil
            return []
        }
        return selected(model).map { [.findContext($0)] } ?? []
    }

    private static func bookmark(_ model: inout DashboardModel) {
        guard let item = selected(model) else { return }
        if model.logs.bookmarks.remove(item) == nil, model.logs.bookmarks.count < Limits.bookmarks { model.logs.bookmarks.insert(item) }
    }

    /// To the next line of a kind, downwards or upwards.
    static func jump(_ model: inout DashboardModel, step: Int, _ what: String, _ isWanted: (DashboardModel, LogItem) -> Bool) {
        let lines = model.logs.context?.lines ?? model.logs.visible
        var index = model.position(of: .logs).selected + step
        while lines.indices.contains(index), !isWanted(model, lines[index]) { index += step }
        if lines.indices.contains(index) {
            model.positions[.logs, default: ListPosition()].selected = index
        } else {
            model.notice = "no \(what) \(step > 0 ? "below" : "above") in what is loaded"
        }
    }
}
