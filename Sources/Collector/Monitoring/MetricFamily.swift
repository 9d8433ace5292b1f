import Foundations
import Model
import Wire

/// One of the collector's own metrics with its samples at a moment.
struct MetricFamily: Sendable {
    let name: String
    let kind: Metadata.Kind
    let help: String
    /// The suffix is `_bucket`, `_sum` or `_count` for histograms, else empty.
    var samples: [(suffix: String, labels: Labels, value: Double)] = []

    init(_ name: String, _ kind: Metadata.Kind, _ help: String, _ value: Double? = nil) {
        self.name = name
        self.kind = kind
        self.help = help
        if let value { samples.append(("", [:], value)) }
    }

    mutating func add(_ labels: Labels, _ value: Double, suffix: String = "") { samples.append((suffix, labels, value)) }
}

extension [MetricFamily] {
    /// As the text that Prometheus scrapes.
    var exposition: [UInt8] {
        Exposition.write(
            map { family in
                ExpositionFamily(
                    name: family.name, metadata: Metadata(kind: family.kind, help: family.help), samples: family.samples)
            })
    }

    /// As a batch for the metric store, every series with the labels that say whose it is.
    func batch(at moment: Timestamp, instance: String) -> MetricBatch {
        var batch = MetricBatch()
        for family in self {
            batch.metadata[family.name] = Metadata(kind: family.kind, help: family.help)
            for sample in family.samples {
                var labels = LabelsBuilder(sample.labels)
                labels.set(LabelName.metricName, to: family.name + sample.suffix)
                labels.set("instance", to: instance)
                labels.set("job", to: "nightjar")
                batch.entries.append(
                    MetricBatch.Entry(
                        labels: labels.build(), samples: [Sample(timestamp: moment.milliseconds, value: sample.value)]))
            }
        }
        return batch
    }
}
