import Foundations
import Model

/// The shape of the Time Series Benchmark Suite's `cpu-only` case, with counters and histograms beside its gauges.
///
/// Each host has ten gauges of CPU use, random walks with normal steps between 0 and 100 that are written as whole percents, as that
/// suite writes them; a counter of requests and one of bytes; every tenth host has the eleven buckets of a histogram of its requests' durations. A sample each 10 s.
struct TSBSLikeData: DataSet {
    static let hostsWhole = 1000
    static let gauges = [
        "cpu_usage_user", "cpu_usage_system", "cpu_usage_idle", "cpu_usage_nice", "cpu_usage_iowait", "cpu_usage_irq", "cpu_usage_softirq",
        "cpu_usage_steal", "cpu_usage_guest", "cpu_usage_guest_nice",
    ]
    static let requests = "http_requests_total"
    static let bytes = "net_transmit_bytes_total"
    static let bucket = "http_request_duration_seconds_bucket"
    private static let bounds = ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "+Inf"]
    /// Of a host's requests, the part whose duration is at most each bound.
    private static let shares = [0.04, 0.11, 0.29, 0.51, 0.73, 0.89, 0.95, 0.98, 0.994, 0.999, 1]

    let series: [Labels]
    let hosts: [DataHost]
    let steps: DataSteps
    private var states: [HostState]
    private var random: SeededGenerator

    private struct HostState {
        var gauges: [Double]
        let requestsPerStep: Double
        let bytesPerStep: Double
        var requests = 0.0
        var bytes = 0.0
        /// Requests in each bucket, the smaller ones included; empty where the host has no histogram.
        var buckets: [Double]

        mutating func advance(_ random: inout SeededGenerator) {
            for index in stride(from: 0, to: gauges.count, by: 2) {
                let (first, second) = random.normalPair()
                gauges[index] = min(100, max(0, gauges[index] + first))
                gauges[index + 1] = min(100, max(0, gauges[index + 1] + second))
            }
            let (first, second) = random.normalPair()
            // Counts that come independently vary by their square root; bytes vary with what the requests are.
            let arrived = max(0, (requestsPerStep + requestsPerStep.squareRoot() * first).rounded())
            requests += arrived
            bytes += max(0, (bytesPerStep * (1 + 0.05 * second)).rounded())
            var below = 0.0
            for index in buckets.indices {
                let share = TSBSLikeData.shares[index]
                let wanted = arrived * share + (random.uniform() - 0.5) * (arrived * share * (1 - share)).squareRoot() * 3
                below = share == 1 ? arrived : min(arrived, max(below, wanted.rounded()))
                buckets[index] += below
            }
        }
    }

    /// `scale` 1 is 1,000 hosts.
    init(scale: Double = 1, steps count: Int = 4320, seed: UInt64 = 1) {
        var random = SeededGenerator(seed: seed)
        var series: [Labels] = []
        var hosts: [DataHost] = []
        states = []
        for number in 0..<max(10, Int(Double(Self.hostsWhole) * scale)) {
            let tags = Self.tags(number, &random)
            let hasHistogram = number % 10 == 0
            let start = series.count
            for name in Self.gauges + [Self.requests, Self.bytes] { series.append(tags.setting("__name__", to: name)) }
            if hasHistogram {
                let tags = tags.setting("__name__", to: Self.bucket)
                for bound in Self.bounds { series.append(tags.setting("le", to: bound)) }
            }
            hosts.append(DataHost(series: start..<series.count, phaseMilliseconds: 0))
            states.append(
                HostState(
                    gauges: Self.gauges.map { _ in random.uniform(0...100) }, requestsPerStep: random.uniform(50...1500),
                    bytesPerStep: random.uniform(10_000...400_000), buckets: hasHistogram ? Self.bounds.map { _ in 0 } : []))
        }
        self.series = series
        self.hosts = hosts
        self.random = random
        steps = DataSteps(count: count, milliseconds: 10_000)
    }

    var title: String { "TSBS-like, " + Self.sizes(series.count, steps.count) }

    mutating func next(_ values: inout [Double]) {
        for index in hosts.indices {
            states[index].advance(&random)
            var place = hosts[index].series.lowerBound
            for gauge in states[index].gauges {
                values[place] = gauge.rounded(.down)
                place += 1
            }
            values[place] = states[index].requests
            values[place + 1] = states[index].bytes
            place += 2
            for bucket in states[index].buckets {
                values[place] = bucket
                place += 1
            }
        }
    }

    private static func tags(_ number: Int, _ random: inout SeededGenerator) -> Labels {
        let (region, datacenters) = regions[random.index(below: regions.count)]
        return Labels([
            ("hostname", "host_\(number)"), ("region", region), ("datacenter", datacenters[random.index(below: datacenters.count)]),
            ("rack", String(random.index(below: 100))), ("os", ["Ubuntu16.10", "Ubuntu16.04LTS", "Ubuntu15.10"][random.index(below: 3)]),
            ("arch", ["x64", "x86"][random.index(below: 2)]), ("team", ["SF", "NYC", "LON", "CHI"][random.index(below: 4)]),
            ("service", String(random.index(below: 20))), ("service_version", String(random.index(below: 2))),
            ("service_environment", ["production", "staging", "test"][random.index(below: 3)]),
        ])
    }

    private static let regions: [(String, [String])] = [
        "us-east-1", "us-west-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "sa-east-1",
    ].map { region in (region, ["a", "b", "c"].map { region + $0 }) }
}
