import Foundations
import GRDB
import Model

/// Adds up what roll-ups say of chunks: by small numbers, which become groups at the end.
struct RollupTally {
    /// Where lines of a minute belong, by the number of a cell; or:
    private static let outside: Int32 = -1
    /// Some here and some there: only the rows tell.
    private static let cut: Int32 = -2

    private let plan: ScanPlan
    private let database: Database
    private let table: RollupTable
    private var decider: TemplateDecider
    private let needsTemplates: Bool
    private let countsStreams: Bool
    private let countsTemplates: Bool
    private let countsLevels: Bool
    /// The number of the day's first cell: the others are counted from it.
    private let firstCell: Int64
    private let firstMinute: Int
    /// By minute of the day: where its first nanosecond belongs, its others, and both together.
    private var cells: [(border: Int32, inside: Int32, both: Int32)] = []
    private var decisions = [TemplateDecider.Decision](repeating: .all, count: Limits.rollupTemplatesMax)

    /// Nil where roll-ups can't tell: about fields, or by cells of less than a minute.
    init?(
        _ database: Database, _ partition: Partition, _ plan: ScanPlan, _ control: ReadControl, _ cells: LogCells, by grouping: Set<LogGrouping>
    ) throws {
        guard cells.stepNanoseconds >= ChunkRollup.minuteNanoseconds, !grouping.contains(where: { if case .field = $0 { true } else { false } }),
            let decider = try TemplateDecider(plan, partition, control)
        else { return nil }
        self.plan = plan
        self.database = database
        self.decider = decider
        table = partition.rollups.table(try ChunkWriter.progress("generation", database))
        (countsStreams, countsTemplates, countsLevels) = (grouping.contains(.stream), grouping.contains(.template), grouping.contains(.level))
        needsTemplates = countsTemplates || !decider.isTrivial
        firstMinute = Int(partition.name.day.number) * Self.minutesOfDay
        firstCell = cells.number(of: Int64(firstMinute) * ChunkRollup.minuteNanoseconds)
        for minute in 0..<Self.minutesOfDay { self.cells.append(place(firstMinute + minute, cells)) }
    }

    private static let minutesOfDay = 1440

    private func place(_ minute: Int, _ cells: LogCells) -> (border: Int32, inside: Int32, both: Int32) {
        let start = Int64(minute) * ChunkRollup.minuteNanoseconds
        let last = start + ChunkRollup.minuteNanoseconds - 1
        return (place(start, start, cells), place(start + 1, last, cells), place(start, last, cells))
    }

    private func place(_ first: Int64, _ last: Int64, _ cells: LogCells) -> Int32 {
        if last < plan.query.start.nanoseconds || first >= plan.query.end.nanoseconds { return Self.outside }
        let cell = cells.number(of: first)
        guard plan.hasTime(first), plan.hasTime(last), cells.number(of: last) == cell else { return Self.cut }
        return Int32(cell - firstCell)
    }

    /// Adds a chunk's lines; nil where the roll-up can't tell, which has changed nothing. Returns whether there was any.
    mutating func add(_ info: ChunkInfo, to sums: inout CellSums, read: () throws -> ChunkRollup?) throws -> Bool? {
        // Lines that are no valid UTF-8 are longer as they are shown.
        if info.hasInvalidLines { return nil }
        guard let rollup = try table.rollup(info.id) ?? read().map({ table.add(info.id, $0) }) else { return nil }
        if needsTemplates {
            if rollup.kinds.isEmpty {
                guard decider.asksLetters, let letters = table.letters(info.id), letters.includesPieces, decider.isRuledOut(by: letters) else { return nil }
                return false
            }
            decider.begin(info.id, letters: decider.asksLetters ? table.letters(info.id) : nil)
            let (table, database) = (table, database)
            for (position, kind) in rollup.kinds.enumerated() { decisions[position] = try decider.decision(kind) { try table.kind(kind, database) } }
        }
        guard canTell(rollup) else { return nil }
        return try add(rollup, info.stream, to: &sums)
    }

    /// Whether it helps to know what stands in a chunk's varying parts, and nobody does.
    func lacksLetters(_ info: ChunkInfo) -> Bool { decider.asksLetters && !info.hasInvalidLines && table.letters(info.id) == nil && table.hasRoom }

    /// Takes what stands in a chunk's varying parts; false where that can't be kept.
    func learn(_ chunk: Chunk) throws -> Bool {
        table.add(chunk.info.id, try LetterSet(chunk, includesPieces: table.rollup(chunk.info.id)?.kinds.isEmpty ?? true))
    }

    /// Where an entry's lines belong.
    @inline(__always) private func place(_ entry: ChunkRollup.Entry, _ keepsBordersApart: Bool) -> Int32 {
        let minute = Int(entry.minute) - firstMinute
        guard minute >= 0, minute < Self.minutesOfDay else { return Self.cut }
        return keepsBordersApart ? (entry.isAtBorder ? cells[minute].border : cells[minute].inside) : cells[minute].both
    }

    private func canTell(_ rollup: KnownRollup) -> Bool {
        rollup.entries.withUnsafeBufferPointer { entries in
            for entry in entries where plan.hasLevel(entry.level) {
                let decision = needsTemplates ? decisions[Int(entry.template)] : .all
                if decision == .none { continue }
                let place = place(entry, rollup.keepsBordersApart)
                if place == Self.cut || place != Self.outside && decision != .all { return false }
            }
            return true
        }
    }

    private func add(_ rollup: KnownRollup, _ stream: Int64, to sums: inout CellSums) throws -> Bool {
        let stream = countsStreams ? stream : 0
        return try rollup.entries.withUnsafeBufferPointer { entries in
            var hasAny = false
            for entry in entries where plan.hasLevel(entry.level) && (!needsTemplates || decisions[Int(entry.template)] == .all) {
                let cell = place(entry, rollup.keepsBordersApart)
                if cell == Self.outside { continue }
                hasAny = true
                try sums.add(
                    cell: firstCell + Int64(cell), level: countsLevels ? entry.level : 0, stream: stream, kind: countsTemplates ? rollup.kinds[Int(entry.template)] : 0,
                    count: entry.count, bytes: entry.bytes)
            }
            return hasAny
        }
    }

    func template(_ kind: Int32) throws -> LogTemplate? { try table.kind(kind, database).template }
}
