import Model

/// How a NaN other than the ordinary one is told, which text has no word for.
///
/// Letters of `NaN` may have any case in OpenMetrics: a stale marker is `naN`, a NaN as any other to other readers. The rare ones with
/// other bits are `NaN` with an exemplar `{__nan__="7ff80000deadbeef"} NaN`. Inside of a native histogram all are `nan(7ff0000000000002)`.
enum OpenMetricsNaN {
    static let label = "__nan__"
    static let staleMarker = "naN"

    static func isOrdinary(_ value: Double) -> Bool { value.bitPattern == StaleMarker.ordinaryNaN.bitPattern }

    static func hexadecimal(_ value: Double) -> String { String(value.bitPattern, radix: 16) }

    /// The bits that an exemplar's labels tell; nil where they tell something else.
    static func bits(_ labels: Labels) -> UInt64? {
        guard labels.count == 1, let text = labels[label] else { return nil }
        return bits(text)
    }

    private static func bits(_ text: some StringProtocol) -> UInt64? {
        guard text.utf8.count == 16, let bits = UInt64(text, radix: 16), Double(bitPattern: bits).isNaN else { return nil }
        return bits
    }

    /// `NaN` and `nan(…)`; nil for all else.
    static func parse(_ text: String) -> Double? {
        if text == "NaN" { return StaleMarker.ordinaryNaN }
        guard text.hasPrefix("nan("), text.hasSuffix(")") else { return nil }
        return bits(text.dropFirst(4).dropLast()).map { Double(bitPattern: $0) }
    }
}
