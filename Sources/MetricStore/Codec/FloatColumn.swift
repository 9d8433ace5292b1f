import Foundations

/// A column of floats as bytes, bit for bit.
///
/// Tried in this order: one value throughout; decimals (`Decimals`), packed as integers with the odd ones apart; changed bits, or in
/// merged blocks the bits as integers. Layout: `Docs/Formats/metric-block.md`, "Floats".
enum FloatColumn {
    enum Scheme: UInt8 {
        case constant = 0, decimal = 1, changedBits = 2, orderedBits = 3, wholeConstant = 4
    }

    static func encode(_ values: [Double], _ effort: IntegerColumn.Effort = .fast, into bytes: inout [UInt8]) {
        guard let first = values.first else { return }
        if isConstant(values) {
            if effort == .small, let whole = Int64(exactly: first), Double(whole).bitPattern == first.bitPattern, whole.magnitude < 1 << 48 {
                bytes.append(Scheme.wholeConstant.rawValue)
                return bytes.append(zigzag: whole)
            }
            bytes.append(Scheme.constant.rawValue)
            bytes.append(double: first)
        } else {
            encode(values, Decimals(values), effort, into: &bytes)
        }
    }

    /// Whether all bits of all values are the same.
    static func isConstant(_ values: [Double]) -> Bool {
        guard let first = values.first?.bitPattern else { return true }
        return values.withUnsafeBufferPointer { $0.allSatisfy { $0.bitPattern == first } }
    }

    /// Encodes values that aren't all the same; `decimals` are they, where they are such.
    static func encode(_ values: [Double], _ decimals: Decimals?, _ effort: IntegerColumn.Effort, into bytes: inout [UInt8]) {
        if let decimals { return encode(decimals, values, effort, into: &bytes) }
        let start = bytes.count
        bytes.append(Scheme.changedBits.rawValue)
        var bits = BitWriter()
        var coder = ValueCoder(previous: 0)
        for value in values { coder.write(value.bitPattern, to: &bits) }
        bits.finished().withUnsafeBytes { bytes.append(contentsOf: $0.prefix((bits.bitCount + 7) / 8)) }
        guard effort == .small else { return }
        var ordered = [Scheme.orderedBits.rawValue]
        IntegerColumn.encode(values.map(order), .small, into: &ordered)
        if ordered.count < bytes.count - start { bytes.replaceSubrange(start..., with: ordered) }
    }

    /// An integer that is greater where the float is greater: of neighbours, they are near each other.
    @inline(__always) static func order(_ value: Double) -> Int64 {
        let bits = Int64(bitPattern: value.bitPattern)
        return bits ^ Int64(bitPattern: UInt64(bitPattern: bits &>> 63) &>> 1)
    }

    /// The float of an integer that `order` gave.
    @inline(__always) static func float(ordered: Int64) -> Double {
        Double(bitPattern: UInt64(bitPattern: ordered ^ Int64(bitPattern: UInt64(bitPattern: ordered &>> 63) &>> 1)))
    }

    private static func encode(_ decimals: Decimals, _ values: [Double], _ effort: IntegerColumn.Effort, into bytes: inout [UInt8]) {
        var integers = decimals.integers
        let divisor = commonDivisor(integers)
        let base = integers[0]
        if divisor > 1 { for index in integers.indices { integers[index] = (integers[index] - base) / divisor } }
        bytes.append(Scheme.decimal.rawValue)
        bytes.append(UInt8(decimals.exponent))
        bytes.append(varint: UInt64(decimals.exceptions.count))
        var last = 0
        for index in decimals.exceptions {
            bytes.append(varint: UInt64(index - last))
            bytes.append(double: values[index])
            last = index
        }
        bytes.append(varint: UInt64(divisor))
        if divisor > 1 { bytes.append(zigzag: base) }
        IntegerColumn.encode(integers, effort, into: &bytes)
    }

    /// What all distances from the first integer are multiples of: 4096 for memory in pages. At least 1.
    private static func commonDivisor(_ integers: [Int64]) -> Int64 {
        var divisor: Int64 = 0
        let first = integers[0]
        for integer in integers {
            let distance = abs(integer - first)
            if divisor > 0, distance % divisor == 0 { continue }
            var rest = distance
            while rest != 0 { (divisor, rest) = (rest, divisor % rest) }
            if divisor == 1 { return 1 }
        }
        return max(1, divisor)
    }
}
