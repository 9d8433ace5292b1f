import Foundations
import GRDB
import Model

/// Writes into one partition: what it must know between transactions, changed only after a commit.
struct PartitionWriter {
    private struct Stream {
        var id: Int64
        var oldest: Int64
        var newest: Int64
    }

    /// What changes with a transaction.
    private struct State {
        /// The greatest row number in use.
        var lastID: Int64 = 0
        var streams: [Labels: Stream] = [:]
    }

    /// What became of one batch's part.
    enum PartOutcome {
        /// Nil where no row was left.
        case stored(StoredBlock?, refused: Int)
        case duplicate
    }

    let partition: Partition
    private var state = State()

    init(_ partition: Partition, control: ReadControl) throws {
        self.partition = partition
        var state = State()
        try partition.read(control) { database in
            state.lastID = try Int64.fetchOne(database, sql: "SELECT value FROM progress WHERE name = 'rows'") ?? 0
            let streams = try RawStatement(database, "SELECT id, labels, oldest, newest FROM streams")
            defer { streams.reset() }
            while try streams.step() {
                guard let labels = Labels(encoded: streams.bytes(1)) else {
                    throw LogStoreError.damaged(file: partition.path, reason: "the labels of stream \(streams.integer(0)) don't decode")
                }
                state.streams[labels] = Stream(id: streams.integer(0), oldest: streams.integer(2), newest: streams.integer(3))
            }
        }
        self.state = state
    }

    /// Stores the parts of several batches in one transaction, each with its agent's mark. Durable on return. `now`: nanoseconds since 1970.
    mutating func append(_ parts: [(origin: BatchOrigin?, part: PreparedBatch.Part)], now: Int64) throws -> [PartOutcome] {
        var next = state
        let outcomes = try partition.write { database in
            var transaction = Transaction(database, state: next, now: now)
            let outcomes = try parts.map { try transaction.append($0.part, origin: $0.origin) }
            try transaction.finish()
            next = transaction.state
            return outcomes
        }
        state = next
        var rows = 0
        var bytes = 0
        for case .stored(let block?, _) in outcomes {
            rows += block.rows
            bytes += block.lineBytes
        }
        partition.recent.withLock { recent in
            if rows > 0 { recent.oldestStored = min(recent.oldestStored, now) }
            recent.rows += rows
            recent.lineBytes += bytes
        }
        return outcomes
    }

    /// Runs a change of the partition's chunks in one transaction.
    func change<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try partition.write { database in
            let result = try body(database)
            try partition.countRecent(database)
            return result
        }
    }

    /// Writes a block of recent rows; `id` is the number of its first row.
    static func insert(_ block: RecentBlock, id: Int64, stored: Int64, frame: [UInt8], _ database: Database) throws {
        let insert = try RawStatement(database, "INSERT INTO recent VALUES(?, ?, ?, ?, ?, ?, ?, ?)")
        for (index, value) in [id, block.oldest, block.newest, Int64(block.rows), block.levels, Int64(block.lineBytes), stored].enumerated() {
            insert.bind(Int32(index + 1), value)
        }
        try frame.withUnsafeBytes {
            insert.bind(8, blob: $0)
            try insert.run()
        }
    }
}

extension PartitionWriter {
    /// One transaction's view: thrown away where it fails.
    private struct Transaction {
        var state: State
        private let database: Database
        private let now: Int64
        private var marks: [String: UInt64] = [:]
        private var touchedStreams: [Int64: Stream] = [:]

        init(_ database: Database, state: State, now: Int64) {
            self.database = database
            self.state = state
            self.now = now
        }

        mutating func append(_ part: PreparedBatch.Part, origin: BatchOrigin?) throws -> PartOutcome {
            if let origin {
                if try origin.sequence <= mark(of: origin.agent) { return .duplicate }
                marks[origin.agent] = origin.sequence
            }
            var (block, frame) = (part.block, part.frame)
            let refused = Set(try block.streams.filter { try !add($0) }.map(\.labels))
            if !refused.isEmpty {
                guard let rest = try RecentBlock.without(refused, frame: frame) else { return .stored(nil, refused: part.block.rows) }
                (block, frame) = rest
            }
            let first = state.lastID + 1
            try PartitionWriter.insert(block, id: first, stored: now, frame: frame, database)
            state.lastID += Int64(block.rows)
            return .stored(StoredBlock(frame: frame, rows: block.rows, lineBytes: block.lineBytes), refused: part.block.rows - block.rows)
        }

        private func mark(of agent: String) throws -> UInt64 {
            if let mark = marks[agent] { return mark }
            let stored = try Int64.fetchOne(database, sql: "SELECT sequence FROM marks WHERE agent = ?", arguments: [agent])
            return stored.map { UInt64(bitPattern: $0) } ?? 0
        }

        /// False where the day has as many streams as it may.
        private mutating func add(_ stream: RecentBlock.Stream) throws -> Bool {
            if var known = state.streams[stream.labels] {
                if stream.oldest < known.oldest || stream.newest > known.newest {
                    known.oldest = min(known.oldest, stream.oldest)
                    known.newest = max(known.newest, stream.newest)
                    state.streams[stream.labels] = known
                    touchedStreams[known.id] = known
                }
                return true
            }
            guard state.streams.count < Limits.streamsMax else { return false }
            let new = Stream(id: Int64(state.streams.count) + 1, oldest: stream.oldest, newest: stream.newest)
            let insert = try RawStatement(database, "INSERT INTO streams VALUES(?, ?, ?, ?)")
            insert.bind(1, new.id)
            insert.bind(3, new.oldest)
            insert.bind(4, new.newest)
            try stream.labels.encoded.withUnsafeBytes {
                insert.bind(2, blob: $0)
                try insert.run()
            }
            state.streams[stream.labels] = new
            return true
        }

        /// Writes what the rows changed beside themselves.
        func finish() throws {
            try ChunkWriter.put("rows", state.lastID, database)
            let update = try RawStatement(database, "UPDATE streams SET oldest = ?, newest = ? WHERE id = ?")
            for stream in touchedStreams.values {
                update.bind(1, stream.oldest)
                update.bind(2, stream.newest)
                update.bind(3, stream.id)
                try update.run()
            }
            for (agent, sequence) in marks {
                try database.execute(sql: "INSERT OR REPLACE INTO marks VALUES(?, ?)", arguments: [agent, Int64(bitPattern: sequence)])
            }
        }
    }
}
