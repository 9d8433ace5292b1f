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
        if input.rangeExtension != nil { return try extendedRate(input, kind, argument.placeOfRemarks) }
        try context.checkPoints(series: input.series.count, steps: steps)
        var columns: [Column] = []
        columns.reserveCapacity(input.series.count)
        for series in input.series {
            try context.check()
            var column = Column(labels: series.labels, count: steps, dropsName: true)
            let resets = kind.isCounter ? Self.resets(series) : []
            var nextReset = 0
            var found = false
            var overlaps = !kind.isCounter
            try input.forEachWindow(of: series) { window in
                if !overlaps, window.hasOverlappingStarts {
                    overlaps = true
                    annotations.warn("encountered overlapping start timestamps for metric name \(quoted(series.labels.metricName ?? ""))", at: argument.placeOfRemarks)
                }
                if input.isFixed, window.step > 0 {
                    if found { column.copyStep(0, to: window.step) }
                } else if window.histograms.isEmpty {
                    guard window.count > 1 || Self.startInside(window, kind) != nil else { return }
                    let value = Self.extrapolated(window, kind, resets, &nextReset, series)
                    column.values[window.step] = value
                    found = true
                } else if let value = try mixedRate(window, kind, series.labels, argument.placeOfRemarks) {
                    column.set(.histogram(value), at: window.step)
                    found = true
                }
            }
            guard found else { continue }
            if kind.isCounter, !series.values.isEmpty, column.hasFloats { remarkNonCounter(series.labels, argument.placeOfRemarks) }
            columns.append(column)
        }
        return try finish(columns)
    }

    /// Where a counter's value is below the one before it, or says itself that it began anew.
    private static func resets(_ series: Series) -> [Int] {
        var result: [Int] = []
        if !series.startTimestamps.isEmpty {
            return series.timestamps.withUnsafeBufferPointer { times in
                let starts = series.startTimestamps
                return times.indices.dropFirst().filter { index in
                    series.values[index] < series.values[index - 1]
                        || StartTimestamps.isReset(previousStart: starts[index - 1], previousTime: times[index - 1], start: starts[index], time: times[index])
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

    /// When the counter of a window of floats began to count, where that is inside the window.
    @inline(__always)
    private static func startInside(_ window: Window, _ kind: RateKind) -> Int64? {
        guard kind.isCounter, !window.starts.isEmpty else { return nil }
        return window.startInside(window.starts[0], ofFirstSampleAt: window.timestamps[0])
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
        let start = window.values[0]
        let began = startInside(window, kind)
        // A counter that began inside the window began at 0.
        if began != nil { increase += start }
        return increase
            * stretch(
                window, kind, first: window.timestamps[0], last: window.timestamps[last], intervals: last, start: start, increase: increase, began: began)
    }

    /// How much more the whole window has than the samples in it show; for a rate, each second of it. `began` is when the counter began to
    /// count, where that is known and inside the window.
    @inline(__always)
    private static func stretch(
        _ window: Window, _ kind: RateKind, first: Int64, last: Int64, intervals: Int, start: Double, increase: Double, began: Int64?
    ) -> Double {
        let average = intervals == 0 ? 0 : Double(last - first) / 1000 / Double(intervals)
        let sampled = Double(last - (began ?? first)) / 1000
        // A series that begins or ends well inside the window is taken to do so half an interval beyond its sample.
        let threshold = average * 1.1
        var toStart = 0.0
        if began == nil {
            toStart = Double(first - window.start) / 1000
            if toStart >= threshold { toStart = average / 2 }
            // A counter isn't stretched to before it was 0.
            if kind.isCounter, increase > 0, start >= 0 { toStart = min(toStart, sampled * (start / increase)) }
        }
        var toEnd = Double(window.end - last) / 1000
        if toEnd >= threshold { toEnd = average / 2 }
        let factor = (sampled + toStart + toEnd) / sampled
        return kind.isRate ? factor / window.seconds : factor
    }

    func remarkNonCounter(_ labels: Labels, _ place: SourceRange) {
        guard let name = labels.metricName, !name.isEmpty else { return }
        if context.options.judgesCountersByType, let type = labels["__type__"] {
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
        let began = kind.isCounter ? window.startInside(samples[0].startTimestamp, ofFirstSampleAt: samples[0].timestamp) : nil
        guard let increase = try histogramIncrease(samples, kind, hasBegun: began != nil, name, place) else { return nil }
        return increase.scaled(
            by: Self.stretch(
                window, kind, first: samples[0].timestamp, last: samples[samples.count - 1].timestamp, intervals: samples.count - 1,
                start: samples[0].histogram.count, increase: increase.count, began: began)
        ).compacted
    }

    /// Contradicting hints are to be expected in a range; bounds that changed are worth a remark.
    func remarkReconciled(_ remarks: HistogramSumRemarks, _ operation: String, _ place: SourceRange) {
        if remarks.contains(.reconciledBounds) { annotations.inform("mismatched custom buckets were reconciled during \(operation)", at: place) }
    }

    /// How much the samples grow; `hasBegun` where their counter began inside the window. Nil, with a remark, where they don't go together.
    private func histogramIncrease(
        _ samples: UnsafeBufferPointer<HistogramSample>, _ kind: RateKind, hasBegun: Bool, _ name: String, _ place: SourceRange
    ) throws -> FloatHistogram? {
        let (first, last) = (samples[0].histogram, samples[samples.count - 1].histogram)
        if samples.count == 1 { return hasBegun ? first : nil }
        var start = first
        // What came before a reset at the second sample is of no matter, nor is how it was laid out.
        if kind.isCounter, samples[1].isReset(after: samples[0]) {
            start = FloatHistogram(schema: samples[1].histogram.schema, customValues: samples[1].histogram.customValues)
        }
        let isCustom = start.usesCustomBuckets
        let inner = kind.isCounter ? samples.dropFirst().dropLast() : samples[0..<0]
        guard inner.allSatisfy({ $0.histogram.usesCustomBuckets == isCustom }), last.usesCustomBuckets == isCustom else {
            if kind.isCounter, last.usesCustomBuckets != isCustom { remarkGauges([samples[0], samples[samples.count - 1]], name, place) }
            annotations.warn("vector contains a mix of histograms with exponential and custom buckets schemas for metric name \(name)", at: place)
            return nil
        }
        if kind.isCounter {
            remarkGauges(samples, name, place)
        } else if first.counterReset != .gauge || last.counterReset != .gauge {
            annotations.warn("this native histogram metric is not a gauge: \(name)", at: place)
        }
        var increase = last
        if !isCustom { increase.reduceResolution(to: inner.reduce(min(start.schema, last.schema)) { min($0, $1.histogram.schema) }) }
        remarkReconciled(try increase.add(start, factor: -1), "subtraction", place)
        if kind.isCounter {
            var previous = HistogramSample(timestamp: samples[0].timestamp, histogram: start, startTimestamp: samples[0].startTimestamp)
            for sample in samples.dropFirst() {
                if sample.isReset(after: previous) { remarkReconciled(try increase.add(previous.histogram), "addition", place) }
                previous = sample
            }
            if hasBegun {
                do {
                    remarkReconciled(try increase.add(first), "addition", place)
                } catch is IncompatibleBuckets {
                    annotations.warn("vector contains a mix of histograms with exponential and custom buckets schemas for metric name \(name)", at: place)
                    return nil
                }
            }
        }
        increase.counterReset = .gauge
        return increase
    }

    func remarkGauges(_ samples: some Sequence<HistogramSample>, _ name: String, _ place: SourceRange) {
        guard samples.contains(where: { $0.histogram.counterReset == .gauge }) else { return }
        annotations.warn("this native histogram metric is not a counter: \(name)", at: place)
    }
}

extension Evaluator {
    /// `irate` and `idelta`: between the last two samples.
    func instantRate(_ function: PromQLFunction, _ argument: Expression) throws -> [Column] {
        let isRate = function == .irate
        return try overWindows(try windows(argument)) { window in
            window.count > 1 ? Self.changeOfLast(window, isRate) : absentValue
        } mixed: { window, labels in
            try instantHistogramRate(window, isRate, quoted(labels.metricName ?? ""), argument.placeOfRemarks)
        }
    }

    /// How much the last float of a window differs from the one before it, or how much a second.
    private static func changeOfLast(_ window: Window, _ isRate: Bool) -> Double {
        let last = window.count - 1
        let (before, value) = (window.values[last - 1], window.values[last])
        guard isRate else { return value - before }
        let isReset = value < before || window.beganAnew(atFloat: last)
        return (isReset ? value : value - before) / (Double(window.timestamps[last] - window.timestamps[last - 1]) / 1000)
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
            return .float(Self.changeOfLast(window, isRate))
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
        if !isRate || !now.isReset(after: before) {
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
