import Foundations

/// A column of floats as bytes, bit for bit.
///
/// Tried in this order: one value throughout; decimals (every value is an integer divided by one power of ten, as written by people
/// and most programs), packed as integers with the odd ones apart; changed bits. Layout: `Docs/Formats/metric-block.md`, "Floats".
enum FloatColumn {
    enum Scheme: UInt8 {
        case constant = 0, decimal = 1, changedBits = 2
    }

    /// 10^15 is the largest power for which a digit more would pass 2^53 for every value of one digit or more.
    static let exponentMax = 15
    private static let integerMax = 9_007_199_254_740_992.0  // 2^53: up to here doubles hold every integer
    /// Beyond one odd value in so many, changed bits are smaller than decimals with exceptions.
    private static let valuesPerException = 16

    static func encode(_ values: [Double], into bytes: inout [UInt8]) {
        guard let first = values.first else { return }
        if values.allSatisfy({ $0.bitPattern == first.bitPattern }) {
            bytes.append(Scheme.constant.rawValue)
            bytes.append(double: first)
        } else if let exponent = decimalExponent(values) {
            encodeDecimal(values, exponent: exponent, into: &bytes)
        } else {
            bytes.append(Scheme.changedBits.rawValue)
            var bits = BitWriter()
            var coder = ValueCoder(previous: 0)
            for value in values { coder.write(value.bitPattern, to: &bits) }
            bits.finished().withUnsafeBytes { bytes.append(contentsOf: $0.prefix((bits.bitCount + 7) / 8)) }
        }
    }

    /// The integer that gives `value` exactly when divided by `power`; nil where there is none.
    @inline(__always) private static func integer(_ value: Double, power: Double) -> Int64? {
        let scaled = (value * power).rounded()
        guard scaled.magnitude < integerMax else { return nil }  // false for NaN and infinities too
        let whole = Int64(scaled)
        return (Double(whole) / power).bitPattern == value.bitPattern ? whole : nil
    }

    /// The smallest power of ten that makes (nearly) all values integers; nil where too many are none.
    private static func decimalExponent(_ values: [Double]) -> Int? {
        let exceptionsMax = values.count / valuesPerException + 2
        var exceptions = 0
        var exponent = 0
        var power = 1.0
        for value in values where integer(value, power: power) == nil {
            var higher = exponent
            var higherPower = power
            while higher < exponentMax, integer(value, power: higherPower) == nil {
                higher += 1
                higherPower *= 10
            }
            if integer(value, power: higherPower) != nil {
                exponent = higher
                power = higherPower
            } else {
                exceptions += 1
                if exceptions > exceptionsMax { return nil }
            }
        }
        // A power that the last values asked for can be too high for the first ones.
        let misses = values.reduce(0) { $0 + (integer($1, power: power) == nil ? 1 : 0) }
        return misses <= exceptionsMax ? exponent : nil
    }

    private static func encodeDecimal(_ values: [Double], exponent: Int, into bytes: inout [UInt8]) {
        let power = Self.power(exponent)
        var integers: [Int64] = []
        integers.reserveCapacity(values.count)
        var exceptions: [UInt8] = []
        var exceptionCount: UInt64 = 0
        var lastException = 0
        var previous: Int64 = 0
        for (index, value) in values.enumerated() {
            if let whole = integer(value, power: power) {
                previous = whole
            } else {
                exceptions.append(varint: UInt64(index - lastException))
                exceptions.append(double: value)
                lastException = index
                exceptionCount += 1
            }
            integers.append(previous)
        }
        let divisor = commonDivisor(integers)
        let base = integers[0]
        if divisor > 1 { for index in integers.indices { integers[index] = (integers[index] - base) / divisor } }
        bytes.append(Scheme.decimal.rawValue)
        bytes.append(UInt8(exponent))
        bytes.append(varint: exceptionCount)
        bytes.append(contentsOf: exceptions)
        bytes.append(varint: UInt64(divisor))
        if divisor > 1 { bytes.append(zigzag: base) }
        IntegerColumn.encode(integers, into: &bytes)
    }

    /// What all distances from the first integer are multiples of: 4096 for memory in pages. At least 1.
    private static func commonDivisor(_ integers: [Int64]) -> Int64 {
        var divisor: Int64 = 0
        for integer in integers {
            var rest = abs(integer - integers[0])
            while rest != 0 { (divisor, rest) = (rest, divisor % rest) }
            if divisor == 1 { return 1 }
        }
        return max(1, divisor)
    }
}
