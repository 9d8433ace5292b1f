import Foundations
import GRDB
import Model

/// One file, open: a connection that writes and some that read, or one that only reads. Beside it stands its full-text index.
final class Partition: Sendable {
    private enum Connections {
        case pool(DatabasePool)
        /// The file alone, as it stands.
        case frozen(DatabaseQueue)
    }

    /// Rows that aren't in chunks yet.
    struct Recent: Sendable {
        var rows = 0
        var lineBytes = 0
        /// When the oldest of them came, in nanoseconds since 1970.
        var oldestStored = Int64.max
    }

    let name: PartitionName
    let path: String
    let index: PartitionIndex
    private let connections: Connections
    /// Streams never change, so what was once read holds.
    private let knownStreams = Locked<[Int64: Labels]>([:])
    private let knownChunks = Locked(ChunkList())
    /// What was read of the chunks' roll-ups.
    let rollups = KnownRollups()
    let recent = Locked(Recent())

    /// Opens the file, and makes it where it is missing.
    init(_ name: PartitionName, directory: String, fileSystem: any FileSystem) throws {
        self.name = name
        path = Paths.join(directory, name.file)
        index = PartitionIndex(path: Paths.join(directory, name.indexFile), fileSystem: fileSystem)
        if try !fileSystem.exists(path) {
            // Made by us for its mode; SQLite gives its side files the same.
            try fileSystem.open(path, .create).close()
        }
        try PartitionUpgrade.convert(path, directory: directory, fileSystem: fileSystem)
        let pool = try DatabasePool(path: path, configuration: DatabaseFile.configuration(label: "logs \(name.file)"))
        connections = .pool(pool)
        let path = path
        let recent = recent
        let index = index
        try pool.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = \(Limits.checkpointPages)")
            let mode = try Int.fetchOne(database, sql: "PRAGMA synchronous")
            precondition(mode == 2, "SQLite didn't take synchronous=FULL")
            try database.inTransaction(.immediate) {
                switch try PartitionSchema.content(database, file: path) {
                case .empty: try PartitionSchema.make(PartitionSchema.statements, database)
                case .olderChunks:
                    // Its chunks are read as they are; its index has other terms, and goes before the file says that it is of today.
                    try index.remove()
                    try database.execute(sql: "PRAGMA user_version = \(PartitionSchema.version)")
                case .current, .rows: break
                }
                try PartitionSchema.check(PartitionSchema.statements, database, file: path)
                return .commit
            }
            let found = try Self.recent(database)
            recent.withLock { $0 = found }
        }
        // The names of the new file and its log must outlive a power loss before a row in them is acknowledged.
        try fileSystem.synchronizeDirectory(directory)
    }

    /// Opens a file that nobody writes, where there is no room to open it in the ordinary way, which makes a write-ahead log and its index.
    /// Nil where there is a write-ahead log with something in it, without which the file is incomplete, or the file is of an older version.
    init?(frozen name: PartitionName, directory: String, fileSystem: any FileSystem) throws {
        self.name = name
        path = Paths.join(directory, name.file)
        if let log = try fileSystem.information(path + "-wal"), log.sizeBytes > 0 { return nil }
        index = PartitionIndex(frozen: Paths.join(directory, name.indexFile), fileSystem: fileSystem)
        let queue = try DatabaseFile.frozen(path)
        connections = .frozen(queue)
        let path = path
        let isCurrent = try queue.read { database in
            guard try PartitionSchema.content(database, file: path) == .current else { return false }
            try PartitionSchema.check(PartitionSchema.statements, database, file: path)
            return true
        }
        if !isCurrent { return nil }
    }

    /// Whether the file says that nothing is left to do for its day. False where that can't be told without opening it.
    static func isAtRest(_ path: String, indexPath: String) -> Bool {
        do {
            let last = try DatabaseFile.frozen(path).read { database -> Int64? in
                guard try PartitionSchema.content(database, file: path) == .current, try recent(database).rows == 0, try !needsMerging(database) else { return nil }
                return try Int64.fetchOne(database, sql: "SELECT ifnull(max(id), 0) FROM chunks")
            }
            guard let last else { return false }
            return try DatabaseFile.frozen(indexPath).read { try ChunkWriter.progress("indexed", $0) } >= last
        } catch {
            // Being written, or damaged: the ordinary opening tells.
            return false
        }
    }

    /// Whether merging the day pays: it never was to its end, or much came after it.
    static func needsMerging(_ database: Database) throws -> Bool {
        let merged = try ChunkWriter.progress("merged", database)
        if try merged == 0 || ChunkWriter.progress("merging", database) > 0 { return true }
        let late = try Int.fetchOne(database, sql: "SELECT ifnull(sum(rows), 0) FROM chunks WHERE id > ?", arguments: [merged]) ?? 0
        let waiting = try recent(database).rows
        let all = try Int.fetchOne(database, sql: "SELECT ifnull(sum(rows), 0) FROM chunks") ?? 0
        return late + waiting > 0 && (late + waiting) * Limits.lateShare >= all + waiting
    }

    private static func recent(_ database: Database) throws -> Recent {
        let statement = try RawStatement(database, "SELECT ifnull(sum(rows), 0), ifnull(sum(bytes), 0), ifnull(min(stored), 9223372036854775807) FROM recent")
        defer { statement.reset() }
        guard try statement.step() else { return Recent() }
        return Recent(rows: Int(statement.integer(0)), lineBytes: Int(statement.integer(1)), oldestStored: statement.integer(2))
    }

    /// Counts the recent rows again, after some became chunks. Inside a transaction.
    func countRecent(_ database: Database) throws {
        let found = try Self.recent(database)
        recent.withLock { $0 = found }
    }

    /// Runs `body` in one transaction, durable on return.
    func write<Result>(_ body: (Database) throws -> Result) throws -> Result {
        guard case .pool(let pool) = connections else { preconditionFailure("a frozen partition is only read") }
        return try pool.write(body)
    }

    /// Runs `body` outside of a transaction, for what SQLite does there alone.
    func maintain(_ body: (Database) throws -> Void) throws {
        guard case .pool(let pool) = connections else { return }
        try pool.writeWithoutTransaction(body)
    }

    /// Runs `body` on a snapshot of all that was committed before.
    func read<Result>(_ control: ReadControl, _ body: (Database) throws -> Result) throws -> Result {
        try control.check()
        let guarded: (Database) throws -> Result = { database in try control.withProgressHandler(database) { try body(database) } }
        return switch connections {
        case .pool(let pool): try pool.read(guarded)
        case .frozen(let queue): try queue.read(guarded)
        }
    }

    // MARK: What snapshots share

    /// Labels by id of all streams that a snapshot holds.
    func streams(_ database: Database) throws -> [Int64: Labels] {
        // Numbered from 1 on, and none is ever removed.
        let counting = try RawStatement(database, "SELECT max(id) FROM streams")
        defer { counting.reset() }
        let count = try counting.step() ? Int(counting.integer(0)) : 0
        let known = knownStreams.withLock { $0 }
        if known.count >= count { return known }
        var found = known
        let statement = try RawStatement(database, "SELECT id, labels FROM streams WHERE id > ?")
        statement.bind(1, Int64(known.count))
        defer { statement.reset() }
        while try statement.step() {
            guard let labels = Labels(encoded: statement.bytes(1)) else {
                throw LogStoreError.damaged(file: path, reason: "the labels of stream \(statement.integer(0)) don't decode")
            }
            found[statement.integer(0)] = labels
        }
        let all = found
        knownStreams.withLock { if $0.count < all.count { $0 = all } }
        return found
    }

    /// The chunks that a snapshot holds, ascending by id.
    func chunks(_ database: Database) throws -> ArraySlice<ChunkInfo> {
        let list = try knownChunks.withLock { $0 }.brought(to: database)
        knownChunks.withLock { if list.list.isNewer(than: $0) { $0 = list.list } }
        return list.visible
    }

    /// Folds the write-ahead log into the file and empties it.
    func checkpoint() throws {
        guard case .pool(let pool) = connections else { return }
        try pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
    }

    /// Folds the write-ahead logs into their files and closes them. Readers must have ended.
    ///
    /// GRDB closes its readers last, and these may not write: without the explicit step the log would stay as it is.
    func close() throws {
        index.close()
        try checkpoint()
        switch connections {
        case .pool(let pool): try pool.close()
        case .frozen(let queue): try queue.close()
        }
    }
}

/// What is known of a partition's chunks: read once, then only what was added.
struct ChunkList: Sendable {
    private var chunks: [ChunkInfo] = []
    private var generation: Int64 = -1

    init(generation: Int64 = -1) { self.generation = generation }

    func isNewer(than other: ChunkList) -> Bool {
        generation != other.generation ? generation > other.generation : chunks.count > other.chunks.count
    }

    /// The list as it is in a snapshot, and what of it the snapshot holds.
    func brought(to database: Database) throws -> (list: ChunkList, visible: ArraySlice<ChunkInfo>) {
        var list = self
        let generation = try ChunkWriter.progress("generation", database)
        let last = try Self.last(database)
        if generation != list.generation { list = ChunkList(generation: generation) }
        if let known = list.chunks.last?.id, known >= last {
            return (list, list.chunks[..<list.chunks.partitioningIndex { $0.id > last }])
        }
        let statement = try RawStatement(database, "SELECT id, stream, oldest, newest, rows, levels, bytes, invalid FROM chunks WHERE id > ? ORDER BY id")
        statement.bind(1, list.chunks.last?.id ?? 0)
        defer { statement.reset() }
        while try statement.step() {
            list.chunks.append(
                ChunkInfo(
                    id: statement.integer(0), stream: statement.integer(1), oldest: statement.integer(2), newest: statement.integer(3), rows: Int(statement.integer(4)),
                    levels: statement.integer(5), lineBytes: Int(statement.integer(6)), hasInvalidLines: statement.integer(7) != 0))
        }
        return (list, list.chunks[...])
    }

    /// The greatest number of a chunk.
    private static func last(_ database: Database) throws -> Int64 {
        let statement = try RawStatement(database, "SELECT max(id) FROM chunks")
        defer { statement.reset() }
        return try statement.step() ? statement.integer(0) : 0
    }
}

extension RandomAccessCollection where Index == Int {
    /// The first position from which on `isBehind` holds.
    func partitioningIndex(_ isBehind: (Element) -> Bool) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = (low + high) / 2
            if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
