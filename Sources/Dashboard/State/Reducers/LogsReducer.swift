import Foundations

/// What log lines and their failures change.
enum LogsReducer {
    static func reduce(_ model: inout DashboardModel, _ action: Action) {
        switch action {
        case .logs(let search, let items) where search.query == model.logs.query:
            model.logs.replace(items)
            model.logs.phase = .loaded
            model.failures["the logs"] = nil
        case .logContext(let context):
            model.logs.context = context
            model.positions[.logs, default: ListPosition()].selected = context.hit
        case .logLabels(let labels): model.logs.labels = labels
        case .tail(let query, let batch) where query == model.logs.query && model.logs.isFollowing: append(batch, &model)
        case .tailFailed(let query, let error) where query == model.logs.query && model.logs.isFollowing:
            model.notice = "the tail broke and is opened again: \("\(error)")"
        default: break
        }
    }

    /// Puts new lines on top. Whoever has scrolled away keeps their place.
    private static func append(_ batch: TailBatch, _ model: inout DashboardModel) {
        model.logs.skipped += batch.skipped
        guard !batch.items.isEmpty else { return }
        let shown = model.logs.prepend(batch.items.reversed())
        if model.position(of: .logs).selected > 0, model.logs.context == nil {
            model.positions[.logs, default: ListPosition()].selected += shown
            model.positions[.logs, default: ListPosition()].offset += shown
        }
        model.logs.phase = .loaded
    }
}
