extension RangeAggregation.Function {
    var countsBytes: Bool { self == .bytesRate || self == .bytesOverTime }

    /// A sum over series of this function is this function over the lines of all of them.
    var isAdditive: Bool { [.countOverTime, .rate, .bytesRate, .bytesOverTime, .sumOverTime].contains(self) }
}

extension RangeAggregation {
    /// Adds up whole numbers, which floats do exactly in any order.
    var countsWholeNumbers: Bool { unwrap == nil }

    private var seconds: Double { Double(rangeMilliseconds) / 1000 }

    /// The value of a window with so many lines and such a sum, where whole numbers are counted.
    func value(count: Double, sum: Double) -> Double {
        switch function {
        case .countOverTime: count
        case .rate: count / seconds
        case .bytesRate: sum / seconds
        case .bytesOverTime: sum
        default: 1
        }
    }

    /// The value of a window of samples, which isn't empty.
    func value(_ window: ArraySlice<Double>) -> Double {
        switch function {
        case .countOverTime: Double(window.count)
        case .rate, .bytesRate: window.reduce(0, +) / seconds
        case .bytesOverTime, .sumOverTime: window.reduce(0, +)
        case .avgOverTime: window.reduce(0, +) / Double(window.count)
        case .minOverTime: window.min()!
        case .maxOverTime: window.max()!
        case .firstOverTime: window.first!
        case .lastOverTime: window.last!
        case .stdvarOverTime: Arithmetic.variance(window)
        case .stddevOverTime: Arithmetic.variance(window).squareRoot()
        case .quantileOverTime: Arithmetic.quantile(parameter ?? 0, Array(window))
        case .rateCounter: Self.increase(window) / seconds
        case .absentOverTime: 1
        }
    }

    /// A counter's growth within the window, over its resets.
    private static func increase(_ window: ArraySlice<Double>) -> Double {
        var total = 0.0
        var previous = window.first!
        for value in window.dropFirst() {
            total += value >= previous ? value - previous : value
            previous = value
        }
        return total
    }
}
