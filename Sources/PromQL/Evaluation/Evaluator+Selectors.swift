import Model

extension Evaluator {
    /// The moments a selector looks at, after @ and offset.
    func moments(_ at: AtModifier?, _ offset: DurationExpression?) throws -> StepGrid {
        let offsetMilliseconds = try offset.map { try context.milliseconds($0) } ?? 0
        // With @ all steps look at the same moment.
        if at != nil { return StepGrid(start: context.moment(at, 0) - offsetMilliseconds, step: 0, count: steps) }
        return StepGrid(start: grid.start - offsetMilliseconds, step: grid.step, count: steps)
    }

    /// An instant selector: at each step the newest sample that isn't older than the lookback.
    func select(_ selector: VectorSelector, _ place: SourceRange) throws -> [Column] {
        if selector.rangeExtension == .smoothed { return try selectSmoothed(selector, place) }
        let moments = try moments(selector.at, selector.offset)
        let lookback = context.options.lookbackMilliseconds
        let all = context.data.series(of: place)
        try context.checkPoints(series: all.count, steps: steps)
        var columns: [Column] = []
        columns.reserveCapacity(all.count)
        for series in all {
            try context.check()
            var column = Column(labels: series.labels, count: steps)
            let found = Self.fillNewest(&column, series, moments, lookback, .value)
            if found { columns.append(column) }
        }
        return columns
    }

    /// What of a sample an instant selector gives.
    enum SampleTime {
        case value
        /// Its time, in seconds.
        case sample
        /// The time at which its counter began to count, in seconds.
        case start
    }

    /// The times of the samples that an instant selector finds, in seconds: what `timestamp()` and `start_timestamp()` give.
    func selectTimestamps(_ selector: VectorSelector, _ place: SourceRange, _ time: SampleTime) throws -> [Column] {
        let moments = try moments(selector.at, selector.offset)
        let all = context.data.series(of: place)
        return all.compactMap { series in
            var column = Column(labels: series.labels, count: steps, dropsName: true)
            return Self.fillNewest(&column, series, moments, context.options.lookbackMilliseconds, time) ? column : nil
        }
    }

    /// Walks the steps and the samples together. Whether any step got a value.
    static func fillNewest(_ column: inout Column, _ series: Series, _ moments: StepGrid, _ lookback: Int64, _ time: SampleTime) -> Bool {
        if series.histograms.isEmpty { return fillNewestFloats(&column, series, moments, lookback, time) }
        var nextFloat = 0
        var nextHistogram = 0
        var found = false
        for step in 0..<moments.count {
            let moment = moments.time(step)
            while nextFloat < series.timestamps.count, series.timestamps[nextFloat] <= moment { nextFloat += 1 }
            while nextHistogram < series.histograms.count, series.histograms[nextHistogram].timestamp <= moment { nextHistogram += 1 }
            let floatTime = nextFloat > 0 ? series.timestamps[nextFloat - 1] : Int64.min
            let histogramTime = nextHistogram > 0 ? series.histograms[nextHistogram - 1].timestamp : Int64.min
            let newest = max(floatTime, histogramTime)
            guard newest > moment - lookback else { continue }
            if histogramTime > floatTime {
                let histogram = series.histograms[nextHistogram - 1].histogram
                if histogram.isStale { continue }
                switch time {
                case .value: column.set(histogram, at: step)
                case .sample: column.values[step] = Double(newest) / 1000
                case .start: column.values[step] = Double(series.histograms[nextHistogram - 1].startTimestamp) / 1000
                }
                found = true
            } else if !StaleMarker.isStale(series.values[nextFloat - 1]) {
                column.values[step] = number(series, nextFloat - 1, time)
                found = true
            }
        }
        return found
    }

    private static func fillNewestFloats(_ column: inout Column, _ series: Series, _ moments: StepGrid, _ lookback: Int64, _ time: SampleTime) -> Bool {
        let count = series.timestamps.count
        return series.timestamps.withUnsafeBufferPointer { timestamps in
            series.values.withUnsafeBufferPointer { values in
                column.values.withUnsafeMutableBufferPointer { output in
                    var next = Self.firstIndex(in: timestamps, after: moments.start)
                    var found = false
                    for step in 0..<moments.count {
                        let moment = moments.time(step)
                        while next < count, timestamps[next] <= moment { next += 1 }
                        guard next > 0, timestamps[next - 1] > moment - lookback, !StaleMarker.isStale(values[next - 1]) else { continue }
                        output[step] = time == .value ? values[next - 1] : number(series, next - 1, time)
                        found = true
                    }
                    return found
                }
            }
        }
    }

    private static func number(_ series: Series, _ index: Int, _ time: SampleTime) -> Double {
        switch time {
        case .value: series.values[index]
        case .sample: Double(series.timestamps[index]) / 1000
        case .start: series.startTimestamps.isEmpty ? 0 : Double(series.startTimestamps[index]) / 1000
        }
    }

    /// The first index whose time is after `moment`, by halving.
    static func firstIndex(in timestamps: UnsafeBufferPointer<Int64>, after moment: Int64) -> Int {
        var low = 0
        var high = timestamps.count
        while low < high {
            let middle = (low + high) / 2
            if timestamps[middle] <= moment { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// A smoothed instant selector: between two samples the value on the line through them.
    private func selectSmoothed(_ selector: VectorSelector, _ place: SourceRange) throws -> [Column] {
        let moments = try moments(selector.at, selector.offset)
        let lookback = context.options.lookbackMilliseconds
        return try context.data.samples(of: place).compactMap { series in
            try context.check()
            var column = Column(labels: series.labels, count: steps)
            var (next, nextHistogram) = (0, 0)
            for step in 0..<steps {
                let moment = moments.time(step)
                while next < series.timestamps.count, series.timestamps[next] <= moment { next += 1 }
                while nextHistogram < series.histograms.count, series.histograms[nextHistogram].timestamp <= moment { nextHistogram += 1 }
                let floatTime = next > 0 ? series.timestamps[next - 1] : Int64.min
                let histogramTime = nextHistogram > 0 ? series.histograms[nextHistogram - 1].timestamp : Int64.min
                guard max(floatTime, histogramTime) > moment - lookback else { continue }
                // What comes next is of use only where it is of the same kind.
                let floatAfter = next < series.timestamps.count ? series.timestamps[next] : Int64.max
                let histogramAfter = nextHistogram < series.histograms.count ? series.histograms[nextHistogram].timestamp : Int64.max
                if histogramTime > floatTime {
                    let before = series.histograms[nextHistogram - 1]
                    let isOnLine = histogramTime < moment && histogramAfter < floatAfter && histogramAfter <= moment + lookback
                    let after = isOnLine ? series.histograms[nextHistogram] : before
                    let fits = isOnLine && after.histogram.usesCustomBuckets == before.histogram.usesCustomBuckets
                    column.set(fits ? try onLine(before, after, moment, isCounter: false, place) : before.histogram, at: step)
                } else {
                    let value = series.values[next - 1]
                    column.values[step] = value
                    if floatTime < moment, floatAfter < histogramAfter, floatAfter <= moment + lookback {
                        let share = Double(moment - floatTime) / Double(floatAfter - floatTime)
                        column.values[step] = value + (series.values[next] - value) * share
                    }
                }
            }
            return column.isEmpty ? nil : column
        }
    }
}
