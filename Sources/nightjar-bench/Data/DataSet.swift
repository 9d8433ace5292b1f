import Foundations
import Model

/// Series and their values, one step after another: what benchmarks write, store and query. The same seed gives the same values.
protocol DataSet {
    /// Names the set and its size, for tables: `TSBS-like, 13,100 series x 4,320 steps`.
    var title: String { get }
    /// All series, host after host.
    var series: [Labels] { get }
    /// What is measured and sent together.
    var hosts: [DataHost] { get }
    var steps: DataSteps { get }
    /// Sets `values`, which has a place for each series, to those of the next step.
    mutating func next(_ values: inout [Double])
}

/// A host's series, and how long after each step's moment they are measured.
struct DataHost {
    let series: Range<Int>
    let phaseMilliseconds: Int64
}

/// The moments of a data set.
struct DataSteps {
    /// 2026-01-01 at midnight UTC: it begins a block of every store's width, and the same data has the same bytes on every day.
    static let beginning = Timestamp(milliseconds: 1_767_225_600_000)

    var start = DataSteps.beginning
    let count: Int
    let milliseconds: Int64

    func moment(_ step: Int) -> Timestamp { start.advanced(byMilliseconds: Int64(step) * milliseconds) }
    /// Behind the last sample of every host.
    var end: Timestamp { moment(count) }
}

extension DataSet {
    var sampleCount: Int { series.count * steps.count }

    /// One batch for each of `parts` groups of hosts, with the values of one step.
    func batches(_ values: [Double], step: Int, parts: Int) -> [MetricBatch] {
        shards(parts).map { shard in
            var batch = MetricBatch()
            for host in shard {
                let timestamp = steps.moment(step).milliseconds + host.phaseMilliseconds
                for index in host.series {
                    batch.entries.append(.init(labels: series[index], samples: [Sample(timestamp: timestamp, value: values[index])]))
                }
            }
            return batch
        }
    }

    /// The hosts in groups of about the same size, each the load of one connection.
    func shards(_ count: Int) -> [[DataHost]] {
        let count = max(1, min(count, hosts.count))
        return (0..<count).map { part in Array(hosts[hosts.count * part / count..<hosts.count * (part + 1) / count]) }
    }

    static func sizes(_ series: Int, _ steps: Int) -> String { "\(grouped(series)) series x \(grouped(steps)) steps" }
}

/// 13100 as `13,100`.
func grouped(_ number: Int) -> String {
    let digits = String(number.magnitude)
    var text = ""
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
        text.append(digit)
    }
    return number < 0 ? "-" + text : text
}
