import Model

extension Evaluator {
    /// `rate`, `increase` and `delta` over an anchored or smoothed range: the edges have values of their own, so nothing is extrapolated.
    func extendedRate(_ input: RangeVector, _ kind: RateKind, _ place: SourceRange) throws -> [Column] {
        let isSmoothed = input.rangeExtension == .smoothed
        var columns: [Column] = []
        for series in input.series {
            try context.check()
            try Self.refuseHistograms(series)
            var column = Column(labels: series.labels, count: steps, dropsName: true)
            input.forEachWindow(of: series, before: input.lookbackMilliseconds, after: isSmoothed ? input.lookbackMilliseconds : 0) { window in
                column.values[window.step] = Self.extendedIncrease(window, kind, isSmoothed)
            }
            guard !column.isEmpty else { continue }
            if kind.isCounter { remarkNonCounter(series.labels, place) }
            columns.append(column)
        }
        return try finish(columns)
    }

    static func refuseHistograms(_ series: Series) throws {
        if !series.histograms.isEmpty { throw QueryError.execution("smoothed and anchored modifiers do not work with native histograms") }
    }

    private static func extendedIncrease(_ window: Window, _ kind: RateKind, _ isSmoothed: Bool) -> Double {
        let (times, values) = (window.timestamps, window.values)
        guard !times.isEmpty else { return absentValue }
        // The last sample not after the start, or the first at all.
        var first = max(0, firstIndex(in: times, after: window.start) - 1)
        var last = times.count - 1
        if isSmoothed { last = min(last, firstIndex(in: times, after: window.end - 1)) }
        guard times[last] > window.start, times[first] <= window.end else { return absentValue }
        var left = values[first]
        if isSmoothed, times[first] < window.start, first + 1 < times.count {
            left = onLine(times, values, first, window.start, isCounter: kind.isCounter, isLeftEdge: true)
        }
        var right = values[last]
        if isSmoothed, last > 0, times[last] > window.end {
            right = onLine(times, values, last - 1, window.end, isCounter: kind.isCounter, isLeftEdge: false)
        }
        var increase = right - left
        if kind.isCounter {
            if times[first] <= window.start { first += 1 }
            if times[last] >= window.end { last -= 1 }
            var previous = left
            if first <= last {
                for value in values[first...last] {
                    if value < previous { increase += previous }
                    previous = value
                }
            }
            if right < previous { increase += previous }
        }
        return kind.isRate ? increase / window.seconds : increase
    }

    /// The value at a moment between two samples. Where a counter was reset between them it has grown from 0.
    private static func onLine(
        _ times: UnsafeBufferPointer<Int64>, _ values: UnsafeBufferPointer<Double>, _ index: Int, _ moment: Int64, isCounter: Bool, isLeftEdge: Bool
    ) -> Double {
        var (before, after) = (values[index], values[index + 1])
        if isCounter, after < before {
            if isLeftEdge { before = 0 } else { after += before }
        }
        let share = Double(moment - times[index]) / Double(times[index + 1] - times[index])
        return before + (after - before) * share
    }

    /// `changes` and `resets` over an anchored range: the sample before the range counts too.
    func overAnchored(_ input: RangeVector, _ count: (UnsafeBufferPointer<Double>) -> Double) throws -> [Column] {
        var columns: [Column] = []
        for series in input.series {
            try context.check()
            try Self.refuseHistograms(series)
            var column = Column(labels: series.labels, count: steps, dropsName: true)
            input.forEachWindow(of: series, before: input.lookbackMilliseconds) { window in
                guard let newest = window.timestamps.last, newest > window.start else { return }
                let first = max(0, Self.firstIndex(in: window.timestamps, after: window.start) - 1)
                column.values[window.step] = count(UnsafeBufferPointer(rebasing: window.values[first...]))
            }
            if !column.isEmpty { columns.append(column) }
        }
        return try finish(columns)
    }
}
