import Foundations
import GRDB
import Model

/// Makes chunks of recent rows, stream by stream. Used by the background's thread alone.
final class Sealing {
    /// What of a partition's recent rows was left by the last pass.
    private struct Left {
        var rows = 0
        var lineBytes = 0
        var passMonotonic: Int64
    }

    /// Rows of one stream that wait.
    private struct Waiting {
        var rows = Rows()
        /// When the oldest came.
        var stored = Int64.max
    }

    private let environment: BackgroundEnvironment
    private let indexing: Indexing
    private var left: [PartitionName: Left] = [:]

    init(_ environment: BackgroundEnvironment, indexing: Indexing) {
        self.environment = environment
        self.indexing = indexing
    }

    /// Seals what is due; false where there are no recent rows.
    func step(_ name: PartitionName, isQuiet: Bool) throws -> Bool {
        guard let partition = try environment.catalog.existing(name) else { return false }
        let recent = partition.recent.withLock { $0 }
        guard recent.rows > 0 else {
            left[name] = nil
            return false
        }
        let now = environment.clock.monotonicNanoseconds()
        let before = left[name] ?? Left(passMonotonic: now)
        if left[name] == nil { left[name] = before }
        let newRows = recent.rows - before.rows
        let newBytes = recent.lineBytes - before.lineBytes
        let isDue = newRows >= Limits.sealRows || newBytes >= Limits.sealBytes
            || now - before.passMonotonic >= Limits.sealDelaySeconds * 1_000_000_000 && (newRows > 0 || isAged(recent.oldestStored))
        let isAll = isQuiet && recent.lineBytes >= Limits.quietBytes
        if isDue || isAll { try pass(partition, isAll: isAll) }
        return true
    }

    /// Seals every recent row of a partition, however few.
    func sealAll(_ name: PartitionName) throws {
        while let partition = try environment.catalog.existing(name), partition.recent.withLock({ $0.rows }) > 0 {
            if try !pass(partition, isAll: true) { return }
        }
    }

    private func isAged(_ stored: Int64) -> Bool {
        environment.clock.now().nanoseconds >= stored.addingReportingOverflow(Limits.leftoverAgeSeconds * 1_000_000_000).partialValue && stored < .max
    }

    /// Reads recent rows, encodes what makes chunks, and hands all to the writing thread. False where nothing changed.
    @discardableResult
    private func pass(_ partition: Partition, isAll: Bool) throws -> Bool {
        var streams: [Labels: Int64] = [:]
        var blocks: [Int64] = []
        var damaged: [Int64] = []
        var waiting: [Labels: Waiting] = [:]
        try partition.read(environment.control()) { database in
            for (id, labels) in try partition.streams(database) { streams[labels] = id }
            try read(database, &waiting, blocks: &blocks, damaged: &damaged)
        }
        let chunks = try sealed(&waiting, streams, isAll: isAll)
        let now = environment.clock.monotonicNanoseconds()
        defer { partition.recent.withLock { left[partition.name] = Left(rows: $0.rows, lineBytes: $0.lineBytes, passMonotonic: now) } }
        if chunks.isEmpty && damaged.isEmpty { return false }
        let rest = leftover(waiting)
        let (consumed, lost) = (blocks, damaged)
        let ids = try environment.writer.perform { writers in
            try writers.write(partition.name) { writer in
                try writer.change { database in
                    for id in lost { try database.execute(sql: "INSERT INTO damaged SELECT id, body FROM recent WHERE id = ?", arguments: [id]) }
                    try ChunkWriter.removeRecent(consumed + lost, database)
                    if let rest { try PartitionWriter.insert(rest.block, id: rest.id, stored: rest.stored, frame: rest.frame, database) }
                    return try ChunkWriter.insert(chunks, database)
                }
            }
        }
        environment.counters.withLock { counters in
            counters.recordsSealedTotal += UInt64(chunks.reduce(0) { $0 + $1.chunk.rows })
            counters.blocksDamagedTotal += UInt64(lost.count)
        }
        indexing.keep(zip(ids, chunks.map(\.chunk.terms)).map { ($0, $1) }, of: partition.name)
        return true
    }

    /// Reads blocks up to the bytes of one pass.
    private func read(_ database: Database, _ waiting: inout [Labels: Waiting], blocks: inout [Int64], damaged: inout [Int64]) throws {
        let statement = try RawStatement(database, "SELECT id, stored, bytes, body FROM recent ORDER BY id")
        defer { statement.reset() }
        var bytes = 0
        while bytes < Limits.sealPassBytes, try statement.step() {
            let id = statement.integer(0)
            let stored = statement.integer(1)
            bytes += Int(statement.integer(2))
            do {
                try read(statement.bytes(3), id, stored, &waiting)
                blocks.append(id)
            } catch {
                damaged.append(id)
            }
        }
    }

    /// Adds a block's rows to what waits. A damaged block leaves nothing behind.
    private func read(_ frame: UnsafeRawBufferPointer, _ id: Int64, _ stored: Int64, _ waiting: inout [Labels: Waiting]) throws(DamagedBytes) {
        var reader = try RecentBlock.Reader(try Frame.content(frame, bytesMax: Limits.blockBytesMax), first: id)
        // Taken out of the dictionary for as long as rows are added: by position, and each the only owner of its rows.
        var streams = reader.labels.map { waiting.removeValue(forKey: $0) ?? Waiting() }
        let counts = streams.map(\.rows.count)
        defer {
            for (labels, stream) in zip(reader.labels, streams) where stream.rows.count > 0 { waiting[labels] = stream }
        }
        do {
            while let row = try reader.next() {
                streams[row.stream].rows.append(id: row.id, timestamp: row.timestamp, level: row.level, line: row.line, fields: row.fields)
            }
        } catch {
            for index in streams.indices { streams[index].rows.cut(to: counts[index]) }
            throw error
        }
        for index in streams.indices { streams[index].stored = min(streams[index].stored, stored) }
    }

    /// Takes full chunks from what waits, and what is left where it is old, or too much.
    private func sealed(_ waiting: inout [Labels: Waiting], _ streams: [Labels: Int64], isAll: Bool) throws -> [(stream: Int64, chunk: EncodedChunk)] {
        var chunks: [(stream: Int64, chunk: EncodedChunk)] = []
        var kept: [Labels: Waiting] = [:]
        for (labels, stream) in waiting {
            guard let id = streams[labels] else { throw DamagedBytes("a block's stream is unknown") }
            var pieces = ChunkCut.pieces(stream.rows, rowsMax: Limits.chunkRows, bytesMax: Limits.chunkBytes)
            let isFull = pieces.last.map { $0.count >= Limits.chunkRows || $0.lineBytes >= Limits.chunkBytes } ?? false
            if !isFull, !isAll, !isAged(stream.stored), let last = pieces.popLast() { kept[labels] = Waiting(rows: last, stored: stream.stored) }
            for piece in pieces { chunks.append((id, try ChunkEncoder.encode(piece, level: Limits.sealLevel))) }
        }
        var bytes = kept.values.reduce(0) { $0 + $1.rows.lineBytes }
        for (labels, stream) in kept.sorted(by: { $0.value.rows.lineBytes > $1.value.rows.lineBytes }) {
            if bytes <= Limits.leftoverBytesMax { break }
            bytes -= stream.rows.lineBytes
            chunks.append((streams[labels]!, try ChunkEncoder.encode(stream.rows, level: Limits.sealLevel)))
            kept[labels] = nil
        }
        waiting = kept
        return chunks
    }

    /// What isn't sealed as one block, in the order of storing.
    private func leftover(_ waiting: [Labels: Waiting]) -> (block: RecentBlock, id: Int64, stored: Int64, frame: [UInt8])? {
        let all = waiting.flatMap { labels, stream in stream.rows.ids.indices.map { (id: stream.rows.ids[$0], labels: labels, index: $0) } }.sorted { $0.id < $1.id }
        guard let first = all.first else { return nil }
        var block = RecentBlock()
        for entry in all {
            let rows = waiting[entry.labels]!.rows
            rows.withRow(entry.index) { line, fields in
                block.append(
                    id: entry.id - first.id, stream: block.number(of: entry.labels), timestamp: rows.timestamps[entry.index], level: rows.levels[entry.index], line: line,
                    fields: fields)
            }
        }
        return (block, first.id, waiting.values.map(\.stored).min()!, block.frame())
    }
}

/// Cuts rows of a stream into chunks' worth, in order of time.
enum ChunkCut {
    static func pieces(_ rows: Rows, rowsMax: Int, bytesMax: Int) -> [Rows] {
        var pieces: [Rows] = []
        var piece = Rows()
        for index in rows.order() {
            piece.append(rows, index)
            if piece.count >= rowsMax || piece.lineBytes >= bytesMax {
                pieces.append(piece)
                piece = Rows()
            }
        }
        return piece.count > 0 ? pieces + [piece] : pieces
    }
}
