import Glibc

/// What is computed of the floats in one window.
enum WindowMath {
    typealias Values = UnsafeBufferPointer<Double>

    /// The value that stands before all others in an order; NaN only where all are.
    @inline(__always) static func extreme(_ values: Values, _ precedes: (Double, Double) -> Bool) -> Double {
        var best = values[0]
        for value in values where precedes(value, best) || best.isNaN { best = value }
        return best
    }

    /// When the last of the extreme values stood, in seconds.
    static func timeOfExtreme(_ window: Window, _ precedes: (Double, Double) -> Bool) -> Double {
        var best = 0
        for index in 0..<window.count where precedes(window.values[index], window.values[best]) || window.values[best].isNaN { best = index }
        return Double(window.timestamps[best]) / 1000
    }

    static func sum(_ values: Values) -> Double {
        var total = CompensatedSum()
        for value in values { total.add(value) }
        return total.value
    }

    /// The mean from the sum where that is finite, else mean by mean.
    static func average(_ values: Values) -> Double {
        var total = CompensatedSum()
        for value in values { total.add(value) }
        let count = Double(values.count)
        if total.sum.isFinite { return total.sum / count + total.compensation / count }
        var mean = RunningMean()
        for value in values { mean.add(value) }
        return mean.value
    }

    /// The population's variance, by Welford's method.
    static func variance(_ values: Values) -> Double {
        var count = 0.0
        var mean = CompensatedSum()
        var squares = CompensatedSum()
        for value in values {
            count += 1
            let delta = value - mean.value
            mean.add(delta / count)
            squares.add(delta * (value - mean.value))
        }
        return squares.value / count
    }

    /// The median distance from the median; NaN where a value is.
    static func medianDeviation(_ values: Values) -> Double {
        if values.contains(where: \.isNaN) { return .nan }
        var sorted = Array(values)
        let median = quantile(0.5, &sorted)
        var distances = values.map { abs($0 - median) }
        return quantile(0.5, &distances)
    }

    /// The quantile of all values, between two neighbours by their distance. NaN counts as the smallest. Sorts `values`.
    static func quantile(_ q: Double, _ values: inout [Double]) -> Double {
        if values.isEmpty || q.isNaN { return .nan }
        if q < 0 { return -.infinity }
        if q > 1 { return .infinity }
        values.sort { $0 < $1 || ($0.isNaN && !$1.isNaN) }
        let rank = q * Double(values.count - 1)
        let lower = max(0, Int(rank))
        let upper = min(values.count - 1, lower + 1)
        let weight = rank - rank.rounded(.down)
        return values[lower] * (1 - weight) + values[upper] * weight
    }

    /// The line of least squares: its slope a second and its value at `moment` (milliseconds since 1970).
    static func regression(_ window: Window, at moment: Int64) -> (slope: Double, intercept: Double) {
        let first = window.values[0]
        if window.values.allSatisfy({ $0 == first }) { return first.isInfinite ? (.nan, .nan) : (0, first) }
        var (x, y, xy, xx) = (CompensatedSum(), CompensatedSum(), CompensatedSum(), CompensatedSum())
        for index in 0..<window.count {
            let time = Double(window.timestamps[index] - moment) / 1000
            let value = window.values[index]
            x.add(time)
            y.add(value)
            xy.add(time * value)
            xx.add(time * time)
        }
        let count = Double(window.count)
        let covariance = xy.value - x.value * y.value / count
        let variance = xx.value - x.value * x.value / count
        let slope = covariance / variance
        return (slope, y.value / count - slope * x.value / count)
    }
}

/// A mean that survives sums beyond what a double holds.
struct RunningMean {
    private var total = CompensatedSum()
    private var count = 0.0
    /// Set once the sum would overflow: from then on the mean is moved by each value.
    private var mean: CompensatedSum?

    @inline(__always) mutating func add(_ value: Double) {
        count += 1
        if mean == nil {
            var next = total
            next.add(value)
            guard next.sum.isInfinite, total.sum.isFinite, value.isFinite else {
                total = next
                return
            }
            var start = CompensatedSum(total.sum / (count - 1))
            start.add(total.compensation / (count - 1))
            mean = start
        }
        var moved = mean!.scaled(by: (count - 1) / count)
        moved.add(value / count)
        mean = moved
    }

    var value: Double {
        if let mean { return mean.value }
        return total.sum.isInfinite ? total.sum : total.sum / count + total.compensation / count
    }
}

extension CompensatedSum {
    func scaled(by factor: Double) -> CompensatedSum {
        var result = CompensatedSum(sum * factor)
        result.add(compensation * factor)
        return result
    }
}
