import Foundations
import GRDB
import Model

/// One day's file, open: a connection that writes and some that read, or one that only reads.
final class Partition: Sendable {
    private enum Connections {
        case pool(DatabasePool)
        /// The file alone, as it stands: nothing beside it is made or looked at.
        case frozen(DatabaseQueue)
    }

    let day: Day
    let path: String
    private let connections: Connections
    /// Streams never change, so what was once read holds.
    private let knownStreams = Locked<[Int64: Labels]>([:])

    /// Opens the file, and makes it where it is missing.
    init(day: Day, directory: String, fileSystem: any FileSystem) throws {
        self.day = day
        path = Paths.join(directory, Self.fileName(of: day))
        if try !fileSystem.exists(path) {
            // Made by us for its mode; SQLite gives its side files the same.
            try fileSystem.open(path, .create).close()
        }
        let pool = try DatabasePool(path: path, configuration: Self.configuration(label: "logs \(day)"))
        connections = .pool(pool)
        let path = path
        try pool.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = \(Limits.checkpointPages)")
            let mode = try Int.fetchOne(database, sql: "PRAGMA synchronous")
            precondition(mode == 2, "SQLite didn't take synchronous=FULL")
            try database.inTransaction(.immediate) {
                try PartitionSchema.prepare(database, file: path)
                return .commit
            }
        }
        // The names of the new file and its log must outlive a power loss before a row in them is acknowledged.
        try fileSystem.synchronizeDirectory(directory)
    }

    /// Opens a file that nobody writes, where there is no room to open it in the ordinary way, which makes a write-ahead log and its index.
    /// Nil where there is a write-ahead log with something in it, without which the file is incomplete.
    init?(frozen day: Day, directory: String, fileSystem: any FileSystem) throws {
        self.day = day
        path = Paths.join(directory, Self.fileName(of: day))
        if let log = try fileSystem.information(path + "-wal"), log.sizeBytes > 0 { return nil }
        let queue = try Self.frozenQueue(path)
        connections = .frozen(queue)
        let path = path
        try queue.read { try PartitionSchema.check($0, file: path) }
    }

    private static func frozenQueue(_ path: String) throws -> DatabaseQueue {
        var configuration = configuration(label: "logs, frozen")
        configuration.readonly = true
        var address = "file:"
        for byte in path.utf8 {
            let isPlain = byte == UInt8(ascii: "/") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || UnicodeScalar(byte).properties.isAlphabetic
                && byte < 128 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
            address += isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return try DatabaseQueue(path: address + "?immutable=1", configuration: configuration)
    }

    /// Whether the file says that the day was closed and its index merged. False where that can't be told without opening it.
    static func isMerged(_ path: String) -> Bool {
        do {
            return try frozenQueue(path).read { try Int64.fetchOne($0, sql: "SELECT value FROM progress WHERE name = 'merged'") != nil }
        } catch {
            // Being written, or damaged: the ordinary opening tells.
            return false
        }
    }

    private static func configuration(label: String) -> Configuration {
        var configuration = Configuration()
        configuration.label = label
        configuration.maximumReaderCount = Limits.readerThreads + 1
        configuration.busyMode = .timeout(10)
        configuration.foreignKeysEnabled = false
        configuration.prepareDatabase { database in
            try database.execute(
                sql: """
                    PRAGMA page_size = \(Limits.pageBytes);
                    PRAGMA cache_size = -\(Limits.pageCacheKibibytes);
                    PRAGMA temp_store = MEMORY;
                    PRAGMA cell_size_check = ON
                    """)
        }
        return configuration
    }

    static func fileName(of day: Day) -> String { "logs-\(day).sqlite" }

    /// The day in a file's name; nil for any other name.
    static func day(ofFile name: String) -> Day? {
        guard name.hasPrefix("logs-"), name.hasSuffix(".sqlite") else { return nil }
        return Day(name.dropFirst(5).dropLast(7))
    }

    /// SQLite's files of a partition: the database, its write-ahead log and the log's index.
    static let suffixes = ["", "-wal", "-shm"]

    /// Runs `body` in one transaction, durable on return.
    func write<Result>(_ body: (Database) throws -> Result) throws -> Result {
        guard case .pool(let pool) = connections else { preconditionFailure("a frozen partition is only read") }
        return try pool.write(body)
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

    /// Labels by id of all streams that a snapshot holds.
    func streams(_ database: Database) throws -> [Int64: Labels] {
        let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM streams") ?? 0
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
        knownStreams.withLock { if $0.count < found.count { $0 = found } }
        return found
    }

    /// Folds the write-ahead log into the file and empties it.
    func checkpoint() throws {
        guard case .pool(let pool) = connections else { return }
        try pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
    }

    /// Folds the write-ahead log into the file and closes both. Readers must have ended.
    ///
    /// GRDB closes its readers last, and these may not write: without the explicit step the log would stay as it is.
    func close() throws {
        try checkpoint()
        switch connections {
        case .pool(let pool): try pool.close()
        case .frozen(let queue): try queue.close()
        }
    }
}
