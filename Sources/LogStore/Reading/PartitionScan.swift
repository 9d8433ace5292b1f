import Foundations
import GRDB
import Model

/// A query's records of one partition, one after the other in order of time.
///
/// Sources whose time, levels, streams or terms can't match are left out. Of the others the rows are filtered, by columns first and
/// by text where a condition needs it; what is left is ordered in a queue and handed out as soon as no source that is still unread
/// can hold an earlier one.
final class PartitionScan {
    private enum Loaded {
        case chunk(Chunk)
        case block(ScanSources.Block)
    }

    let sources: ScanSources
    private let plan: ScanPlan
    private var queue: HeadQueue
    private var next = 0
    /// What the queue's heads stand in, with how many of them wait.
    private var loaded: [Int: (source: Loaded, waiting: Int)] = [:]
    /// Chunks that other threads may search meanwhile, by position.
    private var ahead: [Int: ChunkAhead] = [:]
    private let helpers: ReaderThreads

    init(_ database: Database, _ partition: Partition, _ plan: ScanPlan, _ control: ReadControl, helpers: ReaderThreads) throws {
        self.plan = plan
        self.helpers = helpers
        sources = try ScanSources(database, partition, plan, control)
        sources.order()
        queue = HeadQueue(isNewestFirst: plan.isNewestFirst)
    }

    deinit { for chunk in ahead.values { chunk.abandon() } }

    /// When the next record happened; nil at the end.
    func nextTimestamp() throws -> Int64? {
        while next < sources.sources.count {
            let source = sources.sources[next]
            if let head = queue.first, isAhead(head, of: source) { return head.timestamp }
            try sources.control.check()
            try searchAhead()
            try load(source.place, position: next)
            next += 1
        }
        return queue.first?.timestamp
    }

    private func isAhead(_ head: Head, of source: ScanSources.Source) -> Bool {
        plan.isNewestFirst ? head.timestamp > source.newest : head.timestamp < source.oldest
    }

    /// Offers the chunks behind the next one to other threads, as far as what was found so far doesn't come before them.
    private func searchAhead() throws {
        guard plan.readsText else { return }
        for position in next + 1..<max(next + 1, min(next + 1 + Limits.chunksAheadMax, sources.sources.count)) where ahead[position] == nil {
            let source = sources.sources[position]
            guard case .chunk(let info) = source.place else { continue }
            if let head = queue.first, isAhead(head, of: source) { return }
            let chunk = try sources.ahead(info)
            // Where all threads have work, so has the second core.
            guard helpers.offer({ chunk.run() }) else { return }
            ahead[position] = chunk
        }
    }

    private func searched(_ info: ChunkInfo, _ position: Int) throws -> SearchedChunk? {
        if let chunk = ahead.removeValue(forKey: position) {
            // While another thread is about it, those behind it.
            for next in ahead.keys.sorted() where chunk.isRunning { ahead[next]?.run() }
            return try sources.undamaged { try chunk.take() }
        }
        guard let chunk = try sources.chunk(info), let rows = try sources.undamaged({ try sources.matchingRows(chunk) }) else { return nil }
        return SearchedChunk(chunk: chunk, rows: rows)
    }

    /// The record that `nextTimestamp` told of; nil where it turned out to be damaged.
    func takeRecord() throws -> LogRecord? {
        guard let head = queue.first else { return nil }
        queue.removeFirst()
        guard let entry = loaded[head.source] else { return nil }
        loaded[head.source] = entry.waiting > 1 ? (entry.source, entry.waiting - 1) : nil
        switch entry.source {
        case .chunk(let chunk):
            guard let stream = sources.streams[chunk.info.stream] else {
                throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "chunk \(chunk.info.id) has no stream")
            }
            return try sources.undamaged { try chunk.record(head.row, stream: stream, rowsDamaged: &sources.rowsDamaged) }
        case .block(let block): return record(block, block.rows[head.row])
        }
    }

    private func load(_ place: ScanSources.Source.Place, position: Int) throws {
        switch place {
        case .chunk(let info):
            guard let found = try searched(info, position), !found.rows.isEmpty else { return }
            let chunk = found.chunk
            loaded[position] = (.chunk(chunk), found.rows.count)
            for row in found.rows { queue.insert(Head(timestamp: chunk.heads.timestamps[row], id: chunk.heads.ids[row], source: position, row: row)) }
        case .recent(let id):
            guard let block = try sources.block(id), !block.rows.isEmpty else { return }
            loaded[position] = (.block(block), block.rows.count)
            for (index, row) in block.rows.enumerated() { queue.insert(Head(timestamp: row.timestamp, id: row.id, source: position, row: index)) }
        }
    }

    private func record(_ block: ScanSources.Block, _ row: RecentBlock.Row) -> LogRecord {
        var fields: [LogField] = []
        do throws(DamagedBytes) {
            fields = try FieldCoding.decode(row.fields, line: row.line)
        } catch {
            sources.rowsDamaged += 1
        }
        return LogRecord(
            timestamp: NanoTimestamp(nanoseconds: row.timestamp), stream: block.labels[row.stream], level: LogLevel(rawValue: row.level & ~Rows.invalidMark) ?? .unknown,
            line: row.line, isInvalid: row.level & Rows.invalidMark != 0, fields: fields)
    }
}
