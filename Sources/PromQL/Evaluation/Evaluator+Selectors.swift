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

    /// A smoothed instant selector: between two samples the value on the line through them, behind the last one its value.
    private func selectSmoothed(_ selector: VectorSelector, _ place: SourceRange) throws -> [Column] {
        let lookback = context.options.lookbackMilliseconds
        let input = RangeVector(
            series: context.data.samples(of: place), dropsName: [], moments: try moments(selector.at, selector.offset), lengthMilliseconds: lookback,
            rangeExtension: nil, lookbackMilliseconds: lookback)
        return try input.series.compactMap { series in
            try context.check()
            var column = Column(labels: series.labels, count: steps)
            let name = series.labels.metricName ?? ""
            try input.forEachWindow(of: series, after: lookback) { window in
                if window.isMixed {
                    annotations.warn("encountered a mix of histograms and floats for metric name \(quoted(name))", at: place)
                } else if window.histograms.isEmpty {
                    if let value = Self.smoothed(window.timestamps, window.values, window.end) { column.values[window.step] = value }
                } else if let histogram = try smoothed(window.histograms, window.end, name, place) {
                    column.set(histogram, at: window.step)
                }
            }
            return column.isEmpty ? nil : column
        }
    }

    /// Nil where all samples are behind the moment.
    private static func smoothed(_ times: UnsafeBufferPointer<Int64>, _ values: UnsafeBufferPointer<Double>, _ moment: Int64) -> Double? {
        let next = firstIndex(in: times, after: moment - 1)
        if next < times.count, times[next] == moment { return values[next] }
        guard next > 0 else { return nil }
        let before = values[next - 1]
        if next == times.count { return before }
        return before + (values[next] - before) * Double(moment - times[next - 1]) / Double(times[next] - times[next - 1])
    }

    /// The same of histograms; nil, with a remark, where two don't go together.
    private func smoothed(
        _ samples: UnsafeBufferPointer<HistogramSample>, _ moment: Int64, _ name: String, _ place: SourceRange
    ) throws -> FloatHistogram? {
        let next = samples.firstIndex { $0.timestamp >= moment } ?? samples.count
        if next < samples.count, samples[next].timestamp == moment { return samples[next].histogram }
        guard next > 0 else { return nil }
        if next == samples.count {
            // A hint speaks of how a sample follows another, not of its value.
            var last = samples[next - 1].histogram
            last.counterReset = .unknown
            return last
        }
        let (before, after) = (samples[next - 1], samples[next])
        guard before.histogram.usesCustomBuckets == after.histogram.usesCustomBuckets else {
            remarkIncompatibleBuckets(name, place)
            return nil
        }
        let isGauge = before.histogram.counterReset == .gauge && after.histogram.counterReset == .gauge
        return try onLine(before, after, moment, isCounter: !isGauge, place)
    }
}
