import Foundations
import GRDB

/// Asks the full-text index for rows, for a growing number of blocks at a time: a rare word costs few look-ups, a common one is
/// not read to its end when the first hundred rows are enough.
struct IndexLookup {
    private static let firstGroupBlocks = 8
    /// Blocks that lie between two wanted ones and are asked for all the same, rather than ask twice.
    private static let gapBlocksMax: Int64 = 16

    private let database: Database
    private let expression: [UInt8]
    /// All rows up to this one are in the index.
    private let indexedID: Int64
    private var groupEnd = 0
    private var groupBlocks = firstGroupBlocks
    private var found: [Int64: [Int64]] = [:]

    init(_ database: Database, expression: String) throws {
        self.database = database
        self.expression = Array(expression.utf8)
        indexedID = try Int64.fetchOne(database, sql: "SELECT value FROM progress WHERE name = 'indexed'") ?? 0
    }

    /// The rows of the block at a position that the index names, ascending; nil where the block isn't wholly indexed.
    mutating func rows(at position: Int, of blocks: [PartitionWriter.Block]) throws -> [Int64]? {
        if position >= groupEnd { try loadGroup(from: position, blocks) }
        let id = blocks[position].id
        return isIndexed(id) ? found[id] ?? [] : nil
    }

    private func isIndexed(_ block: Int64) -> Bool { (block + 1) * Int64(Limits.blockRows) - 1 <= indexedID }

    private mutating func loadGroup(from position: Int, _ blocks: [PartitionWriter.Block]) throws {
        groupEnd = min(blocks.count, position + groupBlocks)
        groupBlocks = min(groupBlocks * 4, 1 << 20)
        found.removeAll(keepingCapacity: true)
        let wanted = blocks[position..<groupEnd].map(\.id).filter(isIndexed).sorted()
        var start = 0
        while start < wanted.count {
            var end = start
            while end + 1 < wanted.count, wanted[end + 1] - wanted[end] <= Self.gapBlocksMax { end += 1 }
            try load(wanted[start], wanted[end])
            start = end + 1
        }
    }

    private mutating func load(_ firstBlock: Int64, _ lastBlock: Int64) throws {
        let size = Int64(Limits.blockRows)
        let statement = try RawStatement(database, "SELECT rowid FROM terms WHERE terms MATCH ? AND rowid BETWEEN ? AND ?")
        defer { statement.reset() }
        try expression.withUnsafeBytes { text in
            statement.bind(1, text: text)
            statement.bind(2, firstBlock * size)
            statement.bind(3, (lastBlock + 1) * size - 1)
            while try statement.step() {
                let row = statement.integer(0)
                found[row / size, default: []].append(row)
            }
        }
    }
}
