/// Durations as Prometheus writes them: `1h30m`, `5m`, `250ms`, units y w d h m s ms, largest first, each at most once.
public enum DurationText {
    static let units: [(name: String, milliseconds: Int64)] = [
        ("y", 365 * 86_400_000), ("w", 7 * 86_400_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    /// Milliseconds, or nil where `text` is no duration or is over 292 years. `0` needs no unit.
    public static func milliseconds(_ text: some StringProtocol) -> Int64? {
        if text == "0" { return 0 }
        var rest = Substring(text)[...]
        var nextUnit = 0
        var total: Int64 = 0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard let count = Int64(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            let name = rest.prefix { $0.isASCII && $0.isLetter }
            guard let found = units[nextUnit...].firstIndex(where: { $0.name == name }) else { return nil }
            let (product, overflow) = count.multipliedReportingOverflow(by: units[found].milliseconds)
            let (sum, tooLong) = total.addingReportingOverflow(product)
            if overflow || tooLong { return nil }
            total = sum
            nextUnit = found + 1
            rest = rest.dropFirst(name.count)
        }
        return nextUnit == 0 ? nil : total
    }

    /// The shortest exact form: 5400000 is `1h30m`; weeks and years only where they divide evenly. 0 is `0s`.
    public static func format(milliseconds: Int64) -> String {
        if milliseconds == 0 { return "0s" }
        var rest = milliseconds.magnitude
        var text = milliseconds < 0 ? "-" : ""
        for unit in units {
            let size = UInt64(unit.milliseconds)
            if rest < size || ((unit.name == "y" || unit.name == "w") && rest % size != 0) { continue }
            text += "\(rest / size)\(unit.name)"
            rest %= size
        }
        return text
    }
}
