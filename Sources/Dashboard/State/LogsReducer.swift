import Foundations

/// What log lines and their failures change.
enum LogsReducer {
    static func reduce(_ model: inout DashboardModel, _ action: Action) {
        switch action {
        case .logs(let query, let items) where query == model.logs.query:
            model.logs.items = items
            model.logs.phase = .loaded
        case .logsFailed(let query, let error) where query == model.logs.query: model.logs.phase = .failed("\(error)")
        case .tail(let query, let batch) where query == model.logs.query && model.logs.isFollowing: append(batch, &model)
        case .tailFailed(let query, let error) where query == model.logs.query && model.logs.isFollowing:
            model.notice = "the tail broke and is opened again: \("\(error)")"
        default: break
        }
    }

    /// Puts new lines on top. Whoever has scrolled away keeps their place.
    private static func append(_ batch: TailBatch, _ model: inout DashboardModel) {
        guard !batch.items.isEmpty || batch.skipped > 0 else { return }
        let before = model.visibleLogs.count
        model.logs.items.insert(contentsOf: batch.items.reversed(), at: 0)
        model.logs.skipped += batch.skipped
        if model.position(of: .logs).selected > 0 {
            model.positions[.logs, default: ListPosition()].selected += model.visibleLogs.count - before
            model.positions[.logs, default: ListPosition()].offset += model.visibleLogs.count - before
        }
        let beyond = model.logs.items.count - Limits.logLinesKept
        if beyond > 0 { model.logs.items.removeLast(beyond) }
        model.logs.phase = .loaded
    }
}
