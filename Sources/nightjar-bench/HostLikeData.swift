import Foundations
import Model

/// Series as hosts have them: counters that grow unevenly, gauges that wander, and many that never change.
struct HostLikeData {
    let labels: [Labels]
    private var values: [Double]
    private var random: SeededGenerator

    init(hosts: Int, seriesPerHost: Int, seed: UInt64 = 1) {
        random = SeededGenerator(seed: seed)
        labels = (0..<hosts).flatMap { host in
            (0..<seriesPerHost).map { index in
                ["__name__": "bench_metric_\(index % 40)_total", "instance": "host-\(host)", "device": "dev-\(index / 40)", "job": "bench"] as Labels
            }
        }
        values = labels.map { _ in 0 }
        for index in values.indices { values[index] = Double(random.next() % 100_000) }
    }

    /// All series at one moment.
    mutating func step(at timestamp: Int64) -> MetricBatch {
        var entries: [MetricBatch.Entry] = []
        entries.reserveCapacity(labels.count)
        for index in labels.indices {
            switch index % 10 {
            case 0...5: break  // Most series of a host are constant.
            case 6...8: values[index] += Double(random.next() % 2000)
            default: values[index] = Double(random.next() % 10_000) / 100
            }
            entries.append(MetricBatch.Entry(labels: labels[index], samples: [Sample(timestamp: timestamp, value: values[index])]))
        }
        return MetricBatch(entries: entries)
    }
}
