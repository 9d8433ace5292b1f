import Model

extension Evaluator {
    /// The increase of native histograms over an anchored or smoothed range, or each second of it; nil, with a remark, where they don't go together.
    func extendedHistogramIncrease(
        _ window: Window, _ kind: RateKind, _ isSmoothed: Bool, _ name: String, _ place: SourceRange
    ) throws -> FloatHistogram? {
        let samples = window.histograms
        var first = max(0, (samples.firstIndex { $0.timestamp > window.start } ?? samples.count) - 1)
        var last = samples.count - 1
        if isSmoothed { last = min(last, samples.firstIndex { $0.timestamp >= window.end } ?? last) }
        guard samples[last].timestamp > window.start, samples[first].timestamp <= window.end else { return nil }
        let used = samples[first...last]
        guard used.allSatisfy({ $0.histogram.usesCustomBuckets == samples[first].histogram.usesCustomBuckets }) else {
            annotations.warn("vector contains a mix of histograms with exponential and custom buckets schemas for metric name \(name)", at: place)
            return nil
        }
        if kind.isCounter { remarkGauges(used, name, place) }
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
            if samples[first].timestamp <= window.start { first += 1 }
            let isRightApart = samples[last].timestamp >= window.end
            if isRightApart { last -= 1 }
            var previous = start
            for sample in samples[first..<max(first, last + 1)] {
                if sample.histogram.isReset(after: previous) { remarkReconciled(try increase.add(previous), "addition", place) }
                previous = sample.histogram
            }
            if isRightApart, right.isReset(after: previous) { remarkReconciled(try increase.add(previous), "addition", place) }
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
        let share = Double(moment - before.timestamp) / Double(after.timestamp - before.timestamp)
        if isCounter, after.histogram.isReset(after: before.histogram) {
            var result = after.histogram.scaled(by: share)
            result.counterReset = .unknown
            return result
        }
        var result = before.histogram.scaled(by: 1 - share)
        var rest = after.histogram.scaled(by: share)
        if result.counterReset != .gauge || rest.counterReset != .gauge { (result.counterReset, rest.counterReset) = (.unknown, .unknown) }
        remarkReconciled(try result.add(rest), "addition", place)
        return result
    }
}
