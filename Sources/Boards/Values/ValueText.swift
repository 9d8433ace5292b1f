import Foundations

/// Writes numbers of a unit.
public struct ValueText: Hashable, Sendable {
    public var unit: Unit
    /// Digits after the point; nil for three significant ones.
    public var decimals: Int?

    public init(unit: String?, decimals: Int? = nil) {
        self.unit = Unit(unit)
        self.decimals = decimals
    }

    /// `1.5 GiB`, `97.5%`, `3.2 min`. NaN and infinities by name. `now` is for the age of moments.
    public func text(_ value: Double, now: Timestamp? = nil) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        switch unit.scale {
        case .plain: return unit.prefix + number(value) + unit.suffix
        case .text: return NumberText.trimmed(NumberText.fixed(value, decimals: 6))
        case .factor(let factor): return unit.prefix + number(value * factor) + unit.suffix
        case .grouped: return NumberText.grouped(number(value))
        case .scientific: return NumberText.scientific(value, decimals: decimals ?? 2)
        case .hexadecimal: return hexadecimal(value)
        case .flag(let on, let off): return value == 0 ? off : on
        case .prefixes(let base, let names, let start, let symbol): return prefixed(value, base, names, start, symbol)
        case .duration(let seconds): return duration(value * seconds)
        case .clock(let seconds): return Self.clock(value * seconds)
        case .date(let date): return Self.date(value, date, now: now)
        }
    }

    private func number(_ value: Double) -> String {
        if let decimals { return NumberText.fixed(value, decimals: decimals) }
        // Counters and the like: whole numbers up to 99,999 are written out.
        if value == value.rounded(), abs(value) < 1e15 { return NumberText.fixed(value, decimals: 0) }
        return NumberText.short(value)
    }

    private func prefixed(_ value: Double, _ base: Double, _ names: [String], _ start: Int, _ symbol: String) -> String {
        var scaled = value
        var index = min(start, names.count - 1)
        // A little below the base already rounds to it.
        while abs(scaled) >= base * 0.99995, index < names.count - 1 {
            scaled /= base
            index += 1
        }
        // From kilobytes down to bytes, where the unit doesn't begin with bytes.
        while scaled != 0, abs(scaled) < 1, index > 0 {
            scaled *= base
            index -= 1
        }
        let digits = decimals.map { NumberText.fixed(scaled, decimals: $0) } ?? NumberText.short(scaled)
        return digits + names[index] + symbol
    }

    private func duration(_ seconds: Double) -> String {
        let steps: [(least: Double, name: String)] = [
            (31_557_600, "y"), (604_800 * 2, "wk"), (86_400, "d"), (3600, "h"), (60, "min"), (1, "s"), (1e-3, "ms"), (1e-6, "µs"), (0, "ns"),
        ]
        let sizes: [Double] = [31_557_600, 604_800, 86_400, 3600, 60, 1, 1e-3, 1e-6, 1e-9]
        if seconds == 0 { return "0 s" }
        let index = steps.firstIndex { abs(seconds) >= $0.least * 0.99995 } ?? steps.count - 1
        let scaled = seconds / sizes[index]
        return (decimals.map { NumberText.fixed(scaled, decimals: $0) } ?? NumberText.short(scaled)) + " " + steps[index].name
    }

    private func hexadecimal(_ value: Double) -> String {
        guard let whole = Int64(exactly: value.rounded()) else { return NumberText.scientific(value, decimals: 2) }
        return (whole < 0 ? "-" : "") + unit.prefix + String(whole.magnitude, radix: 16, uppercase: true)
    }

    /// `2d 03:04:05`.
    static func clock(_ seconds: Double) -> String {
        guard abs(seconds) < 1e13 else { return NumberText.scientific(seconds, decimals: 2) + " s" }
        let whole = Int64(abs(seconds).rounded(.down))
        let days = whole / 86_400
        let rest = [whole / 3600 % 24, whole / 60 % 60, whole % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
        return (seconds < 0 ? "-" : "") + (days > 0 ? "\(days)d " : "") + rest
    }

    private static func date(_ milliseconds: Double, _ date: Unit.Date, now: Timestamp?) -> String {
        guard abs(milliseconds) < 253_402_300_800_000 else { return NumberText.scientific(milliseconds, decimals: 2) }
        let moment = Timestamp(milliseconds: Int64(milliseconds))
        let text = String(TimestampText.rfc3339(moment).prefix(19)).map { $0 == "T" ? " " : $0 }
        switch date {
        case .dateTime: return String(text)
        case .date: return String(text.prefix(10))
        case .time: return String(text.suffix(8))
        case .age:
            guard let now else { return String(text) }
            let seconds = now.seconds - moment.seconds
            let words = ValueText(unit: "s", decimals: 0).duration(abs(seconds))
            return seconds >= 0 ? words + " ago" : "in " + words
        }
    }
}
