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

    init(_ database: Database, _ partition: Partition, _ plan: ScanPlan, _ control: ReadControl) throws {
        self.plan = plan
        sources = try ScanSources(database, partition, plan, control)
        sources.order()
        queue = HeadQueue(isNewestFirst: plan.isNewestFirst)
    }

    /// When the next record happened; nil at the end.
    func nextTimestamp() throws -> Int64? {
        while next < sources.sources.count {
            let source = sources.sources[next]
            if let head = queue.first, plan.isNewestFirst ? head.timestamp > source.newest : head.timestamp < source.oldest { return head.timestamp }
            try sources.control.check()
            try load(source.place, position: next)
            next += 1
        }
        return queue.first?.timestamp
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
            guard let chunk = try sources.chunk(info), let rows = try sources.undamaged({ try sources.matchingRows(chunk) }), !rows.isEmpty else { return }
            loaded[position] = (.chunk(chunk), rows.count)
            for row in rows { queue.insert(Head(timestamp: chunk.heads.timestamps[row], id: chunk.heads.ids[row], source: position, row: row)) }
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
