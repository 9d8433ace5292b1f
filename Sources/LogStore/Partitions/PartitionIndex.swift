import Foundations
import GRDB

/// The full-text index of a partition: a file of its own, so that filling it never holds up an append. All of it can be made anew from
/// the chunks; a damaged one is removed.
final class PartitionIndex: Sendable {
    private enum State {
        case unopened
        case open(DatabasePool)
        case frozen(DatabaseQueue)
        /// There is none to read now.
        case missing
    }

    let path: String
    private let fileSystem: any FileSystem
    private let isFrozen: Bool
    private let state = Locked(State.unopened)

    init(path: String, fileSystem: any FileSystem) {
        self.path = path
        self.fileSystem = fileSystem
        isFrozen = false
    }

    /// Reads the file alone, where there is no room for more.
    init(frozen path: String, fileSystem: any FileSystem) {
        self.path = path
        self.fileSystem = fileSystem
        isFrozen = true
    }

    /// Runs `body` on a snapshot; nil where there is no index to ask: then all chunks have to be looked at.
    func read<Result>(_ control: ReadControl, _ body: (Database) throws -> Result) throws -> Result? {
        let guarded: (Database) throws -> Result = { database in try control.withProgressHandler(database) { try body(database) } }
        do {
            switch try opened(isForWriting: false) {
            case .open(let pool): return try pool.read(guarded)
            case .frozen(let queue): return try queue.read(guarded)
            case .missing, .unopened: return nil
            }
        } catch let error where error is DatabaseError || error is LogStoreError {
            // A search is right without the index; the thread that fills it meets the damage and starts anew.
            try control.check()
            return nil
        }
    }

    /// Runs `body` in one transaction. A file that is damaged is removed first, and filled from its beginning.
    func write<Result>(_ body: (Database) throws -> Result) throws -> Result {
        do {
            return try writeOnce(body)
        } catch {
            guard case .damaged = LogStoreError(error, file: path) else { throw error }
            try remove()
            return try writeOnce(body)
        }
    }

    private func writeOnce<Result>(_ body: (Database) throws -> Result) throws -> Result {
        guard case .open(let pool) = try opened(isForWriting: true) else { throw LogStoreError.noPermission(file: path, reason: "it is open for reading alone") }
        return try pool.write(body)
    }

    /// Removes the file: its words are gone, and the index is filled anew.
    func remove() throws {
        try state.withLock { state throws in
            // Closed first, which waits for its readers: a connection that closes later would take the new file's log with it, by name.
            if case .open(let pool) = state {
                do {
                    try pool.close()
                } catch where LogStoreError(error, file: path).isDamage {
                    // That is why it goes.
                }
            }
            state = .unopened
            for suffix in PartitionName.suffixes where try fileSystem.exists(path + suffix) { try fileSystem.remove(path + suffix) }
        }
    }

    private func opened(isForWriting: Bool) throws -> State {
        try state.withLock { state throws -> State in
            switch state {
            case .open, .frozen: return state
            case .missing: if !isForWriting { return state }
            case .unopened: break
            }
            let exists = try fileSystem.exists(path)
            if isFrozen {
                let log = try fileSystem.information(path + "-wal")
                state = exists && (log?.sizeBytes ?? 0) == 0 ? .frozen(try DatabaseFile.frozen(path)) : .missing
            } else if exists || isForWriting {
                state = .open(try Self.pool(path, isNew: !exists, fileSystem: fileSystem))
            } else {
                state = .missing
            }
            return state
        }
    }

    private static func pool(_ path: String, isNew: Bool, fileSystem: any FileSystem) throws -> DatabasePool {
        if isNew { try fileSystem.open(path, .create).close() }
        let pool = try DatabasePool(path: path, configuration: DatabaseFile.configuration(label: "terms"))
        try pool.writeWithoutTransaction { database in
            // What a power loss takes of the index is filled in again.
            try database.execute(sql: "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = \(Limits.checkpointPages)")
            try database.inTransaction(.immediate) {
                switch try PartitionSchema.content(database, file: path) {
                case .empty: try PartitionSchema.make(PartitionSchema.indexStatements, database)
                case .current: break
                case .rows, .olderChunks: throw LogStoreError.damaged(file: path, reason: "it is no index of version \(PartitionSchema.version)")
                }
                try PartitionSchema.check(PartitionSchema.indexStatements, database, file: path)
                return .commit
            }
        }
        return pool
    }

    /// Gives free pages and the write-ahead log's room back.
    func compact() throws {
        guard case .open(let pool) = state.withLock({ $0 }) else { return }
        try pool.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA incremental_vacuum")
            _ = try database.checkpoint(.truncate)
        }
    }

    func close() {
        let last = state.withLock { state in
            defer { state = .missing }
            return state
        }
        do {
            switch last {
            case .open(let pool):
                try pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
                try pool.close()
            case .frozen(let queue): try queue.close()
            case .missing, .unopened: return
            }
        } catch {
            // All is in the files; the next opening folds the log in.
            return
        }
    }
}
