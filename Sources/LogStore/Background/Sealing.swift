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

    private let environment: BackgroundEnvironment
    private let indexing: Indexing
    private var left: [PartitionName: Left] = [:]
    private let templates = KnownTemplates()
    /// A chunk's rows while it is made; its memory serves the next.
    private var rows = Rows()

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
        var waiting = WaitingRows()
        try partition.read(environment.control()) { database in
            for (id, labels) in try partition.streams(database) { streams[labels] = id }
            try read(database, &waiting, blocks: &blocks, damaged: &damaged)
        }
        let chunks = try sealed(&waiting, streams, isAll: isAll)
        let now = environment.clock.monotonicNanoseconds()
        defer { partition.recent.withLock { left[partition.name] = Left(rows: $0.rows, lineBytes: $0.lineBytes, passMonotonic: now) } }
        if chunks.isEmpty && damaged.isEmpty { return false }
        let rest = waiting.block()
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
    private func read(_ database: Database, _ waiting: inout WaitingRows, blocks: inout [Int64], damaged: inout [Int64]) throws {
        let statement = try RawStatement(database, "SELECT id, stored, bytes, body FROM recent ORDER BY id")
        defer { statement.reset() }
        var bytes = 0
        while bytes < Limits.sealPassBytes, try statement.step() {
            let id = statement.integer(0)
            let stored = statement.integer(1)
            bytes += Int(statement.integer(2))
            do {
                try waiting.add(statement.bytes(3), id: id, stored: stored)
                blocks.append(id)
            } catch {
                damaged.append(id)
            }
        }
    }

    /// Takes full chunks from what waits, and what is left where it is old, or too much.
    private func sealed(_ waiting: inout WaitingRows, _ streams: [Labels: Int64], isAll: Bool) throws -> [(stream: Int64, chunk: EncodedChunk)] {
        var chunks: [(stream: Int64, chunk: EncodedChunk)] = []
        var kept: [Labels: WaitingRows.Stream] = [:]
        for (labels, var stream) in waiting.streams {
            guard let id = streams[labels] else { throw DamagedBytes("a block's stream is unknown") }
            stream.sort()
            var (pieces, isLastFull) = stream.pieces(rowsMax: Limits.chunkRows, bytesMax: Limits.chunkBytes)
            if !isLastFull, !isAll, !isAged(stream.stored), let last = pieces.popLast() {
                kept[labels] = WaitingRows.Stream(rows: Array(stream.rows[last]), stored: stream.stored)
            }
            for piece in pieces { chunks.append((id, try encoded(stream.rows[piece]))) }
        }
        var bytes = kept.values.reduce(0) { $0 + $1.lineBytes }
        for (labels, stream) in kept.sorted(by: { $0.value.lineBytes > $1.value.lineBytes }) {
            if bytes <= Limits.leftoverBytesMax { break }
            bytes -= stream.lineBytes
            chunks.append((streams[labels]!, try encoded(stream.rows[...])))
            kept[labels] = nil
        }
        waiting.keep(kept)
        return chunks
    }

    private func encoded(_ waiting: ArraySlice<RecentBlock.Row>) throws -> EncodedChunk {
        rows.removeAll()
        for row in waiting { rows.append(id: row.id, timestamp: row.timestamp, level: row.level, line: row.line, fields: row.fields) }
        return try ChunkEncoder.encode(rows, level: Limits.sealLevel, known: templates)
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
