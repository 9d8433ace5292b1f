import Glibc

/// Numbers as text.
public enum ValueText {
    /// The shortest decimal that reads back as the same number, never with an exponent: `0.5`, `100000`, `NaN`, `+Inf`, `-Inf`.
    public static func format(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        let text = value.description
        guard let exponentMark = text.utf8.firstIndex(of: UInt8(ascii: "e")) else {
            return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
        }
        let exponent = Int(text[text.index(after: exponentMark)...]) ?? 0
        return shifted(text[..<exponentMark], by: exponent)
    }

    /// `-1.25` shifted by 4 is `-12500`.
    private static func shifted(_ mantissa: Substring, by exponent: Int) -> String {
        let sign = mantissa.hasPrefix("-") ? "-" : ""
        let parts = mantissa.drop { $0 == "-" }.split(separator: ".")
        let whole = String(parts[0])
        let fraction = parts.count > 1 && parts[1] != "0" ? String(parts[1]) : ""
        let digits = whole + fraction
        let point = whole.utf8.count + exponent
        if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
        if point >= digits.utf8.count { return sign + digits + String(repeating: "0", count: point - digits.utf8.count) }
        return sign + digits.prefix(point) + "." + digits.dropFirst(point)
    }

    /// With six decimals, rounded: `0.500000`.
    static func fixed(_ value: Double) -> String {
        guard value.isFinite else { return format(value) }
        // The longest is the largest double: 309 digits.
        var buffer = [CChar](repeating: 0, count: 320)
        _ = withVaList([value]) { vsnprintf(&buffer, buffer.count, "%f", $0) }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// As Go's `%g` writes it with the shortest digits: an exponent below 1e-4 and from 1e21 on.
    static func general(_ value: Double) -> String {
        let magnitude = value.magnitude
        guard magnitude != 0, magnitude.isFinite, magnitude < 1e-4 || magnitude >= 1e21 else { return format(value) }
        let exponent = Int(floor(log10(magnitude)))
        var text = value.description
        if !text.contains("e") {
            // Swift writes 1e-4 > x >= … in full only near the edge; the digits are the same.
            let digits = format(value).filter { $0 != "." && $0 != "-" }.drop { $0 == "0" }
            text = (value < 0 ? "-" : "") + String(digits.prefix(1)) + (digits.count > 1 ? "." + digits.dropFirst() : "") + "e\(exponent)"
        }
        let parts = text.split(separator: "e")
        let power = Int(parts[1]) ?? exponent
        let mantissa = parts[0].hasSuffix(".0") ? parts[0].dropLast(2) : parts[0]
        return "\(mantissa)e\(power < 0 ? "-" : "+")\(abs(power) < 10 ? "0" : "")\(abs(power))"
    }
}
