import Foundations
import GRDB
import Model

/// Puts chunks' terms into the full-text index, many in one transaction. Used by the background's thread alone.
final class Indexing {
    private let environment: BackgroundEnvironment
    /// Terms of chunks that were sealed in this run, until they are indexed.
    private var held: [PartitionName: [Int64: [UInt8]]] = [:]
    private var heldBytes = 0
    /// When something was first found to be unindexed.
    private var waitingSince: [PartitionName: Int64] = [:]
    /// The last chunk that is in the index.
    private var indexed: [PartitionName: Int64] = [:]

    init(_ environment: BackgroundEnvironment) { self.environment = environment }

    func keep(_ chunks: [(id: Int64, terms: [UInt8])], of name: PartitionName) {
        for (id, terms) in chunks where heldBytes + terms.count <= Limits.termsHeldBytesMax {
            held[name, default: [:]][id] = terms
            heldBytes += terms.count
        }
    }

    /// Forgets what was known of a partition, whose index was removed or made anew.
    func forget(_ name: PartitionName) {
        heldBytes -= held[name]?.values.reduce(0) { $0 + $1.count } ?? 0
        held[name] = nil
        waitingSince[name] = nil
        indexed[name] = nil
    }

    /// Starts a partition's index anew, for chunks behind a number.
    func restart(_ partition: Partition, behind id: Int64) throws {
        forget(partition.name)
        try partition.index.remove()
        try partition.index.write { database in
            try ChunkWriter.put("from", id, database)
            try ChunkWriter.put("indexed", id, database)
        }
    }

    /// Indexes what is due; false where all chunks are in the index.
    func step(_ name: PartitionName, isQuiet: Bool) throws -> Bool {
        guard let partition = try environment.catalog.existing(name) else {
            forget(name)
            return false
        }
        var waiting = try unindexed(partition)
        if waiting.isEmpty {
            waitingSince[name] = nil
            return false
        }
        let now = environment.clock.monotonicNanoseconds()
        let since = waitingSince[name] ?? now
        waitingSince[name] = since
        guard waiting.count >= Limits.indexBatchChunks || isQuiet || now - since >= Limits.indexDelayMilliseconds * 1_000_000 else { return true }
        // All that a pass of sealing makes: with less, the terms of what is left over would soon be too many to be held.
        for batch in 0..<Limits.indexBatchesMax where batch == 0 || waiting.count >= Limits.indexBatchChunks {
            try index(partition, Array(waiting.prefix(Limits.indexBatchChunks)))
            waiting = waiting.dropFirst(Limits.indexBatchChunks)
        }
        waitingSince[name] = nil
        return true
    }

    func indexAll(_ name: PartitionName) throws {
        while let partition = try environment.catalog.existing(name) {
            let waiting = try unindexed(partition)
            if waiting.isEmpty { return }
            try index(partition, Array(waiting.prefix(Limits.indexBatchChunks)))
        }
    }

    private func unindexed(_ partition: Partition) throws -> ArraySlice<ChunkInfo> {
        let last: Int64
        if let known = indexed[partition.name] {
            last = known
        } else {
            last = try partition.index.read(environment.control()) { try ChunkWriter.progress("indexed", $0) } ?? 0
            indexed[partition.name] = last
        }
        let chunks = try partition.read(environment.control()) { try partition.chunks($0) }
        return chunks[chunks.partitioningIndex { $0.id > last }...]
    }

    private func index(_ partition: Partition, _ chunks: [ChunkInfo]) throws {
        var terms: [(id: Int64, terms: [UInt8])] = []
        for info in chunks {
            if let known = held[partition.name]?.removeValue(forKey: info.id) {
                heldBytes -= known.count
                terms.append((info.id, known))
            } else {
                terms.append((info.id, try read(partition, info)))
            }
        }
        let last = chunks.last!.id
        try partition.index.write { database in
            let insert = try RawStatement(database, "INSERT INTO terms(rowid, text) VALUES(?, ?)")
            for (id, text) in terms {
                insert.bind(1, id)
                try text.withUnsafeBytes {
                    insert.bind(2, text: $0)
                    try insert.run()
                }
            }
            try ChunkWriter.put("indexed", last, database)
        }
        indexed[partition.name] = last
        environment.counters.withLock { $0.recordsIndexedTotal += UInt64(chunks.reduce(0) { $0 + $1.rows }) }
    }

    /// A chunk's terms from its rows; none where it is damaged: nothing of it is found anyway.
    private func read(_ partition: Partition, _ info: ChunkInfo) throws -> [UInt8] {
        try partition.read(environment.control()) { database in
            do {
                return try ChunkEncoder.terms(try ChunkReader(database).chunk(info).rows())
            } catch is DamagedBytes {
                return []
            }
        }
    }

    /// One step of merging the index to one tree; true where it is one.
    func merge(_ partition: Partition) throws -> Bool {
        let isDone = try partition.index.write { database in
            let before = database.totalChangesCount
            // A negative number asks for all trees, however few; said again, it goes on where it was.
            try database.execute(sql: "INSERT INTO terms(terms, rank) VALUES('merge', ?)", arguments: [-Limits.mergePagesMax])
            // Where there was nothing to merge, SQLite counts the command alone.
            return database.totalChangesCount - before < 2
        }
        if isDone { try partition.index.compact() }
        return isDone
    }
}
