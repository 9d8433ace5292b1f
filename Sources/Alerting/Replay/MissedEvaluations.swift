import Foundations

/// Ticks of a group that nobody evaluated, because the program was down or busy.
struct MissedEvaluations: Sendable, Equatable {
    /// Those that are made up for, oldest first: of recording rules alone, since a page about the past helps nobody.
    var caughtUp: [Timestamp]
    /// All of them.
    var count: Int64

    /// The ticks between two, both left out. Those that lie further back than `Limits.caughtUpMilliseconds`, or are too many, are only counted.
    init(between last: Timestamp, and moment: Timestamp, intervalMilliseconds interval: Int64) {
        count = max(0, (moment.milliseconds - last.milliseconds) / interval - 1)
        let reach = min(count, Limits.caughtUpMilliseconds / interval, Limits.caughtUpTicksMax)
        caughtUp = reach <= 0 ? [] : (1...reach).reversed().map { moment.advanced(byMilliseconds: -$0 * interval) }
    }

    /// As it stands in the event log.
    func text(hasRecordingRules: Bool) -> String {
        let made = hasRecordingRules ? caughtUp.count : 0
        return "\(count) evaluations were missed" + (made > 0 ? ", recording rules make up for the last \(made)" : "")
    }
}
