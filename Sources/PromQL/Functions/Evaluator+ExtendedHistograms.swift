import Model

extension Evaluator {
    /// The increase of native histograms over an anchored or smoothed range, or each second of it; nil, with a remark, where they don't go together.
    func extendedHistogramIncrease(
        _ window: Window, _ kind: RateKind, _ isSmoothed: Bool, _ name: String, _ place: SourceRange
    ) throws -> FloatHistogram? {
        let samples = window.histograms
        let first = max(0, (samples.firstIndex { $0.timestamp > window.start } ?? samples.count) - 1)
        var last = samples.count - 1
        if isSmoothed { last = min(last, samples.firstIndex { $0.timestamp >= window.end } ?? last) }
        guard samples[last].timestamp > window.start, samples[first].timestamp <= window.end else { return nil }
        let used = samples[first...last]
        let fitting = used.prefix { $0.histogram.usesCustomBuckets == samples[first].histogram.usesCustomBuckets }
        if kind.isCounter { remarkGauges(fitting, name, place) }
        guard fitting.count == used.count else {
            annotations.warn("vector contains a mix of histograms with exponential and custom buckets schemas for metric name \(name)", at: place)
            return nil
        }
        let left = try edge(samples, first, window.start, isCut: isSmoothed && samples[first].timestamp < window.start && first < samples.count - 1, kind, place)
        let right = try edge(samples, last - 1, window.end, isCut: isSmoothed && last > 0 && samples[last].timestamp > window.end, kind, place)
            ?? samples[last].histogram
        var increase = right
        let start = left ?? samples[first].histogram
        if !kind.isCounter, start.counterReset != .gauge || right.counterReset != .gauge {
            annotations.warn("this native histogram metric is not a gauge: \(name)", at: place)
        }
        remarkReconciled(try increase.add(start, factor: -1), "subtraction", place)
        if kind.isCounter {
            let cutsReset = left != nil && samples[first + 1].histogram.isReset(after: samples[first].histogram)
            // The sample behind a cut that spans a reset has been counted from 0: what follows compares with it.
            var previous = cutsReset ? samples[first + 1].histogram : start
            let inner = cutsReset ? first + 2 : first + 1
            if inner <= last {
                for sample in samples[inner..<last] {
                    if sample.histogram.isReset(after: previous) { remarkReconciled(try increase.add(previous), "addition", place) }
                    previous = sample.histogram
                }
                if right.isReset(after: previous) { remarkReconciled(try increase.add(previous), "addition", place) }
            }
        }
        increase.counterReset = .gauge
        return (kind.isRate ? increase.divided(by: window.seconds) : increase).compacted
    }

    /// The histogram at an edge that lies between two samples; nil where none is cut.
    private func edge(
        _ samples: UnsafeBufferPointer<HistogramSample>, _ index: Int, _ moment: Int64, isCut: Bool, _ kind: RateKind, _ place: SourceRange
    ) throws -> FloatHistogram? {
        guard isCut else { return nil }
        return try onLine(samples[index], samples[index + 1], moment, isCounter: kind.isCounter, place)
    }

    /// The histogram at a moment between two samples. Where a counter was reset between them it has grown from nothing.
    func onLine(_ before: HistogramSample, _ after: HistogramSample, _ moment: Int64, isCounter: Bool, _ place: SourceRange) throws -> FloatHistogram {
        if moment == after.timestamp { return after.histogram }
        let share = Double(moment - before.timestamp) / Double(after.timestamp - before.timestamp)
        if isCounter, after.histogram.isReset(after: before.histogram) { return after.histogram.scaled(by: share) }
        var result = after.histogram
        remarkReconciled(try result.add(before.histogram, factor: -1), "subtraction", place)
        result = result.scaled(by: share)
        remarkReconciled(try result.add(before.histogram), "addition", place)
        return result
    }
}
