import Foundations
import Model

/// What both servers are fed with: the metrics of a small made-up service on three instances, as if scraped every five seconds.
///
/// The same for the same seed. Scrapes stand between whole seconds, as real ones do, but for the metrics named `demo_aligned…`.
struct ComparedData {
    static let scrapeMilliseconds: Int64 = 5000
    static let instances = ["demo.example.com:10000", "demo.example.com:10001", "demo.example.com:10002"]

    let start: Int64
    let end: Int64
    private var random: SeededGenerator

    init(start: Int64, end: Int64, seed: UInt64) {
        (self.start, self.end) = (start, end)
        random = SeededGenerator(seed: seed)
    }

    /// All series, each with its samples in order of time.
    mutating func entries() -> [MetricBatch.Entry] {
        var entries: [MetricBatch.Entry] = []
        for (index, instance) in Self.instances.enumerated() {
            let times = scrapes(offset: 1370 + Int64(index) * 911)
            entries += memory(instance, times) + processors(instance, times, restarts: index == 1) + disk(instance, times) + requests(instance, times)
            entries += batches(instance, times)
        }
        return entries + rare(scrapes(offset: 730)) + aligned(scrapes(offset: 0))
    }

    private func scrapes(offset: Int64) -> [Int64] { Array(stride(from: start + offset, through: end, by: Int64.Stride(Self.scrapeMilliseconds))) }

    private mutating func series(_ name: String, _ labels: Labels, _ times: [Int64], _ value: (Int, inout SeededGenerator) -> Double?) -> MetricBatch.Entry {
        var samples: [Sample] = []
        for (index, time) in times.enumerated() {
            if let next = value(index, &random) { samples.append(Sample(timestamp: time, value: next)) }
        }
        return MetricBatch.Entry(labels: labels.setting(LabelName.metricName, to: name), samples: samples)
    }

    private mutating func memory(_ instance: String, _ times: [Int64]) -> [MetricBatch.Entry] {
        ["free", "used", "cached", "buffers"].map { type in
            var level = Double(500_000_000 + random.next() % 4_000_000_000)
            return series("demo_memory_usage_bytes", ["instance": instance, "job": "demo", "type": type], times) { _, random in
                level = max(1_000_000, level + Double(Int64(random.next() % 20_000_000)) - 10_000_000)
                return level.rounded()
            }
        } + [series("demo_num_cpus", ["instance": instance, "job": "demo"], times) { _, _ in 4 }]
    }

    /// Counters; those of an instance that restarts begin again at 0.
    private mutating func processors(_ instance: String, _ times: [Int64], restarts: Bool) -> [MetricBatch.Entry] {
        ["idle", "user", "system"].map { mode in
            var total = Double(random.next() % 100_000) / 7
            return series("demo_cpu_usage_seconds_total", ["instance": instance, "job": "demo", "mode": mode], times) { index, random in
                if restarts && index > 0 && index % 173 == 0 { total = 0 }
                total += Double(random.next() % 10_000) / 3000
                return total
            }
        }
    }

    private mutating func disk(_ instance: String, _ times: [Int64]) -> [MetricBatch.Entry] {
        var used = Double(100_000_000_000 + random.next() % 1_000_000_000)
        return [
            series("demo_disk_total_bytes", ["instance": instance, "job": "demo"], times) { _, _ in 274_877_906_944 },
            series("demo_disk_usage_bytes", ["instance": instance, "job": "demo"], times) { _, random in
                used += Double(random.next() % 3_000_000)
                return used
            },
        ]
    }

    private mutating func requests(_ instance: String, _ times: [Int64]) -> [MetricBatch.Entry] {
        var entries: [MetricBatch.Entry] = []
        let bounds = ["0.0001", "0.001", "0.01", "0.05", "0.1", "0.5", "1", "+Inf"]
        for (method, path) in [("GET", "/api/foo"), ("POST", "/api/bar")] {
            let labels: Labels = ["instance": instance, "job": "demo", "method": method, "path": path, "status": "200"]
            let name = "demo_api_request_duration_seconds"
            // Drawn once a scrape, so that buckets, count and sum tell of the same requests.
            var totals = [Double](repeating: 0, count: bounds.count)
            var sum = 0.0
            var counts: [[Double]] = []
            var sums: [Double] = []
            for _ in times {
                for bucket in bounds.indices {
                    let grown = Double(random.next() % UInt64(3 + bucket * 2))
                    totals[bucket] += grown
                    sum += grown * Double(bucket) / 97
                }
                counts.append(totals.indices.map { totals[...$0].reduce(0, +) })
                sums.append(sum)
            }
            for (bucket, bound) in bounds.enumerated() {
                entries.append(series("\(name)_bucket", labels.setting("le", to: bound), times) { index, _ in counts[index][bucket] })
            }
            entries.append(series("\(name)_count", labels, times) { index, _ in counts[index].last })
            entries.append(series("\(name)_sum", labels, times) { index, _ in sums[index] })
        }
        return entries
    }

    private mutating func batches(_ instance: String, _ times: [Int64]) -> [MetricBatch.Entry] {
        var last = Double(start / 1000)
        return [
            series("demo_batch_last_success_timestamp_seconds", ["instance": instance, "job": "demo"], times) { index, random in
                if random.next() % 20 == 0 { last = Double(times[index]) / 1000 }
                return last
            }
        ]
    }

    /// Series that come and go, end with a stale marker, and hold values that aren't ordinary numbers.
    private mutating func rare(_ times: [Int64]) -> [MetricBatch.Entry] {
        let special: [(String, Double)] = [
            ("nan", StaleMarker.ordinaryNaN), ("infinite", .infinity), ("negative_infinite", -.infinity), ("tiny", .leastNonzeroMagnitude), ("huge", 1.7e308), ("negative_zero", -0.0),
        ]
        var entries = special.map { kind, value in series("demo_special_values", ["kind": kind], times) { _, _ in value } }
        entries.append(series("demo_intermittent_metric", ["gaps": "long"], times) { index, _ in index / 80 % 2 == 0 ? Double(index) : nil })
        entries.append(
            series("demo_intermittent_metric", ["gaps": "marked"], times) { index, _ in
                index % 20 < 12 ? Double(index) : index % 20 == 12 ? StaleMarker.value : nil
            })
        entries.append(series("demo_newline_in_label", ["text": "first\nsecond"], times) { index, _ in Double(index) })
        return entries
    }

    /// Samples exactly on the edges of ranges.
    private mutating func aligned(_ times: [Int64]) -> [MetricBatch.Entry] {
        var total = 0.0
        return [
            series("demo_aligned_total", ["job": "demo"], times) { _, random in
                total += Double(random.next() % 50)
                return total
            }
        ]
    }
}
