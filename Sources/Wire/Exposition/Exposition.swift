import Foundations
import Model

/// A metric family as it is exposed: samples named by the family's name and a suffix.
public struct ExpositionFamily: Sendable {
    public var name: String
    public var metadata: Metadata
    /// `suffix` is what follows the family's name: empty, `_bucket`, `_sum`, …
    public var samples: [(suffix: String, labels: Labels, value: Double)]

    public init(name: String, metadata: Metadata, samples: [(suffix: String, labels: Labels, value: Double)] = []) {
        self.name = name
        self.metadata = metadata
        self.samples = samples
    }
}

/// Prometheus's text exposition format, version 0.0.4, and OpenMetrics 1.0: what `/metrics` serves.
public enum Exposition {
    /// The content type of what `write` makes.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// All samples of a text, or an error that names the line.
    ///
    /// It is taken as OpenMetrics where it ends in `# EOF`: times are then seconds with a fraction (else milliseconds), and exemplars are read.
    /// Quoted names, as of Prometheus 3 (`{"a.b", x="y"}`), are read in both. `defaultTimestamp` is for samples without a time.
    public static func parse(
        _ text: UnsafeRawBufferPointer, defaultTimestamp: Timestamp, limits: WireLimits = WireLimits()
    ) throws(WireError) -> MetricBatch {
        guard UTF8Check.isValid(text) else { throw WireError("the text is not valid UTF-8", offset: 0) }
        var parser = ExpositionParser(text, defaultTimestamp: defaultTimestamp.milliseconds, limits: limits)
        try parser.run()
        return parser.batch
    }

    /// The families as text: help, type and samples, in the order given.
    public static func write(_ families: [ExpositionFamily]) -> [UInt8] {
        var output: [UInt8] = []
        for family in families {
            let name = LabelName.isLegacyMetricName(family.name) ? family.name : quoted(family.name)
            if !family.metadata.help.isEmpty { output.append(contentsOf: "# HELP \(name) \(escapedHelp(family.metadata.help))\n".utf8) }
            output.append(contentsOf: "# TYPE \(name) \(typeName(family.metadata.kind))\n".utf8)
            for sample in family.samples {
                let labels = sample.labels.setting(LabelName.metricName, to: family.name + sample.suffix)
                output.append(contentsOf: "\(series(labels)) \(number(sample.value))\n".utf8)
            }
        }
        return output
    }

    /// The family among those known that a series of this name belongs to, such as `x` for `x_bucket`; nil where there is none.
    public static func familyName(of metric: String, in families: [String: Metadata]) -> String? {
        if families[metric] != nil { return metric }
        for kind in [Metadata.Kind.histogram, .gaugehistogram] {
            let name = MetricFamily.name(of: metric, kind: kind)
            if let found = families[name], MetricFamily.name(of: metric, kind: found.kind) != metric { return name }
        }
        return nil
    }

    private static func series(_ labels: Labels) -> String {
        let name = labels.metricName ?? ""
        let isPlain = LabelName.isLegacyMetricName(name)
        var parts = isPlain ? [] : [quoted(name)]
        for (label, value) in labels.pairs where label != LabelName.metricName {
            parts.append("\(LabelName.isLegacy(label) ? label : quoted(label))=\(quoted(value))")
        }
        return "\(isPlain ? name : "")\(parts.isEmpty ? "" : "{\(parts.joined(separator: ","))}")"
    }

    /// The kinds that this format knows by name; the rest is untyped.
    private static func typeName(_ kind: Metadata.Kind) -> String {
        switch kind {
        case .counter, .gauge, .histogram, .summary: kind.rawValue
        case .unknown, .gaugehistogram, .info, .stateset: "untyped"
        }
    }

    private static func escapedHelp(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// The shortest text that reads back as the same number.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        let text = value.description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
