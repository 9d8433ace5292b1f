import Glibc

/// Numbers as Go writes them.
public enum GoNumber {
    /// `%v` and `%g` of a float: the shortest text that reads back, with an exponent below 1e-04 and from 1e+06 on.
    public static func shortest(_ number: Double) -> String {
        if let special = special(number) { return special }
        if number == 0 { return number.sign == .minus ? "-0" : "0" }
        let (digits, pointAfter) = decimal(number.magnitude)
        let sign = number < 0 ? "-" : ""
        let exponent = pointAfter - 1
        return sign + (exponent < -4 || exponent >= 6 ? exponential(digits, exponent) : positional(digits, pointAfter))
    }

    /// `%e` with the shortest digits: `1e+00`, `2.5e-01`.
    public static func exponential(_ number: Double) -> String {
        if let special = special(number) { return special }
        if number == 0 { return number.sign == .minus ? "-0e+00" : "0e+00" }
        let (digits, pointAfter) = decimal(number.magnitude)
        return (number < 0 ? "-" : "") + exponential(digits, pointAfter - 1)
    }

    /// C's `%.Nf`, `%.Ne`, `%.Ng`: `verb` is one of f F e E g G.
    static func formatted(_ number: Double, _ verb: Character, decimals: Int) -> String {
        // A double has at most 309 digits before its point.
        let capacity = 400 + max(0, decimals)
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer in
            withVaList([number]) { _ = vsnprintf(buffer.baseAddress!, capacity, "%.\(decimals)\(verb)", $0) }
            return String(cString: buffer.baseAddress!)
        }
    }

    public static func special(_ number: Double) -> String? {
        number.isNaN ? "NaN" : number.isInfinite ? (number < 0 ? "-Inf" : "+Inf") : nil
    }

    private static func exponential(_ digits: String, _ exponent: Int) -> String {
        let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
        return "\(digits.first!)\(fraction)e\(exponent < 0 ? "-" : "+")\(exponent.magnitude < 10 ? "0" : "")\(exponent.magnitude)"
    }

    /// The shortest digits and where the point stands among them: 12.5 is ("125", 2).
    private static func decimal(_ number: Double) -> (digits: String, pointAfter: Int) {
        let text = "\(number)".lowercased()
        let parts = text.split(separator: "e")
        let exponent = parts.count == 2 ? Int(parts[1])! : 0
        let mantissa = parts[0].split(separator: ".")
        let fraction = mantissa.count == 2 ? mantissa[1] : ""
        var digits = String(mantissa[0] + fraction)
        var pointAfter = mantissa[0].count + exponent
        while digits.hasPrefix("0"), digits.count > 1 {
            digits.removeFirst()
            pointAfter -= 1
        }
        while digits.hasSuffix("0"), digits.count > 1 { digits.removeLast() }
        return (digits, pointAfter)
    }

    private static func positional(_ digits: String, _ pointAfter: Int) -> String {
        if pointAfter <= 0 { return "0." + String(repeating: "0", count: -pointAfter) + digits }
        if pointAfter >= digits.count { return digits + String(repeating: "0", count: pointAfter - digits.count) }
        return digits.prefix(pointAfter) + "." + digits.dropFirst(pointAfter)
    }
}
