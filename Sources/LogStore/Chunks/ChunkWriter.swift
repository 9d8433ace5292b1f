import Foundations
import GRDB
import Model

/// Changes of a partition's chunks, inside its transactions.
enum ChunkWriter {
    static func put(_ name: String, _ value: Int64, _ database: Database) throws {
        try database.execute(sql: "INSERT OR REPLACE INTO progress VALUES(?, ?)", arguments: [name, value])
    }

    static func progress(_ name: String, _ database: Database) throws -> Int64 {
        let statement = try RawStatement(database, "SELECT value FROM progress WHERE name = ?")
        defer { statement.reset() }
        return try Array(name.utf8).withUnsafeBytes { name in
            statement.bind(1, text: name)
            return try statement.step() ? statement.integer(0) : 0
        }
    }

    /// Writes chunks, each of a stream; returns their numbers, which are never given a second time.
    static func insert(_ chunks: [(stream: Int64, chunk: EncodedChunk)], _ database: Database) throws -> [Int64] {
        var id = try progress("chunks", database)
        let insert = try RawStatement(database, "INSERT INTO chunks VALUES(?, ?, ?, ?, ?, ?, ?, ?)")
        let template = try RawStatement(database, "INSERT OR IGNORE INTO templates VALUES(?, ?)")
        var ids: [Int64] = []
        for (stream, chunk) in chunks {
            id += 1
            ids.append(id)
            let values = [id, stream, chunk.oldest, chunk.newest, Int64(chunk.rows), chunk.levels, Int64(chunk.lineBytes), chunk.hasInvalidLines ? 1 : 0]
            for (index, value) in values.enumerated() { insert.bind(Int32(index + 1), value) }
            try insert.run()
            for (part, bytes) in chunk.parts {
                let put = try RawStatement(database, "INSERT INTO \(part.table) VALUES(?, ?)")
                put.bind(1, id)
                try bytes.withUnsafeBytes {
                    put.bind(2, blob: $0)
                    try put.run()
                }
            }
            for kind in chunk.templates {
                template.bind(1, Int64(bitPattern: kind.id))
                var text = kind.text
                try text.withUTF8 {
                    template.bind(2, blob: UnsafeRawBufferPointer($0))
                    try template.run()
                }
            }
        }
        try put("chunks", id, database)
        return ids
    }

    /// Removes chunks; what was known of the partition's list is void.
    static func remove(_ ids: [Int64], _ database: Database) throws {
        if ids.isEmpty { return }
        for table in ["chunks"] + ChunkPart.allCases.map(\.table) {
            let delete = try RawStatement(database, "DELETE FROM \(table) WHERE id = ?")
            for id in ids {
                delete.bind(1, id)
                try delete.run()
            }
        }
        try put("generation", try progress("generation", database) + 1, database)
    }

    static func removeRecent(_ ids: [Int64], _ database: Database) throws {
        let delete = try RawStatement(database, "DELETE FROM recent WHERE id = ?")
        for id in ids {
            delete.bind(1, id)
            try delete.run()
        }
    }
}

extension ChunkPart {
    /// The table that holds the part.
    var table: String {
        switch self {
        case .heads: "heads"
        case .text: "texts"
        case .fields: "fields"
        case .rollup: "rollups"
        }
    }
}

/// Reads chunks on a snapshot.
struct ChunkReader {
    private let statements: [ChunkPart: RawStatement]

    init(_ database: Database) throws {
        var statements: [ChunkPart: RawStatement] = [:]
        for part in ChunkPart.allCases { statements[part] = try RawStatement(database, "SELECT body FROM \(part.table) WHERE id = ?") }
        self.statements = statements
    }

    /// Throws `DamagedBytes` where the chunk doesn't decode; so does what is read from it later.
    func chunk(_ info: ChunkInfo) throws -> Chunk { try Chunk(info) { part in try content(part, info.id) } }

    private func content(_ part: ChunkPart, _ id: Int64) throws -> ByteBlock? {
        let statement = statements[part]!
        statement.bind(1, id)
        defer { statement.reset() }
        guard try statement.step() else { return nil }
        return try Frame.content(statement.bytes(0), bytesMax: Limits.chunkPartBytesMax)
    }

    /// What of a chunk stands in the file, without its roll-up: a copy, for other threads.
    func frames(_ id: Int64) throws -> [ChunkPart: [UInt8]] {
        var frames: [ChunkPart: [UInt8]] = [:]
        for part in [ChunkPart.heads, .text, .fields] {
            let statement = statements[part]!
            statement.bind(1, id)
            defer { statement.reset() }
            if try statement.step() { frames[part] = Array(statement.bytes(0)) }
        }
        return frames
    }

    func rollup(_ id: Int64) throws -> ChunkRollup {
        let statement = statements[.rollup]!
        statement.bind(1, id)
        defer { statement.reset() }
        guard try statement.step() else { throw DamagedBytes("a chunk without counts") }
        return try ChunkRollup(packed: statement.bytes(0))
    }
}
