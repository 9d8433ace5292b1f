import Foundations
import Model

@testable import MetricStore

let hour: Int64 = 3_600_000

/// Options that leave nothing to chance: maintenance runs when a test says so.
func testOptions(_ change: (inout MetricStoreOptions) -> Void = { _ in }) -> MetricStoreOptions {
    var options = MetricStoreOptions()
    options.maintenanceIntervalSeconds = 0
    options.checkpointsOnClose = false
    options.retentionMilliseconds = nil
    change(&options)
    return options
}

/// A moment at the start of a block's range, in 2026.
let baseMilliseconds: Int64 = 1_767_225_600_000

extension Labels {
    static func test(_ name: String, _ instance: Int) -> Labels {
        Labels([(name: "__name__", value: name), (name: "instance", value: "host-\(instance)"), (name: "job", value: instance % 2 == 0 ? "api" : "db")])
    }
}

extension MetricBatch {
    /// One float of one series.
    static func one(_ labels: Labels, _ timestamp: Int64, _ value: Double) -> MetricBatch {
        MetricBatch(entries: [.init(labels: labels, samples: [Sample(timestamp: timestamp, value: value)])])
    }
}

extension MetricStore {
    func all(_ matchers: [Matcher] = [], from start: Int64 = .min, through end: Int64 = .max) async throws -> [Series] {
        try await select(MetricQuery(matchers: matchers, start: Timestamp(milliseconds: start), end: Timestamp(milliseconds: end)))
    }
}
