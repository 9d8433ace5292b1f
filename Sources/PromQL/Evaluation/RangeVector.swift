import Model

/// The samples that one step of a range selector sees: `start < t <= end`.
struct Window {
    let timestamps: UnsafeBufferPointer<Int64>
    let values: UnsafeBufferPointer<Double>
    let histograms: UnsafeBufferPointer<HistogramSample>
    /// When the counters behind the floats began to count; empty where that isn't known of any.
    let starts: UnsafeBufferPointer<Int64>
    /// Milliseconds since 1970, not included.
    let start: Int64
    /// Milliseconds since 1970, included.
    let end: Int64
    /// Which step of the evaluation it is.
    let step: Int
    /// Where the window's floats begin among the series' own.
    let firstFloat: Int

    @inline(__always) var count: Int { values.count }
    @inline(__always) var seconds: Double { Double(end - start) / 1000 }
    /// Where the window's floats stand among the series' own.
    @inline(__always) var floatRange: Range<Int> { firstFloat..<firstFloat + values.count }
    var isMixed: Bool { values.count > 0 && histograms.count > 0 }
}

/// A range vector: series with their samples, and the windows that the steps look through.
struct RangeVector {
    /// Without stale markers.
    let series: [Series]
    /// Which of the series lose their name with the result; empty is none.
    let dropsName: [Bool]
    /// The ends of the windows.
    let moments: StepGrid
    /// Above 0.
    let lengthMilliseconds: Int64
    let rangeExtension: RangeExtension?
    /// How far an extended range looks past its edges.
    let lookbackMilliseconds: Int64

    /// Walks the windows of one series from the first step to the last; both edges only move forward.
    @inline(__always)
    func forEachWindow(of series: Series, before: Int64 = 0, after: Int64 = 0, _ body: (Window) throws -> Void) rethrows {
        try series.timestamps.withUnsafeBufferPointer { timestamps in
            try series.values.withUnsafeBufferPointer { values in
                try Self.withBuffers(series) { histograms, starts in
                    var first = Evaluator.firstIndex(in: timestamps, after: moments.start - lengthMilliseconds - before)
                    var last = first
                    var firstHistogram = 0
                    var lastHistogram = 0
                    for step in 0..<moments.count {
                        let end = moments.time(step)
                        let start = end - lengthMilliseconds
                        while first < timestamps.count, timestamps[first] <= start - before { first += 1 }
                        last = max(last, first)
                        while last < timestamps.count, timestamps[last] <= end + after { last += 1 }
                        while firstHistogram < histograms.count, histograms[firstHistogram].timestamp <= start - before { firstHistogram += 1 }
                        lastHistogram = max(lastHistogram, firstHistogram)
                        while lastHistogram < histograms.count, histograms[lastHistogram].timestamp <= end + after { lastHistogram += 1 }
                        try body(
                            Window(
                                timestamps: UnsafeBufferPointer(rebasing: timestamps[first..<last]),
                                values: UnsafeBufferPointer(rebasing: values[first..<last]),
                                histograms: UnsafeBufferPointer(rebasing: histograms[firstHistogram..<lastHistogram]),
                                starts: starts.isEmpty ? starts : UnsafeBufferPointer(rebasing: starts[first..<last]), start: start, end: end, step: step,
                                firstFloat: first))
                    }
                }
            }
        }
    }

    @inline(__always)
    private static func withBuffers(
        _ series: Series, _ body: (UnsafeBufferPointer<HistogramSample>, UnsafeBufferPointer<Int64>) throws -> Void
    ) rethrows {
        try series.histograms.withUnsafeBufferPointer { histograms in
            try series.startTimestamps.withUnsafeBufferPointer { try body(histograms, $0) }
        }
    }

    /// All steps look through the same window.
    var isFixed: Bool { moments.step == 0 && moments.count > 1 }

    /// The samples of the first window, as the result of a query that is a range vector itself.
    func wholeSeries() -> [Series] {
        series.enumerated().compactMap { index, series in
            var result = Series(labels: dropsName.isEmpty || !dropsName[index] ? series.labels : Evaluator.withoutMetadata(series.labels))
            forEachWindow(of: series) { window in
                guard window.step == 0 else { return }
                result.timestamps = Array(window.timestamps)
                result.values = Array(window.values)
                result.histograms = Array(window.histograms)
            }
            return result.sampleCount == 0 ? nil : result
        }.sorted { $0.labels < $1.labels }
    }
}

extension Evaluator {
    /// The value of an expression of type range vector.
    func windows(_ expression: Expression) throws -> RangeVector {
        switch expression.node {
        case .parenthesized(let inner): return try windows(inner)
        case .rangeSelector(let selector, let range):
            if context.given == nil { try load(expression.range) }
            return RangeVector(
                series: context.data.samples(of: expression.range), dropsName: [], moments: try moments(selector.at, selector.offset),
                lengthMilliseconds: try context.milliseconds(range, isPositive: true), rangeExtension: selector.rangeExtension,
                lookbackMilliseconds: context.options.lookbackMilliseconds)
        case .subquery(let subquery): return try windows(subquery)
        default: preconditionFailure("the type check lets no other expression be a range vector")
        }
    }

    private func windows(_ subquery: Subquery) throws -> RangeVector {
        let ends = try moments(subquery.at, subquery.offset)
        let length = try context.milliseconds(subquery.range, isPositive: true)
        let step = try subquery.step.map { try context.milliseconds($0, isPositive: true) } ?? context.options.subqueryStepMilliseconds
        // Steps of subqueries are multiples of the step since 1970, so that neighbouring queries see the same moments.
        let first = ends.start - length
        let multiple = first / step - (first % step < 0 ? 1 : 0)
        let start = (multiple + 1) * step
        let count = ends.end < start ? 0 : Int((ends.end - start) / step) + 1
        guard count <= PromQLLimits.subqueryStepsMax else {
            throw QueryError.execution("a subquery may have at most \(PromQLLimits.subqueryStepsMax) steps, not \(count); use a longer step")
        }
        let columns = count == 0 ? [] : try Evaluator(context, StepGrid(start: start, step: step, count: count)).vector(subquery.expression)
        let grid = StepGrid(start: start, step: step, count: max(1, count))
        return RangeVector(
            series: columns.map { Self.samples($0, grid) }, dropsName: columns.map(\.dropsName), moments: ends, lengthMilliseconds: length, rangeExtension: nil,
            lookbackMilliseconds: context.options.lookbackMilliseconds)
    }

    private static func samples(_ column: Column, _ grid: StepGrid) -> Series {
        var series = Series(labels: column.labels)
        for step in column.values.indices {
            if !isAbsent(column.values[step]) {
                series.timestamps.append(grid.time(step))
                series.values.append(column.values[step])
            } else if var histogram = column.histogram(at: step) {
                // The hint speaks of the sample stored before, which needn't be the step before.
                if histogram.counterReset != .gauge { histogram.counterReset = .unknown }
                series.histograms.append(HistogramSample(timestamp: grid.time(step), histogram: histogram))
            }
        }
        return series
    }

    /// Makes one column for each series whose windows give anything.
    ///
    /// `floats` takes windows without histograms; `mixed`, where it is given, those with. A fixed window is looked at once unless `dependsOnStep`.
    /// `prepare` is called before the windows of each series.
    func overWindows(
        _ input: RangeVector, keepsName: Bool = false, dependsOnStep: Bool = false, prepare: (Series) -> Void = { _ in }, floats: (Window) throws -> Double,
        mixed: (Window, Labels) throws -> MetricValue?
    ) throws -> [Column] {
        try context.checkPoints(series: input.series.count, steps: steps)
        var columns: [Column] = []
        columns.reserveCapacity(input.series.count)
        let repeats = input.isFixed && !dependsOnStep
        for (index, series) in input.series.enumerated() {
            try context.check()
            var column = Column(labels: series.labels, count: steps, dropsName: !keepsName || (!input.dropsName.isEmpty && input.dropsName[index]))
            var found = false
            prepare(series)
            try input.forEachWindow(of: series) { window in
                // One series can take long by itself where its windows are.
                if window.step & 0xFF == 0xFF { try context.check() }
                if repeats, window.step > 0 {
                    if found { column.copyStep(0, to: window.step) }
                } else if window.histograms.isEmpty {
                    guard !window.values.isEmpty else { return }
                    let value = try floats(window)
                    column.values[window.step] = value
                    found = found || !isAbsent(value)
                } else if let value = try mixed(window, series.labels) {
                    column.set(value, at: window.step)
                    found = true
                }
            }
            if found { columns.append(column) }
        }
        return try finish(columns)
    }
}

extension Column {
    /// Takes over the value of another step.
    mutating func copyStep(_ source: Int, to target: Int) {
        values[target] = values[source]
        if let histogram = histogram(at: source) { set(histogram, at: target) }
    }
}
