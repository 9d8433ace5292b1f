import Foundations
import GRDB
import Model

/// Adds one partition's records up: from the table of chunks, from roll-ups, or from the rows, whichever suffices.
struct PartitionTally {
    private let sources: ScanSources
    private let plan: ScanPlan
    private let grouping: Set<LogGrouping>
    private let partition: Partition
    private let database: Database
    private let stepNanoseconds: Int64
    /// Whether somebody asks how long the lines are.
    private let countsBytes: Bool
    private var decider: TemplateDecider?
    /// Chunks and blocks with matching rows, by stream.
    private(set) var pieces: [Labels: Int] = [:]

    init(
        _ database: Database, _ partition: Partition, _ plan: ScanPlan, _ control: ReadControl, stepNanoseconds: Int64, by grouping: Set<LogGrouping>,
        countsBytes: Bool
    ) throws {
        self.database = database
        self.partition = partition
        self.plan = plan
        self.grouping = grouping
        self.stepNanoseconds = stepNanoseconds
        self.countsBytes = countsBytes
        sources = try ScanSources(database, partition, plan, control)
        decider = try TemplateDecider(plan, partition, control)
        if decider?.decidesNothing == true { decider = nil }
        if grouping.contains(where: { if case .field = $0 { true } else { false } }) { decider = nil }
    }

    var damage: (chunks: Int, blocks: Int, rows: Int) { (sources.chunksDamaged, sources.blocksDamaged, sources.rowsDamaged) }

    mutating func add(to tallies: inout LogTallies) throws {
        for source in sources.sources {
            try sources.control.check()
            switch source.place {
            case .recent(let id): try addBlock(id, &tallies)
            case .chunk(let info):
                guard let stream = sources.streams[info.stream] else { continue }
                if try addWhole(info, stream, &tallies) { continue }
                if try addRollup(info, stream, &tallies) { continue }
                try addRows(info, stream, &tallies)
            }
        }
    }

    private func group(_ step: Int64, _ stream: Labels, _ level: UInt8, _ template: LogTemplate? = nil) -> LogTallies.Group {
        LogTallies.Group(
            step: step, stream: grouping.contains(.stream) ? stream : nil,
            level: grouping.contains(.level) ? LogLevel(rawValue: level & ~Rows.invalidMark) ?? .unknown : nil, template: template)
    }

    private func isInRange(_ info: ChunkInfo) -> Bool { plan.hasTime(info.oldest) && plan.hasTime(info.newest) }

    /// A chunk of which all rows count alike needs no look into it.
    private mutating func addWhole(_ info: ChunkInfo, _ stream: Labels, _ tallies: inout LogTallies) throws -> Bool {
        guard !plan.readsText, info.levels & ~plan.levelMask == 0, isInRange(info), grouping.isSubset(of: [.stream]),
            tallies.step(of: info.oldest) == tallies.step(of: info.newest), !info.hasInvalidLines
        else { return false }
        try tallies.add(group(tallies.step(of: info.oldest), stream, 0), count: info.rows, bytes: info.lineBytes)
        pieces[stream, default: 0] += 1
        return true
    }

    /// False where the roll-up can't tell.
    private mutating func addRollup(_ info: ChunkInfo, _ stream: Labels, _ tallies: inout LogTallies) throws -> Bool {
        // Lines that are no valid UTF-8 are longer as they are shown.
        guard decider != nil, isInRange(info), !info.hasInvalidLines,
            stepNanoseconds % ChunkRollup.minuteNanoseconds == 0 || tallies.step(of: info.oldest) == tallies.step(of: info.newest),
            let rollup = try sources.rollup(info)
        else { return false }
        let needsTemplates = grouping.contains(.template) || !plan.query.lineFilters.isEmpty
        if needsTemplates && !rollup.hasTemplates { return false }
        var templates: [LogTemplate?] = []
        if needsTemplates {
            for template in rollup.templates { templates.append(try partition.template(template.id, database)) }
        }
        // Each template is decided about once, and entries are added up by small keys before they become groups.
        var decisions = [TemplateDecider.Decision?](repeating: nil, count: templates.count)
        let step = tallies.step(of: info.oldest)
        let isOneStep = step == tallies.step(of: info.newest)
        var sums: [RollupKey: (count: Int, bytes: Int)] = [:]
        for entry in rollup.entries where plan.hasLevel(entry.level) {
            if needsTemplates {
                let number = Int(entry.template)
                guard number >= 0, let template = templates[number] else { return false }
                let decision = decisions[number] ?? decider!.decision(template, isWhole: rollup.templates[number].isWhole, chunk: info.id)
                decisions[number] = decision
                switch decision {
                case .unknown: return false
                case .none: continue
                case .all: break
                }
            }
            let key = RollupKey(
                step: isOneStep ? step : tallies.step(of: entry.minute * ChunkRollup.minuteNanoseconds), template: grouping.contains(.template) ? entry.template : -1,
                level: grouping.contains(.level) ? entry.level : 0)
            sums[key, default: (0, 0)].count += entry.count
            sums[key]!.bytes += entry.bytes
        }
        for (key, sum) in sums {
            try tallies.add(group(key.step, stream, key.level, key.template >= 0 ? templates[Int(key.template)] : nil), count: sum.count, bytes: sum.bytes)
        }
        if !sums.isEmpty { pieces[stream, default: 0] += 1 }
        return true
    }

    /// What entries of one chunk's roll-up are added up by.
    private struct RollupKey: Hashable {
        var step: Int64
        var template: Int32
        var level: UInt8
    }

    private mutating func addRows(_ info: ChunkInfo, _ stream: Labels, _ tallies: inout LogTallies) throws {
        guard let chunk = try sources.chunk(info), let rows = try sources.undamaged({ try sources.matchingRows(chunk) }), !rows.isEmpty else { return }
        pieces[stream, default: 0] += 1
        let kinds = grouping.contains(.template) ? try sources.undamaged { try chunk.templateKinds() } : nil
        let readsLines = countsBytes || !tallies.fieldNames.isEmpty
        for row in rows {
            let counted: (bytes: Int, values: [String])? = !readsLines ? (0, []) : try sources.undamaged {
                try chunk.withLine(row) { line in
                    let bytes = chunk.isInvalid(row) ? String(decoding: line, as: UTF8.self).utf8.count : line.count
                    return (bytes, try tallies.fieldNames.map { try chunk.fieldText($0, row, line: line) })
                }
            }
            guard let counted else { return }
            var group = group(tallies.step(of: chunk.heads.timestamps[row]), stream, chunk.heads.levels[row], kinds?[Int(chunk.heads.templates[row])].template)
            group.values = counted.values
            try tallies.add(group, count: 1, bytes: counted.bytes)
        }
    }

    private mutating func addBlock(_ id: Int64, _ tallies: inout LogTallies) throws {
        guard let block = try sources.block(id) else { return }
        var seen: Set<Int> = []
        for row in block.rows {
            let stream = block.labels[row.stream]
            let isInvalid = row.level & Rows.invalidMark != 0
            var group = group(tallies.step(of: row.timestamp), stream, row.level, grouping.contains(.template) ? LogTemplate(row.line) : nil)
            group.values = tallies.fieldNames.map { name in
                do throws(DamagedBytes) {
                    return try FieldCoding.text(of: name, in: row.fields, line: row.line)
                } catch {
                    sources.rowsDamaged += 1
                    return ""
                }
            }
            try tallies.add(group, count: 1, bytes: isInvalid ? String(decoding: row.line, as: UTF8.self).utf8.count : row.line.count)
            if seen.insert(row.stream).inserted { pieces[stream, default: 0] += 1 }
        }
    }
}
