import Foundations
import GRDB
import Model

/// Where a partition's rows are: chunks and blocks of recent rows, on a snapshot, as far as they may have rows that a query wants.
final class ScanSources {
    struct Source {
        enum Place {
            case chunk(ChunkInfo)
            case recent(id: Int64)
        }

        var place: Place
        var oldest: Int64
        var newest: Int64
    }

    /// A block's rows that are wanted; their bytes live in `content`.
    struct Block {
        var content: ByteBlock
        var labels: [Labels]
        var rows: [RecentBlock.Row]
    }

    let plan: ScanPlan
    let control: ReadControl
    let streams: [Int64: Labels]
    private(set) var sources: [Source] = []
    private let reader: ChunkReader
    private let blockOfID: RawStatement
    /// By stream's number: whether it is wanted; nil where all are.
    private let wantedStreams: [Bool]?
    private let search: RowSearch
    private(set) var chunksDamaged = 0
    private(set) var blocksDamaged = 0
    /// Rows whose fields didn't decode; they are given without them.
    var rowsDamaged = 0

    init(_ database: Database, _ partition: Partition, _ plan: ScanPlan, _ control: ReadControl) throws {
        self.plan = plan
        self.control = control
        streams = try partition.streams(database)
        reader = try ChunkReader(database)
        blockOfID = try RawStatement(database, "SELECT body FROM recent WHERE id = ?")
        wantedStreams = Self.wanted(streams, plan.matcher.streamMatchers)
        search = RowSearch(plan: plan, lineFilters: try plan.query.lineFilters.isEmpty ? nil : ChunkLineFilter.Prepared(plan, partition, control))
        if plan.levelMask == 0 || wantedStreams?.contains(true) == false { return }
        try addChunks(partition.chunks(database), partition)
        try addBlocks(database)
    }

    private static func wanted(_ streams: [Int64: Labels], _ matchers: [Matcher]) -> [Bool]? {
        if matchers.isEmpty { return nil }
        var wanted = [Bool](repeating: false, count: Int(streams.keys.max() ?? 0) + 1)
        for (id, labels) in streams where matchers.matches(labels) { wanted[Int(id)] = true }
        return wanted
    }

    private func addChunks(_ chunks: ArraySlice<ChunkInfo>, _ partition: Partition) throws {
        // The index is asked after the snapshot was taken: what it knows beyond that is left out.
        let answer = try plan.indexExpression.flatMap { try IndexAnswer.ask(partition, $0, control) }
        for chunk in chunks where plan.mayHave(oldest: chunk.oldest, newest: chunk.newest, levels: chunk.levels) {
            if let wantedStreams, !wantedStreams.indices.contains(Int(chunk.stream)) || !wantedStreams[Int(chunk.stream)] { continue }
            if let answer, !answer.mayHold(chunk.id) { continue }
            sources.append(Source(place: .chunk(chunk), oldest: chunk.oldest, newest: chunk.newest))
        }
    }

    private func addBlocks(_ database: Database) throws {
        let statement = try RawStatement(database, "SELECT id, oldest, newest, levels FROM recent")
        defer { statement.reset() }
        while try statement.step() {
            let (oldest, newest) = (statement.integer(1), statement.integer(2))
            guard plan.mayHave(oldest: oldest, newest: newest, levels: statement.integer(3)) else { continue }
            sources.append(Source(place: .recent(id: statement.integer(0)), oldest: oldest, newest: newest))
        }
    }

    /// Puts the sources into the order in which a scan meets them.
    func order() {
        let isNewestFirst = plan.isNewestFirst
        sources.sort { isNewestFirst ? $0.newest > $1.newest : $0.oldest < $1.oldest }
    }

    /// Decodes a chunk; nil where it is damaged, which is counted.
    func chunk(_ info: ChunkInfo) throws -> Chunk? { try undamaged { try reader.chunk(info) } }
    func rollup(_ info: ChunkInfo) throws -> ChunkRollup? { try undamaged { try reader.rollup(info.id) } }

    /// What `body` finds in a chunk; nil where the chunk turns out damaged.
    func undamaged<Value>(_ body: () throws -> Value) throws -> Value? {
        do {
            return try body()
        } catch is DamagedBytes {
            chunksDamaged += 1
            return nil
        }
    }

    /// The rows of a chunk that satisfy the query.
    func matchingRows(_ chunk: Chunk) throws -> [Int] { try search.rows(chunk) }

    /// A chunk to be searched by any thread: it has all it needs.
    func ahead(_ info: ChunkInfo) throws -> ChunkAhead {
        let (frames, search) = (try reader.frames(info.id), search)
        return ChunkAhead {
            let chunk = try Chunk(info) { part in
                try frames[part].map { try $0.withUnsafeBytes { try Frame.content($0, bytesMax: Limits.chunkPartBytesMax) } }
            }
            return SearchedChunk(chunk: chunk, rows: try search.rows(chunk))
        }
    }

    /// A block with the rows that satisfy the query; nil where it is damaged, which is counted.
    func block(_ id: Int64) throws -> Block? {
        blockOfID.bind(1, id)
        defer { blockOfID.reset() }
        guard try blockOfID.step() else { return nil }
        do {
            let content = try Frame.content(blockOfID.bytes(0), bytesMax: Limits.blockBytesMax)
            var reader = try RecentBlock.Reader(content, first: id)
            let wanted = reader.labels.map { plan.matcher.streamMatchers.matches($0) }
            var rows: [RecentBlock.Row] = []
            while let row = try reader.next() {
                guard wanted[row.stream], plan.hasTime(row.timestamp), plan.hasLevel(row.level) else { continue }
                if plan.readsText, try !plan.matches(row) { continue }
                rows.append(row)
            }
            return Block(content: content, labels: reader.labels, rows: rows)
        } catch is DamagedBytes {
            blocksDamaged += 1
            return nil
        }
    }
}
