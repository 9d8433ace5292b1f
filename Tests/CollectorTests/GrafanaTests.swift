import Foundation
import Foundations
import Model
import TestSupport
import Testing

@testable import Collector

/// The calls of Grafana's Prometheus data source, recorded as requests with their answers: a file each in `Goldens/grafana`.
///
/// `<N>` stands for the moment N seconds after the data's begin.
struct GrafanaTests {
    struct Exchange: CustomTestStringConvertible, Sendable {
        let name: String
        let text: String

        var testDescription: String { name }
    }

    private static let exchanges: [Exchange] = {
        let folder = Bundle.module.resourceURL!.appendingPathComponent("Goldens/grafana")
        let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        return files.sorted { $0.path < $1.path }.map { file in
            Exchange(name: file.lastPathComponent, text: (try? String(contentsOf: file, encoding: .utf8)) ?? "")
        }
    }()

    @Test func theRecordedCallsAreThere() { #expect(Self.exchanges.count >= 12 && Self.exchanges.allSatisfy { !$0.text.isEmpty }) }

    @Test(arguments: exchanges) func callsOfGrafanaAreAnsweredAsRecorded(_ exchange: Exchange) async throws {
        let collector = try await RunningCollector.start()
        let base = nowMilliseconds() / 1000 - 60
        #expect(try await collector.write(Self.data(base)).status == 204)
        let text = exchange.text.replacing(/<(\d+)>/) { match in String(base + Int64(match.1)!) }
        let parts = text.components(separatedBy: "\n\n")
        let head = parts[0].split(separator: "\n").map(String.init)
        let request = head[0].split(separator: " ").map(String.init)
        var headers: [String: String] = [:]
        for line in head.dropFirst() {
            let sides = line.components(separatedBy: ": ")
            headers[sides[0]] = sides[1]
        }
        let answer = parts.last!.split(separator: "\n", maxSplits: 1).map(String.init)
        let reply = try await collector.request(request[0], request[1], headers: headers, body: Array((parts.count == 3 ? parts[1] : "").utf8))
        #expect("\(reply.status) \(reply.headers["content-type"] ?? "")" == answer[0])
        #expect(reply.text == answer[1].trimmingCharacters(in: .newlines))
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
