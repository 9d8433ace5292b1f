import Glibc

/// Operators on numbers, as in PromQL.
enum Arithmetic {
    static func compare(_ op: BinaryOperation.Operator, _ left: Double, _ right: Double) -> Bool {
        switch op {
        case .equal: left == right
        case .notEqual: left != right
        case .greater: left > right
        case .less: left < right
        case .greaterOrEqual: left >= right
        case .lessOrEqual: left <= right
        default: false
        }
    }

    static func compute(_ op: BinaryOperation.Operator, _ left: Double, _ right: Double) -> Double {
        switch op {
        case .add: left + right
        case .subtract: left - right
        case .multiply: left * right
        case .divide: left / right
        case .modulo: fmod(left, right)
        case .power: pow(left, right)
        default: compare(op, left, right) ? 1 : 0
        }
    }

    /// The quantile of values, interpolated linearly as in PromQL; outside 0…1 it is an infinity.
    static func quantile(_ quantile: Double, _ values: [Double]) -> Double {
        if values.isEmpty || quantile.isNaN { return .nan }
        if quantile < 0 { return -.infinity }
        if quantile > 1 { return .infinity }
        let sorted = values.sorted()
        let rank = quantile * Double(sorted.count - 1)
        let low = Int(rank.rounded(.down))
        let weight = rank - Double(low)
        return sorted[low] * (1 - weight) + sorted[min(low + 1, sorted.count - 1)] * weight
    }

    static func variance(_ values: ArraySlice<Double>) -> Double {
        var mean = 0.0
        var squares = 0.0
        for (index, value) in values.enumerated() {
            let delta = value - mean
            mean += delta / Double(index + 1)
            squares += delta * (value - mean)
        }
        return squares / Double(values.count)
    }

    /// A number of a line as text: whole numbers without a fraction.
    static func text(_ value: Double) -> String {
        value == value.rounded() && value.magnitude < 1e15 ? String(Int64(value)) : String(value)
    }
}
