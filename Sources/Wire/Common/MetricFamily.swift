import Model

/// The family that a series belongs to, by its name and the family's kind.
enum MetricFamily {
    private static let histogramSuffixes = ["_bucket", "_count", "_sum"]

    /// `x` for `x_bucket` of a histogram and `x_count` of a summary; else the name itself.
    static func name(of metric: String, kind: Metadata.Kind) -> String {
        let suffixes: [String] =
            switch kind {
            case .histogram: histogramSuffixes
            case .gaugehistogram: ["_bucket", "_gcount", "_gsum"]
            case .summary: ["_count", "_sum"]
            case .counter, .gauge, .info, .stateset, .unknown: []
            }
        for suffix in suffixes where metric.utf8.count > suffix.utf8.count && metric.hasSuffix(suffix) {
            return String(metric.dropLast(suffix.count))
        }
        return metric
    }

    /// What is known of the family that a series of this name belongs to.
    static func metadata(of metric: String, in families: [String: Metadata]) -> Metadata? {
        if families.isEmpty { return nil }
        if let own = families[metric] { return own }
        for kind in [Metadata.Kind.histogram, .gaugehistogram] {
            if let found = families[name(of: metric, kind: kind)], name(of: metric, kind: found.kind) != metric { return found }
        }
        return nil
    }
}
