import Foundations
import Model

/// Writes OpenMetrics text with times, series by series, so that reading it back gives every bit again.
public struct OpenMetricsWriter {
    public static let contentType = "application/openmetrics-text; version=1.0.0; charset=utf-8"
    static let counterResets = ["unknown", "reset", "not_reset", "gauge"]

    /// What is written and not taken yet.
    public private(set) var bytes: [UInt8] = []
    /// The text of the series that samples are written of, with a blank behind.
    private var series: [UInt8] = []

    public init() {}

    /// Takes what is written.
    public mutating func take() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }

    /// The lines of a family's metadata. A unit that isn't the name's end is left out: OpenMetrics forbids it, and readers refuse it.
    public mutating func family(_ family: String, _ metadata: Metadata) {
        let name = LabelName.isLegacyMetricName(family) ? family : quoted(family)
        append("# TYPE \(name) \(metadata.kind.rawValue)\n")
        if !metadata.unit.isEmpty, family.utf8.count > metadata.unit.utf8.count, family.hasSuffix("_" + metadata.unit) { append("# UNIT \(name) \(metadata.unit)\n") }
        if !metadata.help.isEmpty { append("# HELP \(name) \(Self.escaped(metadata.help))\n") }
    }

    /// The series that the next samples are of.
    public mutating func begin(_ labels: Labels) {
        let name = labels.metricName ?? ""
        let isPlain = LabelName.isLegacyMetricName(name)
        var parts = isPlain || name.isEmpty ? [] : [quoted(name)]
        for (label, value) in labels.pairs where label != LabelName.metricName {
            parts.append("\(LabelName.isLegacy(label) ? label : quoted(label))=\(quoted(value))")
        }
        let text = "\(isPlain ? name : "")\(parts.isEmpty && isPlain ? "" : "{\(parts.joined(separator: ","))}") "
        series = Array(text.utf8)
    }

    public mutating func sample(_ timestamp: Int64, _ value: Double, exemplar: Exemplar? = nil) {
        bytes += series
        append(StaleMarker.isStale(value) ? OpenMetricsNaN.staleMarker : Exposition.number(value))
        bytes.append(0x20)
        append(Self.seconds(timestamp))
        if Self.needsBits(value) {
            append(" # {\(OpenMetricsNaN.label)=\"\(OpenMetricsNaN.hexadecimal(value))\"} NaN")
        } else if let exemplar {
            let labels = exemplar.labels.pairs.map { "\(LabelName.isLegacy($0.name) ? $0.name : quoted($0.name))=\(quoted($0.value))" }
            append(" # {\(labels.joined(separator: ","))} \(Exposition.number(exemplar.sample.value)) \(Self.seconds(exemplar.sample.timestamp))")
        }
        bytes.append(0x0A)
    }

    /// Whether the line of a sample tells its bits, and has no room for an exemplar.
    public static func needsBits(_ value: Double) -> Bool { value.isNaN && !OpenMetricsNaN.isOrdinary(value) && !StaleMarker.isStale(value) }

    /// Whether OpenMetrics 1.0 allows exemplars at a metric's samples; Prometheus 2 refuses a text that has them elsewhere.
    public static func takesExemplars(_ metric: String) -> Bool { metric.hasSuffix("_total") || metric.hasSuffix("_bucket") }

    /// A native histogram, as a composite value.
    public mutating func histogram(_ sample: HistogramSample) {
        let histogram = sample.histogram
        var members = ["count:\(Self.member(histogram.count))", "sum:\(Self.member(histogram.sum))", "schema:\(histogram.schema)"]
        members.append("zero_threshold:\(Self.member(histogram.zeroThreshold))")
        members.append("zero_count:\(Self.member(histogram.zeroCount))")
        for (name, spans, buckets) in [
            ("negative", histogram.negativeSpans, histogram.negativeBuckets), ("positive", histogram.positiveSpans, histogram.positiveBuckets),
        ] where !spans.isEmpty || !buckets.isEmpty {
            members.append("\(name)_spans:[\(spans.map { "\($0.offset):\($0.length)" }.joined(separator: ","))]")
            members.append("\(name)_buckets:[\(buckets.map(Self.member).joined(separator: ","))]")
        }
        if !histogram.customValues.isEmpty { members.append("custom_values:[\(histogram.customValues.map(Self.member).joined(separator: ","))]") }
        if histogram.counterReset != .unknown { members.append("counter_reset:\(Self.counterResets[Int(histogram.counterReset.rawValue)])") }
        if sample.isInteger { members.append("integer:true") }
        bytes += series
        append("{\(members.joined(separator: ","))} \(Self.seconds(sample.timestamp))\n")
    }

    /// The text's last line.
    public mutating func end() { append("# EOF\n") }

    private mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { bytes.append(contentsOf: $0) }
    }

    private static func member(_ value: Double) -> String {
        value.isNaN && !OpenMetricsNaN.isOrdinary(value) ? "nan(\(OpenMetricsNaN.hexadecimal(value)))" : Exposition.number(value)
    }

    /// Seconds with the milliseconds behind the point.
    ///
    /// Prometheus multiplies the number by 1000 and cuts the fraction off, which loses a millisecond of many times; a few more digits,
    /// far below half a millisecond, keep it there.
    static func seconds(_ milliseconds: Int64) -> String {
        let magnitude = milliseconds.magnitude
        let fraction = magnitude % 1000
        let whole = (milliseconds < 0 ? "-" : "") + String(magnitude / 1000)
        if fraction == 0 { return whole }
        let digits = String(fraction)
        let text = whole + "." + String(repeating: "0", count: 3 - digits.count) + digits
        // Far from 1970 a number has fewer digits to spare.
        let candidates = [text, text + "0005", text + "1", text + "2"]
        return candidates.first { Double($0).flatMap { Int64(exactly: ($0 * 1000).rounded(.towardZero)) } == milliseconds } ?? text
    }

    private static func escaped(_ text: String) -> String {
        String(quoted(text).dropFirst().dropLast())
    }
}
