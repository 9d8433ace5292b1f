import Foundations
import GRDB
import Model

/// A query on a snapshot of one partition.
///
/// Blocks whose time range, levels or rows can't match are left out. Of the others the heads are read and filtered, then the
/// text where a condition needs it; what is left is ordered in a queue and visited as soon as no block that is still unread can
/// hold an earlier one.
final class PartitionScan {
    private let plan: ScanPlan
    private let control: ReadControl
    private let streams: [Int64: Labels]
    /// By stream id: whether it is wanted; nil where all are.
    private let wantedStreams: [Bool]?
    private let blocks: [PartitionWriter.Block]
    private var index: IndexLookup?
    private let headsOfBlock: RawStatement
    private let headOfRow: RawStatement
    private let linesOfBlock: RawStatement
    private let lineOfRow: RawStatement
    /// Rows whose fields didn't decode; they count as having none.
    private(set) var rowsDamaged = 0

    init(_ database: Database, _ partition: Partition, _ plan: ScanPlan, _ control: ReadControl) throws {
        self.plan = plan
        self.control = control
        streams = try partition.streams(database)
        wantedStreams = Self.wanted(streams, plan.matcher.streamMatchers)
        let matchesAny = plan.levelMask != 0 && wantedStreams?.contains(true) != false
        blocks = matchesAny ? try Self.blocks(database, plan) : []
        index = try plan.indexExpression.map { try IndexLookup(database, expression: $0) }
        headsOfBlock = try RawStatement(database, "SELECT id, timestamp, stream, level FROM heads WHERE id BETWEEN ? AND ?")
        headOfRow = try RawStatement(database, "SELECT id, timestamp, stream, level FROM heads WHERE id = ?")
        linesOfBlock = try RawStatement(database, "SELECT id, body, fields FROM lines WHERE id BETWEEN ? AND ?")
        lineOfRow = try RawStatement(database, "SELECT id, body, fields FROM lines WHERE id = ?")
    }

    private static func wanted(_ streams: [Int64: Labels], _ matchers: [Matcher]) -> [Bool]? {
        if matchers.isEmpty { return nil }
        var wanted = [Bool](repeating: false, count: Int(streams.keys.max() ?? 0) + 1)
        for (id, labels) in streams where matchers.matches(labels) { wanted[Int(id)] = true }
        return wanted
    }

    /// The blocks that may hold matching rows, in the order in which they are to be visited.
    private static func blocks(_ database: Database, _ plan: ScanPlan) throws -> [PartitionWriter.Block] {
        let statement = try RawStatement(database, "SELECT id, oldest, newest, levels FROM blocks WHERE newest >= ? AND oldest < ?")
        defer { statement.reset() }
        statement.bind(1, plan.query.start.nanoseconds)
        statement.bind(2, plan.query.end.nanoseconds)
        var blocks: [PartitionWriter.Block] = []
        while try statement.step() {
            let block = PartitionWriter.Block(
                id: statement.integer(0), oldest: statement.integer(1), newest: statement.integer(2), levels: statement.integer(3))
            if block.levels & plan.levelMask != 0 { blocks.append(block) }
        }
        return plan.isNewestFirst
            ? blocks.sorted { ($0.newest, $0.id) > ($1.newest, $1.id) } : blocks.sorted { ($0.oldest, $0.id) < ($1.oldest, $1.id) }
    }

    /// Visits matching records in order until `visit` returns false; returns false then.
    func records(_ visit: (LogRecord) throws -> Bool) throws -> Bool {
        var queue = HeadQueue(isNewestFirst: plan.isNewestFirst)
        for position in blocks.indices {
            try control.check()
            let bound = plan.isNewestFirst ? blocks[position].newest : blocks[position].oldest
            while let head = queue.first, plan.isNewestFirst ? head.timestamp > bound : head.timestamp < bound {
                queue.removeFirst()
                if try !visit(record(head)) { return false }
            }
            for head in try heads(at: position) { queue.insert(head) }
        }
        while let head = queue.first {
            queue.removeFirst()
            if try !visit(record(head)) { return false }
        }
        return true
    }

    /// Visits what is known of matching records without their text, in no order.
    func heads(_ visit: (Head) -> Void) throws {
        for position in blocks.indices {
            try control.check()
            for head in try heads(at: position) { visit(head) }
        }
    }

    func labels(of head: Head) -> Labels? { streams[head.stream] }

    // MARK: One block

    private func heads(at position: Int) throws -> [Head] {
        let rows = try index?.rows(at: position, of: blocks)
        if let rows, rows.isEmpty { return [] }
        let first = blocks[position].id * Int64(Limits.blockRows)
        let isDense = rows.map { $0.count * 4 >= Limits.blockRows } ?? true
        var heads: [Head] = []
        if isDense {
            try read(headsOfBlock, first, first + Int64(Limits.blockRows) - 1, into: &heads)
            if let rows { heads = Self.intersection(heads, rows) }
        } else {
            for row in rows! { try read(headOfRow, row, nil, into: &heads) }
        }
        let needsText = plan.readsText && !(rows != nil && plan.indexIsExact)
        return needsText ? try verified(heads, first) : heads
    }

    private func read(_ statement: RawStatement, _ first: Int64, _ last: Int64?, into heads: inout [Head]) throws {
        statement.bind(1, first)
        if let last { statement.bind(2, last) }
        defer { statement.reset() }
        let start = plan.query.start.nanoseconds
        let end = plan.query.end.nanoseconds
        while try statement.step() {
            let timestamp = statement.integer(1)
            let stream = statement.integer(2)
            let level = statement.integer(3)
            guard timestamp >= start, timestamp < end, (0..<63).contains(level), plan.levelMask & 1 << level != 0 else { continue }
            if let wantedStreams, !wantedStreams.indices.contains(Int(stream)) || !wantedStreams[Int(stream)] { continue }
            heads.append(Head(timestamp: timestamp, id: statement.integer(0), stream: stream, level: UInt8(level)))
        }
    }

    private static func intersection(_ heads: [Head], _ rows: [Int64]) -> [Head] {
        var next = 0
        return heads.filter { head in
            while next < rows.count, rows[next] < head.id { next += 1 }
            return next < rows.count && rows[next] == head.id
        }
    }

    /// Those whose line and fields satisfy the query.
    private func verified(_ heads: [Head], _ first: Int64) throws -> [Head] {
        if heads.count * 4 < Limits.blockRows {
            return try heads.filter { head in
                lineOfRow.bind(1, head.id)
                defer { lineOfRow.reset() }
                return try lineOfRow.step() && matches(lineOfRow)
            }
        }
        linesOfBlock.bind(1, first)
        linesOfBlock.bind(2, first + Int64(Limits.blockRows) - 1)
        defer { linesOfBlock.reset() }
        var kept: [Head] = []
        var next = 0
        while next < heads.count, try linesOfBlock.step() {
            let id = linesOfBlock.integer(0)
            while next < heads.count, heads[next].id < id { next += 1 }
            guard next < heads.count, heads[next].id == id else { continue }
            if matches(linesOfBlock) { kept.append(heads[next]) }
        }
        return kept
    }

    private func matches(_ row: RawStatement) -> Bool {
        let line = row.bytes(1)
        guard plan.matcher.matchesLine(line) else { return false }
        if plan.matcher.fieldMatchers.isEmpty { return true }
        let fields = row.bytes(2)
        return plan.matcher.fieldMatchers.allSatisfy { matcher in
            do throws(DamagedRow) {
                return matcher.matches(try FieldCoding.text(of: matcher.name, in: fields, line: line))
            } catch {
                rowsDamaged += 1
                return matcher.matchesEmpty
            }
        }
    }

    private func record(_ head: Head) throws -> LogRecord {
        lineOfRow.bind(1, head.id)
        defer { lineOfRow.reset() }
        guard try lineOfRow.step(), let stream = streams[head.stream] else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "row \(head.id) has no line or no stream")
        }
        let line = lineOfRow.bytes(1)
        var fields: [LogField] = []
        do throws(DamagedRow) {
            fields = try FieldCoding.decode(lineOfRow.bytes(2), line: line)
        } catch {
            rowsDamaged += 1
        }
        return LogRecord(
            timestamp: NanoTimestamp(nanoseconds: head.timestamp), stream: stream, level: LogLevel(rawValue: head.level) ?? .unknown,
            body: String(decoding: line, as: UTF8.self), fields: fields)
    }
}
