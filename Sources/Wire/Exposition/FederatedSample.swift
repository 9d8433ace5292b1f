import Model

/// The newest sample of a series, as one Prometheus takes it over from another.
public struct FederatedSample: Sendable {
    public enum Value: Sendable {
        case float(Double)
        case histogram(FloatHistogram)
    }

    /// With a metric's name.
    public var labels: Labels
    /// Milliseconds since 1970.
    public var timestamp: Int64
    public var value: Value

    public init(labels: Labels, timestamp: Int64, value: Value) {
        self.labels = labels
        self.timestamp = timestamp
        self.value = value
    }
}

extension Exposition {
    /// Samples with their times, as `/federate` serves them. In order of the metrics' names.
    ///
    /// Floats are untyped, since their kind says nothing of a single series; a metric that has both floats and histograms is two families.
    public static func federate(_ samples: [FederatedSample], as format: ExpositionFormat) -> [UInt8] {
        var writer = FederationWriter(format: format)
        var start = 0
        while start < samples.count {
            let key = FederationWriter.key(of: samples[start])
            var end = start + 1
            while end < samples.count, FederationWriter.key(of: samples[end]) == key { end += 1 }
            writer.append(samples[start..<end], key)
            start = end
        }
        return writer.finish()
    }
}

/// Writes families one after another.
struct FederationWriter {
    /// What samples of one family have in common.
    struct Key: Equatable {
        enum Kind { case untyped, histogram, gaugeHistogram }

        let name: String
        let kind: Kind
    }

    static func key(of sample: FederatedSample) -> Key {
        let kind: Key.Kind =
            switch sample.value {
            case .float: .untyped
            case .histogram(let histogram): histogram.counterReset == .gauge ? .gaugeHistogram : .histogram
            }
        return Key(name: sample.labels.metricName ?? "", kind: kind)
    }

    let format: ExpositionFormat
    private var output: [UInt8] = []

    init(format: ExpositionFormat) { self.format = format }

    mutating func append(_ samples: ArraySlice<FederatedSample>, _ key: Key) {
        if format.kind == .protobuf { appendMessage(samples, key) } else { appendText(samples, key) }
    }

    func finish() -> [UInt8] { format.kind == .openMetrics ? output + Array("# EOF\n".utf8) : output }

    // Text

    private mutating func appendText(_ samples: ArraySlice<FederatedSample>, _ key: Key) {
        let name = escaped(key.name, isPlain: LabelName.isLegacyMetricName)
        let shown = LabelName.isLegacyMetricName(name) ? name : quoted(name)
        output.append(contentsOf: "# TYPE \(shown) \(typeName(key.kind))\n".utf8)
        for sample in samples {
            let time = timeText(sample.timestamp)
            switch sample.value {
            case .float(let value): line(name, "", sample.labels, nil, Exposition.number(value), time)
            case .histogram(let histogram):
                for (bound, count) in Self.bounds(histogram) { line(name, "_bucket", sample.labels, bound, Exposition.number(count), time) }
                line(name, "_bucket", sample.labels, "+Inf", Exposition.number(histogram.count), time)
                line(name, "_sum", sample.labels, nil, Exposition.number(histogram.sum), time)
                line(name, "_count", sample.labels, nil, Exposition.number(histogram.count), time)
            }
        }
    }

    private func typeName(_ kind: Key.Kind) -> String {
        switch kind {
        case .untyped: format.kind == .openMetrics ? "unknown" : "untyped"
        case .histogram: "histogram"
        case .gaugeHistogram: format.kind == .openMetrics ? "gaugehistogram" : "histogram"
        }
    }

    /// Milliseconds, or in OpenMetrics seconds.
    private func timeText(_ milliseconds: Int64) -> String {
        guard format.kind == .openMetrics else { return String(milliseconds) }
        let (seconds, rest) = milliseconds.magnitude.quotientAndRemainder(dividingBy: 1000)
        let digits = String(rest)
        return "\(milliseconds < 0 ? "-" : "")\(seconds).\(String(repeating: "0", count: 3 - digits.count))\(digits)"
    }

    private mutating func line(_ name: String, _ suffix: String, _ labels: Labels, _ bound: String?, _ value: String, _ time: String) {
        let isPlain = LabelName.isLegacyMetricName(name)
        var parts = isPlain ? [] : [quoted(name + suffix)]
        for (label, text) in labels.pairs where label != LabelName.metricName {
            let label = escaped(label, isPlain: LabelName.isLegacy)
            parts.append("\(LabelName.isLegacy(label) ? label : quoted(label))=\(quoted(text))")
        }
        // As Prometheus writes it: an instance of its own, so that the one that scrapes doesn't set its own.
        if labels["instance"] == nil { parts.append("instance=\"\"") }
        if let bound { parts.append("le=\"\(bound)\"") }
        output.append(contentsOf: "\(isPlain ? name + suffix : ""){\(parts.joined(separator: ","))} \(value) \(time)\n".utf8)
    }

    /// Custom bounds with the counts up to them. Exponential buckets have no place in text.
    private static func bounds(_ histogram: FloatHistogram) -> [(bound: String, count: Double)] {
        guard histogram.usesCustomBuckets else { return [] }
        var counts: [Int: Double] = [:]
        var index = 0
        var place = 0
        for span in histogram.positiveSpans {
            index += Int(span.offset)
            for _ in 0..<span.length where place < histogram.positiveBuckets.count {
                counts[index] = histogram.positiveBuckets[place]
                (index, place) = (index + 1, place + 1)
            }
        }
        var total = 0.0
        return histogram.customValues.enumerated().map { index, bound in
            total += counts[index] ?? 0
            return (Exposition.number(bound), total)
        }
    }

    private func escaped(_ name: String, isPlain: (String) -> Bool) -> String {
        if format.escaping == .allowed || isPlain(name) { return name }
        var text = ""
        for character in name.unicodeScalars {
            let next = text + String(character)
            text = isPlain(next) ? next : text + "_"
        }
        return text
    }

    // Protocol Buffers

    /// MetricFamily { name = 1, type = 3, metric = 4 }, Metric { label = 1, untyped = 5, timestamp_ms = 6, histogram = 7 }
    private mutating func appendMessage(_ samples: ArraySlice<FederatedSample>, _ key: Key) {
        var family = ProtobufWriter()
        family.string(1, escaped(key.name, isPlain: LabelName.isLegacyMetricName))
        family.varint(3, Self.typeNumber(key.kind))
        for sample in samples {
            family.message(4) { metric in
                for (name, value) in sample.labels.pairs where name != LabelName.metricName {
                    metric.message(1) {
                        $0.string(1, escaped(name, isPlain: LabelName.isLegacy))
                        $0.string(2, value)
                    }
                }
                if sample.labels["instance"] == nil {
                    metric.message(1) {
                        $0.string(1, "instance")
                        $0.string(2, "")
                    }
                }
                switch sample.value {
                case .float(let value): metric.message(5) { $0.double(1, value) }
                case .histogram(let histogram): metric.message(7) { Self.encode(histogram, to: &$0) }
                }
                metric.int64(6, sample.timestamp)
            }
        }
        output.append(varint: UInt64(family.bytes.count))
        output += family.bytes
    }

    /// UNTYPED, HISTOGRAM, GAUGE_HISTOGRAM
    private static func typeNumber(_ kind: Key.Kind) -> UInt64 {
        switch kind {
        case .untyped: 3
        case .histogram: 4
        case .gaugeHistogram: 5
        }
    }

    /// Histogram { sum = 2, bucket = 3, count as a float 4, schema = 5, zero threshold = 6, zero count as a float 8, negative spans 9,
    /// counts 11, positive spans 12, counts 14 }; custom bounds become buckets { upper bound = 2, count so far as a float 4 }.
    private static func encode(_ histogram: FloatHistogram, to writer: inout ProtobufWriter) {
        writer.double(2, histogram.sum)
        writer.double(4, histogram.count)
        if histogram.usesCustomBuckets {
            for (bound, count) in bounds(histogram) {
                writer.message(3) {
                    $0.double(2, Double(bound) ?? .infinity)
                    $0.double(4, count)
                }
            }
            return
        }
        writer.zigzag(5, Int64(histogram.schema))
        writer.double(6, histogram.zeroThreshold)
        writer.double(8, histogram.zeroCount)
        for (spans, counts, spanField, countField) in [
            (histogram.negativeSpans, histogram.negativeBuckets, 9, 11), (histogram.positiveSpans, histogram.positiveBuckets, 12, 14),
        ] {
            for span in spans {
                writer.message(spanField) {
                    $0.zigzag(1, Int64(span.offset))
                    $0.varint(2, UInt64(span.length))
                }
            }
            for count in counts { writer.double(countField, count) }
        }
    }
}
