import Alerting
import Foundations
import LogStore
import Logging
import MetricStore

extension CollectorService {
    /// A collector over its data folder: opens the stores under `metrics` and `logs` and the alerting, which `run` runs and closes.
    ///
    /// The folder is locked until `run` has ended. `alerting` makes the options of alerting for the folder that it is
    /// to keep its database in. Throws, with one sentence, where the folder is locked by another process, can't be made or isn't
    /// permitted, or a store in it can't be opened.
    public static func open(
        options: CollectorOptions, metricStore: MetricStoreOptions = .init(), logStore: LogStoreOptions = .init(),
        clock: any WallClock = SystemClock(), logger: Logger, alerting: (_ directory: String) -> AlertingOptions
    ) async throws(CollectorError) -> CollectorService {
        let fileSystem = RealFileSystem()
        var options = options
        options.metricRetentionMilliseconds = metricStore.retentionMilliseconds
        let lock = Locked<(any FileLock)?>(try lockedDirectory(options.dataDirectory, fileSystem))
        let metrics: MetricStore
        do throws(MetricStoreError) {
            metrics = try MetricStore.open(
                directory: Paths.join(options.dataDirectory, "metrics"), fileSystem: fileSystem, clock: clock, options: metricStore)
        } catch {
            throw .store(error.description)
        }
        let logs: LogStore
        do throws(LogStoreError) {
            logs = try LogStore.open(directory: Paths.join(options.dataDirectory, "logs"), clock: clock, options: logStore)
        } catch {
            await metrics.close()
            throw .store(error.description)
        }
        let close: @Sendable () async -> Void = {
            await logs.close()
            await metrics.close()
            lock.withLock { $0 = nil }
        }
        do {
            let service = try AlertingService(
                options: alerting(Paths.join(options.dataDirectory, "alerting")), reader: metrics, logs: logs,
                write: { _ = try await metrics.append($0) }, clock: clock, logger: logger)
            return try CollectorService(
                options: options, metrics: metrics, logs: logs, alerting: service, fileSystem: fileSystem, clock: clock, logger: logger,
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
