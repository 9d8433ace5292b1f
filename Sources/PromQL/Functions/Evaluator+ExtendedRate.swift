import Model

extension Evaluator {
    /// `rate`, `increase` and `delta` over an anchored or smoothed range: the edges have values of their own, so nothing is extrapolated.
    func extendedRate(_ input: RangeVector, _ kind: RateKind, _ place: SourceRange) throws -> [Column] {
        let isSmoothed = input.rangeExtension == .smoothed
        var columns: [Column] = []
        for series in input.series {
            try context.check()
            var column = Column(labels: series.labels, count: steps, dropsName: true)
            try input.forEachWindow(of: series, before: input.lookbackMilliseconds, after: isSmoothed ? input.lookbackMilliseconds : 0) { window in
                if window.isMixed {
                    annotations.warn("encountered a mix of histograms and floats for metric name \(quoted(series.labels.metricName ?? ""))", at: place)
                } else if window.histograms.isEmpty {
                    column.values[window.step] = Self.extendedIncrease(window, kind, isSmoothed)
                } else if let increase = try extendedHistogramIncrease(window, kind, isSmoothed, quoted(series.labels.metricName ?? ""), place) {
                    column.set(increase, at: window.step)
                }
            }
            guard !column.isEmpty else { continue }
            if kind.isCounter, column.hasFloats { remarkNonCounter(series.labels, place) }
            columns.append(column)
        }
        return try finish(columns)
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
            left = onLine(times, values, first, window.start, isCounter: kind.isCounter)
        }
        var right = values[last]
        if isSmoothed, last > 0, times[last] > window.end {
            right = onLine(times, values, last - 1, window.end, isCounter: kind.isCounter)
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
        _ times: UnsafeBufferPointer<Int64>, _ values: UnsafeBufferPointer<Double>, _ index: Int, _ moment: Int64, isCounter: Bool
    ) -> Double {
        let after = values[index + 1]
        let before = isCounter && after < values[index] ? 0 : values[index]
        let share = Double(moment - times[index]) / Double(times[index + 1] - times[index])
        return before + (after - before) * share
    }

    // MARK: Matrices

    /// The first window's samples with values of their own at its edges: what a query that is an extended range itself shows.
    func extendedSeries(_ input: RangeVector) throws -> [Series] {
        let isSmoothed = input.rangeExtension == .smoothed
        return try input.series.compactMap { series in
            var result = Series(labels: series.labels)
            try input.forEachWindow(of: series, before: input.lookbackMilliseconds, after: isSmoothed ? input.lookbackMilliseconds : 0) { window in
                guard window.step == 0 else { return }
                guard window.histograms.isEmpty else {
                    throw QueryError.execution("\(isSmoothed ? "smoothed" : "anchored") modifier is not supported with histograms")
                }
                let (times, values) = (window.timestamps, window.values)
                guard !times.isEmpty else { return }
                let first = max(0, Self.firstIndex(in: times, after: window.start) - 1)
                var last = times.count - 1
                if isSmoothed { last = min(last, Self.firstIndex(in: times, after: window.end - 1)) }
                guard times[last] > window.start, times[first] <= window.end else { return }
                let cutsLeft = isSmoothed && times[first] < window.start && first + 1 < times.count
                let cutsRight = isSmoothed && last > 0 && times[last] > window.end
                let left = cutsLeft ? Self.onLine(times, values, first, window.start, isCounter: false) : values[first]
                let right = cutsRight ? Self.onLine(times, values, last - 1, window.end, isCounter: false) : values[last]
                let inner = times.indices.filter { times[$0] > window.start && times[$0] < window.end }
                result.timestamps = [window.start] + inner.map { times[$0] } + [window.end]
                result.values = [left] + inner.map { values[$0] } + [right]
            }
            return result.sampleCount == 0 ? nil : result
        }.sorted { $0.labels < $1.labels }
    }

    // MARK: changes, resets

    /// `changes` and `resets` over an anchored range: the sample before the range counts too.
    func overAnchored(_ input: RangeVector, isReset: Bool) throws -> [Column] {
        var columns: [Column] = []
        for series in input.series {
            try context.check()
            var column = Column(labels: series.labels, count: steps, dropsName: true)
            input.forEachWindow(of: series, before: input.lookbackMilliseconds) { window in
                let all = window.merged
                guard let newest = all.last, newest.timestamp > window.start else { return }
                let first = max(0, (all.firstIndex { $0.timestamp > window.start } ?? 0) - 1)
                column.values[window.step] = Self.countDifferences(all[first...], isReset: isReset)
            }
            if !column.isEmpty { columns.append(column) }
        }
        return try finish(columns)
    }
}
