/// Names of labels and metrics.
///
/// Since Prometheus 3 any non-empty UTF-8 text is a name; the older, narrower form needs no quotes in PromQL.
public enum LabelName {
    public static let metricName = "__name__"
    public static let bucketBound = "le"
    public static let quantile = "quantile"

    /// `[a-zA-Z_][a-zA-Z0-9_]*`
    public static func isLegacy(_ name: some StringProtocol) -> Bool { matches(name, colons: false) }

    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`
    public static func isLegacyMetricName(_ name: some StringProtocol) -> Bool { matches(name, colons: true) }

    private static func matches(_ name: some StringProtocol, colons: Bool) -> Bool {
        var isFirst = true
        for byte in name.utf8 {
            let isLetter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A || byte == 0x5F || (colons && byte == 0x3A)
            let isDigit = byte >= 0x30 && byte <= 0x39
            guard isLetter || (isDigit && !isFirst) else { return false }
            isFirst = false
        }
        return !isFirst
    }
}
