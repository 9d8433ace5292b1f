import Foundations
import Terminal

/// Numbers and times as people read them.
enum Text {
    /// Seconds since 1970 with milliseconds, as the API takes them.
    static func seconds(_ moment: Timestamp) -> String { String(moment.seconds) }

    static func percent(_ fraction: Double?) -> SafeText {
        guard let fraction, fraction.isFinite else { return "-" }
        return "\(String(Int((min(max(fraction, -9.99), 9.99) * 100).rounded())))%"
    }

    /// With two digits after the point below 10, one below 100.
    static func number(_ value: Double?) -> SafeText {
        guard let value, value.isFinite, abs(value) < 1e15 else { return "-" }
        let factor: Double = abs(value) < 10 ? 100 : abs(value) < 100 ? 10 : 1
        let rounded = (value * factor).rounded() / factor
        return factor == 1 ? SafeText(String(Int64(rounded))) : SafeText(String(rounded))
    }

    /// As `number`; from 10,000 on with k, M or G for thousands.
    static func amount(_ value: Double?) -> SafeText {
        guard let value, value.isFinite, abs(value) >= 10_000, abs(value) < 1e15 else { return number(value) }
        let (factor, unit) = abs(value) >= 1e9 ? (1e9, "G") : abs(value) >= 1e6 ? (1e6, "M") : (1e3, "k")
        return SafeText(String((value / factor * 10).rounded() / 10) + unit)
    }

    /// `1.2M`: at most five columns.
    static func bytes(_ value: Double?) -> SafeText {
        guard var value, value.isFinite, value >= 0 else { return "-" }
        var unit = 0
        let units = ["B", "K", "M", "G", "T", "P", "E"]
        while value >= 999.5 && unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        let shown = unit > 0 && value < 9.95 ? String((value * 10).rounded() / 10) : String(Int(min(value, 1e6).rounded()))
        return SafeText(shown + units[unit])
    }

    /// `1,234,567`.
    static func count(_ value: Int64) -> String {
        let digits = Array(String(value.magnitude))
        var text = value < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0 && (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return text
    }

    /// The two largest units: `3s`, `12m`, `4h05m`, `2d03h`.
    static func age(_ seconds: Double?) -> SafeText {
        guard let seconds, seconds.isFinite, seconds < 1e10 else { return "-" }
        let whole = Int(max(0, seconds))
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        switch whole {
        case ..<100: return SafeText("\(whole)s")
        case ..<6000: return SafeText("\(whole / 60)m")
        case ..<86_400: return SafeText("\(whole / 3600)h\(two(whole / 60 % 60))m")
        default: return SafeText("\(whole / 86_400)d\(two(whole / 3600 % 24))h")
        }
    }

    /// As `age`, in steps of 10 s within the first 30 and of 30 s within the first 100: a list of ages doesn't change every second.
    static func steadyAge(_ seconds: Double?) -> SafeText {
        guard let seconds, seconds.isFinite, seconds < 100 else { return age(seconds) }
        let step: Double = seconds < 30 ? 10 : 30
        return seconds < 10 ? "now" : age((seconds / step).rounded(.down) * step)
    }

    /// Age of data: within one and a half intervals of the agent they are as new as they get.
    static func freshAge(_ seconds: Double?) -> SafeText {
        guard let seconds, seconds.isFinite else { return "-" }
        return seconds < 15 ? "now" : steadyAge(seconds)
    }

    /// `01:32`.
    static func clock(seconds: Double) -> SafeText {
        let whole = Int(min(max(0, seconds), 359_999))
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return SafeText(whole < 3600 ? "\(two(whole / 60)):\(two(whole % 60))" : "\(whole / 3600):\(two(whole / 60 % 60)):\(two(whole % 60))")
    }

    /// `12:34:56` in a zone.
    static func time(_ moment: Timestamp, zoneOffsetSeconds: Int64, hasSeconds: Bool = true) -> SafeText {
        let text = TimestampText.rfc3339(moment.advanced(byMilliseconds: zoneOffsetSeconds * 1000))
        guard let mark = text.firstIndex(of: "T") else { return "-" }
        return SafeText(text[text.index(after: mark)...].prefix(hasSeconds ? 8 : 5))
    }

    /// `2026-01-02 03:04:05.678` in a zone.
    static func dateAndTime(_ moment: Timestamp, zoneOffsetSeconds: Int64) -> SafeText {
        SafeText(String(TimestampText.rfc3339(moment.advanced(byMilliseconds: zoneOffsetSeconds * 1000)).map { $0 == "T" ? " " : $0 }.dropLast()))
    }

    /// A string in double quotes for PromQL and LogQL.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    /// A reason that came from outside, safe and on one line.
    static func short(_ text: String) -> String { SafeText(text.prefix(Limits.reasonCharacters)).string }
}
