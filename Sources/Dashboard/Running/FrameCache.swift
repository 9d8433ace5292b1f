import Foundations
import Terminal

/// Draws no more than what may have changed: where time alone has passed, the header and the tabs.
struct FrameCache {
    private var frame: Buffer?
    private var size: Size?
    private var steadyTime: Int64 = 0
    private var isClean = false

    /// Everything has to be drawn anew.
    mutating func invalidate() { isClean = false }

    mutating func frame(of model: DashboardModel) -> Buffer {
        let steady = model.now.milliseconds / 1000 / Limits.steadySeconds
        let layout = Layout(model)
        let isStill = isClean && steady == steadyTime && size == model.size && model.moment == .live && !Self.changesEverySecond(model)
        if isStill, frame != nil {
            Frame.renderTop(model, layout, to: &frame!)
        } else {
            frame = Frame.render(model)
        }
        steadyTime = steady
        size = model.size
        isClean = true
        return frame!
    }

    /// Whether something below the tabs shows single seconds.
    private static func changesEverySecond(_ model: DashboardModel) -> Bool {
        if case .disconnected = model.link.state(at: model.now) { return true }
        return model.activeScreen == .health
    }
}
