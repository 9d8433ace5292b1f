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

    private static func power(_ exponent: Int) -> Double {
        var power = 1.0
        for _ in 0..<exponent { power *= 10 }
        return power
    }

    /// Appends `count` values to `values`; false where the bytes can't be such a column. `count` is bounded by the caller.
    static func decode(_ bytes: UnsafeRawBufferPointer, count: Int, into values: inout [Double]) -> Bool {
        guard count > 0 else { return count == 0 }
        var reader = ByteReader(bytes)
        guard let tag = reader.readUInt8(), let scheme = Scheme(rawValue: tag) else { return false }
        switch scheme {
        case .constant:
            guard let value = reader.readDouble() else { return false }
            values.append(contentsOf: repeatElement(value, count: count))
            return true
        case .changedBits:
            // A value takes a bit at least.
            guard count <= reader.remaining * 8, let packed = reader.readBytes(reader.remaining) else { return false }
            var bits = BitReader(packed)
            var coder = ValueCoder(previous: 0)
            for _ in 0..<count {
                guard let value = coder.read(&bits) else { return false }
                values.append(Double(bitPattern: value))
            }
            return true
        case .decimal: return decodeDecimal(&reader, count: count, into: &values)
        }
    }

    private static func decodeDecimal(_ reader: inout ByteReader, count: Int, into values: inout [Double]) -> Bool {
        guard let exponent = reader.readUInt8(), exponent <= exponentMax, let exceptionCount = reader.readVarint(),
            exceptionCount <= UInt64(reader.remaining / 9)
        else { return false }
        var exceptions = reader
        for _ in 0..<exceptionCount { guard reader.readVarint() != nil, reader.skip(8) else { return false } }
        guard let divisor = reader.readVarint(), let factor = Int64(exactly: divisor), factor > 0 else { return false }
        var base: Int64 = 0
        if factor > 1 {
            guard let read = reader.readZigzag() else { return false }
            base = read
        }
        var integers: [Int64] = []
        integers.reserveCapacity(count)
        guard IntegerColumn.decode(&reader, count: count, into: &integers) else { return false }
        let power = Self.power(Int(exponent))
        let start = values.count
        let floats = [Double](unsafeUninitializedCapacity: count) { floats, initialized in
            if power == 1 {
                for (index, integer) in integers.enumerated() { floats[index] = Double(base &+ integer &* factor) }
            } else {
                for (index, integer) in integers.enumerated() { floats[index] = Double(base &+ integer &* factor) / power }
            }
            initialized = count
        }
        if values.isEmpty { values = floats } else { values.append(contentsOf: floats) }
        var index = 0
        for _ in 0..<exceptionCount {
            guard let step = exceptions.readVarint(), let value = exceptions.readDouble(), step < UInt64(count), index + Int(step) < count
            else { return false }
            index += Int(step)
            values[start + index] = value
        }
        return true
    }
}
