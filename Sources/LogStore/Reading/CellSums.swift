import Model

/// Counts and bytes by cell, level, stream and kind: a table of flat numbers, in which neighbours in time mostly hit the same place.
struct CellSums {
    struct Sum {
        var cell: Int64
        var stream: Int64
        var kind: Int32
        var level: UInt8
        var count: Int
        var bytes: Int
    }

    private(set) var all: [Sum] = []
    /// Positions in `all` plus one, by hash.
    private var slots = [Int32](repeating: 0, count: 1024)
    /// Where the last one was added.
    private var last = -1

    @inline(__always) mutating func add(cell: Int64, level: UInt8, stream: Int64, kind: Int32, count: Int, bytes: Int) throws(LogQueryError) {
        if last < 0 || !isEqual(last, cell, level, stream, kind) { last = try find(cell, level, stream, kind) }
        all[last].count += count
        all[last].bytes += bytes
    }

    @inline(__always) private func isEqual(_ position: Int, _ cell: Int64, _ level: UInt8, _ stream: Int64, _ kind: Int32) -> Bool {
        all[position].cell == cell && all[position].level == level && all[position].kind == kind && all[position].stream == stream
    }

    @inline(__always) private func slot(_ cell: Int64, _ level: UInt8, _ stream: Int64, _ kind: Int32) -> Int {
        var hash = UInt64(truncatingIfNeeded: cell) &* 0x9E37_79B9_7F4A_7C15
        hash = (hash ^ UInt64(bitPattern: stream) << 8 ^ UInt64(level)) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ hash >> 29 ^ UInt64(truncatingIfNeeded: kind)) &* 0x94D0_49BB_1331_11EB
        return Int(truncatingIfNeeded: hash >> 32) & (slots.count - 1)
    }

    private mutating func find(_ cell: Int64, _ level: UInt8, _ stream: Int64, _ kind: Int32) throws(LogQueryError) -> Int {
        var slot = slot(cell, level, stream, kind)
        while slots[slot] != 0 {
            let position = Int(slots[slot]) - 1
            if isEqual(position, cell, level, stream, kind) { return position }
            slot = (slot + 1) & (slots.count - 1)
        }
        guard all.count < LogTallies.groupsMax else { throw LogTallies.tooManyGroups }
        all.append(Sum(cell: cell, stream: stream, kind: kind, level: level, count: 0, bytes: 0))
        slots[slot] = Int32(all.count)
        if all.count * 2 > slots.count { grow() }
        return all.count - 1
    }

    private mutating func grow() {
        slots = [Int32](repeating: 0, count: slots.count * 4)
        for (position, sum) in all.enumerated() {
            var slot = slot(sum.cell, sum.level, sum.stream, sum.kind)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = Int32(position + 1)
        }
    }
}
