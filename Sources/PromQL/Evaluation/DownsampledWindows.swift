import Foundations
import Model

/// What a leaf of an expression makes of time whose samples are gone, while figures of steps are left (`Docs/Decisions/0110`).
///
/// - A function that figures say enough for has a value where its window is a whole number of steps long; a window that doesn't end
///   with a step is moved back to the last end of one, so that it holds whole steps.
/// - Everything else sees the last sample of each step.
///
/// Either is remarked.
struct DownsampledWindows {
    /// In order of time.
    private let times: [DownsampledTime]

    /// Nil where a scan has all samples between two moments, both included.
    init?(_ scan: any MetricScan, from start: Int64, through end: Int64) {
        times = scan.downsampled.filter { $0.after < end && $0.through >= start }
        if times.isEmpty { return nil }
    }

    /// The windows to ask for: moved where needed, empty where steps can't answer.
    func windows(_ moments: StepGrid, lengthMilliseconds: Int64, _ annotations: Annotations, at place: SourceRange) -> [TimeWindow] {
        var moved: Int64?
        var refused: Int64?
        let windows = SummaryKernel.all(moments, lengthMilliseconds: lengthMilliseconds).map { window -> TimeWindow in
            guard let width = width(of: window) else { return window }
            if lengthMilliseconds % width != 0 {
                refused = max(refused ?? 0, width)
                return TimeWindow(after: window.through, through: window.through)
            }
            let rest = (window.through % width + width) % width
            if rest == 0 { return window }
            moved = max(moved ?? 0, width)
            return TimeWindow(after: window.after - rest, through: window.through - rest)
        }
        if let refused {
            annotations.warn("\(kept(refused)): windows there have a value only where they are a multiple of that long", at: place)
        }
        if let moved { annotations.inform("\(kept(moved)): windows there were moved back to the end of a step", at: place) }
        if refused == nil, moved == nil { annotations.inform("\(kept(widest)): they stand in for the samples", at: place) }
        return windows
    }

    /// For what sees the last sample of each step.
    func remarkLasts(_ annotations: Annotations, at place: SourceRange) {
        annotations.inform("\(kept(widest)): of each, its last sample stands in for all", at: place)
    }

    private var widest: Int64 { times.reduce(0) { max($0, $1.stepMilliseconds) } }

    /// The widest steps that a window touches.
    private func width(of window: TimeWindow) -> Int64? {
        var width: Int64?
        for time in times where time.after < window.through && time.through > window.after { width = max(width ?? 0, time.stepMilliseconds) }
        return width
    }

    private func kept(_ width: Int64) -> String {
        let end = times.filter { $0.stepMilliseconds == width }.reduce(Int64.min) { max($0, $1.through) }
        return "of samples until \(TimestampText.rfc3339(Timestamp(milliseconds: end))) steps of \(DurationText.format(milliseconds: width)) are kept"
    }
}
