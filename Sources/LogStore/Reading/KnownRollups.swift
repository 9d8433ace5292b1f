import Foundations
import GRDB
import Model

/// A chunk's roll-up with its templates by the day's numbers of kinds.
struct KnownRollup: Sendable {
    /// By the chunk's own number of a template; empty where the chunk, or the day, has too many to keep them apart.
    let kinds: [Int32]
    let entries: [ChunkRollup.Entry]
    let keepsBordersApart: Bool

    /// What it takes in memory, with its place in a table.
    var heldBytes: Int { kinds.count * MemoryLayout<Int32>.stride + entries.count * MemoryLayout<ChunkRollup.Entry>.stride + 160 }
}

/// A template as roll-ups name it: all of a line, or its beginning.
struct KnownKind: Sendable {
    let id: UInt64
    let isWhole: Bool
    /// Nil while nobody asked for it, or where the day doesn't hold its text.
    var template: LogTemplate?
}

/// The roll-ups of a partition's chunks, once they were read: what a day's counts are added up from, in memory.
///
/// A chunk never changes and its number is never given again, so what is known of one holds for as long as there is such a chunk.
final class KnownRollups: Sendable {
    private let state = Locked((generation: Int64(0), table: RollupTable()))

    /// What is known to a snapshot of a generation. Where chunks were removed, it begins anew; a query keeps the table it began with.
    func table(_ generation: Int64) -> RollupTable {
        state.withLock { state in
            if generation > state.generation { state = (generation, RollupTable()) }
            return state.table
        }
    }

    var heldBytes: Int { state.withLock { $0.table }.heldBytes }

    /// Forgets everything: the memory is for another day.
    func clear() { state.withLock { $0.table = RollupTable() } }
}

/// Roll-ups by chunk, and the kinds that they name by numbers.
final class RollupTable: Sendable {
    private struct State {
        var rollups: [Int64: KnownRollup] = [:]
        var kinds: [KnownKind] = []
        var numbers: [UInt64: Int32] = [:]
        var heldBytes = 0
        /// Kinds whose texts were looked for all at once.
        var searched = 0
    }

    /// Fewer texts than these are read one by one.
    private static let missingMin = 64
    private let state = Locked(State())

    var heldBytes: Int { state.withLock { $0.heldBytes } }
    func rollup(_ chunk: Int64) -> KnownRollup? { state.withLock { $0.rollups[chunk] } }

    /// Takes what was read of a chunk.
    func add(_ chunk: Int64, _ rollup: ChunkRollup) -> KnownRollup {
        state.withLock { state in
            var kinds: [Int32] = []
            if state.kinds.count < Limits.knownTemplatesMax {
                kinds.reserveCapacity(rollup.templates.count)
                for template in rollup.templates { kinds.append(Self.number(template, &state)) }
            }
            let known = KnownRollup(kinds: kinds, entries: rollup.entries, keepsBordersApart: rollup.keepsBordersApart)
            if kinds.count == rollup.templates.count, state.heldBytes + known.heldBytes <= Limits.knownRollupsBytesMax,
                state.rollups.updateValue(known, forKey: chunk) == nil {
                state.heldBytes += known.heldBytes
            }
            return known
        }
    }

    private static func number(_ template: ChunkRollup.Template, _ state: inout State) -> Int32 {
        // The two kinds of a template differ in their last bit; where that makes two templates one, the later gets a number each time.
        let key = template.id & ~1 | (template.isWhole ? 1 : 0)
        if let number = state.numbers[key], state.kinds[Int(number)].id == template.id { return number }
        let number = Int32(state.kinds.count)
        state.numbers[key] = number
        state.kinds.append(KnownKind(id: template.id, isWhole: template.isWhole))
        state.heldBytes += MemoryLayout<KnownKind>.stride + 32
        return number
    }

    /// A kind with its template, where the day holds its text.
    func kind(_ number: Int32, _ database: Database) throws -> KnownKind {
        let (kind, unsearched) = state.withLock { ($0.kinds[Int(number)], $0.kinds.count - $0.searched) }
        if kind.template != nil { return kind }
        if unsearched >= Self.missingMin {
            try searchAll(database)
        } else {
            let statement = try RawStatement(database, "SELECT text FROM templates WHERE id = ?")
            statement.bind(1, Int64(bitPattern: kind.id))
            defer { statement.reset() }
            if try statement.step() {
                let template = LogTemplate(text: String(decoding: statement.bytes(0), as: UTF8.self))
                state.withLock { Self.put(template, Int(number), &$0) }
            }
        }
        return state.withLock { $0.kinds[Int(number)] }
    }

    private func searchAll(_ database: Database) throws {
        let wanted = state.withLock { state in
            state.searched = state.kinds.count
            return Dictionary(grouping: state.kinds.indices.filter { state.kinds[$0].template == nil }) { state.kinds[$0].id }
        }
        let statement = try RawStatement(database, "SELECT id, text FROM templates")
        defer { statement.reset() }
        while try statement.step() {
            guard let numbers = wanted[UInt64(bitPattern: statement.integer(0))] else { continue }
            let template = LogTemplate(text: String(decoding: statement.bytes(1), as: UTF8.self))
            state.withLock { state in for number in numbers { Self.put(template, number, &state) } }
        }
    }

    private static func put(_ template: LogTemplate, _ number: Int, _ state: inout State) {
        if state.kinds[number].template == nil { state.heldBytes += template.text.utf8.count + 32 }
        state.kinds[number].template = template
    }
}
