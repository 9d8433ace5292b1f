import Foundations

/// Values with units in lines and queries: `1.5s`, `250ms`, `10KB`.
enum Quantity {
    private static let units: [(name: String, milliseconds: Double)] = [
        ("ns", 1e-6), ("us", 1e-3), ("µs", 1e-3), ("μs", 1e-3), ("ms", 1), ("s", 1e3), ("m", 60e3), ("h", 3600e3), ("d", 86_400e3), ("w", 604_800e3), ("y", 31_536_000e3),
    ]

    /// Go's durations and Prometheus's: number and unit, repeated. Nil where `text` is none.
    static func durationMilliseconds(_ text: some StringProtocol) -> Double? {
        let isNegative = text.hasPrefix("-")
        var rest = Substring(text.dropFirst(isNegative ? 1 : 0))
        guard !rest.isEmpty else { return nil }
        var total = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { !($0.isASCII && ($0.isNumber || $0 == ".")) }
            rest = rest.dropFirst(unit.count)
            guard let count = Double(digits), let factor = units.first(where: { $0.name == unit })?.milliseconds else { return nil }
            total += count * factor
        }
        return total < 9e15 ? (isNegative ? -total : total) : nil
    }

    static func bytes(_ text: String) -> Double? { ByteSizeText.bytes(text).map(Double.init) }
}
