import Alerting
import Foundations
import LogStore
import Logging
import MetricStore
import Model

/// Rules that another server evaluates, in place of the collector's own stores.
public struct RemoteRules: Sendable {
    public var metrics: RemoteSource
    /// Nil: log rules fail and say so.
    public var logs: RemoteSource?
    /// Stores recorded series and `ALERTS`.
    public var write: @Sendable (MetricBatch) async throws -> Void

    public init(metrics: RemoteSource, logs: RemoteSource?, write: @escaping @Sendable (MetricBatch) async throws -> Void) {
        self.metrics = metrics
        self.logs = logs
        self.write = write
    }
}

extension CollectorService {
    /// A collector over its data folder: opens the stores under `metrics` and `logs`, those of further tenants under `tenants/NAME`, and the
    /// alerting, which `run` runs and closes.
    ///
    /// The folder is locked until `run` has ended. `alerting` makes the options of alerting for the folder that it is
    /// to keep its database in. Throws, with one sentence, where the folder is locked by another process, can't be made or isn't
    /// permitted, or a store in it can't be opened.
    public static func open(
        options: CollectorOptions, metricStore: MetricStoreOptions = .init(), logStore: LogStoreOptions = .init(),
        tenants: [TenantOptions] = [], remoteRules: RemoteRules? = nil, clock: any WallClock = SystemClock(), logger: Logger, alerting: (_ directory: String) -> AlertingOptions
    ) async throws(CollectorError) -> CollectorService {
        let fileSystem = RealFileSystem()
        var options = options
        options.metricRetentionMilliseconds = metricStore.retentionMilliseconds
        let lock = Locked<(any FileLock)?>(try lockedDirectory(options.dataDirectory, fileSystem))
        let tenants = try await Tenants.open(
            TenantOptions(name: .standard, metricStore: metricStore, logStore: logStore), tenants, dataDirectory: options.dataDirectory,
            fileSystem: fileSystem, clock: clock)
        let metrics = tenants.standard.metrics
        let close: @Sendable () async -> Void = {
            await tenants.close()
            lock.withLock { $0 = nil }
        }
        do {
            let alertingOptions = alerting(Paths.join(options.dataDirectory, "alerting"))
            let service =
                if let remoteRules {
                    try AlertingService(
                        options: alertingOptions, source: remoteRules.metrics, logs: remoteRules.logs, write: remoteRules.write, clock: clock, logger: logger)
                } else {
                    try AlertingService(
                        options: alertingOptions, reader: metrics, logs: tenants.standard.logs, write: { _ = try await metrics.append($0) }, clock: clock,
                        logger: logger)
                }
            return try CollectorService(
                options: options, tenants: tenants, alerting: service, fileSystem: fileSystem, clock: clock, logger: logger,
                ownership: .service(close: close))
        } catch {
            await close()
            throw (error as? CollectorError) ?? .store("\(error)")
        }
    }

    /// Makes the folder where it is missing, and takes its lock.
    private static func lockedDirectory(_ path: String, _ fileSystem: any FileSystem) throws(CollectorError) -> any FileLock {
        do throws(FileError) {
            try fileSystem.createDirectory(path)
            return try fileSystem.lock(Paths.join(path, "lock"))
        } catch {
            if error.isLocked { throw .dataDirectoryLocked(path: path) }
            throw error.isPermission ? .dataDirectoryNotPermitted(error) : .dataDirectory(error)
        }
    }
}
