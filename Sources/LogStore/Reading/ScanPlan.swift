import Foundations
import Model

/// A query as the partitions run it.
struct ScanPlan: Sendable {
    let query: LogQuery
    let matcher: LogQueryMatcher
    /// Bit n: rows of level n are wanted.
    let levelMask: Int64
    /// For FTS5; nil where the index can't narrow the query.
    let indexExpression: String?
    let isNewestFirst: Bool

    init(_ query: LogQuery) {
        self.query = query
        matcher = LogQueryMatcher(query)
        levelMask = matcher.levels.map { $0.reduce(0) { $0 | 1 << Int64($1.rawValue) } } ?? -1
        indexExpression = IndexQuery.expression(for: query)
        isNewestFirst = query.direction == .newestFirst
    }

    var readsText: Bool { !matcher.lineMatchers.isEmpty || !matcher.fieldMatchers.isEmpty }

    @inline(__always) func hasTime(_ nanoseconds: Int64) -> Bool { nanoseconds >= query.start.nanoseconds && nanoseconds < query.end.nanoseconds }
    @inline(__always) func hasLevel(_ byte: UInt8) -> Bool { levelMask & 1 << Int64(byte & ~Rows.invalidMark) != 0 }

    /// Whether something with these bounds may have matching rows.
    func mayHave(oldest: Int64, newest: Int64, levels: Int64) -> Bool {
        newest >= query.start.nanoseconds && oldest < query.end.nanoseconds && levels & levelMask != 0
    }

    /// Inside `withLine`: whether a chunk's row satisfies the conditions on lines and fields.
    func matches(_ chunk: Chunk, _ row: Int, _ line: UnsafeRawBufferPointer) throws -> Bool {
        try matchesLine(line, isInvalid: chunk.isInvalid(row)) && matchesFields(chunk, row, line)
    }

    /// Inside `withLine`: whether a chunk's row satisfies the conditions on fields.
    func matchesFields(_ chunk: Chunk, _ row: Int, _ line: UnsafeRawBufferPointer) throws -> Bool {
        for matcher in matcher.fieldMatchers where !matcher.matches(try chunk.fieldText(matcher.name, row, line: line)) { return false }
        return true
    }

    /// Whether a row of a block satisfies the conditions on lines and fields.
    func matches(_ row: RecentBlock.Row) throws -> Bool {
        guard matchesLine(row.line, isInvalid: row.level & Rows.invalidMark != 0) else { return false }
        for matcher in matcher.fieldMatchers where !matcher.matches(try FieldCoding.text(of: matcher.name, in: row.fields, line: row.line)) { return false }
        return true
    }

    /// What no valid UTF-8 is, is looked at as it is shown.
    func matchesLine(_ line: UnsafeRawBufferPointer, isInvalid: Bool) -> Bool {
        if matcher.lineMatchers.isEmpty { return true }
        guard isInvalid else { return matcher.matchesLine(line) }
        var text = String(decoding: line, as: UTF8.self)
        return text.withUTF8 { matcher.matchesLine(UnsafeRawBufferPointer($0)) }
    }
}

/// What is known of a record without its text.
struct Head {
    var timestamp: Int64
    var id: Int64
    /// Where it is: a position in the scan's sources, and a row of that.
    var source: Int
    var row: Int
}

/// Heads in order of time, then of storage: forwards or backwards.
struct HeadQueue {
    private var heap: [Head] = []
    private let isNewestFirst: Bool

    init(isNewestFirst: Bool) { self.isNewestFirst = isNewestFirst }

    var first: Head? { heap.first }

    @inline(__always) private func precedes(_ left: Head, _ right: Head) -> Bool {
        let (a, b) = isNewestFirst ? (right, left) : (left, right)
        return a.timestamp != b.timestamp ? a.timestamp < b.timestamp : a.id < b.id
    }

    mutating func insert(_ head: Head) {
        heap.append(head)
        var index = heap.count - 1
        while index > 0 {
            let parent = (index - 1) / 2
            guard precedes(heap[index], heap[parent]) else { return }
            heap.swapAt(index, parent)
            index = parent
        }
    }

    mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < heap.count && precedes(heap[child], heap[least]) { least = child }
            if least == index { return }
            heap.swapAt(index, least)
            index = least
        }
    }
}
