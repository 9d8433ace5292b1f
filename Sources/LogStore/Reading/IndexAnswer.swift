import Foundations
import GRDB

/// Which chunks the full-text index names.
struct IndexAnswer: Sendable {
    /// Chunks with numbers in this range are in the index.
    let indexed: ClosedRange<Int64>?
    /// Of these, those that it names; ascending.
    let found: [Int64]

    /// Asks the index of a partition; nil where there is none.
    static func ask(_ partition: Partition, _ expression: String, _ control: ReadControl) throws -> IndexAnswer? {
        try partition.index.read(control) { try IndexAnswer($0, expression) }
    }

    init(_ database: Database, _ expression: String) throws {
        let from = try ChunkWriter.progress("from", database)
        let last = try ChunkWriter.progress("indexed", database)
        indexed = last > from ? from + 1...last : nil
        let statement = try RawStatement(database, "SELECT rowid FROM terms WHERE terms MATCH ? ORDER BY rowid")
        defer { statement.reset() }
        var found: [Int64] = []
        try Array(expression.utf8).withUnsafeBytes { text in
            statement.bind(1, text: text)
            while try statement.step() { found.append(statement.integer(0)) }
        }
        self.found = found
    }

    func isIndexed(_ chunk: Int64) -> Bool { indexed?.contains(chunk) == true }

    /// Whether a chunk may have what was asked for.
    func mayHold(_ chunk: Int64) -> Bool {
        guard isIndexed(chunk) else { return true }
        let position = found.partitioningIndex { $0 >= chunk }
        return position < found.count && found[position] == chunk
    }
}
