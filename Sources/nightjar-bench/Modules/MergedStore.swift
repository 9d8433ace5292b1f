import Foundations
import MetricStore

/// What a store becomes when all that is due later is done now.
enum MergedStore {
    /// Seals everything in a closed store's head and merges its blocks, as time alone would do.
    static func seal(_ directory: String, keepsMilliseconds: Int64? = nil) async throws -> MetricStoreStatistics {
        var options = MetricStoreOptions()
        options.retentionMilliseconds = keepsMilliseconds
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
}
