import Foundations
import GRDB
import Model

/// Turns a file of version 1, which kept a row a record, into one of today: its records become recent rows of a new file, which takes
/// its place once it is whole. They are sealed and indexed like any others.
enum PartitionUpgrade {
    private static let mark = ".converting"

    /// Does nothing with any other file.
    static func convert(_ path: String, directory: String, fileSystem: any FileSystem) throws {
        guard try isOfRows(path, fileSystem) else { return }
        let target = path + mark
        for suffix in PartitionName.suffixes + ["-journal"] where try fileSystem.exists(target + suffix) { try fileSystem.remove(target + suffix) }
        try fileSystem.open(target, .create).close()
        let old = try DatabaseQueue(path: path, configuration: DatabaseFile.configuration(label: "logs, old"))
        let new = try DatabaseQueue(path: target, configuration: DatabaseFile.configuration(label: "logs, new"))
        try new.write { database in
            try PartitionSchema.make(PartitionSchema.statements, database)
            try old.read { try copy($0, database) }
        }
        try new.close()
        // What is in the old file's log is copied; without it the file can be replaced in one step.
        try old.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        try old.close()
        for suffix in PartitionName.suffixes.dropFirst() where try fileSystem.exists(path + suffix) { try fileSystem.remove(path + suffix) }
        try fileSystem.rename(target, to: path)
        try fileSystem.synchronizeDirectory(directory)
    }

    /// By the file's header: application and version stand at bytes 68 and 60, big-endian. A file that was never written back has
    /// them in its write-ahead log, which SQLite reads.
    private static func isOfRows(_ path: String, _ fileSystem: any FileSystem) throws -> Bool {
        // What isn't a file is told by the ordinary opening.
        guard let information = try fileSystem.information(path), !information.isDirectory else { return false }
        let file = try fileSystem.open(path, .read)
        defer { file.close() }
        let header = try file.readBytes(100, at: 0)
        func number(_ offset: Int) -> Int { header[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
        if header.count == 100, number(68) == PartitionSchema.applicationID { return number(60) == PartitionSchema.rowVersion }
        guard let log = try fileSystem.information(path + "-wal"), log.sizeBytes > 0 else { return false }
        do {
            let queue = try DatabaseQueue(path: path, configuration: DatabaseFile.configuration(label: "logs, old"))
            let content = try queue.read { try PartitionSchema.content($0, file: path) }
            try queue.close()
            return content == .rows
        } catch where LogStoreError(error, file: path).isDamage {
            // The ordinary opening says so.
            return false
        }
    }

    private static func copy(_ old: Database, _ new: Database) throws {
        try copyRows(old, "SELECT id, labels, oldest, newest FROM streams") {
            let insert = try RawStatement(new, "INSERT INTO streams VALUES(?, ?, ?, ?)")
            insert.bind(1, $0.integer(0))
            insert.bind(2, blob: $0.bytes(1))
            insert.bind(3, $0.integer(2))
            insert.bind(4, $0.integer(3))
            try insert.run()
        }
        for mark in try Row.fetchAll(old, sql: "SELECT agent, sequence FROM marks") {
            try new.execute(sql: "INSERT INTO marks VALUES(?, ?)", arguments: [mark["agent"] as String, mark["sequence"] as Int64])
        }
        var labels: [Int64: Labels] = [:]
        try copyRows(old, "SELECT id, labels FROM streams") { labels[$0.integer(0)] = Labels(encoded: $0.bytes(1)) }
        var block = RecentBlock()
        var first: Int64 = 0
        var last: Int64 = 0
        func put() throws {
            if block.rows > 0 { try PartitionWriter.insert(block, id: first, stored: block.newest, frame: block.frame(), new) }
            block = RecentBlock()
        }
        try copyRows(old, "SELECT heads.id, timestamp, stream, level, body, fields FROM heads JOIN lines ON lines.id = heads.id ORDER BY heads.id") { row in
            guard let stream = labels[row.integer(2)] else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "row \(row.integer(0)) has no stream") }
            if block.rows == 0 { first = row.integer(0) }
            last = row.integer(0)
            block.append(
                id: last - first, stream: block.number(of: stream), timestamp: row.integer(1), level: UInt8(clamping: row.integer(3)), line: row.bytes(4), fields: row.bytes(5))
            if block.lineBytes >= Limits.sealBytes { try put() }
        }
        try put()
        try new.execute(sql: "INSERT INTO progress VALUES('rows', ?)", arguments: [last])
    }

    private static func copyRows(_ database: Database, _ sql: String, _ body: (RawStatement) throws -> Void) throws {
        let statement = try RawStatement(database, sql)
        defer { statement.reset() }
        while try statement.step() { try body(statement) }
    }
}
