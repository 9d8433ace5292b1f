/// Sizes as people write them: `512MiB`, `10GB`, `1.5 GiB`, `4096`; K, M, G and T alone are binary.
public enum ByteSizeText {
    private static let units: [(name: String, bytes: Double)] = [
        ("kib", 1024), ("mib", 1_048_576), ("gib", 1_073_741_824), ("tib", 1_099_511_627_776),
        ("kb", 1000), ("mb", 1_000_000), ("gb", 1_000_000_000), ("tb", 1_000_000_000_000),
        ("k", 1024), ("m", 1_048_576), ("g", 1_073_741_824), ("t", 1_099_511_627_776), ("b", 1), ("", 1),
    ]

    /// Bytes, or nil where `text` is no size, is negative or doesn't fit.
    public static func bytes(_ text: String) -> Int64? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }.lowercased()
        guard let count = Double(digits), let factor = units.first(where: { $0.name == unit })?.bytes else { return nil }
        let size = count * factor
        return size >= 0 && size < 9e18 ? Int64(size) : nil
    }

    /// With three significant digits and a binary unit: `1.23 GiB`, `512 B`.
    public static func format(bytes: Int64) -> String {
        var value = Double(bytes.magnitude)
        var unit = 0
        let names = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        while value >= 1024 && unit < names.count - 1 {
            value /= 1024
            unit += 1
        }
        let sign = bytes < 0 ? "-" : ""
        if unit == 0 { return "\(sign)\(Int(value)) B" }
        let decimals: Double = value >= 100 ? 1 : value >= 10 ? 10 : 100
        let rounded = (value * decimals).rounded() / decimals
        let text = decimals == 1 ? String(Int(rounded)) : String(rounded)
        return "\(sign)\(text) \(names[unit])"
    }
}
