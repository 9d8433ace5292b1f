import Foundations
import LogStore
import MetricStore
import Model

/// A tenant of a collector beside the default one, and how its stores behave.
public struct TenantOptions: Sendable {
    public let name: TenantName
    public var metricStore: MetricStoreOptions
    public var logStore: LogStoreOptions

    public init(name: TenantName, metricStore: MetricStoreOptions = .init(), logStore: LogStoreOptions = .init()) {
        self.name = name
        self.metricStore = metricStore
        self.logStore = logStore
    }
}

/// One tenant's stores. Whoever has them sees nothing of another tenant.
final class Tenant: Sendable {
    let name: TenantName
    /// Holds its snapshots beside its stores.
    let directory: String
    let metrics: MetricStore
    let logs: LogStore
    private let logOptions: LogStoreOptions

    /// `logOptions`: those that `logs` was opened with.
    init(name: TenantName, directory: String, metrics: MetricStore, logs: LogStore, logOptions: LogStoreOptions = .init()) {
        self.name = name
        self.directory = directory
        self.metrics = metrics
        self.logs = logs
        self.logOptions = logOptions
    }

    /// The times that the log store takes records of: for answers that say of each record whether it was taken.
    func acceptedLogTimes(_ now: NanoTimestamp) -> ClosedRange<NanoTimestamp> {
        func nanoseconds(_ seconds: Int64) -> Int64 { max(0, min(seconds, Int64.max / 1_000_000_000)) * 1_000_000_000 }
        let oldest = now.advanced(byNanoseconds: -nanoseconds(logOptions.acceptedPastSeconds))
        return oldest...max(oldest, now.advanced(byNanoseconds: nanoseconds(logOptions.acceptedFutureSeconds)))
    }

    /// What tells its query results from those of others in a cache.
    var cacheKey: String { name == .standard ? "" : name.description }

    /// Opens both stores, making their folder where it is missing. Throws with one sentence, and leaves none open.
    static func open(
        _ options: TenantOptions, dataDirectory: String, fileSystem: any FileSystem, clock: any WallClock
    ) async throws(CollectorError) -> Tenant {
        let directory = TenantFolder.path(of: options.name, in: dataDirectory)
        let metrics: MetricStore
        do {
            try fileSystem.createDirectory(directory)
            metrics = try MetricStore.open(
                directory: Paths.join(directory, "metrics"), fileSystem: fileSystem, clock: clock, options: options.metricStore)
        } catch {
            throw .store("\(error)")
        }
        do throws(LogStoreError) {
            let logs = try LogStore.open(directory: Paths.join(directory, "logs"), clock: clock, options: options.logStore)
            return Tenant(name: options.name, directory: directory, metrics: metrics, logs: logs, logOptions: options.logStore)
        } catch {
            await metrics.close()
            throw .store(error.description)
        }
    }

    func close() async {
        await logs.close()
        await metrics.close()
    }
}

extension TenantName {
    /// What tells the figures of this tenant from those of others; nothing for the default one.
    var labels: Labels { self == .standard ? [:] : ["tenant": description] }
}
