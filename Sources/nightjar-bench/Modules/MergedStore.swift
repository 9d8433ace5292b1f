import Foundations
import MetricStore
import Model

/// Stores of data that lies in the past.
enum MergedStore {
    /// As the product has them, but that nothing is ever too old.
    static var keepingAll: MetricStoreOptions {
        var options = MetricStoreOptions()
        options.retentionMilliseconds = nil
        return options
    }

    /// Seals everything in a closed store's head and merges its blocks: all that is due later, done now.
    static func seal(_ directory: String) async throws -> MetricStoreStatistics {
        var options = keepingAll
        options.maintenanceIntervalSeconds = 0
        options.outOfOrderWindowMilliseconds = 0
        // A delay below nothing: also the block whose time has only begun, and all whose merged range has.
        options.sealDelayMilliseconds = -(options.mergedBlockMilliseconds.first ?? options.blockMilliseconds)
        let store = try MetricStore.open(directory: directory, options: options)
        try await store.maintain()
        let statistics = store.statistics()
        await store.close()
        return statistics
    }

    /// Decodes all that a query finds, as an evaluation does, series by series into the same buffers; returns the number of samples.
    static func scan(_ store: MetricStore, _ query: MetricQuery) async throws -> Int {
        let scan = try await store.scan(query)
        let cursor = scan.makeCursor(from: query.start.milliseconds, through: query.end.milliseconds)
        for index in scan.labels.indices { try cursor.read(index) { _ in } }
        return cursor.figures.samples
    }
}
