/// A column of floats as integers, each the float times one power of ten, bit for bit; and the floats that are none.
struct Decimals {
    /// 10^15 is the largest power for which a digit more would pass 2^53 for every value of one digit or more.
    static let exponentMax = 15
    private static let integerMax = 9_007_199_254_740_992.0  // 2^53: up to here doubles hold every integer
    /// Beyond one odd value in so many, changed bits are smaller than decimals with exceptions.
    private static let valuesPerException = 16

    private(set) var exponent = 0
    /// At an exception, the one before again.
    private(set) var integers: [Int64] = []
    /// Places of floats that are no such decimals: NaNs, infinities, -0, long fractions.
    private(set) var exceptions: [Int] = []

    var power: Double { Self.power(exponent) }

    /// With the smallest power of ten that makes (nearly) all values integers; nil where too many are none.
    init?(_ values: [Double]) {
        let exceptionsMax = values.count / Self.valuesPerException + 2
        var power = 1.0
        while true {
            exceptions.removeAll(keepingCapacity: true)
            var higher: Int?
            integers = [Int64](unsafeUninitializedCapacity: values.count) { buffer, initialized in
                values.withUnsafeBufferPointer { higher = fill(buffer, $0, power, exceptionsMax) }
                initialized = values.count
            }
            guard let higher else { break }
            exponent = higher
            power = Self.power(higher)
        }
        if exceptions.count > exceptionsMax { return nil }
    }

    /// Fills in what is an integer at a power; returns the higher exponent that a value asked for, if any. Nothing is complete then.
    private mutating func fill(
        _ integers: UnsafeMutableBufferPointer<Int64>, _ values: UnsafeBufferPointer<Double>, _ power: Double, _ exceptionsMax: Int
    ) -> Int? {
        var previous: Int64 = 0
        for index in values.indices {
            if let whole = Self.integer(values[index], power: power) {
                previous = whole
            } else if exceptions.count <= exceptionsMax {
                if let higher = Self.exponent(of: values[index], above: exponent) { return higher }
                exceptions.append(index)
            }
            integers[index] = previous
        }
        return nil
    }

    private static func exponent(of value: Double, above exponent: Int) -> Int? {
        guard value.isFinite else { return nil }
        return ((exponent + 1)..<max(exponent + 1, exponentMax + 1)).first { integer(value, power: power($0)) != nil }
    }

    /// The integer that gives `value` exactly when divided by `power`; nil where there is none.
    @inline(__always) private static func integer(_ value: Double, power: Double) -> Int64? {
        let scaled = value * power
        guard scaled.magnitude < integerMax else { return nil }  // false for NaN and infinities too
        // To the nearest: what lies halfway has no integer either way.
        let whole = Int64(scaled + (scaled < 0 ? -0.5 : 0.5))
        return (Double(whole) / power).bitPattern == value.bitPattern ? whole : nil
    }

    static func power(_ exponent: Int) -> Double {
        var power = 1.0
        for _ in 0..<exponent { power *= 10 }
        return power
    }
}
