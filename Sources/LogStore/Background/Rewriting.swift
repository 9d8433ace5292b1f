import Foundations
import GRDB
import Model

/// Replaces chunks by others that hold their rows, or some of them. Used by the background's thread alone.
struct Rewriting {
    /// A chunk's row, as a condition sees it.
    struct Row {
        let chunk: Chunk
        let index: Int
        let line: UnsafeRawBufferPointer

        var id: Int64 { chunk.heads.ids[index] }
        var timestamp: Int64 { chunk.heads.timestamps[index] }
        var level: LogLevel { chunk.level(index) }
    }

    private let environment: BackgroundEnvironment
    private let indexing: Indexing

    init(_ environment: BackgroundEnvironment, _ indexing: Indexing) {
        self.environment = environment
        self.indexing = indexing
    }

    /// Makes one group of chunks of a stream to as few as its rows need, in one transaction. A damaged one stays as it is.
    func replace(_ group: [ChunkInfo], of partition: Partition, level: Int) throws {
        var rows = Rows()
        var read: [Int64] = []
        try partition.read(environment.control()) { database in
            let present = try partition.chunks(database)
            let reader = try ChunkReader(database)
            for info in group where Self.holds(present, info.id) {
                do {
                    let found = try reader.chunk(info).rows()
                    for index in 0..<found.count { rows.append(found, index) }
                    read.append(info.id)
                } catch is DamagedBytes {
                    environment.counters.withLock { $0.chunksDamagedTotal += 1 }
                }
            }
        }
        guard let stream = group.first?.stream, !read.isEmpty else { return }
        try commit(rows, stream, replacing: read, of: partition, level: level, isErasing: false)
    }

    /// Rewrites the chunks that have rows which `isKept` refuses, without these; returns how many rows went. A condition on what the
    /// table of chunks says comes first.
    func remove(
        from partition: Partition, chunks mayHave: (ChunkInfo) -> Bool, isErasing: Bool, isKept: (ChunkInfo, Row) throws -> Bool
    ) throws -> Int {
        let control = environment.control()
        let (chunks, isMerged) = try partition.read(control) { (Array(try partition.chunks($0)), try ChunkWriter.progress("merged", $0) > 0) }
        var removed = 0
        for info in chunks where mayHave(info) {
            let rows = try partition.read(control) { database -> Rows? in
                do {
                    let chunk = try ChunkReader(database).chunk(info)
                    return try chunk.rows { try isKept(info, Row(chunk: chunk, index: $0, line: $1)) }
                } catch is DamagedBytes {
                    // What can't be read can't be kept apart: a request to erase takes it as a whole.
                    environment.counters.withLock { $0.chunksDamagedTotal += 1 }
                    return isErasing ? Rows() : nil
                }
            }
            guard let rows, rows.count < info.rows else { continue }
            removed += info.rows - rows.count
            try commit(rows, info.stream, replacing: [info.id], of: partition, level: isMerged ? Limits.mergeLevel : Limits.sealLevel, isErasing: isErasing)
        }
        return removed
    }

    private static func holds(_ chunks: ArraySlice<ChunkInfo>, _ id: Int64) -> Bool {
        let position = chunks.partitioningIndex { $0.id >= id }
        return position < chunks.endIndex && chunks[position].id == id
    }

    private func commit(_ rows: Rows, _ stream: Int64, replacing old: [Int64], of partition: Partition, level: Int, isErasing: Bool) throws {
        let isMerge = level == Limits.mergeLevel
        let pieces = ChunkCut.pieces(
            rows, rowsMax: isMerge ? Limits.mergedChunkRows : Limits.chunkRows, bytesMax: isMerge ? Limits.mergedChunkBytes : Limits.chunkBytes)
        let chunks = try pieces.map { (stream: stream, chunk: try ChunkEncoder.encode($0, level: level)) }
        let name = partition.name
        let ids = try environment.writer.perform { writers in
            try writers.write(name) { writer in
                if isErasing { try writer.partition.maintain { try $0.execute(sql: "PRAGMA secure_delete = ON") } }
                return try writer.change { database in
                    try ChunkWriter.remove(old, database)
                    let ids = try ChunkWriter.insert(chunks, database)
                    // What is left of a merged day's chunks is no late record.
                    if isMerge, let last = ids.last, try ChunkWriter.progress("merged", database) > 0 { try ChunkWriter.put("merged", last, database) }
                    return ids
                }
            }
        }
        indexing.keep(zip(ids, chunks.map(\.chunk.terms)).map { ($0, $1) }, of: name)
    }

    /// After an erasure: what else of the day may tell what was erased goes too. The index is removed, to be filled anew.
    func forgetErased(_ partition: Partition) throws {
        let name = partition.name
        try environment.writer.perform { writers in
            try writers.write(name) { writer in
                try writer.change { database in
                    try Self.removeUnusedTemplates(database)
                    // The rows of streams that have nothing left no longer say when they had.
                    try database.execute(
                        sql: "UPDATE streams SET oldest = 9223372036854775807, newest = -9223372036854775808 WHERE id NOT IN (SELECT stream FROM chunks)")
                }
            }
            writers.forget(name)
        }
        try indexing.restart(partition, behind: 0)
        try partition.checkpoint()
    }

    private static func removeUnusedTemplates(_ database: Database) throws {
        try database.execute(sql: "CREATE TEMP TABLE IF NOT EXISTS used(id INTEGER PRIMARY KEY); DELETE FROM used")
        let rollups = try RawStatement(database, "SELECT body FROM rollups")
        let insert = try RawStatement(database, "INSERT OR IGNORE INTO used VALUES(?)")
        defer { rollups.reset() }
        while try rollups.step() {
            do {
                for template in try ChunkRollup(packed: rollups.bytes(0)).templates {
                    insert.bind(1, Int64(bitPattern: template.id))
                    try insert.run()
                }
            } catch is DamagedBytes {
                continue
            }
        }
        try database.execute(sql: "DELETE FROM templates WHERE id NOT IN (SELECT id FROM used); DELETE FROM used")
    }
}
