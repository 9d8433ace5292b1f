import Foundations
import Terminal

/// What the mouse does: rows are selected and opened, tabs shown, charts zoomed, lists scrolled.
enum MouseReducer {
    static func reduce(_ model: inout DashboardModel, _ mouse: MouseEvent) -> [Effect] {
        let body = Layout(model).body
        if model.activeScreen == .dashboards, model.boards.view != nil, body.contains(x: mouse.x, y: mouse.y) {
            let inside = MouseEvent(action: mouse.action, x: mouse.x - body.x, y: mouse.y - body.y, modifiers: mouse.modifiers)
            return BoardsReducer.act(.input(.mouse(inside)), &model)
        }
        switch mouse.action {
        case .wheelDown: Navigation.move(&model, by: 3)
        case .wheelUp: Navigation.move(&model, by: -3)
        case .press(button: 0): return press(&model, mouse)
        case .release: release(&model, mouse)
        default: break
        }
        return []
    }

    private static func press(_ model: inout DashboardModel, _ mouse: MouseEvent) -> [Effect] {
        if case .message = model.mode { model.mode = .keys }
        let layout = Layout(model)
        if layout.tabs.contains(x: mouse.x, y: mouse.y), let screen = Frame.tab(at: mouse.x, model) {
            Navigation.show(screen, &model)
            return []
        }
        if Layout.charts(model).contains(where: { $0.contains(x: mouse.x, y: mouse.y) }) {
            model.dragStart = (mouse.x, mouse.y)
            return []
        }
        guard let list = Layout.list(model.activeScreen, model), list.contains(x: mouse.x, y: mouse.y) else { return [] }
        let row = model.position.offset + mouse.y - list.y
        guard row < Reducer.count(on: model.activeScreen, model) else { return [] }
        // A click on what is selected opens it.
        if row == model.position.selected { return Navigation.open(&model) }
        Navigation.select(row, &model)
        return []
    }

    /// A drag over a chart makes the range that was drawn over the one that is shown.
    private static func release(_ model: inout DashboardModel, _ mouse: MouseEvent) {
        guard let start = model.dragStart else { return }
        model.dragStart = nil
        guard let chart = Layout.charts(model).first(where: { $0.contains(x: start.x, y: start.y) }), abs(mouse.x - start.x) >= 2, chart.width > 1 else { return }
        let window = (start: model.span.start(at: model.at), seconds: model.span.seconds)
        func moment(_ x: Int) -> Timestamp {
            let part = Double(min(max(0, x - chart.x), chart.width - 1)) / Double(chart.width - 1)
            return window.start.advanced(byMilliseconds: Int64(part * Double(window.seconds) * 1000))
        }
        let (from, to) = (moment(min(start.x, mouse.x)), moment(max(start.x, mouse.x)))
        if to.milliseconds - from.milliseconds >= 15_000 { model.span = .between(from, to) }
    }
}
