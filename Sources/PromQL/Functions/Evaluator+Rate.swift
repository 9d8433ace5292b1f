import Model

/// Which of the functions of a counter or gauge over a range it is.
struct RateKind {
    let isCounter: Bool
    let isRate: Bool

    init(_ function: PromQLFunction) {
        isCounter = function != .delta
        isRate = function == .rate
    }
}

extension Evaluator {
    /// `rate`, `increase` and `delta`.
    func rate(_ function: PromQLFunction, _ argument: Expression) throws -> [Column] {
        let kind = RateKind(function)
        let input = try windows(argument)
        if input.rangeExtension != nil { return try extendedRate(input, kind, argument.range) }
        try context.checkPoints(series: input.series.count, steps: steps)
        var columns: [Column] = []
        columns.reserveCapacity(input.series.count)
        for series in input.series {
            try context.check()
            var column = Column(labels: series.labels, count: steps, dropsName: true)
            let resets = kind.isCounter ? Self.resets(series) : []
            var nextReset = 0
            var found = false
            try input.forEachWindow(of: series) { window in
                if input.isFixed, window.step > 0 {
                    if found { column.copyStep(0, to: window.step) }
                } else if window.histograms.isEmpty {
                    guard window.count > 1 else { return }
                    let value = Self.extrapolated(window, kind, resets, &nextReset, series)
                    column.values[window.step] = value
                    found = true
                } else if let value = try mixedRate(window, kind, series.labels, argument.range) {
                    column.set(.histogram(value), at: window.step)
                    found = true
                }
            }
            guard found else { continue }
            if kind.isCounter, !series.values.isEmpty, column.hasFloats { remarkNonCounter(series.labels, argument.range) }
            columns.append(column)
        }
        return try finish(columns)
    }

    /// Where a counter's value is below the one before it, or says itself that it began anew.
    private static func resets(_ series: Series) -> [Int] {
        var result: [Int] = []
        if !series.startTimestamps.isEmpty {
            return series.timestamps.withUnsafeBufferPointer { times in
                times.indices.dropFirst().filter {
                    series.values[$0] < series.values[$0 - 1] || StartTimestamps.isReset(series.startTimestamps, times, $0, first: 0)
                }
            }
        }
        series.values.withUnsafeBufferPointer { values in
            var index = 1
            while index < values.count {
                if values[index] < values[index - 1] { result.append(index) }
                index += 1
            }
        }
        return result
    }

    /// The increase between the window's first and last sample, with resets made up for and stretched towards the window's edges.
    @inline(__always)
    private static func extrapolated(_ window: Window, _ kind: RateKind, _ resets: [Int], _ nextReset: inout Int, _ series: Series) -> Double {
        let last = window.count - 1
        var increase = window.values[last] - window.values[0]
        if !resets.isEmpty {
            while nextReset < resets.count, resets[nextReset] <= window.firstFloat { nextReset += 1 }
            var reset = nextReset
            while reset < resets.count, resets[reset] <= window.firstFloat + last {
                increase += series.values[resets[reset] - 1]
                reset += 1
            }
        }
        var (first, start) = (window.timestamps[0], window.values[0])
        var interval: Double?
        if kind.isCounter, !series.startTimestamps.isEmpty {
            let began = series.startTimestamps[window.firstFloat]
            if began > window.start, began < first {
                // The counter began inside the window: at 0.
                interval = Double(window.timestamps[last] - first) / 1000 / Double(last)
                increase += start
                (first, start) = (began, 0)
            }
        }
        let factor = stretch(
            window, kind, first: first, last: window.timestamps[last], intervals: last, start: start, increase: increase, interval: interval)
        return increase * factor
    }

    /// How much more the whole window has than the samples in it show; for a rate, each second of it.
    @inline(__always)
    private static func stretch(
        _ window: Window, _ kind: RateKind, first: Int64, last: Int64, intervals: Int, start: Double, increase: Double, interval: Double? = nil
    ) -> Double {
        let sampled = Double(last - first) / 1000
        let average = interval ?? sampled / Double(intervals)
        // A series that begins or ends well inside the window is taken to do so half an interval beyond its sample.
        let threshold = average * 1.1
        var toStart = Double(first - window.start) / 1000
        var toEnd = Double(window.end - last) / 1000
        if toStart >= threshold { toStart = average / 2 }
        if kind.isCounter {
            // A counter isn't stretched to before it was 0.
            if increase > 0, start >= 0 { toStart = min(toStart, sampled * (start / increase)) }
        }
        if toEnd >= threshold { toEnd = average / 2 }
        let factor = (sampled + toStart + toEnd) / sampled
        return kind.isRate ? factor / window.seconds : factor
    }

    func remarkNonCounter(_ labels: Labels, _ place: SourceRange) {
        guard let name = labels.metricName, !name.isEmpty else { return }
        if let type = labels["__type__"] {
            guard type != "counter", type != "histogram" else { return }
            annotations.inform(
                "metric might not be a counter, __type__ label is not set to \(quoted("counter")) or \(quoted("histogram")), got \(quoted(type)): \(quoted(name))",
                at: place)
            return
        }
        if ["_total", "_sum", "_count", "_bucket"].contains(where: name.hasSuffix) { return }
        annotations.inform("metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \(quoted(name))", at: place)
    }

    // MARK: Histograms

    private func mixedRate(_ window: Window, _ kind: RateKind, _ labels: Labels, _ place: SourceRange) throws -> FloatHistogram? {
        let name = quoted(labels.metricName ?? "")
        if window.isMixed {
            annotations.warn("encountered a mix of histograms and floats for metric name \(name)", at: place)
            return nil
        }
        let samples = window.histograms
        guard samples.count > 1, let increase = try histogramIncrease(samples, kind, name, place) else { return nil }
        let first = samples[0].histogram.count
        return increase.scaled(
            by: Self.stretch(
                window, kind, first: samples[0].timestamp, last: samples[samples.count - 1].timestamp, intervals: samples.count - 1, start: first,
                increase: increase.count)
        ).compacted
    }

    /// Contradicting hints are to be expected in a range; bounds that changed are worth a remark.
    func remarkReconciled(_ remarks: HistogramSumRemarks, _ operation: String, _ place: SourceRange) {
        if remarks.contains(.reconciledBounds) { annotations.inform("mismatched custom buckets were reconciled during \(operation)", at: place) }
    }

    private func histogramIncrease(
        _ samples: UnsafeBufferPointer<HistogramSample>, _ kind: RateKind, _ name: String, _ place: SourceRange
    ) throws -> FloatHistogram? {
        var start = samples[0].histogram
        let last = samples[samples.count - 1].histogram
        if kind.isCounter {
            if samples.contains(where: { $0.histogram.counterReset == .gauge }) {
                annotations.warn("this native histogram metric is not a counter: \(name)", at: place)
            }
            let second = samples[1].histogram
            if second.isReset(after: start) { start = FloatHistogram(schema: second.schema, customValues: second.customValues) }
        } else if start.counterReset != .gauge || last.counterReset != .gauge {
            annotations.warn("this native histogram metric is not a gauge: \(name)", at: place)
        }
        let middle = kind.isCounter ? samples.dropFirst() : samples.suffix(1)
        guard middle.allSatisfy({ $0.histogram.usesCustomBuckets == start.usesCustomBuckets }) else {
            annotations.warn("vector contains a mix of histograms with exponential and custom buckets schemas for metric name \(name)", at: place)
            return nil
        }
        var increase = last
        if kind.isCounter, !increase.usesCustomBuckets { increase.reduceResolution(to: samples.dropFirst().reduce(min(start.schema, last.schema)) { min($0, $1.histogram.schema) }) }
        remarkReconciled(try increase.add(start, factor: -1), "subtraction", place)
        if kind.isCounter {
            var previous = start
            for sample in samples.dropFirst() {
                if sample.histogram.isReset(after: previous) { remarkReconciled(try increase.add(previous), "addition", place) }
                previous = sample.histogram
            }
        }
        increase.counterReset = .gauge
        return increase
    }
}

extension Evaluator {
    /// `irate` and `idelta`: between the last two samples.
    func instantRate(_ function: PromQLFunction, _ argument: Expression) throws -> [Column] {
        let isRate = function == .irate
        var starts: [Int64] = []
        return try overWindows(try windows(argument)) { series in
            starts = series.startTimestamps
        } floats: { window in
            let last = window.count - 1
            guard last > 0 else { return absentValue }
            let milliseconds = window.timestamps[last] - window.timestamps[last - 1]
            let (before, value) = (window.values[last - 1], window.values[last])
            let isReset = value < before || StartTimestamps.isReset(starts, window.timestamps, last, first: window.firstFloat)
            let change = isRate && isReset ? value : value - before
            return isRate ? change / (Double(milliseconds) / 1000) : change
        } mixed: { window, labels in
            try instantHistogramRate(window, isRate, quoted(labels.metricName ?? ""), argument.range)
        }
    }

    private func instantHistogramRate(_ window: Window, _ isRate: Bool, _ name: String, _ place: SourceRange) throws -> MetricValue? {
        let count = window.histograms.count
        let newestFloat = window.timestamps.last ?? .min
        // Floats and histograms among the last two samples don't go together.
        if newestFloat > (count > 1 ? window.histograms[count - 2].timestamp : .min) {
            guard window.count > 1, window.timestamps[window.count - 2] > window.histograms[count - 1].timestamp else {
                annotations.warn("encountered a mix of histograms and floats for metric name \(name)", at: place)
                return nil
            }
            let last = window.count - 1
            let (before, value) = (window.values[last - 1], window.values[last])
            let change = isRate && value < before ? value : value - before
            return .float(isRate ? change * 1000 / Double(window.timestamps[last] - window.timestamps[last - 1]) : change)
        }
        guard count > 1 else { return nil }
        let (before, now) = (window.histograms[count - 2], window.histograms[count - 1])
        if isRate, before.histogram.counterReset == .gauge || now.histogram.counterReset == .gauge {
            annotations.warn("this native histogram metric is not a counter: \(name)", at: place)
        }
        if !isRate, before.histogram.counterReset != .gauge || now.histogram.counterReset != .gauge {
            annotations.warn("this native histogram metric is not a gauge: \(name)", at: place)
        }
        var result = now.histogram
        if !isRate || !now.histogram.isReset(after: before.histogram) {
            do {
                remarkReconciled(try result.add(before.histogram, factor: -1), "subtraction", place)
            } catch is IncompatibleBuckets {
                annotations.warn("vector contains a mix of histograms with exponential and custom buckets schemas for metric name \(name)", at: place)
                return nil
            }
        }
        result.counterReset = .gauge
        if isRate { result = result.divided(by: Double(now.timestamp - before.timestamp) / 1000) }
        return .histogram(result.compacted)
    }
}
