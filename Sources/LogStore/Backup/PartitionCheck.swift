import Foundations
import GRDB
import Model

/// Reads all of a partition's file and says what is wrong with it.
enum PartitionCheck {
    /// Messages that one file may give: more say nothing new.
    private static let problemsMax = 20

    static func problems(_ path: String) -> [String] {
        do {
            let queue = try DatabaseQueue(path: path, configuration: DatabaseFile.configuration(label: "logs, check"))
            let found = try queue.read { try problems($0, path) }
            try queue.close()
            return found
        } catch {
            return [LogStoreError(error, file: path).description]
        }
    }

    private static func problems(_ database: Database, _ path: String) throws -> [String] {
        var problems = try String.fetchAll(database, sql: "PRAGMA quick_check(\(problemsMax))").filter { $0 != "ok" }
        guard try [.current, .olderChunks].contains(PartitionSchema.content(database, file: path)) else { return problems }
        try PartitionSchema.check(PartitionSchema.statements, database, file: path)
        let reader = try ChunkReader(database)
        for info in try ChunkList().brought(to: database).visible where problems.count < problemsMax {
            do {
                let rows = try reader.chunk(info).rows()
                if rows.count != info.rows { problems.append("chunk \(info.id) has \(rows.count) rows instead of \(info.rows)") }
                _ = try reader.rollup(info.id)
            } catch let damage as DamagedBytes {
                problems.append("chunk \(info.id) of \(info.rows) rows can't be read: \(damage)")
            }
        }
        let blocks = try RawStatement(database, "SELECT id, body FROM recent")
        defer { blocks.reset() }
        while try blocks.step(), problems.count < problemsMax {
            do {
                var rows = try RecentBlock.Reader(try Frame.content(blocks.bytes(1), bytesMax: Limits.blockBytesMax), first: blocks.integer(0))
                while try rows.next() != nil {}
            } catch {
                problems.append("block \(blocks.integer(0)) of recent rows can't be read: \(error)")
            }
        }
        return problems
    }
}
