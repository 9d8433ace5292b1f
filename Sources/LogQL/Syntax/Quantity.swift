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

    private static let sizes: [(name: String, bytes: Double)] = {
        let letters = ["k", "m", "g", "t", "p", "e"]
        var sizes: [(name: String, bytes: Double)] = [("", 1), ("b", 1)]
        var (decimal, binary) = (1.0, 1.0)
        for letter in letters {
            decimal *= 1000
            binary *= 1024
            sizes += [(letter, decimal), (letter + "b", decimal), (letter + "i", binary), (letter + "ib", binary)]
        }
        return sizes
    }()

    /// Sizes as Loki reads them: `3k` and `3KB` are 3000, `3Ki` and `3KiB` 3072. Nil where `text` is none.
    static func bytes(_ text: String) -> Double? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == ",") }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }.lowercased()
        guard let count = Double(digits.filter { $0 != "," }), let factor = sizes.first(where: { $0.name == unit })?.bytes else { return nil }
        let size = count * factor
        return size < 1.8446744073709552e19 ? size.rounded(.down) : nil
    }
}
