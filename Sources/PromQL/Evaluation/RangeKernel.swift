import Model

/// The functions over ranges that are computed straight from a series' decoded floats, without a column of samples of its own.
///
/// The results are those of the functions' general form to the last bit, but for sums and averages of overlapping windows, which are
/// made of partial sums held to twice the precision.
enum RangeKernel {
    case rate(RateKind)
    case sum(isAverage: Bool)
    case extreme(isMinimum: Bool)
    case count, present, last, first

    init?(_ function: PromQLFunction) {
        switch function {
        case .rate, .increase, .delta: self = .rate(RateKind(function))
        case .sumOverTime: self = .sum(isAverage: false)
        case .avgOverTime: self = .sum(isAverage: true)
        case .minOverTime: self = .extreme(isMinimum: true)
        case .maxOverTime: self = .extreme(isMinimum: false)
        case .countOverTime: self = .count
        case .presentOverTime: self = .present
        case .lastOverTime: self = .last
        case .firstOverTime: self = .first
        default: return nil
        }
    }

    var rateKind: RateKind? {
        if case .rate(let kind) = self { return kind }
        return nil
    }

    /// Fills the steps that have a value. Whether any has.
    func fill(
        _ output: UnsafeMutableBufferPointer<Double>, _ timestamps: UnsafeBufferPointer<Int64>, _ values: UnsafeBufferPointer<Double>, _ table: WindowTable,
        _ moments: StepGrid, lengthMilliseconds: Int64, _ scratch: inout KernelScratch
    ) -> Bool {
        table.first.withUnsafeBufferPointer { first in
            table.last.withUnsafeBufferPointer { last in
                switch self {
                case .rate(let kind):
                    return Self.rates(output, timestamps, values, table, first, last, kind, moments, lengthMilliseconds, &scratch)
                case .sum(let isAverage):
                    if let parts = Self.partsOfWindow(moments, lengthMilliseconds) {
                        return Self.sums(output, values, first, last, parts, isAverage: isAverage, &scratch)
                    }
                    let sliding = Self.overlaps(moments, lengthMilliseconds) ? SlidingSums(Array(values)) : nil
                    return Self.each(output, first, last) { window in
                        if let sum = sliding?.sum(window) { return isAverage ? sum / Double(window.count) : sum }
                        let values = UnsafeBufferPointer(rebasing: values[window])
                        return isAverage ? WindowMath.average(values) : WindowMath.sum(values)
                    }
                case .extreme(let isMinimum):
                    if let parts = Self.partsOfWindow(moments, lengthMilliseconds) {
                        return Self.extremes(output, values, first, last, parts, isMinimum: isMinimum, &scratch)
                    }
                    if Self.overlaps(moments, lengthMilliseconds) {
                        let all = Array(values)
                        var sliding = SlidingExtreme(isMinimum: isMinimum)
                        return Self.each(output, first, last) { sliding.value($0, of: all) }
                    }
                    return Self.each(output, first, last) { Self.extreme(values, $0, isMinimum: isMinimum) }
                case .count: return Self.each(output, first, last) { Double($0.count) }
                case .present: return Self.each(output, first, last) { _ in 1 }
                case .last: return Self.each(output, first, last) { values[$0.upperBound - 1] }
                case .first: return Self.each(output, first, last) { values[$0.lowerBound] }
                }
            }
        }
    }

    @inline(__always)
    private static func each(
        _ output: UnsafeMutableBufferPointer<Double>, _ first: UnsafeBufferPointer<Int32>, _ last: UnsafeBufferPointer<Int32>, _ value: (Range<Int>) -> Double
    ) -> Bool {
        var found = false
        for step in 0..<output.count {
            let window = Int(first[step])..<Int(last[step])
            if window.isEmpty {
                output[step] = absentValue
            } else {
                output[step] = value(window)
                found = true
            }
        }
        return found
    }

    // MARK: Windows in parts

    /// How many steps a window is long, where that is a small whole number: then neighbours share parts, and each is looked at once.
    private static func partsOfWindow(_ moments: StepGrid, _ length: Int64) -> Int? {
        guard moments.step > 0, moments.count > 1, length % moments.step == 0 else { return nil }
        let parts = length / moments.step
        return parts > 1 && parts <= 16 ? Int(parts) : nil
    }

    private static func overlaps(_ moments: StepGrid, _ length: Int64) -> Bool { moments.count > 4 && moments.step > 0 && length >= 8 * moments.step }

    /// The samples between one step's start and the next one's, or, behind the last step, between one step's end and the next one's.
    @inline(__always)
    private static func part(_ index: Int, _ parts: Int, _ first: UnsafeBufferPointer<Int32>, _ last: UnsafeBufferPointer<Int32>) -> Range<Int> {
        @inline(__always) func bound(_ index: Int) -> Int {
            index < first.count ? Int(first[index]) : index - parts >= 0 ? Int(last[index - parts]) : -1
        }
        let (low, high) = (bound(index), bound(index + 1))
        return low..<max(low, high)
    }

    private static func sums(
        _ output: UnsafeMutableBufferPointer<Double>, _ values: UnsafeBufferPointer<Double>, _ first: UnsafeBufferPointer<Int32>,
        _ last: UnsafeBufferPointer<Int32>, _ parts: Int, isAverage: Bool, _ scratch: inout KernelScratch
    ) -> Bool {
        let count = output.count
        guard count >= parts else {
            return each(output, first, last) { window in
                let values = UnsafeBufferPointer(rebasing: values[window])
                return isAverage ? WindowMath.average(values) : WindowMath.sum(values)
            }
        }
        return scratch.withPairs(count + parts - 1) { high, low in
            for index in 0..<(count + parts - 1) {
                var (sum, rest) = (0.0, 0.0)
                for value in values[part(index, parts, first, last)] { addExactly(value, &sum, &rest) }
                high[index] = sum
                low[index] = rest
            }
            var found = false
            for step in 0..<count {
                let window = Int(first[step])..<Int(last[step])
                if window.isEmpty {
                    output[step] = absentValue
                    continue
                }
                found = true
                var (sum, rest) = (high[step], low[step])
                for index in (step + 1)..<(step + parts) {
                    addExactly(high[index], &sum, &rest)
                    rest += low[index]
                }
                let samples = Double(window.count)
                let total = isAverage ? sum / samples + rest / samples : sum + rest
                if total.isFinite { output[step] = total } else {
                    let values = UnsafeBufferPointer(rebasing: values[window])
                    output[step] = isAverage ? WindowMath.average(values) : WindowMath.sum(values)
                }
            }
            return found
        }
    }

    /// Adds to a sum and what rounding lost of it (Knuth).
    @inline(__always) private static func addExactly(_ value: Double, _ sum: inout Double, _ rest: inout Double) {
        let total = sum + value
        let shifted = total - sum
        rest += (sum - (total - shifted)) + (value - shifted)
        sum = total
    }

    @inline(__always) private static func extreme(_ values: UnsafeBufferPointer<Double>, _ window: Range<Int>, isMinimum: Bool) -> Double {
        var best = values[window.lowerBound]
        if isMinimum {
            for index in window where values[index] < best || best.isNaN { best = values[index] }
        } else {
            for index in window where values[index] > best || best.isNaN { best = values[index] }
        }
        return best
    }

    private static func extremes(
        _ output: UnsafeMutableBufferPointer<Double>, _ values: UnsafeBufferPointer<Double>, _ first: UnsafeBufferPointer<Int32>,
        _ last: UnsafeBufferPointer<Int32>, _ parts: Int, isMinimum: Bool, _ scratch: inout KernelScratch
    ) -> Bool {
        let count = output.count
        guard count >= parts else { return each(output, first, last) { extreme(values, $0, isMinimum: isMinimum) } }
        return scratch.withPairs(count + parts - 1) { bests, _ in
            for index in 0..<(count + parts - 1) {
                let samples = part(index, parts, first, last)
                bests[index] = samples.isEmpty ? .nan : extreme(values, samples, isMinimum: isMinimum)
            }
            let bests = UnsafeBufferPointer(bests)
            return each(output, first, last) { _ in 0 } && extremesOfParts(output, bests, parts, isMinimum: isMinimum)
        }
    }

    /// Replaces each value that is present.
    private static func extremesOfParts(
        _ output: UnsafeMutableBufferPointer<Double>, _ bests: UnsafeBufferPointer<Double>, _ parts: Int, isMinimum: Bool
    ) -> Bool {
        for step in 0..<output.count where !isAbsent(output[step]) { output[step] = extreme(bests, step..<(step + parts), isMinimum: isMinimum) }
        return true
    }

    // MARK: rate, increase, delta

    private static func rates(
        _ output: UnsafeMutableBufferPointer<Double>, _ timestamps: UnsafeBufferPointer<Int64>, _ values: UnsafeBufferPointer<Double>, _ table: WindowTable,
        _ first: UnsafeBufferPointer<Int32>, _ last: UnsafeBufferPointer<Int32>, _ kind: RateKind, _ moments: StepGrid, _ length: Int64,
        _ scratch: inout KernelScratch
    ) -> Bool {
        scratch.resets.removeAll(keepingCapacity: true)
        if kind.isCounter, SampleScan.hasFall(values) { SampleScan.appendFalls(values, to: &scratch.resets) }
        let hasResets = !scratch.resets.isEmpty
        var nextReset = 0
        var found = false
        table.factors.withUnsafeBufferPointer { factors in
            table.startsNear.withUnsafeBufferPointer { startsNear in
                for step in 0..<output.count {
                    let low = Int(first[step])
                    let high = Int(last[step]) &- 1
                    guard high > low else {
                        output[step] = absentValue
                        continue
                    }
                    found = true
                    let start = values[low]
                    var increase = values[high] - start
                    if hasResets {
                        // The windows only move forward.
                        while nextReset < scratch.resets.count, scratch.resets[nextReset] <= low { nextReset += 1 }
                        var reset = nextReset
                        while reset < scratch.resets.count, scratch.resets[reset] <= high {
                            increase += values[scratch.resets[reset] - 1]
                            reset += 1
                        }
                    }
                    if !kind.isCounter || !(increase > 0) || !(start >= 0) || (start >= increase && startsNear[step]) {
                        output[step] = increase * factors[step]
                    } else {
                        let end = moments.time(step)
                        let stretch = Stretch(timestamps, low..<(high + 1), start: end - length, end: end)
                        // A counter isn't stretched to before it was 0.
                        let toStart = min(stretch.toStart, stretch.sampled * (start / increase))
                        output[step] = increase * stretch.factor(kind, lengthMilliseconds: length, toStart: toStart)
                    }
                }
            }
        }
        return found
    }
}

/// Room that kernels use again for each series.
struct KernelScratch {
    var resets: [Int] = []
    private var high: [Double] = []
    private var low: [Double] = []

    mutating func withPairs(_ count: Int, _ body: (UnsafeMutableBufferPointer<Double>, UnsafeMutableBufferPointer<Double>) -> Bool) -> Bool {
        if high.count < count {
            high = Array(repeating: 0, count: count)
            low = Array(repeating: 0, count: count)
        }
        return high.withUnsafeMutableBufferPointer { high in low.withUnsafeMutableBufferPointer { low in body(high, low) } }
    }
}

/// Looks over a series' values, several at a time.
enum SampleScan {
    /// Whether any value is no number; stale markers are none.
    static func hasNaN(_ values: UnsafeBufferPointer<Double>) -> Bool {
        guard let start = values.baseAddress else { return false }
        var index = 0
        var found = SIMDMask<SIMD4<Int64>>(repeating: false)
        let raw = UnsafeRawPointer(start)
        while index + 4 <= values.count {
            let four = raw.loadUnaligned(fromByteOffset: index &* 8, as: SIMD4<Double>.self)
            found .|= four .!= four
            index &+= 4
        }
        if found != SIMDMask(repeating: false) { return true }
        while index < values.count {
            if values[index].isNaN { return true }
            index += 1
        }
        return false
    }

    /// Whether any value is below the one before it.
    static func hasFall(_ values: UnsafeBufferPointer<Double>) -> Bool {
        guard let start = values.baseAddress else { return false }
        var index = 1
        var found = SIMDMask<SIMD4<Int64>>(repeating: false)
        let raw = UnsafeRawPointer(start)
        while index + 4 <= values.count {
            let before = raw.loadUnaligned(fromByteOffset: index &* 8 &- 8, as: SIMD4<Double>.self)
            let now = raw.loadUnaligned(fromByteOffset: index &* 8, as: SIMD4<Double>.self)
            found .|= now .< before
            index &+= 4
        }
        if found != SIMDMask(repeating: false) { return true }
        while index < values.count {
            if values[index] < values[index - 1] { return true }
            index += 1
        }
        return false
    }

    static func appendFalls(_ values: UnsafeBufferPointer<Double>, to falls: inout [Int]) {
        var index = 1
        while index < values.count {
            if values[index] < values[index - 1] { falls.append(index) }
            index += 1
        }
    }
}
