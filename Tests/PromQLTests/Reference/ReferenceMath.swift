import Glibc
import PromQL

/// The arithmetic of the reference, as textbooks have it.
enum ReferenceMath {
    static func apply(_ op: BinaryOperator, _ a: Double, _ b: Double) -> (value: Double, holds: Bool) {
        switch op {
        case .add: (a + b, true)
        case .subtract: (a - b, true)
        case .multiply: (a * b, true)
        case .divide: (a / b, true)
        case .modulo: (fmod(a, b), true)
        case .power: (pow(a, b), true)
        case .atan2: (Glibc.atan2(a, b), true)
        case .equal: (a, a == b)
        case .notEqual: (a, a != b)
        case .greater: (a, a > b)
        case .less: (a, a < b)
        case .greaterOrEqual: (a, a >= b)
        case .lessOrEqual: (a, a <= b)
        default: (.nan, false)
        }
    }

    /// `min`, `max`, `stddev`, `stdvar`, `quantile` of at least one number.
    static func aggregate(_ name: String, _ values: [Double], _ parameter: Double?) -> Double {
        let numbers = values.filter { !$0.isNaN }
        switch name {
        case "min": return numbers.min() ?? .nan
        case "max": return numbers.max() ?? .nan
        case "stddev": return variance(values).squareRoot()
        case "stdvar": return variance(values)
        default: return quantile(parameter ?? .nan, values)
        }
    }

    static func variance(_ values: [Double]) -> Double {
        let mean = values.reduce(0, +) / Double(values.count)
        return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    }

    /// NaN counts as the smallest.
    static func quantile(_ q: Double, _ values: [Double]) -> Double {
        if q.isNaN || values.isEmpty { return .nan }
        if q < 0 { return -.infinity }
        if q > 1 { return .infinity }
        let sorted = values.filter(\.isNaN) + values.filter { !$0.isNaN }.sorted()
        let rank = q * Double(sorted.count - 1)
        let lower = Int(rank.rounded(.down))
        let upper = min(lower + 1, sorted.count - 1)
        let weight = rank - Double(lower)
        return sorted[lower] * (1 - weight) + sorted[upper] * weight
    }

    /// The least squares through points: the slope a second, and the value at `origin` (milliseconds).
    static func regression(_ points: [(timestamp: Int64, value: Double)], origin: Int64) -> (slope: Double, intercept: Double) {
        let count = Double(points.count)
        let times = points.map { Double($0.timestamp - origin) / 1000 }
        let values = points.map(\.value)
        if values.allSatisfy({ $0 == values[0] }) { return values[0].isInfinite ? (.nan, .nan) : (0, values[0]) }
        let (meanTime, meanValue) = (times.reduce(0, +) / count, values.reduce(0, +) / count)
        let covariance = zip(times, values).reduce(0) { $0 + ($1.0 - meanTime) * ($1.1 - meanValue) }
        let spread = times.reduce(0) { $0 + ($1 - meanTime) * ($1 - meanTime) }
        let slope = covariance / spread
        return (slope, meanValue - slope * meanTime)
    }
}
