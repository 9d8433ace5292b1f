import Foundation
import Foundations
import GoTemplate

/// Numbers as text, in the ways of Go and of Prometheus's template functions.
enum NumberText {
    /// Go's `%v` and `%g` of a float: the shortest text that reads back, with an exponent below 1e-04 and from 1e+06 on.
    static func shortest(_ number: Double) -> String { GoNumber.shortest(number) }

    /// Go's `%e` with the shortest digits, as the Prometheus API writes alert values: `1e+00`, `2.5e-01`.
    static func exponential(_ number: Double) -> String { GoNumber.exponential(number) }

    /// `%.4g`.
    static func fourDigits(_ number: Double) -> String { special(number) ?? String(format: "%.4g", number) }

    static func special(_ number: Double) -> String? { GoNumber.special(number) }

    /// `1.234k`, `56.78m`.
    static func humanize(_ number: Double) -> String {
        guard number.isFinite, number != 0 else { return fourDigits(number) }
        let (scaled, prefix) = abs(number) >= 1 ? scaledDown(number, by: 1000, ["k", "M", "G", "T", "P", "E", "Z", "Y"]) : scaledUp(number)
        return fourDigits(scaled) + prefix
    }

    /// `1.5ki`.
    static func humanize1024(_ number: Double) -> String {
        guard number.isFinite, abs(number) > 1 else { return fourDigits(number) }
        let (scaled, prefix) = scaledDown(number, by: 1024, ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"])
        return fourDigits(scaled) + prefix
    }

    private static func scaledDown(_ number: Double, by base: Double, _ prefixes: [String]) -> (Double, String) {
        var (scaled, prefix) = (number, "")
        for next in prefixes {
            if abs(scaled) < base { break }
            (scaled, prefix) = (scaled / base, next)
        }
        return (scaled, prefix)
    }

    private static func scaledUp(_ number: Double) -> (Double, String) {
        var (scaled, prefix) = (number, "")
        for next in ["m", "u", "n", "p", "f", "a", "z", "y"] {
            if abs(scaled) >= 1 { break }
            (scaled, prefix) = (scaled * 1000, next)
        }
        return (scaled, prefix)
    }

    /// Seconds as `1d 2h 3m 4s`, `12.5s`, `3ms`.
    static func humanizeDuration(_ seconds: Double) -> String {
        guard seconds.isFinite else { return fourDigits(seconds) }
        if seconds == 0 { return "0s" }
        guard abs(seconds) >= 1 else {
            let (scaled, prefix) = scaledUp(seconds)
            return "\(fourDigits(scaled))\(prefix)s"
        }
        let sign = seconds < 0 ? "-" : ""
        let magnitude = abs(seconds)
        // Beyond some 292 billion years the parts no longer fit 64 bits.
        guard let whole = Int64(exactly: magnitude.rounded(.towardZero)) else { return "\(sign)\(fourDigits(magnitude))s" }
        let (days, hours, minutes) = (whole / 86_400, whole / 3600 % 24, whole / 60 % 60)
        if days > 0 { return "\(sign)\(days)d \(hours)h \(minutes)m \(whole % 60)s" }
        if hours > 0 { return "\(sign)\(hours)h \(minutes)m \(whole % 60)s" }
        if minutes > 0 { return "\(sign)\(minutes)m \(whole % 60)s" }
        return "\(sign)\(fourDigits(magnitude))s"
    }

    static func humanizePercentage(_ ratio: Double) -> String { fourDigits(ratio * 100) + "%" }

    /// Seconds since 1970 as `2026-01-02 03:04:05.678 +0000 UTC`.
    static func humanizeTimestamp(_ seconds: Double) -> String {
        guard seconds.isFinite, abs(seconds) < 9e15 / 1000 else { return fourDigits(seconds) }
        let text = TimestampText.rfc3339(Timestamp(milliseconds: Int64((seconds * 1000).rounded())))
        var moment = text.replacing("T", with: " ").dropLast()
        if moment.contains(".") { while moment.hasSuffix("0") { moment.removeLast() } }
        if moment.hasSuffix(".") { moment.removeLast() }
        return "\(moment) +0000 UTC"
    }
}
