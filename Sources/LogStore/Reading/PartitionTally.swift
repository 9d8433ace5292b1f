import Foundations
import GRDB
import Model

/// Adds one partition's records up: from the table of chunks, from roll-ups, or from the rows, whichever suffices.
struct PartitionTally {
    private let sources: ScanSources
    private let plan: ScanPlan
    private let grouping: Set<LogGrouping>
    private let cells: LogCells
    /// Nil where roll-ups can't tell.
    private var rollups: RollupTally?
    /// What was counted by numbers of streams and kinds. Where rows are counted by fields or templates, they are added at once.
    private var sums = CellSums()
    private let countsByNumbers: Bool
    private lazy var numbersOfStreams = [Labels: Int64](sources.streams.map { ($1, $0) }, uniquingKeysWith: min)
    /// Chunks and blocks with matching rows, by stream.
    private(set) var pieces: [Labels: Int] = [:]

    init(_ database: Database, _ partition: Partition, _ plan: ScanPlan, _ control: ReadControl, _ cells: LogCells, by grouping: Set<LogGrouping>) throws {
        self.plan = plan
        self.grouping = grouping
        self.cells = cells
        countsByNumbers = grouping.isSubset(of: [.stream, .level])
        sources = try ScanSources(database, partition, plan, control)
        rollups = try RollupTally(database, partition, plan, control, cells, by: grouping)
    }

    var damage: (chunks: Int, blocks: Int, rows: Int) { (sources.chunksDamaged, sources.blocksDamaged, sources.rowsDamaged) }

    mutating func add(to tallies: inout LogTallies) throws {
        var piecesOfStream: [Int64: Int] = [:]
        for source in sources.sources {
            try sources.control.check()
            switch source.place {
            case .recent(let id): try addBlock(id, &tallies)
            case .chunk(let info):
                guard let stream = sources.streams[info.stream] else { continue }
                if try addWhole(info, stream, &tallies) {
                    piecesOfStream[info.stream, default: 0] += 1
                } else if let hasAny = try rollups?.add(info, to: &sums, read: { [sources] in try sources.rollup(info) }) {
                    if hasAny { piecesOfStream[info.stream, default: 0] += 1 }
                } else {
                    try addRows(info, stream, &tallies)
                }
            }
        }
        try addSums(to: &tallies)
        for (stream, count) in piecesOfStream { pieces[sources.streams[stream]!, default: 0] += count }
    }

    private func addSums(to tallies: inout LogTallies) throws {
        let templates = grouping.contains(.template)
        for sum in sums.all {
            var group = group(sum.cell, nil, sum.level)
            if grouping.contains(.stream) { group.stream = sources.streams[sum.stream] }
            if templates { group.template = try rollups?.template(sum.kind) }
            try tallies.add(group, count: sum.count, bytes: sum.bytes)
        }
    }

    private func group(_ step: Int64, _ stream: Labels?, _ level: UInt8, _ template: LogTemplate? = nil) -> LogTallies.Group {
        LogTallies.Group(
            step: step, stream: grouping.contains(.stream) ? stream : nil,
            level: grouping.contains(.level) ? LogLevel(rawValue: level & ~Rows.invalidMark) ?? .unknown : nil, template: template)
    }

    private func isInRange(_ info: ChunkInfo) -> Bool { plan.hasTime(info.oldest) && plan.hasTime(info.newest) }

    /// A chunk of which all rows count alike needs no look into it.
    private func addWhole(_ info: ChunkInfo, _ stream: Labels, _ tallies: inout LogTallies) throws -> Bool {
        guard !plan.readsText, info.levels & ~plan.levelMask == 0, isInRange(info), grouping.isSubset(of: [.stream]),
            cells.number(of: info.oldest) == cells.number(of: info.newest), !info.hasInvalidLines
        else { return false }
        try tallies.add(group(cells.number(of: info.oldest), stream, 0), count: info.rows, bytes: info.lineBytes)
        return true
    }

    private mutating func addRows(_ info: ChunkInfo, _ stream: Labels, _ tallies: inout LogTallies) throws {
        guard let chunk = try sources.chunk(info), let rows = try sources.undamaged({ try sources.matchingRows(chunk) }), !rows.isEmpty else { return }
        pieces[stream, default: 0] += 1
        let kinds = grouping.contains(.template) ? try sources.undamaged { try chunk.templateKinds() } : nil
        let readsLines = cells.countsBytes || !tallies.fieldNames.isEmpty
        for row in rows {
            let counted: (bytes: Int, values: [String])? = !readsLines ? (0, []) : try sources.undamaged {
                try chunk.withLine(row) { line in
                    let bytes = chunk.isInvalid(row) ? String(decoding: line, as: UTF8.self).utf8.count : line.count
                    return (bytes, try tallies.fieldNames.map { try chunk.fieldText($0, row, line: line) })
                }
            }
            guard let counted else { return }
            if countsByNumbers {
                try add(chunk.heads.timestamps[row], chunk.heads.levels[row], info.stream, bytes: counted.bytes)
                continue
            }
            var group = group(cells.number(of: chunk.heads.timestamps[row]), stream, chunk.heads.levels[row], kinds?[Int(chunk.heads.templates[row])].template)
            group.values = counted.values
            try tallies.add(group, count: 1, bytes: counted.bytes)
        }
    }

    /// Counts a row by numbers.
    private mutating func add(_ timestamp: Int64, _ level: UInt8, _ stream: Int64, bytes: Int) throws {
        try sums.add(
            cell: cells.number(of: timestamp), level: grouping.contains(.level) ? level & ~Rows.invalidMark : 0, stream: grouping.contains(.stream) ? stream : 0, kind: 0,
            count: 1, bytes: bytes)
    }

    private mutating func addBlock(_ id: Int64, _ tallies: inout LogTallies) throws {
        guard let block = try sources.block(id) else { return }
        var seen: Set<Int> = []
        // A block's streams are among the partition's.
        let numbers = block.labels.map { numbersOfStreams[$0] ?? 0 }
        for row in block.rows {
            let stream = block.labels[row.stream]
            if seen.insert(row.stream).inserted { pieces[stream, default: 0] += 1 }
            let isInvalid = row.level & Rows.invalidMark != 0
            let bytes = isInvalid ? String(decoding: row.line, as: UTF8.self).utf8.count : row.line.count
            if countsByNumbers {
                try add(row.timestamp, row.level, numbers[row.stream], bytes: bytes)
                continue
            }
            var group = group(cells.number(of: row.timestamp), stream, row.level, grouping.contains(.template) ? LogTemplate(row.line) : nil)
            group.values = tallies.fieldNames.map { name in
                do throws(DamagedBytes) {
                    return try FieldCoding.text(of: name, in: row.fields, line: row.line)
                } catch {
                    sources.rowsDamaged += 1
                    return ""
                }
            }
            try tallies.add(group, count: 1, bytes: bytes)
        }
    }
}
