import Foundations
import Model
import TestSupport
import Testing

@testable import Collector

/// The calls that Grafana's Prometheus data source makes, written as requests after its public documentation, with this collector's answers: a file each in `Goldens/grafana`.
struct GrafanaTests {
    private static let exchanges = RecordedExchange.all(in: "grafana")

    @Test func theRecordedCallsAreThere() { #expect(Self.exchanges.count >= 12 && Self.exchanges.allSatisfy { !$0.text.isEmpty }) }

    @Test(arguments: exchanges) func callsOfGrafanaAreAnsweredAsRecorded(_ exchange: RecordedExchange) async throws {
        let collector = try await RunningCollector.start()
        let base = nowMilliseconds() / 1000 - 60
        #expect(try await collector.write(Self.data(base)).status == 204)
        try await exchange.replay(collector, base: base)
        try await collector.stop()
    }

    /// Two counters, one a second and two a second, with an exemplar.
    private static func data(_ base: Int64) -> MetricBatch {
        var batch = MetricBatch(metadata: ["shop_orders_total": Metadata(kind: .counter, help: "Orders taken.")])
        for (instance, factor) in [("a", 1.0), ("b", 2.0)] {
            let samples = stride(from: Int64(-15), through: 30, by: 5).map { Sample(timestamp: (base + $0) * 1000, value: (Double($0) + 100) * factor) }
            var entry = MetricBatch.Entry(labels: ["__name__": "shop_orders_total", "job": "shop", "instance": instance], samples: samples)
            if instance == "a" { entry.exemplars = [Exemplar(labels: ["trace_id": "4bf92f35"], sample: Sample(timestamp: (base + 15) * 1000, value: 12.5))] }
            batch.entries.append(entry)
        }
        return batch
    }
}
