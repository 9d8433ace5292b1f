import Glibc
import Model

extension Evaluator {
    /// The functions that make one value of a window's floats and leave histograms out.
    func floatsOverTime(_ function: PromQLFunction, _ argument: Expression) throws -> [Column] {
        let kernel: (Window) -> Double
        switch function {
        case .minOverTime, .maxOverTime: return try extremeOverTime(function, argument)
        case .tsOfMinOverTime: kernel = { WindowMath.timeOfExtreme($0) { $0 <= $1 } }
        case .tsOfMaxOverTime: kernel = { WindowMath.timeOfExtreme($0) { $0 >= $1 } }
        case .stddevOverTime: kernel = { sqrt(WindowMath.variance($0.values)) }
        case .stdvarOverTime: kernel = { WindowMath.variance($0.values) }
        case .madOverTime: kernel = { WindowMath.medianDeviation($0.values) }
        case .deriv: kernel = { $0.count < 2 ? absentValue : WindowMath.regression($0, at: $0.timestamps[0]).slope }
        default: preconditionFailure("\(function.rawValue) isn't such a function")
        }
        return try floatsOverTime(try windows(argument), argument.placeOfRemarks, kernel: kernel)
    }

    func floatsOverTime(
        _ input: RangeVector, _ place: SourceRange, dependsOnStep: Bool = false, prepare: (Series) -> Void = { _ in }, kernel: (Window) -> Double
    ) throws -> [Column] {
        try overWindows(input, dependsOnStep: dependsOnStep, prepare: prepare, floats: kernel) { window, labels in
            guard window.count > 0 else { return nil }
            annotations.inform(
                "ignored histograms in a range containing both floats and histograms for metric name \(quoted(labels.metricName ?? ""))", at: place)
            let value = kernel(window)
            return isAbsent(value) ? nil : .float(value)
        }
    }

    /// `min_over_time` and `max_over_time`
    private func extremeOverTime(_ function: PromQLFunction, _ argument: Expression) throws -> [Column] {
        let isMinimum = function == .minOverTime
        let input = try windows(argument)
        var values: [Double] = []
        var sliding: SlidingExtreme?
        return try floatsOverTime(input, argument.placeOfRemarks) { series in
            values = series.values
            sliding = input.overlaps ? SlidingExtreme(isMinimum: isMinimum) : nil
        } kernel: { window in
            if sliding != nil { return sliding!.value(window.floatRange, of: values) }
            return isMinimum ? WindowMath.extreme(window.values) { $0 < $1 } : WindowMath.extreme(window.values) { $0 > $1 }
        }
    }

    /// `predict_linear`
    func predictLinear(_ arguments: [Expression]) throws -> [Column] {
        let ahead = try scalar(arguments[1])
        return try floatsOverTime(try windows(arguments[0]), arguments[0].placeOfRemarks, dependsOnStep: true) { window in
            guard window.count > 1 else { return absentValue }
            let line = WindowMath.regression(window, at: grid.time(window.step))
            return line.slope * ahead[window.step] + line.intercept
        }
    }

    /// `quantile_over_time`
    func quantileOverTime(_ arguments: [Expression]) throws -> [Column] {
        let quantiles = try scalar(arguments[0])
        // All remarks are about the quantile's place, those on histograms too, and none is made where there is no float.
        return try floatsOverTime(try windows(arguments[1]), arguments[0].placeOfRemarks, dependsOnStep: true) { window in
            remarkQuantiles(CollectionOfOne(quantiles[window.step]), arguments[0].placeOfRemarks)
            var sorted = Array(window.values)
            return WindowMath.quantile(quantiles[window.step], &sorted)
        }
    }

    func remarkQuantiles(_ quantiles: some Sequence<Double>, _ place: SourceRange) {
        for q in quantiles where !(q >= 0 && q <= 1) {
            annotations.warn("quantile value should be between 0 and 1, got \(ValueText.general(q))", at: place)
        }
    }

    /// `double_exponential_smoothing`
    func smoothExponentially(_ arguments: [Expression]) throws -> [Column] {
        let (smoothing, trend) = (try scalar(arguments[1]), try scalar(arguments[2]))
        func check(_ factor: Double, _ what: String, _ sign: String) throws {
            guard factor <= 0 || factor >= 1 else { return }
            throw QueryError.execution("invalid \(what) factor. Expected: 0 < \(sign) < 1, got: \(ValueText.fixed(factor))")
        }
        let input = try windows(arguments[0])
        // A factor that no series has samples for harms nobody.
        for series in input.series {
            try input.forEachWindow(of: series) { window in
                guard window.count + window.histograms.count > 0 else { return }
                try check(smoothing[window.step], "smoothing", "sf")
                try check(trend[window.step], "trend", "tf")
            }
        }
        return try floatsOverTime(input, arguments[0].placeOfRemarks, dependsOnStep: true) { window in
            guard window.count > 1 else { return absentValue }
            let (sf, tf) = (smoothing[window.step], trend[window.step])
            var slope = window.values[1] - window.values[0]
            var level = window.values[0]
            var previousLevel = 0.0
            for index in 1..<window.count {
                let before = level
                // The first slope stands as it is; later ones follow the level.
                if index > 1 { slope = tf * (level - previousLevel) + (1 - tf) * slope }
                level = sf * window.values[index] + (1 - sf) * (level + slope)
                previousLevel = before
            }
            return level
        }
    }

    /// `sum_over_time` and `avg_over_time`, which know histograms.
    func sumOverTime(_ function: PromQLFunction, _ argument: Expression) throws -> [Column] {
        let isAverage = function == .avgOverTime
        let input = try windows(argument)
        var sums: SlidingSums?
        return try overWindows(input) { series in
            sums = input.overlaps ? SlidingSums(series.values) : nil
        } floats: { window in
            if let sum = sums?.sum(window.floatRange) { return isAverage ? sum / Double(window.count) : sum }
            return isAverage ? WindowMath.average(window.values) : WindowMath.sum(window.values)
        } mixed: { window, labels in
            let name = quoted(labels.metricName ?? "")
            if window.isMixed {
                annotations.warn("encountered a mix of histograms and floats for metric name \(name)", at: argument.placeOfRemarks)
                return nil
            }
            return try combine(window.histograms.map(\.histogram), isAverage: isAverage, labels.metricName ?? "", argument.placeOfRemarks).map { .histogram($0) }
        }
    }

    /// The sum or mean of histograms; nil, with a remark, where they don't go together.
    func combine(_ histograms: [FloatHistogram], isAverage: Bool, _ metricName: String, _ place: SourceRange) throws -> FloatHistogram? {
        do {
            let (total, remarks) = try HistogramSum.combine(histograms, isAverage: isAverage)
            remark(remarks, "aggregation", place)
            return total
        } catch is IncompatibleBuckets {
            remarkIncompatibleBuckets(metricName, place)
            return nil
        }
    }

    func remarkIncompatibleBuckets(_ metricName: String, _ place: SourceRange) {
        annotations.warn(
            "vector contains a mix of histograms with exponential and custom buckets schemas for metric name \(quoted(metricName))", at: place)
    }

    func remark(_ remarks: HistogramSumRemarks, _ operation: String, _ place: SourceRange) {
        if remarks.contains(.counterResetCollision) { annotations.warn("conflicting counter resets during histogram \(operation)", at: place) }
        if remarks.contains(.reconciledBounds) { annotations.inform("mismatched custom buckets were reconciled during \(operation)", at: place) }
    }

    /// The functions that take floats and histograms alike: which samples there are, and when.
    func samplesOverTime(_ function: PromQLFunction, _ argument: Expression) throws -> [Column] {
        let input = try windows(argument)
        func seconds(_ milliseconds: Int64) -> Double { Double(milliseconds) / 1000 }
        switch function {
        case .countOverTime:
            return try overWindows(input) { Double($0.count) } mixed: { window, _ in .float(Double(window.count + window.histograms.count)) }
        case .presentOverTime: return try overWindows(input) { _ in 1 } mixed: { _, _ in .float(1) }
        case .lastOverTime:
            return try overWindows(input, keepsName: true) { $0.values[$0.count - 1] } mixed: { window, _ in
                let histogram = window.histograms[window.histograms.count - 1]
                return (window.timestamps.last ?? .min) > histogram.timestamp ? .float(window.values[window.count - 1]) : .histogram(histogram.histogram)
            }
        case .firstOverTime:
            return try overWindows(input, keepsName: true) { $0.values[0] } mixed: { window, _ in
                (window.timestamps.first ?? .max) < window.histograms[0].timestamp ? .float(window.values[0]) : .histogram(window.histograms[0].histogram)
            }
        case .tsOfLastOverTime:
            return try overWindows(input) { seconds($0.timestamps[$0.count - 1]) } mixed: { window, _ in
                .float(seconds(max(window.timestamps.last ?? .min, window.histograms[window.histograms.count - 1].timestamp)))
            }
        case .tsOfFirstOverTime:
            return try overWindows(input) { seconds($0.timestamps[0]) } mixed: { window, _ in
                .float(seconds(min(window.timestamps.first ?? .max, window.histograms[0].timestamp)))
            }
        default: preconditionFailure("\(function.rawValue) isn't such a function")
        }
    }

    /// `changes` and `resets`: how often one sample differs from the one before it.
    func countDifferences(_ function: PromQLFunction, _ argument: Expression) throws -> [Column] {
        let input = try windows(argument)
        let isReset = function == .resets
        if input.rangeExtension != nil { return try overAnchored(input, isReset: isReset) }
        return try overWindows(input) { window in
            var count = 0
            for index in window.values.indices.dropFirst() {
                let differs = Self.differs(window.values[index - 1], window.values[index], isReset: isReset)
                if differs || (isReset && window.beganAnew(atFloat: index)) { count += 1 }
            }
            return Double(count)
        } mixed: { window, _ in
            .float(Self.countDifferences(window.merged, isReset: isReset))
        }
    }

    private static func differs(_ before: Double, _ now: Double, isReset: Bool) -> Bool {
        isReset ? now < before : now != before && !(now.isNaN && before.isNaN)
    }

    static func countDifferences(_ samples: some Sequence<WindowSample>, isReset: Bool) -> Double {
        var count = 0
        var previous: WindowSample?
        for sample in samples {
            if let previous {
                count += (isReset ? sample.isReset(after: previous) : sample.differs(from: previous)) ? 1 : 0
            }
            previous = sample
        }
        return Double(count)
    }
}

/// A float or a histogram in a window.
struct WindowSample {
    let timestamp: Int64
    let value: MetricValue
    /// When its counter began to count, in milliseconds since 1970; 0 is unknown.
    let start: Int64

    func differs(from previous: WindowSample) -> Bool {
        switch (previous.value, value) {
        case (.float(let before), .float(let now)): now != before && !(now.isNaN && before.isNaN)
        case (.histogram(let before), .histogram(let now)): !now.isSame(as: before)
        default: true
        }
    }

    func isReset(after previous: WindowSample) -> Bool {
        if StartTimestamps.isReset(previousStart: previous.start, previousTime: previous.timestamp, start: start, time: timestamp) { return true }
        switch (previous.value, value) {
        case (.float(let before), .float(let now)): return now < before
        case (.histogram(let before), .histogram(let now)): return now.isReset(after: before)
        default: return true
        }
    }
}

extension Window {
    /// Floats and histograms in order of time.
    var merged: [WindowSample] {
        var result: [WindowSample] = []
        result.reserveCapacity(values.count + histograms.count)
        var (float, histogram) = (0, 0)
        while float < values.count || histogram < histograms.count {
            let takesFloat = float < values.count && (histogram >= histograms.count || timestamps[float] < histograms[histogram].timestamp)
            if takesFloat {
                result.append(WindowSample(timestamp: timestamps[float], value: .float(values[float]), start: counterStart(ofFloat: float)))
                float += 1
            } else {
                let sample = histograms[histogram]
                result.append(WindowSample(timestamp: sample.timestamp, value: .histogram(sample.histogram), start: sample.startTimestamp))
                histogram += 1
            }
        }
        return result
    }
}
