import Foundations
import Model

/// Many series with few samples, as a cluster's pods make them: for what a new series costs, and an active one in memory.
///
/// Each pod has 20 counters; a sample each 15 s. `first` lets a later set go on with other pods.
struct PodData: DataSet {
    private static let names = (0..<20).map { "pod_\(["requests", "errors", "bytes", "retries", "timeouts"][$0 % 5])_stage\($0 / 5)_total" }

    let series: [Labels]
    let hosts: [DataHost]
    let steps: DataSteps
    private var values: [Double]
    private var random: SeededGenerator

    /// `first`: the number of series before these.
    init(seriesCount: Int, first: Int = 0, steps count: Int, seed: UInt64 = 3) {
        random = SeededGenerator(seed: seed &+ UInt64(first))
        var series: [Labels] = []
        var hosts: [DataHost] = []
        series.reserveCapacity(seriesCount)
        var pod = first / Self.names.count
        while series.count < seriesCount {
            let tags = Labels([
                ("pod", "checkout-\(String(UInt32(truncatingIfNeeded: pod &* 2_654_435_761), radix: 36))-\(pod)"), ("namespace", "team-\(pod % 50)"),
                ("node", "node-\(pod % 400)"), ("cluster", "cluster-\(pod % 4)"), ("container", "service-\(pod % 200)"), ("job", "pods"),
                ("instance", "10.\(pod >> 16 & 255).\(pod >> 8 & 255).\(pod & 255):8080"),
            ])
            let start = series.count
            for name in Self.names.prefix(seriesCount - start) { series.append(tags.setting("__name__", to: name)) }
            hosts.append(DataHost(series: start..<series.count, phaseMilliseconds: Int64(pod % 15) * 1000))
            pod += 1
        }
        self.series = series
        self.hosts = hosts
        steps = DataSteps(count: count, milliseconds: 15_000)
        values = series.map { _ in 0 }
    }

    var title: String { "pods, " + Self.sizes(series.count, steps.count) }

    mutating func next(_ values: inout [Double]) {
        for index in self.values.indices {
            self.values[index] += Double(random.index(below: 1000))
            values[index] = self.values[index]
        }
    }
}
