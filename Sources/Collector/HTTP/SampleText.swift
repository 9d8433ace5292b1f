import Model

/// Samples as the Prometheus API writes them, `[1435781451.781,"1"],…`, many at a time straight into memory.
///
/// Series of one answer have the same timestamps as a rule: their text is made once, and copied for the others.
struct SampleText {
    /// Room for the text in front of a value: at most a comma, a bracket, 20 digits with a sign and a point, a comma and a quote.
    private static let slotBytes = 32
    /// Room for a value: the longest are some 26 bytes, such as `-0.0000012345678901234567`.
    private static let valueBytesMax = 64
    /// Samples that are written before their bytes are handed over: some 48 KiB, which stay in the nearest caches.
    private static let samplesPerPiece = 512

    /// Milliseconds since 1970 of which the text is at hand.
    private var timestamps: [Int64] = []
    private var slots: [UInt8] = []
    private var lengths: [UInt8] = []

    init() {}

    /// Appends samples with commas between them.
    mutating func append(_ times: [Int64], _ values: [Double], to bytes: inout [UInt8]) {
        prepare(times)
        var start = 0
        while start < times.count {
            let end = min(times.count, start + Self.samplesPerPiece)
            append(start..<end, values, to: &bytes)
            start = end
        }
    }

    /// Arrays that are one and the same are equal without a look at what is in them.
    private mutating func prepare(_ times: [Int64]) {
        if times == timestamps { return }
        timestamps = times
        if slots.count < times.count * Self.slotBytes {
            slots = Array(repeating: 0, count: times.count * Self.slotBytes)
            lengths = Array(repeating: 0, count: times.count)
        }
        slots.withUnsafeMutableBytes { slots in
            for index in times.indices {
                let start = slots.baseAddress! + index * Self.slotBytes
                var output = start
                if index > 0 { output = NumberBytes.put(UInt8(ascii: ","), output) }
                output = NumberBytes.put(UInt8(ascii: "["), output)
                output = NumberBytes.put(timestampMilliseconds: times[index], output)
                output = NumberBytes.put(UInt8(ascii: ","), output)
                output = NumberBytes.put(UInt8(ascii: "\""), output)
                lengths[index] = UInt8(output - start)
            }
        }
    }

    private func append(_ range: Range<Int>, _ values: [Double], to bytes: inout [UInt8]) {
        let capacity = range.count * (Self.slotBytes + Self.valueBytesMax)
        withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 1) { room in
            let start = room.baseAddress!
            var output = start
            slots.withUnsafeBytes { slots in
                values.withUnsafeBufferPointer { values in
                    for index in range {
                        output.copyMemory(from: slots.baseAddress! + index * Self.slotBytes, byteCount: Self.slotBytes)
                        output += Int(lengths[index])
                        output = NumberBytes.put(sampleValue: values[index], output)
                        output = NumberBytes.put(UInt8(ascii: "\""), output)
                        output = NumberBytes.put(UInt8(ascii: "]"), output)
                    }
                }
            }
            bytes.append(contentsOf: UnsafeRawBufferPointer(start: start, count: output - start))
        }
    }
}

/// Numbers as text in memory that has room for them; each returns where the text ends.
enum NumberBytes {
    @inline(__always) static func put(_ byte: UInt8, _ output: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        output.storeBytes(of: byte, as: UInt8.self)
        return output + 1
    }

    /// At most 20 bytes.
    @inline(__always) static func put(decimal value: UInt64, _ output: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        var count = 1
        var bound: UInt64 = 10
        while value >= bound {
            count += 1
            if count == 20 { break }
            bound &*= 10
        }
        put(value, digits: count, output)
        return output + count
    }

    /// So many digits, with zeros in front.
    @inline(__always) private static func put(_ value: UInt64, digits: Int, _ output: UnsafeMutableRawPointer) {
        var rest = value
        var place = digits
        while place > 0 {
            place &-= 1
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            output.storeBytes(of: 0x30 &+ UInt8(truncatingIfNeeded: digit), toByteOffset: place, as: UInt8.self)
            rest = quotient
        }
    }

    /// Seconds with three decimals unless they are whole, as `append(timestampMilliseconds:)` writes them. At most 24 bytes.
    static func put(timestampMilliseconds milliseconds: Int64, _ output: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        var output = milliseconds < 0 ? put(UInt8(ascii: "-"), output) : output
        let (seconds, fraction) = milliseconds.magnitude.quotientAndRemainder(dividingBy: 1000)
        output = put(decimal: seconds, output)
        if fraction == 0 { return output }
        output = put(UInt8(ascii: "."), output)
        put(fraction, digits: 3, output)
        return output + 3
    }

    /// As `append(sampleValue:)` writes it. At most 64 bytes.
    @inline(__always) static func put(sampleValue value: Double, _ output: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        let magnitude = value.magnitude
        // Below 2^53, whole numbers are exact.
        if magnitude < 9_007_199_254_740_992 {
            let whole = UInt64(magnitude)
            if magnitude == Double(whole) { return put(decimal: whole, value.sign == .minus ? put(UInt8(ascii: "-"), output) : output) }
        }
        // A decimal of at most 15 digits is the only one of so few that reads back as its float; with fewer decimals it ends in zeros.
        if magnitude < 1e9, magnitude >= 1e-3 {
            var digits = UInt64(magnitude * decimalsPower + 0.5)
            if Double(digits) / decimalsPower == magnitude {
                var decimals = decimalsMax
                while digits % 10 == 0 {
                    digits /= 10
                    decimals -= 1
                }
                return put(digits, decimals: decimals, value.sign == .minus ? put(UInt8(ascii: "-"), output) : output)
            }
        }
        return putShortest(value, output)
    }

    /// With nine digits in front of the point that makes fifteen.
    private static let decimalsMax = 6
    private static let decimalsPower = 1e6

    private static func put(_ digits: UInt64, decimals: Int, _ output: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        var divisor: UInt64 = 1
        for _ in 0..<decimals { divisor &*= 10 }
        let (whole, fraction) = digits.quotientAndRemainder(dividingBy: divisor)
        let point = put(UInt8(ascii: "."), put(decimal: whole, output))
        put(fraction, digits: decimals, point)
        return point + decimals
    }

    private static func putShortest(_ value: Double, _ output: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        let magnitude = value.magnitude
        // Swift writes these as they are wanted here; it has an exponent outside of them, and decimals on whole numbers.
        if magnitude >= 1e-3, magnitude < 0x1p52 {
            var target = ShortestDigits(end: output)
            value.write(to: &target)
            return target.end
        }
        var bytes: [UInt8] = []
        bytes.append(sampleValue: value)
        bytes.withUnsafeBytes { output.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        return output + bytes.count
    }

    /// Takes a float's text without a string between.
    private struct ShortestDigits: TextOutputStream {
        var end: UnsafeMutableRawPointer

        mutating func write(_ string: String) {
            var string = string
            string.withUTF8 { _writeASCII($0) }
        }

        mutating func _writeASCII(_ buffer: UnsafeBufferPointer<UInt8>) {
            end.copyMemory(from: buffer.baseAddress!, byteCount: buffer.count)
            end += buffer.count
        }
    }
}
