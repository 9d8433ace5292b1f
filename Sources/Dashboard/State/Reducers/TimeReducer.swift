import Foundations
import Terminal

/// The range that is shown, and the moment everything is shown as of.
enum TimeReducer {
    static func run(_ command: Command, _ model: inout DashboardModel) {
        switch command {
        case .time: model.mode = .prompt(Prompt(.time))
        case .zoomIn: model.span = model.span.zoomed(-1)
        case .zoomOut: model.span = model.span.zoomed(1)
        case .earlier: shift(&model, by: -1)
        case .later: shift(&model, by: 1)
        case .play: play(&model)
        default: goLive(&model)
        }
    }

    /// By a quarter of the range; beyond now is now.
    private static func shift(_ model: inout DashboardModel, by direction: Int64) {
        let moment = model.at.advanced(byMilliseconds: direction * max(1, model.span.seconds / 4) * 1000)
        if case .between = model.span { model.span = .last(seconds: model.span.seconds) }
        rewind(moment, &model)
    }

    static func rewind(_ moment: Timestamp, _ model: inout DashboardModel) {
        if moment >= model.now { return goLive(&model) }
        model.moment = .past(moment, isPlaying: false)
        model.notice = "rewound; P plays, . is now"
    }

    private static func play(_ model: inout DashboardModel) {
        guard case .past(let moment, let isPlaying) = model.moment else {
            model.notice = "this is now; < rewinds"
            return
        }
        model.moment = .past(moment, isPlaying: !isPlaying)
    }

    static func goLive(_ model: inout DashboardModel) {
        model.moment = .live
        if case .between = model.span { model.span = .standard }
    }

    /// Takes what was typed.
    static func enter(_ text: String, _ model: inout DashboardModel) {
        switch TimeEntry(text, now: model.now, zoneOffsetSeconds: model.zoneOffsetSeconds) {
        case .span(let span): model.span = span
        case .moment(let moment): rewind(moment, &model)
        case .live: goLive(&model)
        case nil: model.notice = "a time is written as 15m, last 6h, 03:00 to 04:00, 2026-01-31 03:00 to 2026-01-31 04:00, at 03:00, at -2h, or now"
        }
    }
}
