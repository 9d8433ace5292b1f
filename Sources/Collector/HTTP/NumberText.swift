/// Numbers as the Prometheus API writes them, appended to bytes.
extension [UInt8] {
    /// An integer in decimal.
    mutating func append(decimal value: some BinaryInteger) {
        if value < 0 { append(UInt8(ascii: "-")) }
        var rest = UInt64(value.magnitude)
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var start = 20
            repeat {
                start -= 1
                digits[start] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest != 0
            append(contentsOf: digits[start..<20])
        }
    }

    /// Milliseconds since 1970 as seconds, with three decimals unless they are whole: `1435781451.781`.
    mutating func append(timestampMilliseconds milliseconds: Int64) {
        if milliseconds < 0 { append(UInt8(ascii: "-")) }
        let magnitude = milliseconds.magnitude
        append(decimal: magnitude / 1000)
        let fraction = magnitude % 1000
        if fraction == 0 { return }
        append(UInt8(ascii: "."))
        append(0x30 + UInt8(fraction / 100))
        append(0x30 + UInt8(fraction / 10 % 10))
        append(0x30 + UInt8(fraction % 10))
    }

    /// The shortest decimal that reads back as `value`, with an exponent below 1e-6 and from 1e21 on; `NaN`, `+Inf`, `-Inf`.
    ///
    /// As Prometheus writes samples of series. Scalars it writes by `append(plainValue:)`.
    mutating func append(sampleValue value: Double) {
        let magnitude = value.magnitude
        if value.isFinite && value != 0 && (magnitude < 1e-6 || magnitude >= 1e21) { appendExponential(value) } else { append(plainValue: value) }
    }

    /// The shortest decimal that reads back as `value`, without an exponent; `NaN`, `+Inf`, `-Inf`.
    mutating func append(plainValue value: Double) {
        // Whole numbers below 2^53, most of what is stored, need no search for the shortest form.
        if value == value.rounded(.towardZero) && value.magnitude < 9_007_199_254_740_992 {
            if value.sign == .minus && value == 0 { append(UInt8(ascii: "-")) }
            append(decimal: Int64(value))
        } else if value.isFinite {
            appendShortest(value)
        } else {
            append(contentsOf: (value.isNaN ? "NaN" : value > 0 ? "+Inf" : "-Inf").utf8)
        }
    }

    /// Swift's shortest digits (`1.5e-07`), the exponent with a sign and two digits at least.
    private mutating func appendExponential(_ value: Double) {
        let text = value.description
        guard let mark = text.firstIndex(of: "e"), let exponent = Int(text[text.index(after: mark)...]) else {
            append(contentsOf: text.utf8)
            return
        }
        append(contentsOf: text[..<mark].utf8)
        append(contentsOf: (exponent < 0 ? "e-" : "e+").utf8)
        if exponent.magnitude < 10 { append(0x30) }
        append(decimal: exponent.magnitude)
    }

    /// Milliseconds since 1970 as seconds in the shortest decimal, as Go writes a float: `1435781451.25`.
    mutating func append(shortestSecondsOf milliseconds: Int64) {
        append(timestampMilliseconds: milliseconds)
        if milliseconds % 1000 == 0 { return }
        while last == 0x30 { removeLast() }
    }

    /// Swift's shortest digits (`1.5e-07`) with the exponent written out.
    private mutating func appendShortest(_ value: Double) {
        var text = value.description
        text.withUTF8 { text in
            guard let mark = text.firstIndex(where: { $0 == UInt8(ascii: "e") }) else {
                append(contentsOf: text.hasDecimalsOfZero ? text[..<(text.count - 2)] : text[...])
                return
            }
            var digits: [UInt8] = []
            var pointPosition = 0
            for byte in text[..<mark] {
                if byte == UInt8(ascii: "-") {
                    append(byte)
                } else if byte == UInt8(ascii: ".") {
                    pointPosition = digits.count
                } else {
                    digits.append(byte)
                }
            }
            if pointPosition == 0 { pointPosition = digits.count }
            pointPosition += Int(String(decoding: text[(mark + 1)...], as: UTF8.self))!
            while digits.count > 1 && digits.last == 0x30 { digits.removeLast() }
            if pointPosition <= 0 {
                append(contentsOf: "0.".utf8)
                append(contentsOf: repeatElement(0x30, count: -pointPosition))
                append(contentsOf: digits)
            } else if pointPosition >= digits.count {
                append(contentsOf: digits)
                append(contentsOf: repeatElement(0x30, count: pointPosition - digits.count))
            } else {
                append(contentsOf: digits[..<pointPosition])
                append(UInt8(ascii: "."))
                append(contentsOf: digits[pointPosition...])
            }
        }
    }
}

extension UnsafeBufferPointer<UInt8> {
    fileprivate var hasDecimalsOfZero: Bool { count > 2 && self[count - 2] == UInt8(ascii: ".") && self[count - 1] == 0x30 }
}
