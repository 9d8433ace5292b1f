import Glibc

/// Numbers as text, without a locale.
enum NumberText {
    private static let powers: [Double] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12]

    /// With so many digits after the point, rounded half away from zero.
    static func fixed(_ value: Double, decimals: Int) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        let decimals = min(max(0, decimals), powers.count - 1)
        let scaled = (abs(value) * powers[decimals]).rounded(.toNearestOrAwayFromZero)
        guard scaled < 9e15 else { return scientific(value, decimals: decimals) }
        let digits = String(Int64(scaled))
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard decimals > 0 else { return sign + digits }
        let padded = digits.utf8.count <= decimals ? String(repeating: "0", count: decimals + 1 - digits.utf8.count) + digits : digits
        return sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
    }

    /// Three significant digits, without zeros at the end of a fraction.
    static func short(_ value: Double) -> String {
        let magnitude = abs(value)
        if magnitude > 0 && magnitude < 0.001 { return scientific(value, decimals: 2) }
        // By what is left after rounding: 9.999 is 10.
        let decimals = magnitude < 0.9995 ? 3 : magnitude < 9.995 ? 2 : magnitude < 99.95 ? 1 : 0
        return trimmed(fixed(value, decimals: decimals))
    }

    /// `1.5e-05`.
    static func scientific(_ value: Double, decimals: Int) -> String {
        guard value != 0, value.isFinite else { return fixed(value, decimals: 0) }
        var exponent = Int(floor(log10(abs(value))))
        var mantissa = value / pow(10, Double(exponent))
        if abs(mantissa) >= 9.9995 {
            exponent += 1
            mantissa /= 10
        }
        return trimmed(fixed(mantissa, decimals: decimals)) + "e\(exponent)"
    }

    static func trimmed(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: ".")) else { return text }
        var text = text
        while text.utf8.last == UInt8(ascii: "0") { text.removeLast() }
        if text.utf8.last == UInt8(ascii: ".") { text.removeLast() }
        return text == "-0" ? "0" : text
    }

    /// `1,234,567.5`.
    static func grouped(_ text: String) -> String {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, whole.allSatisfy({ $0.isNumber || $0 == "-" }) else { return text }
        let digits = whole.drop { $0 == "-" }
        var grouped = whole.hasPrefix("-") ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0 && (digits.count - index) % 3 == 0 { grouped += "," }
            grouped.append(digit)
        }
        return parts.count > 1 ? grouped + "." + parts[1] : grouped
    }
}
