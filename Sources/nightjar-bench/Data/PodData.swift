import Foundations
import Model

/// Many series with few samples, as a cluster's pods make them: for what a new series costs, and an active one in memory.
///
/// Each pod has 20 counters; a sample each 15 s.
struct PodData: DataSet {
    static let names = (0..<20).map { "pod_\(["requests", "errors", "bytes", "retries", "timeouts"][$0 % 5])_stage\($0 / 5)_total" }

    let series: [Labels]
    let hosts: [DataHost]
    let steps: DataSteps
    private let place: String
    private var values: [Double]
    private var random: SeededGenerator

    /// `first` and `firstStep`: the numbers of series and steps before these, so that a later set can go on with others.
    init(seriesCount: Int, first: Int = 0, steps count: Int, firstStep: Int = 0, seed: UInt64 = 3) {
        random = SeededGenerator(seed: seed &+ UInt64(first) &+ UInt64(firstStep) << 32)
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
        steps = DataSteps(start: DataSteps.beginning.advanced(byMilliseconds: Int64(firstStep) * 15_000), count: count, milliseconds: 15_000)
        place = "from series \(first) and step \(firstStep)"
        values = series.map { _ in Double(firstStep) * 1000 }
    }

    var title: String { "pods \(place), " + Self.sizes(series.count, steps.count) }

    mutating func next(_ values: inout [Double]) {
        for index in self.values.indices {
            self.values[index] += Double(random.index(below: 1000))
            values[index] = self.values[index]
        }
    }
}
