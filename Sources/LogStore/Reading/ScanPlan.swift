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
    /// What the index finds needs no look at the text.
    let indexIsExact: Bool
    let isNewestFirst: Bool

    init(_ query: LogQuery) {
        self.query = query
        matcher = LogQueryMatcher(query)
        levelMask = matcher.levels.map { $0.reduce(0) { $0 | 1 << Int64($1.rawValue) } } ?? -1
        indexExpression = IndexQuery.expression(for: query)
        indexIsExact = IndexQuery.isExact(for: query)
        isNewestFirst = query.direction == .newestFirst
    }

    var readsText: Bool { !matcher.lineMatchers.isEmpty || !matcher.fieldMatchers.isEmpty }
}

/// What is known of a record without its text.
struct Head {
    var timestamp: Int64
    var id: Int64
    var stream: Int64
    var level: UInt8
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
