import Model

/// The functions over ranges that a window's figures say enough for.
enum SummaryKernel {
    /// Shorter windows hold too few slices of samples for summaries to save anything.
    private static let lengthMillisecondsMin: Int64 = 3_600_000
    /// With more windows, their edges are decoded nearly everywhere.
    private static let windowsMax = 512
    /// The finest steps that stores keep figures of: windows of whole steps have no edges to decode.
    private static let stepMilliseconds: Int64 = 300_000

    /// The windows of a range selector, where summaries may spare decoding what is in them.
    static func windows(_ moments: StepGrid, lengthMilliseconds: Int64) -> [TimeWindow]? {
        let isLong = lengthMilliseconds >= lengthMillisecondsMin && moments.count <= windowsMax
        let isOfSteps = lengthMilliseconds % stepMilliseconds == 0 && moments.start % stepMilliseconds == 0
            && (moments.count == 1 || moments.step % stepMilliseconds == 0)
        guard isLong || isOfSteps else { return nil }
        return all(moments, lengthMilliseconds: lengthMilliseconds)
    }

    static func all(_ moments: StepGrid, lengthMilliseconds: Int64) -> [TimeWindow] {
        (0..<moments.count).map { TimeWindow(after: moments.time($0) - lengthMilliseconds, through: moments.time($0)) }
    }

    /// A value for each window; nil where the samples themselves must be looked at. Where they are gone, figures that nobody kept leave
    /// a gap, and a sum that is no number stays one.
    static func values(_ kernel: RangeKernel, _ figures: [WindowFigures?], _ windows: [TimeWindow], areSamplesGone: Bool) -> [Double]? {
        var values: [Double] = []
        values.reserveCapacity(figures.count)
        for (one, window) in zip(figures, windows) {
            guard let one else {
                values.append(absentValue)
                continue
            }
            if let value = value(kernel, one, window) {
                values.append(value)
            } else if areSamplesGone {
                values.append(kernel.rateKind == nil ? one.sum / Double(isAverage(kernel) ? one.count : 1) : absentValue)
            } else {
                return nil
            }
        }
        return values
    }

    private static func isAverage(_ kernel: RangeKernel) -> Bool {
        if case .sum(let isAverage) = kernel { return isAverage }
        return false
    }

    private static func value(_ kernel: RangeKernel, _ figures: WindowFigures, _ window: TimeWindow) -> Double? {
        switch kernel {
        case .rate(let kind): return figures.count > 1 ? rate(kind, figures, window) : absentValue
        case .sum(let isAverage):
            // What is no number, or passes what a double holds, follows rules of its own.
            guard figures.sum.isFinite else { return nil }
            return isAverage ? figures.sum / Double(figures.count) : figures.sum
        case .extreme(let isMinimum): return isMinimum ? figures.minimum : figures.maximum
        case .count: return Double(figures.count)
        case .present: return 1
        case .last: return figures.last
        case .first: return figures.first
        }
    }

    private static func rate(_ kind: RateKind, _ figures: WindowFigures, _ window: TimeWindow) -> Double? {
        var increase = figures.last - figures.first
        if kind.isCounter {
            if figures.resetCorrection.isNaN { return nil }
            increase += figures.resetCorrection
        }
        let stretch = Stretch(first: figures.firstTimestamp, last: figures.lastTimestamp, count: figures.count, start: window.after, end: window.through)
        var toStart = stretch.toStart
        // A counter isn't stretched to before it was 0.
        if kind.isCounter, increase > 0, figures.first >= 0 { toStart = min(toStart, stretch.sampled * (figures.first / increase)) }
        return increase * stretch.factor(kind, lengthMilliseconds: window.through - window.after, toStart: toStart)
    }
}
