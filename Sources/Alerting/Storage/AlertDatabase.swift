import Foundations
import GRDB

/// The durable side of alerting: alert states, the event log and the outbox, in one SQLite file.
///
/// A transition and the messages it causes are one transaction, durable when a call returns (WAL, synchronous=FULL).
final class AlertDatabase: Sendable {
    let path: String
    private let queue: DatabaseQueue
    private let lock: any FileLock
    /// Counts what changes for people.
    let changes = AlertingChanges()

    /// Opens the file, or makes it. Messages that were being sent when the process ended are due again, marked as possible repeats.
    init(path: String) throws(AlertingError) {
        self.path = path
        lock = try Self.lock(path)
        do {
            queue = try DatabaseQueue(path: path, configuration: Self.configuration)
            try queue.write { db in
                try Self.migrate(db, path: path)
                try db.execute(sql: Self.heartbeatTables)
                try db.execute(sql: IncidentTables.sql)
                try db.execute(sql: "UPDATE outbox SET state = 'retrying', may_be_repeat = 1 WHERE state = 'attempting'")
                try db.execute(
                    sql: "UPDATE attempts SET error = 'the program ended before the answer came' WHERE ended_at IS NULL AND error = ''")
            }
            queue.add(transactionObserver: ChangeObserver(changes), extent: .databaseLifetime)
        } catch let error as AlertingError {
            throw error
        } catch {
            throw AlertingError.database(path: path, operation: "open", reason: "\(error)")
        }
    }

    private static func lock(_ path: String) throws(AlertingError) -> any FileLock {
        do {
            try RealFileSystem().createDirectory(Paths.directory(of: path))
            return try RealFileSystem().lock(path + ".lock")
        } catch {
            if error.isLocked { throw AlertingError.locked(path: path) }
            throw AlertingError.database(path: path, operation: "open", reason: error.description)
        }
    }

    private static var configuration: GRDB.Configuration {
        var configuration = GRDB.Configuration()
        configuration.journalMode = .wal
        configuration.label = "nightjar.alerts"
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF; PRAGMA wal_autocheckpoint = \(Limits.logPagesMax)")
        }
        return configuration
    }

    private static func migrate(_ db: Database, path: String) throws {
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        if version > AlertSchema.version { throw AlertingError.newerDatabase(path: path, version: version, known: AlertSchema.version) }
        if version == AlertSchema.version { return }
        try db.execute(sql: [AlertSchema.tables, AlertSchema.migrationFrom1, AlertSchema.migrationFrom2][version])
        if version == 1 { try fillAliases(db) }
        try db.execute(sql: "PRAGMA user_version = \(AlertSchema.version)")
    }

    /// Runs a transaction off the cooperative threads. It goes through even when the calling task is cancelled.
    func write<Result: Sendable>(
        _ operation: String, _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws(AlertingError) -> Result {
        let outcome: Swift.Result<Result, any Error> = await withCheckedContinuation { continuation in
            queue.asyncWrite(body) { _, result in continuation.resume(returning: result) }
        }
        switch outcome {
        case .success(let result): return result
        case .failure(let error): throw AlertingError.database(path: path, operation: operation, reason: "\(error)")
        }
    }

    /// Reads off the cooperative threads.
    func read<Result: Sendable>(
        _ operation: String, _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws(AlertingError) -> Result {
        let outcome: Swift.Result<Result, any Error> = await withCheckedContinuation { continuation in
            // GRDB's own asyncRead traps on a closed connection in debug builds; there is one connection, so nothing else writes meanwhile.
            queue.asyncWriteWithoutTransaction { db in continuation.resume(returning: Swift.Result { try body(db) }) }
        }
        switch outcome {
        case .success(let result): return result
        case .failure(let error): throw AlertingError.database(path: path, operation: operation, reason: "\(error)")
        }
    }

    /// Ends the connection; later calls fail.
    func close() throws(AlertingError) {
        do {
            try queue.close()
        } catch {
            throw AlertingError.database(path: path, operation: "close", reason: "\(error)")
        }
    }
}
