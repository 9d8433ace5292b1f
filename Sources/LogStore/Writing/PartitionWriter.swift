import Foundations
import GRDB
import Model

/// Writes into one partition: what it must know between transactions, changed only after a commit.
struct PartitionWriter {
    /// The time range and the levels of the rows `id / blockRows`, by which a scan leaves blocks out.
    struct Block {
        var id: Int64
        var oldest: Int64
        var newest: Int64
        /// Bit n: there is a row of level n.
        var levels: Int64

        mutating func add(_ record: LogRecord) {
            oldest = min(oldest, record.timestamp.nanoseconds)
            newest = max(newest, record.timestamp.nanoseconds)
            levels |= 1 << Int64(record.level.rawValue)
        }
    }

    struct Stream {
        var id: Int64
        var oldest: Int64
        var newest: Int64
    }

    /// What changes with a transaction.
    private struct State {
        /// The greatest id in use.
        var lastID: Int64 = 0
        /// The block that the next row falls into, where it has rows already.
        var block: Block?
        var streams: [Labels: Stream] = [:]
    }

    /// What became of one batch's part of this day.
    enum PartOutcome {
        case stored(rows: [PreparedBatch.Row], refused: Int)
        case duplicate
    }

    let partition: Partition
    private var state = State()
    private(set) var indexedID: Int64 = 0

    init(_ partition: Partition, control: ReadControl) throws {
        self.partition = partition
        var state = State()
        var indexed: Int64 = 0
        try partition.read(control) { database in
            state.lastID = try Int64.fetchOne(database, sql: "SELECT max(id) FROM heads") ?? 0
            indexed = try Int64.fetchOne(database, sql: "SELECT value FROM progress WHERE name = 'indexed'") ?? 0
            let block = try RawStatement(database, "SELECT id, oldest, newest, levels FROM blocks ORDER BY id DESC LIMIT 1")
            if try block.step() {
                state.block = Block(id: block.integer(0), oldest: block.integer(1), newest: block.integer(2), levels: block.integer(3))
            }
            block.reset()
            let streams = try RawStatement(database, "SELECT id, labels, oldest, newest FROM streams")
            while try streams.step() {
                guard let labels = Labels(encoded: streams.bytes(1)) else {
                    throw LogStoreError.damaged(file: partition.path, reason: "the labels of stream \(streams.integer(0)) don't decode")
                }
                state.streams[labels] = Stream(id: streams.integer(0), oldest: streams.integer(2), newest: streams.integer(3))
            }
            streams.reset()
        }
        self.state = state
        indexedID = indexed
    }

    var unindexedRows: Int64 { state.lastID - indexedID }

    /// Stores the parts of several batches in one transaction, each with its agent's mark. Durable on return.
    mutating func append(_ parts: [(origin: BatchOrigin?, rows: [PreparedBatch.Row])]) throws -> [PartOutcome] {
        var next = state
        let outcomes = try partition.write { database in
            var transaction = try Transaction(database, state: next)
            let outcomes = try parts.map { try transaction.append($0.rows, origin: $0.origin) }
            try transaction.finish()
            next = transaction.state
            return outcomes
        }
        state = next
        return outcomes
    }

    /// Puts the terms of up to `rowsMax` rows into the index, in one transaction; returns how many rows.
    mutating func index(rowsMax: Int64) throws -> Int {
        let first = indexedID + 1
        let last = min(state.lastID, indexedID + rowsMax)
        if first > last { return 0 }
        try partition.write { database in
            let lines = try RawStatement(database, "SELECT id, body, fields FROM lines WHERE id BETWEEN ? AND ?")
            let insert = try RawStatement(database, "INSERT INTO terms(rowid, text) VALUES(?, ?)")
            var terms: [UInt8] = []
            var scratch: LogWords?
            lines.bind(1, first)
            lines.bind(2, last)
            defer { lines.reset() }
            while try lines.step() {
                terms.removeAll(keepingCapacity: true)
                do throws(DamagedRow) {
                    try Terms.append(line: lines.bytes(1), fields: lines.bytes(2), scratch: &scratch, to: &terms)
                } catch {
                    // The line's words are in, and a reader of the row counts it: see PartitionScan.
                }
                insert.bind(1, lines.integer(0))
                try terms.withUnsafeBytes {
                    insert.bind(2, text: $0)
                    try insert.run()
                }
            }
            try database.execute(sql: "UPDATE progress SET value = ? WHERE name = 'indexed'", arguments: [last])
        }
        indexedID = last
        return Int(last - first + 1)
    }
}

extension PartitionWriter {
    /// Where the closing of a day stands after a step.
    enum ClosingStep {
        /// To be gone on with, after as many rows were indexed.
        case more(rowsIndexed: Int)
        case merged
        /// In an earlier run.
        case wasMerged
    }

    /// Indexes what is left, or merges the index towards one tree, in one transaction. That it is one is noted in the file: a day is
    /// merged once.
    mutating func closingStep(pagesMax: Int = Limits.mergePagesMax) throws -> ClosingStep {
        if unindexedRows > 0 {
            return .more(rowsIndexed: try index(rowsMax: Limits.indexBatchRows))
        }
        return try partition.write { database in
            if try Int64.fetchOne(database, sql: "SELECT value FROM progress WHERE name = 'merged'") != nil { return .wasMerged }
            let before = database.totalChangesCount
            // A negative number asks for all trees, however few; said again, it goes on where it was.
            try database.execute(sql: "INSERT INTO terms(terms, rank) VALUES('merge', ?)", arguments: [-pagesMax])
            // Where there was nothing to merge, SQLite counts the command alone.
            if database.totalChangesCount - before >= 2 { return .more(rowsIndexed: 0) }
            try database.execute(sql: "INSERT OR REPLACE INTO progress VALUES('merged', ?)", arguments: [state.lastID])
            return .merged
        }
    }
}

extension PartitionWriter {
    /// One transaction's view: thrown away where it fails.
    private struct Transaction {
        var state: State
        private let database: Database
        private var marks: [String: UInt64] = [:]
        private var touchedStreams: [Labels: Stream] = [:]
        private let insertHead: RawStatement
        private let insertLine: RawStatement
        private let putBlock: RawStatement
        private let insertStream: RawStatement

        init(_ database: Database, state: State) throws {
            self.database = database
            self.state = state
            insertHead = try RawStatement(database, "INSERT INTO heads VALUES(?, ?, ?, ?)")
            insertLine = try RawStatement(database, "INSERT INTO lines VALUES(?, ?, ?)")
            putBlock = try RawStatement(database, "INSERT OR REPLACE INTO blocks VALUES(?, ?, ?, ?)")
            insertStream = try RawStatement(database, "INSERT INTO streams VALUES(?, ?, ?, ?)")
        }

        mutating func append(_ rows: [PreparedBatch.Row], origin: BatchOrigin?) throws -> PartOutcome {
            if let origin {
                if try origin.sequence <= mark(of: origin.agent) { return .duplicate }
                marks[origin.agent] = origin.sequence
            }
            var stored: [PreparedBatch.Row] = []
            stored.reserveCapacity(rows.count)
            for row in rows {
                guard let stream = try stream(of: row.record) else { continue }
                try insert(row, stream: stream)
                stored.append(row)
            }
            return .stored(rows: stored, refused: rows.count - stored.count)
        }

        private func mark(of agent: String) throws -> UInt64 {
            if let mark = marks[agent] { return mark }
            let stored = try Int64.fetchOne(database, sql: "SELECT sequence FROM marks WHERE agent = ?", arguments: [agent])
            return stored.map { UInt64(bitPattern: $0) } ?? 0
        }

        /// The stream's id; nil where the day has as many as it may.
        private mutating func stream(of record: LogRecord) throws -> Int64? {
            let moment = record.timestamp.nanoseconds
            if var known = state.streams[record.stream] {
                if moment < known.oldest || moment > known.newest {
                    known.oldest = min(known.oldest, moment)
                    known.newest = max(known.newest, moment)
                    state.streams[record.stream] = known
                    touchedStreams[record.stream] = known
                }
                return known.id
            }
            guard state.streams.count < Limits.streamsMax else { return nil }
            let stream = Stream(id: Int64(state.streams.count) + 1, oldest: moment, newest: moment)
            insertStream.bind(1, stream.id)
            insertStream.bind(3, moment)
            insertStream.bind(4, moment)
            try record.stream.encoded.withUnsafeBytes {
                insertStream.bind(2, blob: $0)
                try insertStream.run()
            }
            state.streams[record.stream] = stream
            return stream.id
        }

        private mutating func insert(_ row: PreparedBatch.Row, stream: Int64) throws {
            let id = state.lastID + 1
            insertHead.bind(1, id)
            insertHead.bind(2, row.record.timestamp.nanoseconds)
            insertHead.bind(3, stream)
            insertHead.bind(4, Int64(row.record.level.rawValue))
            try insertHead.run()
            insertLine.bind(1, id)
            var body = row.record.body
            try body.withUTF8 { line in
                insertLine.bind(2, blob: UnsafeRawBufferPointer(line))
                try row.fields.withUnsafeBytes { fields in
                    if fields.isEmpty { insertLine.bindNull(3) } else { insertLine.bind(3, blob: fields) }
                    try insertLine.run()
                }
            }
            state.lastID = id
            try addToBlock(row.record, id: id)
        }

        private mutating func addToBlock(_ record: LogRecord, id: Int64) throws {
            let blockID = id / Int64(Limits.blockRows)
            if state.block?.id != blockID {
                try writeBlock()
                let moment = record.timestamp.nanoseconds
                state.block = Block(id: blockID, oldest: moment, newest: moment, levels: 0)
            }
            state.block!.add(record)
        }

        private func writeBlock() throws {
            guard let block = state.block else { return }
            putBlock.bind(1, block.id)
            putBlock.bind(2, block.oldest)
            putBlock.bind(3, block.newest)
            putBlock.bind(4, block.levels)
            try putBlock.run()
        }

        /// Writes what the rows changed beside themselves.
        func finish() throws {
            try writeBlock()
            for stream in touchedStreams.values {
                try database.execute(
                    sql: "UPDATE streams SET oldest = ?, newest = ? WHERE id = ?", arguments: [stream.oldest, stream.newest, stream.id])
            }
            for (agent, sequence) in marks {
                try database.execute(
                    sql: "INSERT OR REPLACE INTO marks VALUES(?, ?)", arguments: [agent, Int64(bitPattern: sequence)])
            }
        }
    }
}
